"""`script/manage`, `script/test` and `script/bench`: one command in the foreground, with the servers running as long as it runs."""

import os
import shutil
import sys
from collections.abc import Sequence

from embedded import ROOT, environment, run_to_end, servers, state_folder
from refusal import Refusal, main


def manage(arguments: Sequence[str]) -> int:
    state = state_folder()
    with servers(state) as addresses:
        env = environment(state, addresses, "local")
        return run_to_end([sys.executable, ROOT / "manage.py", *arguments], env)


def test(arguments: Sequence[str]) -> int:
    """pytest on as many processes as there are cores (two at least), unless the arguments say how many (-n)."""
    for program, package in (("chromium", "chromium"), ("pdftotext", "poppler-utils")):
        if shutil.which(program) is None:
            print(f"· 没有找到 {program}：用到它的测试会跳过。安装：sudo apt-get install -y {package}", flush=True)
    state = state_folder() / "test"
    state.mkdir(exist_ok=True)
    chosen = any(argument.startswith("-n") or "xdist" in argument or argument == "--pdb" for argument in arguments)
    # xdist would begin with the files of many tests and leave the long ones, of one or two, to the end.
    files = ["--dist", "loadfile", "--no-loadscope-reorder"]
    parallel = [] if chosen else ["-n", str(max(2, os.cpu_count() or 2)), *files]
    os.chdir(ROOT)
    with servers(state, fast=True) as addresses:
        env = environment(state, addresses, "test") | {"DUDAO_ENV": "test"}
        return run_to_end([sys.executable, "-m", "pytest", *parallel, *arguments], env)


def bench(arguments: Sequence[str]) -> int:
    """On servers of its own, so that neither the demo's data nor a running script/server disturb the figures."""
    state = state_folder() / "bench"
    state.mkdir(exist_ok=True)
    os.chdir(ROOT)
    with servers(state) as addresses:
        env = environment(state, addresses, "local") | {"DUDAO_ENV": "local"}
        return run_to_end([sys.executable, "-m", "script.benchmarks", *arguments], env)


def run() -> int:
    commands = {"manage": manage, "test": test, "bench": bench}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        raise Refusal("用法：run.py manage|test|bench 参数…")
    return commands[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    main(run)
