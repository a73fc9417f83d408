"""`script/server`: all of 督导台 on this machine: two servers, web, Celery worker and beat. Ctrl-C stops it."""

import argparse
import contextlib
import ctypes
import fcntl
import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded import ROOT, environment, servers, state_folder
from machine import free_port, is_free
from refusal import Refusal, main

WORKER = ["celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-mingle"]
BEAT = ["celery", "-A", "config", "beat", "--loglevel", "INFO", "--pidfile", ""]

START_LIMIT = 90  # seconds until the web process answers
GREEN_LIMIT = 180  # seconds until /healthz is green: the first sweep may have to catch up
STOP_LIMIT = 15  # seconds for a child to finish what it is doing
# Errors, but not Django's word for a /healthz that isn't green yet.
LOUD = re.compile(r"^(?!.*: /healthz).*\b(ERROR|CRITICAL)\b|^Traceback|^\S*(Error|Exception)\b")


@dataclass(frozen=True)
class Account:
    role: str
    login: str
    password: str
    name: str


def start_everything(*, check: bool) -> int:
    state = state_folder()
    host = os.environ.get("HOST", "127.0.0.1")
    port = free_port() if check else chosen_port(host)
    with only_one(state), servers(state) as addresses:
        env = environment(state, addresses, "local")
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
        # Links in e-mails and QR codes lead to where this server listens.
        env.setdefault("SITE_URL", address)
        accounts = prepare(env)
        children = Children(state / "logs", env)
        try:
            children.start("web", *web_command(host, port))
            children.start("worker", *WORKER)
            children.start("beat", *BEAT, "--schedule", state / "beat-schedule")
            wait_for(children, lambda: health(address) is not None, START_LIMIT, "网页服务没有在规定时间内启动")
            if check:
                look(address, accounts, children)
            else:
                announce(address, accounts, children.logs)
                children.watch()
        finally:
            children.stop()
    return 0


def chosen_port(host: str) -> int:
    """PORT, or 8000. Refusal: no number, or taken."""
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Refusal(f"PORT={text} 不是端口号。")
    if not is_free(int(text), host):
        raise Refusal(f"端口 {text} 已被占用。请先停止占用它的程序，或换一个端口：PORT={int(text) + 1} script/server")
    return int(text)


@contextlib.contextmanager
def only_one(state: Path) -> Iterator[None]:
    """Two beats on one database would do no harm, but two servers on one folder are never meant."""
    with (state / "server.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(
                f"{state} 已有一个 script/server 在运行。要再开一个，请用 DUDAO_STATE 指定另一个文件夹。"
            ) from None
        yield


def prepare(env: dict[str, str]) -> list[Account]:
    """Migrate and load; the demo accounts, if there are any."""
    command = [sys.executable, ROOT / "script" / "local" / "prepare.py"]
    done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Refusal("数据库没有准备好，原因见上面最后一行。")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [Account(*row[:4]) for row in rows if len(row) >= 4]


