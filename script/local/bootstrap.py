"""Make this folder ready to run: the virtual environment from the hash-pinned lock, and the system's libraries.

Runs on the machine's own Python (>= 3.11) with nothing installed, so it uses the standard library only. What is already
there is not done again: a second run takes a moment.
"""

import argparse
import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from refusal import Refusal, main

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
LOCKS = {False: ROOT / "requirements.lock", True: ROOT / "requirements-dev.lock"}

# Debian's package -> the library by which we see that it is there.
NEEDED = {"libpango-1.0-0": "libpango-1.0.so.0", "libpangoft2-1.0-0": "libpangoft2-1.0.so.0"}
# Without these a PDF is slow (the subsetter) or looks poor (Regular and Bold of Noto CJK), but it works.
WANTED = {"libharfbuzz-subset0": "libharfbuzz-subset.so.0"}
FONTS = {"fonts-noto-cjk": Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")}


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def in_words(error: subprocess.CalledProcessError, lines: int = 4) -> str:
    """The last lines of what a command said before it failed."""
    return "\n".join((error.stdout or "").strip().splitlines()[-lines:])


def run(command: Sequence[str | Path], **kwargs: object) -> None:
    """Run quietly; CalledProcessError carries the output."""
    subprocess.run(
        [str(part) for part in command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **kwargs,
    )


# --- Debian's packages ----------------------------------------------------------------------------------------------
def as_root() -> list[str] | None:
    """The prefix with which apt-get may be run here, or None where it may not (no apt, or sudo wants a password)."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def apt_install(packages: Sequence[str]) -> None:
    """Install with apt where it may. Refusal names the command to type where it may not, or says why apt failed."""
    by_hand = f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
    prefix = as_root()
    if prefix is None:
        raise Refusal(f"缺少系统软件包 {'、'.join(packages)}，而这里无权安装。请输入：{by_hand}")
    say(f"正在安装系统软件包 {' '.join(packages)}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    try:
        run([*apt, "update"])
    except subprocess.CalledProcessError as error:
        raise Refusal(f"apt-get update 失败，请检查网络或软件源，然后输入：{by_hand}\n{in_words(error)}") from error
    try:
        run([*apt, "install", "-y", "--no-install-recommends", *packages])
    except subprocess.CalledProcessError as error:
        raise Refusal(f"系统软件包没有装上，请输入：{by_hand}\n{in_words(error)}") from error


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def ensure_system_libraries() -> None:
    """What WeasyPrint needs. Without pango nothing is printed, so that stops; slow or plain printing is only said."""
    if sys.platform != "linux":
        return  # a Mac's come from Homebrew; the check of the app `pdf` says so when they are missing
    needed = [package for package, library in NEEDED.items() if not loads(library)]
    wanted = [package for package, library in WANTED.items() if not loads(library)]
    wanted += [package for package, font in FONTS.items() if not font.exists()]
    if not needed and not wanted:
        return
    try:
        apt_install([*needed, *wanted])
    except Refusal as refusal:
        if needed:
            raise
        say(f"注意（可以继续，但生成中文 PDF 会很慢或缺少字体）：{refusal}")


# --- Python's packages ----------------------------------------------------------------------------------------------
def has_python() -> bool:
    """There is one in the virtual environment, and it is ours to run (not a link into another user's home)."""
    return os.access(PYTHON, os.X_OK)


def ensure_venv() -> None:
    if has_python() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    say("正在建立虚拟环境 .venv")
    create = [sys.executable, "-m", "venv", "--clear", VENV]
    try:
        run(create)
    except subprocess.CalledProcessError as error:
        if "ensurepip" not in (error.stdout or ""):
            raise Refusal(f"虚拟环境 {VENV} 建立失败:\n{in_words(error)}") from error
        # Debian and Ubuntu keep this part of Python in a package of its own, one for each version.
        apt_install([f"python{sys.version_info.major}.{sys.version_info.minor}-venv"])
        try:
            run(create)
        except subprocess.CalledProcessError as again:
            raise Refusal(f"虚拟环境 {VENV} 建立失败:\n{in_words(again)}") from again


def ensure_packages(*, dev: bool) -> None:
    """Install from the lock when the stamp says that it changed. The lock for development holds the other one."""
    wanted = digest(LOCKS[dev])
    stamp = STAMP.read_text().strip() if STAMP.exists() else ""
    if has_python() and stamp in {wanted, digest(LOCKS[True])}:
        return
    ensure_venv()
    say(f"正在按 {LOCKS[dev].name} 安装 Python 软件包（首次约需几分钟）")
    pip = [PYTHON, "-m", "pip", "--no-input", "--disable-pip-version-check"]
    try:
        run([*pip, "install", "--quiet", "--require-hashes", "-r", LOCKS[dev]])
    except subprocess.CalledProcessError as error:
        raise Refusal(f"Python 软件包没有装上，请检查网络或 pip 的软件源后重试:\n{in_words(error, 8)}") from error
    STAMP.write_text(wanted + "\n")


def bootstrap(*, dev: bool) -> None:
    # Two commands started at once wait for each other here.
    with LOCKS[dev].open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_packages(dev=dev)
        ensure_system_libraries()


def run_bootstrap() -> int:
    parser = argparse.ArgumentParser(prog="script/bootstrap", description="准备运行环境。")
    parser.add_argument("--dev", action="store_true", help="也安装测试和代码检查的工具")
    bootstrap(dev=parser.parse_args().dev)
    return 0


if __name__ == "__main__":
    main(run_bootstrap)
