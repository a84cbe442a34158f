"""The `flag_file` and `env_file` kinds and real files; the hang is another writer that keeps the lock."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.traffic import KILL, TRAFFIC
from bot.ports import KillMethod, Traffic
from tests.adapters.traffic.far_sides.worlds import World, closed, patience
from tests.fakes.traffic import Trouble

Pairs = dict[str, str]


@dataclass
class Shape:
    """How a kind of file is written and read by others; every value is a text."""

    kind: str
    write: Callable[[Pairs], str]
    read: Callable[[str], Pairs]
    traffic: dict[str, Any]
    kill: dict[str, Any]
    on: str


def _json(values: Pairs) -> str:
    return json.dumps({"flags": {name: json.loads(value) for name, value in values.items()}}, indent=2) + "\n"


def _from_json(text: str) -> Pairs:
    return {name: json.dumps(value) for name, value in json.loads(text)["flags"].items()}


def _lines(values: Pairs) -> str:
    return "# denis\nOTHER='a b' # kept\n" + "".join(f'export {name}="{value}"\n' for name, value in values.items())


def _from_lines(text: str) -> Pairs:
    pairs = (line.removeprefix("export ").partition("=") for line in text.splitlines() if "=" in line)
    return {name: value.strip('"') for name, _, value in pairs if name != "OTHER"}


JSON = Shape(
    "flag_file", _json, _from_json, {"key": "flags.pct"}, {"key": "flags.enabled", "off": False, "on": True}, "true"
)
LINES = Shape("env_file", _lines, _from_lines, {"variable": "pct"}, {"variable": "enabled", "off": 0, "on": 1}, "1")


class FileWorld:
    def __init__(self, folder: Path, shape: Shape) -> None:
        self._path, self._shape = folder / "etc" / "flags", shape
        self._path.parent.mkdir()
        self._path.write_text(shape.write({"pct": "0", "enabled": shape.on}))
        self._kept = ""
        self._lock = -1
        self._build(None)
        self.on: str | None = shape.on
        self.troubles = frozenset({Trouble.HANG, Trouble.DENY, Trouble.GARBAGE})
        self.secrets: frozenset[str] = frozenset()

    def _build(self, trouble: Trouble | None) -> None:
        shape, where = self._shape, {"path": str(self._path), "timeout": patience(trouble)}
        traffic, kill = TRAFFIC[shape.kind], KILL[shape.kind]
        self.traffic: Traffic = traffic.build(traffic.options(**(where | shape.traffic)), {})
        self.kill: KillMethod = kill.build(kill.options(**(where | shape.kill)), {})

    async def split(self) -> str | None:
        return self._values().get("pct")

    async def set_split(self, text: str | None) -> None:
        self._set("pct", text)

    async def switch(self) -> str | None:
        return self._values().get("enabled")

    async def set_switch(self, text: str | None) -> None:
        self._set("enabled", text)

    async def get_into(self, trouble: Trouble | None) -> None:
        await closed(self)
        self._build(trouble)
        match trouble:
            case Trouble.HANG:
                self._lock = os.open(self._path.with_name(".flags.lock"), os.O_RDONLY | os.O_CREAT)
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            case Trouble.DENY:
                self._kept = self._path.read_text()
                self._path.unlink()
                self._path.symlink_to("/etc/hostname")
            case Trouble.GARBAGE:
                self._path.write_text("\x00pct=\n{")
                self._path.write_text('{"pct": }\nexport pct="7\nexport enabled="\n')
            case _:
                self.heal()

    def heal(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        if self._path.is_symlink():
            self._path.unlink()
            self._path.write_text(self._kept)

    async def reached(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    def _values(self) -> Pairs:
        return self._shape.read(self._path.read_text())

    def _set(self, name: str, text: str | None) -> None:
        values = {**self._values(), name: text}
        self._path.write_text(self._shape.write({n: v for n, v in values.items() if v is not None}))


def file_world(shape: Shape) -> Callable[[Path], Any]:
    @asynccontextmanager
    async def opened(tmp_path: Path) -> AsyncIterator[World]:
        world = FileWorld(tmp_path, shape)
        try:
            yield world
        finally:
            world.heal()
            await closed(world)

    return opened
