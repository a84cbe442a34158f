"""The `gcp_url_map` kinds and the contract server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import google.auth.identity_pool
import google.auth.transport.requests
import google.oauth2.service_account  # noqa: F401

from adapters.contracts import Lack, Trouble
from adapters.traffic import KILL, TRAFFIC
from tests.adapters.traffic.far_sides.worlds import World, closed, patience
from tests.fakes.google_cloud import PROJECT, TOKEN, GoogleCloud, account_file, split, url_map

SIDES = {"canary": "denis-canary", "stable": "denis-stable"}


def options(address: str, name: str = "web", **more: Any) -> dict[str, Any]:
    where = {"endpoint": f"{address}/compute/v1", "project": PROJECT, "url_map": name}
    return {**where, **SIDES, "credentials_env": "GCP_FILE", **more}


class GcpWorld:
    """The share stands in a route rule of one map; the switch in the default of another."""

    def __init__(self, cloud: GoogleCloud, address: str, folder: Path) -> None:
        self.cloud = cloud
        matcher = {"name": "denis", "routeRules": [{"priority": 1, "routeAction": split(0, 100)}]}
        cloud.maps["web"] = url_map("web", pathMatchers=[matcher])
        cloud.maps["api"] = url_map("api", defaultRouteAction=split(50, 50))
        self._address, self._environment = address, {"GCP_FILE": account_file(folder, f"{address}/token")}
        self._build(None)
        self.on: str | None = "50 50"
        self.lacks = frozenset({Lack.ABSENT, Lack.EVERY_WEIGHT})
        self.troubles = frozenset(Trouble) - {Trouble.LATE}
        self.secrets = frozenset({TOKEN})

    def _build(self, trouble: Trouble | None) -> None:
        traffic, kill = TRAFFIC["gcp_url_map"], KILL["gcp_url_map"]
        told = {name: options(self._address, name, timeout=patience(trouble)) for name in ("web", "api")}
        self.traffic = traffic.build(traffic.options(**told["web"]), self._environment)
        self.kill = kill.build(kill.options(**told["api"]), self._environment)

    def _stands(self, name: str) -> list[Any]:
        tree = self.cloud.maps[name]
        action = tree.get("defaultRouteAction") or tree["pathMatchers"][0]["routeRules"][0]["routeAction"]
        services: list[Any] = action["weightedBackendServices"]
        return services

    async def split(self) -> str | None:
        canary, stable = (service["weight"] for service in self._stands("web"))
        return f"{round(100 * canary / (canary + stable), 2):g}"

    async def set_split(self, text: str | None) -> None:
        canary = int(float(text or 0))
        weights = (canary, 100 - canary) if canary <= 100 else (1010, 0)
        for service, weight in zip(self._stands("web"), weights, strict=True):
            service["weight"] = weight

    async def switch(self) -> str | None:
        return " ".join(str(service["weight"]) for service in self._stands("api"))

    async def set_switch(self, text: str | None) -> None:
        raise NotImplementedError("something always stands there")

    async def get_into(self, trouble: Trouble | None) -> None:
        self.cloud.trouble = trouble
        self.cloud.asked.clear()
        await closed(self)
        self._build(trouble)

    async def reached(self) -> None:
        await self.cloud.asked.wait()


@asynccontextmanager
async def gcp_world(tmp_path: Path) -> AsyncIterator[World]:
    cloud = GoogleCloud()
    async with cloud.opened() as address:
        world = GcpWorld(cloud, address, tmp_path)
        yield world
        await closed(world)
