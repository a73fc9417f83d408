"""What is asked of the machine: a free port, a process, a program that a wheel brings."""

import contextlib
import importlib.util
import os
import socket
import subprocess
import time
from pathlib import Path

from refusal import Refusal

HOST = "127.0.0.1"


def from_wheel(package: str, pattern: str) -> Path:
    """A program that a wheel brings. The package itself isn't imported: that has effects of its own."""
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in Path(folder).glob(pattern):
            return path
    raise Refusal(
        f"软件包 {package} 不支持这个平台。请在 Linux、Docker 或 WSL 里运行，"
        "或自备服务器并设置 DATABASE_URL 和 REDIS_URL。"
    )


def is_free(port: int, host: str = HOST) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def program_of(pid: int) -> str | None:
    """The command line of a process, or None if there is none. Pids are used again, in containers all the time."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace") or None
        except OSError:
            return None
    listed = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True)
    return listed.stdout.strip() or None


def read_pid(path: Path) -> int | None:
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def wait_until_gone(pid: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while program_of(pid) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "没有输出"


def reap(pid: int) -> None:
    """If it was our own child, let it go; else it is someone else's to collect."""
    with contextlib.suppress(ChildProcessError):
        for _ in range(100):
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
            time.sleep(0.05)
