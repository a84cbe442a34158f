"""The `http` kinds and a service on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.traffic import KILL, TRAFFIC
from tests.adapters.traffic.far_sides.flag_service import TOKEN, FlagService, flag_service
from tests.adapters.traffic.far_sides.worlds import World, closed
from tests.fakes.traffic import Trouble


def traffic_options(url: str) -> dict[str, Any]:
    return {
        "apply": {"method": "PUT", "url": f"{url}/split", "json": {"canary": "{percent}"}, "expect": 200},
        "read": {"url": f"{url}/split", "path": "split.canary"},
        "token_env": "FLAGS_TOKEN",
        "timeout": "1s",
    }


def kill_options(url: str) -> dict[str, Any]:
    return {
        "engage": {"method": "POST", "url": f"{url}/switch", "json": {"enabled": False}},
        "read": {"url": f"{url}/switch", "path": "enabled", "off": False},
        "restore": {"method": "POST", "url": f"{url}/switch", "json": {"enabled": "{former}"}},
        "absent": {"method": "DELETE", "url": f"{url}/switch"},
        "token_env": "FLAGS_TOKEN",
        "timeout": "1s",
    }


class HttpWorld:
    def __init__(self, service: FlagService) -> None:
        self.service = service
        environment = {"FLAGS_TOKEN": TOKEN}
        traffic, kill = TRAFFIC["http"], KILL["http"]
        self.traffic = traffic.build(traffic.options(**traffic_options(service.url)), environment)
        self.kill = kill.build(kill.options(**kill_options(service.url)), environment)
        self.on: str | None = "true"
        self.troubles = frozenset(Trouble) - {Trouble.LATE}
        self.secrets = frozenset({TOKEN})

    async def split(self) -> str | None:
        return f"{self.service.split:g}"

    async def set_split(self, text: str | None) -> None:
        self.service.split = None if text is None else _value(text)

    async def switch(self) -> str | None:
        return None if self.service.switch is None else json.dumps(self.service.switch)

    async def set_switch(self, text: str | None) -> None:
        self.service.switch = None if text is None else json.loads(text)

    async def get_into(self, trouble: Trouble | None) -> None:
        self.service.trouble = trouble
        self.service.asked.clear()

    async def reached(self) -> None:
        await self.service.asked.wait()


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@asynccontextmanager
async def http_world(tmp_path: Path) -> AsyncIterator[World]:
    async with flag_service() as service:
        world = HttpWorld(service)
        yield world
        await closed(world)
