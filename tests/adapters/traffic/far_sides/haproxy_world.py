"""The `haproxy` kinds and a real HAProxy, behind a cable on its socket that can lose, cut or make up what is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.traffic import KILL, TRAFFIC
from tests import servers
from tests.adapters.traffic.far_sides.worlds import Lack, World, closed
from tests.fakes.traffic import Trouble

BACKENDS = {
    "denis": ["balance roundrobin", "server canary 127.0.0.1:9 weight 1", "server stable 127.0.0.1:9 weight 99"],
    "flags": ["balance roundrobin", "server off 127.0.0.1:9 weight 50"],
}
"""Nobody listens there: without health checks HAProxy takes them for up. `off` is the kill's own."""


async def say(socket: Path, line: str) -> str:
    """Ask HAProxy itself."""
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(line.encode() + b"\n")
    try:
        return (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()


async def states(socket: Path, backend: str = "denis") -> dict[str, dict[str, str]]:
    """Each server's fields."""
    lines = (await say(socket, f"show servers state {backend}")).splitlines()
    names = lines[1].removeprefix("# ").split()
    rows = [dict(zip(names, line.split(), strict=True)) for line in lines[2:] if line.strip()]
    return {row["srv_name"]: row for row in rows}


class Cable:
    """A Unix socket that leads to HAProxy's own."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self.trouble: Trouble | None = None
        self.asked, self.over = asyncio.Event(), asyncio.Event()
        self._carried: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def laid(self, at: Path) -> AsyncIterator[Cable]:
        async with await asyncio.start_unix_server(self._accept, at):
            yield self
            self.over.set()
            await asyncio.gather(*self._carried)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._carried.add(asyncio.create_task(self._carry(reader, writer)))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode().rstrip("\n")
        self.asked.set()
        with suppress(ConnectionError):
            writer.write((await self._answer(line)).encode())
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _answer(self, line: str) -> str:
        match self.trouble:
            case Trouble.HANG:
                await self.over.wait()
                return ""
            case Trouble.FAIL:
                return ""
            case Trouble.DENY:
                return "Permission denied\n\n"
            case Trouble.GARBAGE:
                return "<html>Welcome</html>"
            case Trouble.LIE if line.startswith("set"):
                return "\n"
            case Trouble.HALF:
                answer = await say(self._to, line)
                return answer if line.startswith("show") else ""
        return await say(self._to, line)


class HaproxyWorld:
    """The share stands in two servers of `denis`; the switch is the state and weight of one in `flags`."""

    def __init__(self, folder: Path, cable: Cable) -> None:
        self.admin, self.cable = folder / "admin.sock", cable
        where: dict[str, Any] = {"socket": f"{folder}/cable.sock", "backend": "denis", "timeout": "1s"}
        traffic, kill = TRAFFIC["haproxy"], KILL["haproxy"]
        self.traffic = traffic.build(traffic.options(**where, canary="canary"), {})
        self.kill = kill.build(kill.options(**{**where, "backend": "flags"}, canary="off"), {})
        self.on: str | None = "50 0"
        self.lacks = frozenset({Lack.ABSENT, Lack.OUT_OF_RANGE, Lack.EVERY_WEIGHT})
        self.troubles = frozenset(Trouble) - {Trouble.LATE}
        self.secrets: frozenset[str] = frozenset()

    async def split(self) -> str | None:
        both = await states(self.admin)
        canary, stable = (int(both[name]["srv_uweight"]) for name in ("canary", "stable"))
        return f"{round(100 * canary / (canary + stable), 2):g}"

    async def set_split(self, text: str | None) -> None:
        canary = min(int(float(text or 0)), 100)
        await say(self.admin, f"set weight denis/canary {canary}; set weight denis/stable {100 - canary}")

    async def switch(self) -> str | None:
        off = (await states(self.admin, "flags"))["off"]
        return f"{off['srv_uweight']} {off['srv_admin_state']}"

    async def set_switch(self, text: str | None) -> None:
        assert text is not None
        await say(self.admin, f"set weight flags/off {text.split()[0]}; set server flags/off state ready")

    async def get_into(self, trouble: Trouble | None) -> None:
        self.cable.trouble = trouble
        self.cable.asked.clear()

    async def reached(self) -> None:
        await self.cable.asked.wait()


@asynccontextmanager
async def haproxy_world(tmp_path: Path) -> AsyncIterator[World]:
    with TemporaryDirectory(prefix="perch-h-") as short:
        folder = Path(short)
        with servers.haproxy(folder, BACKENDS):
            async with Cable(folder / "admin.sock").laid(folder / "cable.sock") as cable:
                world = HaproxyWorld(folder, cable)
                await world.set_split("0")
                yield world
                await closed(world)
