"""A server with a deployment and a route, and a bench to build kinds against it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.traffic.kubernetes_kinds.bench import Bench
from tests.fakes.kubernetes.server import ApiServer, api_server, deployment, route


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with api_server() as server:
        server.create("deployments", deployment("denis", {"PCT": "0", "ENABLED": "true"}))
        server.create("httproutes", route("split", canary=0, stable=100))
        yield server


@pytest.fixture
async def bench(api: ApiServer, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(api, tmp_path)
    yield made
    for each in made.made:
        await each.aclose()
