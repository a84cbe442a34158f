"""Kind `dry_run` touches nothing (U2)."""

from __future__ import annotations

import pytest

from adapters.traffic.dry_run import DryRunKillOptions, DryRunTrafficOptions, kill, traffic
from bot.domain.units import Weight

pytestmark = pytest.mark.anyio


async def test_it_begins_where_the_plan_says() -> None:
    assert (await traffic(DryRunTrafficOptions(begin_at="10%"), {}).read()).weight == Weight(10)


async def test_two_of_them_share_nothing() -> None:
    one, other = traffic(DryRunTrafficOptions(), {}), traffic(DryRunTrafficOptions(), {})
    await one.apply(Weight(50))
    assert (await other.read()).weight == Weight(0)


async def test_its_rehearsal_says_that_it_reaches_nothing() -> None:
    assert "reaches nothing" in await kill(DryRunKillOptions(), {}).rehearse()
