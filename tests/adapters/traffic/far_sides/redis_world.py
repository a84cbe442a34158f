"""The `redis_flag` kinds and a real Redis, with a user that may do no more than it must."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from adapters.traffic import KILL, TRAFFIC
from tests import servers
from tests.adapters.traffic.far_sides.worlds import Opening, World, closed, patience
from tests.fakes.traffic import Trouble

PASSWORD = "p4ss-for-perch-77"
RIGHTS = ["~denis:feature:*", "+get", "+set", "+del", "+ping"]
ENVIRONMENT = {"REDIS_PASSWORD": PASSWORD}


def options(url: str, key: str, **more: Any) -> dict[str, Any]:
    who = {"username": "perch", "password_env": "REDIS_PASSWORD"}
    return {"url": url, "key": f"denis:feature:{key}", **who, "timeout": patience(None), **more}


class RedisWorld:
    def __init__(self, server: servers.Server, admin: Redis) -> None:
        self.server, self.admin = server, admin
        self._build(None)
        self.on: str | None = "1"
        self.troubles = frozenset({Trouble.HANG, Trouble.FAIL, Trouble.DENY, Trouble.GARBAGE})
        self.secrets = frozenset({PASSWORD})

    def _build(self, trouble: Trouble | None) -> None:
        traffic, kill, within = TRAFFIC["redis_flag"], KILL["redis_flag"], patience(trouble)
        self.traffic = traffic.build(traffic.options(**options(self.server.url, "pct", timeout=within)), ENVIRONMENT)
        switch = options(self.server.url, "enabled", off=0, on=1, timeout=within)
        self.kill = kill.build(kill.options(**switch), ENVIRONMENT)

    async def split(self) -> str | None:
        return await self._text("pct")

    async def set_split(self, text: str | None) -> None:
        await self._set("pct", text)

    async def switch(self) -> str | None:
        return await self._text("enabled")

    async def set_switch(self, text: str | None) -> None:
        await self._set("enabled", text)

    async def get_into(self, trouble: Trouble | None) -> None:
        await closed(self)
        self._build(trouble)
        match trouble:
            case Trouble.HANG:
                await servers.stand_still(self.server.process)
            case Trouble.FAIL:
                await self.admin.replicaof("127.0.0.1", "1")
            case Trouble.DENY:
                await self._user("-@all")
            case Trouble.GARBAGE:
                await self.admin.delete("denis:feature:pct", "denis:feature:enabled")
                await self.admin.rpush("denis:feature:pct", "a", "list")
                await self.admin.rpush("denis:feature:enabled", "a", "list")
            case _:
                self.server.process.send_signal(signal.SIGCONT)
                await self.admin.replicaof("NO", "ONE")
                await self._user(*RIGHTS)

    async def reached(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    async def _user(self, *rights: str) -> None:
        await self.admin.execute_command("ACL", "SETUSER", "perch", "on", f">{PASSWORD}", *rights)  # type: ignore[no-untyped-call]

    async def _text(self, key: str) -> str | None:
        found: Any = await self.admin.get(f"denis:feature:{key}")
        return None if found is None else found.decode()

    async def _set(self, key: str, text: str | None) -> None:
        await self.admin.delete(f"denis:feature:{key}")
        if text is not None:
            await self.admin.set(f"denis:feature:{key}", text)


@asynccontextmanager
async def redis_world(tmp_path: Path) -> AsyncIterator[World]:
    """On a server of its own."""
    with servers.redis(tmp_path) as server:
        async with at_redis(server)(tmp_path) as world:
            yield world


def at_redis(server: servers.Server) -> Opening:
    """On a server that others use too, one after the other: whatever trouble they left it in is over."""

    @asynccontextmanager
    async def opened(_: Path) -> AsyncIterator[World]:
        async with Redis.from_url(server.url) as admin:
            world = RedisWorld(server, admin)
            await world.get_into(None)
            await world.set_split("0")
            await world.set_switch("1")
            try:
                yield world
            finally:
                server.process.send_signal(signal.SIGCONT)
                await closed(world)

    return opened
