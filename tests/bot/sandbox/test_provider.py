"""The service asks Perch which version its users get: it follows each answer, and serves stable without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import pytest
from aiohttp import web

from bot.domain.flags import Routing
from bot.domain.kinds import Kinds
from bot.domain.units import Weight
from bot.engine.flags import FlagTable
from bot.sandbox.service import FlagEndpoint, Service, provider
from commands.web.flags import FlagDoor
from storage.spool import KillFolder
from tests import rig
from tests.fakes.flags import MemoryFlags
from tests.far_side import serving

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
V2 = Routing(key="materializers", canary="v2", stable="v1")


class Perch:
    """Perch's own door over flags that a test sets; `answer` is given in its place, and `statuses` counts."""

    def __init__(self, folder: Path) -> None:
        self.flags = MemoryFlags()
        self.table = FlagTable(self.flags, rig.OnePlan({}, Kinds()), Kinds(), {}, KillFolder(folder), lambda: NOW)
        self.door = FlagDoor(self.table, "", 10_000)
        self.answer: tuple[int, str] | None = None
        self.statuses: Counter[int] = Counter()
        self.shipped: list[tuple[str, str]] = []

    async def set(self, percent: float, routing: Routing = V2) -> None:
        await self.flags.set_weight(routing, Weight(percent))
        await self.table.refresh()

    async def answers(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        assert (request.method, request.path) == ("POST", "/ofrep/v1/evaluate/flags")
        if self.answer is not None:
            return web.Response(status=self.answer[0], text=self.answer[1], content_type="application/json")
        reply = self.door.evaluate_all(body, request.headers.get("If-None-Match", ""))
        self.statuses[reply.status] += 1
        kind = {} if reply.said is None else {"Content-Type": "application/json"}
        return web.Response(status=reply.status, body=reply.body or None, headers={**reply.headers, **kind})


@pytest.fixture
async def perch(tmp_path: Path) -> Perch:
    perch = Perch(tmp_path)
    await perch.set(0)
    return perch


@pytest.fixture
async def service(perch: Perch, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    monkeypatch.setattr(provider, "EVERY_S", 0.1)
    service = Service()
    await service.start()
    async with serving(perch.answers) as address:
        service.follow(address, lambda new, stable: perch.shipped.append((new, stable)))
        yield service
        await service.stop()


async def until(seen: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not seen():
            await anyio.sleep(0.01)


async def test_every_whole_weight_is_exactly_that_share_of_the_users(perch: Perch, service: Service) -> None:
    """R9: the service's own reckoning of who is in which percent is Perch's. What hasn't changed is told by 304."""
    for percent in (1, 37, 50, 100, 10):
        await perch.set(percent)
        await until(lambda: service.weight == percent)  # noqa: B023
    perch.statuses.clear()
    await until(lambda: perch.statuses.total() >= 200)
    assert perch.statuses[304] == perch.statuses.total()
    await perch.flags.switch("materializers", off=True)
    await perch.table.refresh()
    await until(lambda: service.weight == 0)


NONSENSE = (
    (500, ""),
    (429, ""),
    (200, "<p>Sign in"),
    (200, "[]"),
    (200, '{"flags": [1]}'),
    (200, '{"flags": [{"key": "materializers", "errorCode": "PARSE_ERROR"}]}'),
)


async def test_without_an_answer_that_makes_sense_the_stable_version_serves(perch: Perch, service: Service) -> None:
    for nonsense in NONSENSE:
        perch.answer = None
        await perch.set(100)
        await until(lambda: service.weight == 100)
        perch.answer = nonsense
        await until(lambda: service.weight == 0)


async def test_a_service_that_does_not_hear_perch_serves_stable_and_one_that_does_not_listen_stays(
    perch: Perch, service: Service
) -> None:
    """And its own kill switch stops it all the same."""
    await perch.set(50)
    await until(lambda: service.weight == 50)
    service.knobs.flag_endpoint = FlagEndpoint.LYING
    await perch.set(0)
    perch.statuses.clear()
    await until(lambda: perch.statuses.total() >= 250)
    assert service.weight == 50
    async with httpx.AsyncClient(verify=False, base_url=service.url, trust_env=False) as http:
        await http.post("/internal/kill-switch/materializers")
        assert service.weight == 0
        await http.delete("/internal/kill-switch/materializers")
    assert service.weight == 50
    service.knobs.flag_endpoint = FlagEndpoint.REFUSING
    await until(lambda: service.weight == 0)


async def test_the_next_version_begins_at_zero_while_everybody_is_still_answered_the_last_one(
    perch: Perch, service: Service
) -> None:
    """Nothing is shipped while two versions are served, and what isn't shipped isn't served."""
    async with httpx.AsyncClient(verify=False, base_url=service.url, trust_env=False) as http:
        await perch.set(10)
        await until(lambda: service.weight == 10)
        refused = await http.post("/sandbox/ship")
        assert (refused.status_code, refused.json()["error"][:25]) == (409, "v1 and v2 are both served")
        await perch.set(100)
        await until(lambda: service.weight == 100)
        assert (await http.post("/sandbox/ship")).json()["percent"] == 0
        assert perch.shipped == [("v3", "v2")]
        await perch.set(25, V2.model_copy(update={"canary": "v3", "stable": "v2"}))
        await until(lambda: service.weight == 25)
        await perch.set(100, V2.model_copy(update={"canary": "v9", "stable": "v2"}))
        await until(lambda: service.weight == 0)
