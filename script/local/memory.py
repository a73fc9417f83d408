"""What a state folder remembers between starts."""

import json
import secrets
from pathlib import Path

from machine import free_port, is_free


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
