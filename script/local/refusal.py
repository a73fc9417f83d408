"""How the scripts say no: one sentence on stderr and a non-zero exit, never a traceback."""

import sys
from collections.abc import Callable


class Refusal(Exception):
    """Something the person at the keyboard has to put right; the text is the sentence for them."""


def main(run: Callable[[], int]) -> None:
    """Run a script's main function and exit with its code."""
    try:
        sys.exit(run())
    except Refusal as refusal:
        print(f"✗ {refusal}", file=sys.stderr, flush=True)
        sys.exit(1)
    except PermissionError as error:
        print(f"✗ 没有权限访问 {error.filename}。请检查它属于谁。", file=sys.stderr, flush=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
