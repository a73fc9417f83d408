"""script/: what goes wrong on a machine of one's own ends in one sentence."""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

LOCAL = settings.BASE_DIR / "script" / "local"


def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One of the scripts, behind its bash entry point, without the servers of this test run."""
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "PORT"}}
    command = [sys.executable, str(LOCAL / program), *arguments]
    return subprocess.run(command, env=env | environment, capture_output=True, text=True, timeout=120)


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line a refusal says."""
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def use_servers(state: Path, body: str = "print('up')") -> subprocess.CompletedProcess[str]:
    """Hold the embedded servers of `state` while `body` runs."""
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(LOCAL)!r})
from embedded import servers, state_folder
from refusal import main
import psycopg, redis

def run():
    with servers(state_folder(), fast=True) as addresses:
        psycopg.connect(addresses.database_url).close()
        redis.Redis.from_url(addresses.redis_url).ping()
        {body}
    return 0

main(run)
"""
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env | {"DUDAO_STATE": str(state)}, capture_output=True, text=True, timeout=120)


@pytest.fixture
def state(tmp_path):
    """A folder with a cluster in it, its servers stopped. Under /tmp, since the database's own user must get there."""
    done = use_servers(tmp_path)
    assert done.stdout.endswith("up\n"), done.stderr
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    return tmp_path


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve.py", PORT=port, DUDAO_STATE=str(tmp_path))
    assert f"端口 {port} 已被占用" in sentence(done)


def test_a_second_server_on_one_folder_is_refused(tmp_path):
    with (tmp_path / "server.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "已有一个 script/server 在运行" in sentence(run("serve.py", "--check", DUDAO_STATE=str(tmp_path)))


def test_a_state_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    done = run("run.py", "manage", "check", DUDAO_STATE=str(tmp_path / "file"))
    assert "不能写入" in sentence(done)


@pytest.mark.slow
def test_a_broken_data_folder_is_named(state):
    (state / "postgres" / "global" / "pg_control").unlink()
    assert f"{state / 'postgres'} 里的 PostgreSQL 启动不了" in sentence(use_servers(state))


@pytest.mark.slow
def test_data_of_another_version_are_refused(state):
    (state / "postgres" / "PG_VERSION").write_text("9\n")
    assert "由 PostgreSQL 9 建立" in sentence(use_servers(state))


@pytest.mark.slow
def test_servers_left_behind_by_a_kill_are_taken_over_and_stopped(state):
    assert use_servers(state, "os.kill(os.getpid(), signal.SIGKILL)").returncode == -9
    assert (state / "postgres" / "postmaster.pid").exists()
    assert use_servers(state).stdout.endswith("up\n")
    assert not (state / "postgres" / "postmaster.pid").exists()


@pytest.mark.slow
def test_killed_servers_and_a_pid_used_again_do_not_stop_the_next_start(state):
    pids = ("postgres/postmaster.pid", "valkey/valkey.pid")
    kill_all = f"[os.kill(int(open({str(state)!r} + '/' + pid).readline()), 9) for pid in {pids}]; os._exit(0)"
    use_servers(state, kill_all)
    (state / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n1\n1\n\n\n\nready\n")
    assert use_servers(state).stdout.endswith("up\n")


@pytest.mark.slow
def test_the_servers_stay_while_another_command_uses_them(state):
    other = f"{sys.executable} {LOCAL / 'run.py'} manage version >/dev/null"
    done = use_servers(
        state, f"os.system({other!r}); psycopg.connect(addresses.database_url).close(); print('still up')"
    )
    assert done.stdout.endswith("still up\n"), done.stderr


def test_the_locks_name_no_registry():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (settings.BASE_DIR / name).read_text()
        assert "://" not in text
        assert "--index-url" not in text
        assert "--find-links" not in text


def test_whoever_installs_for_development_has_what_the_server_needs():
    """script/server skips the install when the other lock was the last one installed."""

    def pins(name: str) -> set[str]:
        lines = (settings.BASE_DIR / name).read_text().splitlines()
        return {line.split()[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
