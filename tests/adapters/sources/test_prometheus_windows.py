"""SLOs counted by a real Prometheus: `$window` in PromQL, and the shares that come of it (R13, M1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.sources import KINDS
from bot.domain.badness import Bad
from bot.domain.kinds import Kinds
from bot.domain.measurements import Missing, NoData
from bot.domain.units import parse_duration
from bot.engine.equipment import Equipment
from bot.engine.gather import Round
from bot.engine.objectives import bad_events
from tests import servers
from tests.builders import a_plan

pytestmark = pytest.mark.anyio

EVERY_S = {"all": 1000, "good": 999, "bad": 980}
RULES = {
    "groups": [
        {
            "name": "counters",
            "interval": "200ms",
            "rules": [
                {"record": f"{name}_events_total", "expr": f"vector(time() * {rate})"} for name, rate in EVERY_S.items()
            ],
        }
    ]
}
WINDOWS = ("30d", "1h30m", "90s", "1d12h", "10s")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.prometheus(tmp_path_factory.mktemp("slo"), rules=RULES) as server:
        yield server


@asynccontextmanager
async def counted(url: str, **slo: Any) -> AsyncIterator[Callable[[str], Awaitable[Bad]]]:
    """Asks for the bad share of a window, until there is one or 20 s are over."""
    asked = {
        "source": "prom",
        "good": "sum(increase(good_events_total[$window]))",
        "total": "sum(increase(all_events_total[$window]))",
        "target": "99.5%",
        "window": "1m",
    }
    sources = {"prom": {"kind": "prometheus", "url": url}, "numbers": {"kind": "prometheus", "url": url}}
    plan = a_plan(sources=sources, traffic=[], slos={"toggle": {**asked, **slo}})
    kinds = Kinds(sources=KINDS)
    equipment = Equipment(kinds, {})

    async def ask(window: str) -> Bad:
        bad: Bad = NoData(Missing.NOT_ASKED, "", datetime.now(UTC))
        for _ in range(100):
            round = Round(datetime.now(UTC), kinds).of_nobody()
            bad = await bad_events(plan, equipment.gear(plan), round, "toggle", parse_duration(window))
            if not isinstance(bad, NoData) or not bad.detail.endswith("no such series"):
                break
            await asyncio.sleep(0.2)
        return bad

    try:
        yield ask
    finally:
        await equipment.aclose()


async def test_the_bad_share_of_a_window_is_counted_by_prometheus(prometheus: servers.Server) -> None:
    """One event in a thousand is bad; every window that a plan can write is one that Prometheus reads."""
    async with counted(prometheus.url) as ask:
        assert [await ask(window) for window in WINDOWS] == [pytest.approx(0.001, rel=0.01)] * len(WINDOWS)
    async with counted(prometheus.url, good="sum(increase(bad_events_total[$window_ss]))") as ask:
        assert await ask("10s") == pytest.approx(0.02, rel=0.01)


async def test_what_has_no_events_and_what_is_no_promql_is_no_data(prometheus: servers.Server) -> None:
    """Law 3: a counter that isn't there is neither all good nor all bad."""
    async with counted(prometheus.url, total="sum(increase(all_events_total[$window]) * 0)") as ask:
        nothing = await ask("10s")
        assert isinstance(nothing, NoData)
        assert nothing.detail == "no events in this window"
    async with counted(prometheus.url, total="sum(increase(all_events_total[$window])") as ask:
        wrong = await ask("10s")
        assert isinstance(wrong, NoData)
        assert wrong.missing is Missing.REFUSED
