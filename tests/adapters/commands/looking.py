"""A small program that shows what it is told to, and goes wrong when a test says so."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from adapters.contracts import Trouble

TOKEN = "cli-t0ken-that-only-looks"
_SOURCE = """#!/bin/sh
echo x >> FOLDER/looks
read -r trouble < FOLDER/trouble
case $trouble in
hang) echo $$ > FOLDER/pid; exec sleep 60 ;;
fail) echo "later, $TOKEN" >&2; exit 75 ;;
deny) echo "not with $TOKEN" >&2; exit 3 ;;
garbage) echo '<html>Welcome' ;;
*) exec cat FOLDER/shown ;;
esac
"""


class LookingProgram:
    """`look`, in a folder of its own."""

    troubles = frozenset({Trouble.HANG, Trouble.FAIL, Trouble.DENY, Trouble.GARBAGE})
    secrets = frozenset({TOKEN})
    options = {"env": {"TOKEN": "LOOKING_TOKEN"}}

    def __init__(self, folder: Path, shown: str = "") -> None:
        self._folder = folder
        program = folder / "look"
        program.write_text(_SOURCE.replace("FOLDER", str(folder)))
        program.chmod(0o755)
        self.environment = {
            "PERCH_ALLOWED_COMMANDS": "look",
            "PATH": f"{folder}:/usr/bin:/bin",
            "LOOKING_TOKEN": TOKEN,
        }
        self.show(shown)
        self.get_into(None)

    def show(self, text: str) -> None:
        (self._folder / "shown").write_text(text)

    def shown(self) -> str:
        return (self._folder / "shown").read_text()

    def get_into(self, trouble: Trouble | None) -> None:
        (self._folder / "trouble").write_text(f"{trouble or ''}\n")

    def looks(self) -> int:
        """How often it was run."""
        kept = self._folder / "looks"
        return len(kept.read_text().split()) if kept.exists() else 0

    def going_on(self) -> bool:
        """Whether one that hangs is still there."""
        pid = self._folder / "pid"
        try:
            os.kill(int(pid.read_text()), 0)
        except (OSError, ValueError):
            return False
        return True

    async def reached(self) -> None:
        """Wait for one that hangs."""
        while not self.going_on():
            await asyncio.sleep(0.005)