def web_command(host: str, port: int) -> list[str]:
    bind = ["--bind", f"{host}:{port}", "--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    return ["gunicorn", "config.wsgi", *bind, "--timeout", "120", "--access-logfile", "-", "--no-control-socket"]


def announce(address: str, accounts: list[Account], logs: Path) -> None:
    print(f"\n  督导台已启动：{address}\n")
    if accounts:
        print("  演示账号（岗位 · 登录名 · 密码 · 姓名）：")
        for account in accounts:
            print(f"    {account.role} · {account.login} · {account.password} · {account.name}")
    print(f"\n  日志在 {logs}，按 Ctrl-C 停止。\n", flush=True)


# --- the three processes --------------------------------------------------------------------------------------------
class Children:
    """Web, worker and beat: each in its own process group, its log in a file, its errors on the screen too."""

    def __init__(self, logs: Path, env: dict[str, str]) -> None:
        self.logs = logs
        self.env = env | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"}
        self.running: dict[str, subprocess.Popen[str]] = {}
        self.last_lines: dict[str, deque[str]] = {}
        self.readers: list[threading.Thread] = []
        self.stopping = False
        logs.mkdir(exist_ok=True)

    def start(self, name: str, *command: str | Path) -> None:
        child = subprocess.Popen(
            [str(part) for part in command],
            env=self.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self.running[name] = child
        self.last_lines[name] = deque(maxlen=8)
        reader = threading.Thread(target=self.read, args=(name, child), daemon=True)
        reader.start()
        self.readers.append(reader)

    def read(self, name: str, child: subprocess.Popen[str]) -> None:
        path = self.logs / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        assert child.stdout is not None
        with path.open("w", buffering=1, errors="replace") as log:
            for line in child.stdout:
                log.write(line)
                self.last_lines[name].append(line.rstrip())
                if LOUD.search(line) and not self.stopping:
                    print(f"[{name}] {line.rstrip()}", file=sys.stderr, flush=True)

    def check(self) -> None:
        """Refusal if one of them has ended."""
        for name, child in self.running.items():
            code = child.poll()
            if code is not None:
                time.sleep(0.2)  # its last words are still on their way
                words = "\n".join(f"    {line}" for line in self.last_lines[name])
                raise Refusal(
                    f"{name} 意外退出（代码 {code}），全部停止。它最后的日志（{self.logs / name}.log）:\n{words}"
                )

    def watch(self) -> None:
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """All at once, gently; after STOP_LIMIT by force."""
        self.stopping = True
        for child in self.running.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + STOP_LIMIT
        for child in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, until - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        for reader in self.readers:
            reader.join(timeout=2)


def die_with_parent() -> None:
    """Linux: when the launcher is killed outright, its children get SIGTERM (PR_SET_PDEATHSIG = 1)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


# --- looking at it from outside -------------------------------------------------------------------------------------
def health(address: str) -> dict | None:
    """What /healthz says, or None while nobody answers."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with contextlib.suppress(ValueError):
            return json.load(error)
        raise Refusal(f"/healthz 回答 {error.code}，没有给出检查结果。") from error
    except OSError:
        return None


def wait_for(children: Children, happened, seconds: float, otherwise: str) -> None:
    until = time.monotonic() + seconds
    while not happened():
        children.check()
        if time.monotonic() > until:
            raise Refusal(f"{otherwise}（{seconds:.0f} 秒）。日志在 {children.logs}")
        time.sleep(0.3)


def look(address: str, accounts: list[Account], children: Children) -> None:
    """The check: healthy, somebody can log in, the home page comes. Refusal otherwise."""
    seen: dict = {}

    def is_green() -> bool:
        seen.update(health(address) or {})
        return seen.get("green", False)

    try:
        wait_for(children, is_green, GREEN_LIMIT, "/healthz 没有变绿")
    except Refusal as refusal:
        red = [name for name, check in seen.get("checks", {}).items() if not check["ok"]]
        raise Refusal(f"{refusal}；未通过：{'、'.join(red) or '全部'}") from None
    if not accounts:
        raise Refusal("服务正常，但数据库里没有演示账号，无法检查登录。")
    account = accounts[0]
    page = home_page(address, account)
    if account.name not in page and account.login not in page:
        raise Refusal(f"用演示账号 {account.login} 登录后，首页上没有他的名字。")
    print(f"✓ 服务正常，{account.role} {account.name} 登录后打开了首页。", flush=True)


def home_page(address: str, account: Account) -> str:
    """Log in as a browser would and fetch /."""
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    login = f"{address}/account/login/"
    try:
        browser.open(login, timeout=30).read()
        token = next((cookie.value for cookie in cookies if cookie.name == "csrftoken"), "") or ""
        form = {"login": account.login, "password": account.password, "csrfmiddlewaretoken": token}
        request = urllib.request.Request(login, urllib.parse.urlencode(form).encode(), {"Referer": login})
        browser.open(request, timeout=30).read()
        with browser.open(f"{address}/", timeout=30) as answer:
            if "/account/login/" in answer.url:
                raise Refusal(f"演示账号 {account.login} 登录不了。")
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise Refusal(f"{error.url} 回答 {error.code}。") from error


class Stop(BaseException):
    """SIGTERM or Ctrl-C."""


def stop(*_: object) -> None:
    # Once is enough; a second Ctrl-C must not interrupt the tidying up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stop


def run() -> int:
    parser = argparse.ArgumentParser(
        prog="script/server", description="在本机启动督导台（端口 PORT，数据 DUDAO_STATE）。"
    )
    parser.add_argument("--check", action="store_true", help="在空闲端口上启动，检查健康和登录，停止；一切正常则返回 0")
    check = parser.parse_args().check
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        return start_everything(check=check)
    except Stop:
        if check:
            raise Refusal("检查被中断。") from None
        print("\n已停止。", flush=True)
        return 0


if __name__ == "__main__":
    main(run)
