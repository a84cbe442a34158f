"""During a roll-out (T1): in force is the highest share that any pod may still serve."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.units import ZERO, Weight
from bot.ports import Denied
from tests.adapters.traffic.far_sides.kubernetes_worlds import set_variable, variables
from tests.adapters.traffic.kubernetes_kinds.bench import UNDER_WAY, Bench
from tests.fakes.kubernetes.controller import Step, waiting
from tests.fakes.kubernetes.server import ApiServer
from tests.waiting import until

pytestmark = pytest.mark.anyio

BROKEN = Step(updated=1, available=0, old=3, container=waiting("CrashLoopBackOff", restartCount=3))


async def test_a_raise_is_done_when_its_pods_are(api: ApiServer, bench: Bench) -> None:
    api.script = [Step(), Step(observed=False), Step(updated=1, available=0, old=3), Step(updated=3, old=1), Step()]
    adapter = bench.env()
    await adapter.apply(Weight(10))
    assert len(api.script) == 1
    state = await adapter.read()
    assert (state.weight, state.shown) == (Weight(10), 'PCT = "10"; 3 of 3 pods')


async def test_a_raise_whose_pods_crash_is_told_with_the_pod_and_can_go_back(api: ApiServer, bench: Bench) -> None:
    """Half-applied: the variable is set, the roll-out isn't done. Going back needs no new pods."""
    adapter = bench.env()
    api.script = [Step(), Step(), BROKEN]
    with pytest.raises(Denied, match=r"pod denis-2-a: CrashLoopBackOff \(3 restarts\)"):
        await adapter.apply(Weight(10))
    state = await adapter.read()
    assert state.weight == Weight(10)
    assert "pod denis-2-a: CrashLoopBackOff" in state.shown
    assert "pods may serve 0%, 10%" in state.shown
    api.script = [Step()]
    await adapter.apply(ZERO)
    assert (await adapter.read()).weight == ZERO
    assert len(api.controllers["denis"].sets) == 2, "the old ReplicaSet is used again"


async def test_a_raise_that_is_asked_for_again_still_waits(api: ApiServer, bench: Bench) -> None:
    """A crash in the middle: the template says 10 % already, its pods aren't there."""
    set_variable(api, "PCT", "10")
    api.script = [BROKEN]
    with pytest.raises(Denied, match="CrashLoopBackOff"):
        await bench.env().apply(Weight(10))


async def test_a_lowering_is_not_down_before_the_last_old_pod_is_gone(api: ApiServer, bench: Bench) -> None:
    """Law 5, law 10: what may still serve more counts; asking returns at once, so that no kill waits for pods."""
    adapter = bench.env()
    await adapter.apply(Weight(50))
    api.script = [Step(), UNDER_WAY]
    await adapter.apply(ZERO)
    state = await adapter.read()
    assert state.weight == Weight(50)
    assert state.shown == 'PCT = "0"; 1 of 3 pods updated; pods may serve 0%, 50%'
    api.script = [Step()]
    assert (await adapter.read()).weight == ZERO


async def test_a_change_that_nobody_has_taken_up_yet_counts_as_not_there(api: ApiServer, bench: Bench) -> None:
    adapter = bench.env()
    await adapter.apply(Weight(50))
    api.script = [Step(), Step(observed=False)]
    await adapter.apply(ZERO)
    assert (await adapter.read()).weight == Weight(50)


async def test_a_plan_may_believe_the_template_where_a_metric_confirms(api: ApiServer, bench: Bench) -> None:
    adapter = bench.env(read_back="template")
    await adapter.apply(Weight(50))
    api.script = [Step(), UNDER_WAY]
    await adapter.apply(ZERO)
    assert (await adapter.read()).weight == ZERO


async def test_somebody_elses_raise_is_seen_before_its_roll_out_is_done(api: ApiServer, bench: Bench) -> None:
    """Law 10: the first new pod serves it."""
    api.script = [UNDER_WAY]
    set_variable(api, "PCT", "40")
    assert (await bench.env().read()).weight == Weight(40)


async def test_a_cancelled_raise_leaves_the_change_and_a_lowering_wins(api: ApiServer, bench: Bench) -> None:
    """Law 7."""
    adapter = bench.env()
    api.script = [Step(updated=1, available=0, old=3)]
    order = asyncio.create_task(adapter.apply(Weight(50)))
    await until(lambda: variables(api)["PCT"] == "50")
    order.cancel()
    await asyncio.gather(order, return_exceptions=True)
    await adapter.apply(ZERO)
    assert variables(api)["PCT"] == "0"
