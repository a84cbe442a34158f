"""The `command` kinds and a small command line of our own, `setcanary`, really run."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.traffic import KILL, TRAFFIC
from tests.adapters.traffic.far_sides.worlds import World, closed, patience
from tests.fakes.traffic import Trouble

TOKEN = "cli-t0ken-abcdef-1"
_SOURCE = Path(__file__).with_name("setcanary.py")

TRAFFIC_OPTIONS: dict[str, Any] = {
    "apply": ["setcanary", "set", "PCT={percent}"],
    "read": {"argv": ["setcanary", "show"], "percent": r"^PCT=(.*)$"},
}
KILL_OPTIONS: dict[str, Any] = {
    "engage": [["setcanary", "set", "ENABLED=false"]],
    "read": {"argv": ["setcanary", "show"], "off": "^ENABLED=false$"},
    "former": {"argv": ["setcanary", "show"], "regex": "^ENABLED=(.*)$"},
    "restore": [["setcanary", "set", "ENABLED={former}"]],
    "absent": [["setcanary", "unset", "ENABLED"]],
}
SHARED: dict[str, Any] = {
    "env": {"SETCANARY_TOKEN": "DENIS_TOKEN", "SETCANARY_STATE": "SETCANARY_STATE"},
    "timeout": patience(None),
}


class CommandWorld:
    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.state.write_text("PCT=0\nENABLED=true\n")
        Path(f"{self.state}.token").write_text(TOKEN)
        self.environment = _installed(folder) | {"SETCANARY_STATE": str(self.state)}
        self._build(None)
        self.on: str | None = "true"
        self.troubles = frozenset(Trouble) - {Trouble.LATE}
        self.secrets = frozenset({TOKEN})

    def _build(self, trouble: Trouble | None) -> None:
        self.traffic, kill = self.traffic_with(timeout=patience(trouble)), KILL["command"]
        self.kill = kill.build(
            kill.options(**(SHARED | KILL_OPTIONS | {"timeout": patience(trouble)})), self.environment
        )

    def traffic_with(self, **options: Any) -> Any:
        kind = TRAFFIC["command"]
        return kind.build(kind.options(**(SHARED | TRAFFIC_OPTIONS | options)), self.environment)

    async def split(self) -> str | None:
        return self._values().get("PCT")

    async def set_split(self, text: str | None) -> None:
        self._set("PCT", text)

    async def switch(self) -> str | None:
        return self._values().get("ENABLED")

    async def set_switch(self, text: str | None) -> None:
        self._set("ENABLED", text)

    async def get_into(self, trouble: Trouble | None) -> None:
        Path(f"{self.state}.trouble").write_text(trouble or "")
        await closed(self)
        self._build(trouble)

    async def reached(self) -> None:
        await self.pids()

    async def pids(self) -> list[int]:
        """The hanging program's pid, and its child's."""
        file = Path(f"{self.state}.pids")
        while not file.exists() or len(file.read_text().split()) < 2:
            await asyncio.sleep(0.01)
        return [int(pid) for pid in file.read_text().split()]

    def _values(self) -> dict[str, str]:
        pairs = (line.partition("=") for line in self.state.read_text().splitlines())
        return {name: value for name, _, value in pairs}

    def _set(self, name: str, text: str | None) -> None:
        values = {**self._values(), name: text}
        self.state.write_text("".join(f"{n}={v}\n" for n, v in values.items() if v is not None))


def _installed(folder: Path) -> dict[str, str]:
    """Perch's environment, with `setcanary` on PATH and allowed."""
    program = folder / "bin" / "setcanary"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -SE\n" + _SOURCE.read_text())
    program.chmod(0o755)
    path = f"{program.parent}:/usr/bin:/bin"
    return {"PATH": path, "PERCH_ALLOWED_COMMANDS": "setcanary", "DENIS_TOKEN": TOKEN, "UNNAMED_SECRET": "hidden-42"}


@asynccontextmanager
async def command_world(tmp_path: Path) -> AsyncIterator[World]:
    world = CommandWorld(tmp_path)
    yield world
    await closed(world)
