"""Several traffic targets in one rollout (X10): up in order, down in reverse, partly failed, resumed, told by name."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine import targets
from bot.ports import OutOfReach
from tests.adapters.traffic.far_sides.haproxy_world import haproxy_world
from tests.adapters.traffic.far_sides.redis_world import redis_world
from tests.fakes.traffic import FakeTraffic, Trouble
from tests.rig import Rig, again, rig, tree
from tests.waiting import until

pytestmark = pytest.mark.anyio

TWO: list[dict[str, Any]] = [{"kind": "fake"}, {"kind": "fake", "number": 1}]


@dataclass
class Noted(FakeTraffic):
    """A target that writes each order into a journal, and may refuse or hang at its orders alone."""

    journal: list[str] = field(default_factory=list)
    refuses: Weight | None = None
    hanging: asyncio.Event | None = None

    async def apply(self, weight: Weight) -> None:
        self.journal.append(f"{self.target} {weight}")
        if self.hanging is not None:
            await self.hanging.wait()
        if weight == self.refuses:
            raise OutOfReach("the reload failed")
        await super().apply(weight)


def noted(story: Rig) -> tuple[Noted, Noted]:
    """The story's two targets, with one journal."""
    journal: list[str] = []
    both = Noted("the flag", journal=journal), Noted("the proxy", journal=journal)
    story.traffic[:] = both
    return both


def plan(**changes: Any) -> dict[str, Any]:
    return tree(traffic=TWO, **changes)


async def facts(story: Rig, rollout: Rollout, kind: str) -> dict[str, Any]:
    """The newest record of a kind."""
    return next(
        dict(record.body) for record in reversed(await story.engine.rollouts.records(rollout.id)) if record.kind == kind
    )


async def roll_back(story: Rig, rollout: Rollout) -> Rollout:
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "looks bad")
    await story.settle()
    return await story.load(rollout)


async def test_up_goes_in_the_plan_s_order_and_down_in_reverse(tmp_path: Path) -> None:
    """X10: and the record has before and after of each."""
    async with rig(tmp_path, plan(), targets=2) as story:
        flag, _ = noted(story)
        rollout = await story.start()
        rollout = await story.approve(await story.until_gate(rollout))
        applied = await facts(story, rollout, "applied")
        assert applied["targets"] == ["the flag", "the proxy"]
        assert (applied["before"], applied["after"]) == (["weight = 1%"] * 2, ["weight = 10%"] * 2)
        rollout = await roll_back(story, rollout)
        assert flag.journal == [
            "the flag 1%",
            "the proxy 1%",
            "the flag 10%",
            "the proxy 10%",
            "the proxy 0%",
            "the flag 0%",
        ]
        assert rollout.state is State.ROLLED_BACK


async def test_where_the_second_fails_the_first_goes_back_and_each_is_told_by_name(tmp_path: Path) -> None:
    """X10: which is at what weight; undone in reverse; nothing pretends to be at the new stage."""
    async with rig(tmp_path, plan(), targets=2) as story:
        flag, proxy = noted(story)
        rollout = await story.until_gate(await story.start())
        proxy.refuses = Weight(10)
        rollout = await story.approve(rollout)
        assert (rollout.state, rollout.stage, rollout.confirmed) == (State.HELD, 0, Weight(1))
        assert (flag.weight, proxy.weight) == (Weight(1), Weight(1))
        assert flag.journal[2:] == ["the flag 10%", "the proxy 10%", "the proxy 1%", "the flag 1%"]
        told = await facts(story, rollout, "unconfirmed")
        assert [(each["target"], each["weight"]) for each in told["targets"]] == [("the flag", 10), ("the proxy", 1)]
        assert told["fault"] == "the proxy: the reload failed"


async def test_a_first_target_that_cannot_go_back_is_told_with_where_each_stands(tmp_path: Path) -> None:
    """X10: stuck, by name, and tried until it is back."""
    async with rig(tmp_path, plan(), targets=2) as story:
        flag, proxy = noted(story)
        rollout = await story.until_gate(await story.start())
        proxy.refuses, flag.refuses = Weight(10), Weight(1)
        rollout = await story.approve(rollout)
        assert (rollout.state, flag.weight, proxy.weight) == (State.HELD, Weight(10), Weight(1))
        stuck = await facts(story, rollout, "stuck")
        assert stuck["still_on"] == "the flag at 10%; the proxy at 1%"
        assert "the flag: the reload failed" in stuck["fault"]
        flag.refuses = None
        await story.minutes(1)
        assert (flag.weight, (await story.load(rollout)).intent) == (Weight(1), None)


@pytest.mark.parametrize("then", ["goes on", "is rolled back"])
async def test_a_crash_between_two_targets(tmp_path: Path, then: str) -> None:
    """Laws 5 and 10, X10: the next process goes on with the same raise, or takes both down."""
    async with rig(tmp_path, plan(), targets=2) as story:
        flag, proxy = noted(story)
        rollout = await story.until_gate(await story.start())
        proxy.hanging = asyncio.Event()
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
        await until(lambda: flag.journal[-1] == "the proxy 10%")
    assert (flag.weight, proxy.weight) == (Weight(10), Weight(1))
    proxy.hanging = None
    async with again(story, tmp_path) as later:
        if then == "goes on":
            await later.minutes(1)
            rollout = await later.load(rollout)
            assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(10))
            assert (flag.weight, proxy.weight) == (Weight(10), Weight(10))
        else:
            rollout = await roll_back(later, rollout)
            assert (rollout.state, flag.weight, proxy.weight) == (State.ROLLED_BACK, ZERO, ZERO)


async def test_drift_of_one_target_is_told_with_where_each_stands(tmp_path: Path) -> None:
    """Law 10, X10."""
    async with rig(tmp_path, plan(), targets=2) as story:
        _, proxy = noted(story)
        rollout = await story.start()
        proxy.weight = Weight(50)
        await story.minutes(1)
        drift = await facts(story, rollout, "drift")
        assert [(each["target"], each["weight"]) for each in drift.get("targets", ())] == [
            ("the flag", 1),
            ("the proxy", 50),
        ]
        assert (await story.load(rollout)).state is State.HELD
        assert proxy.weight == Weight(1)


async def test_a_target_that_hangs_does_not_hold_the_others_up_on_the_way_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: in reverse, each after the one before it has answered, or a moment later."""
    monkeypatch.setattr(targets, "PATIENCE_S", 0.01)
    async with rig(tmp_path, plan(), targets=2) as story:
        flag, proxy = noted(story)
        rollout = await story.start()
        proxy.hanging = asyncio.Event()
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "looks bad")
        await until(lambda: flag.weight == ZERO)
        assert proxy.weight == Weight(1)
        proxy.hanging.set()
        await story.rest()
        assert (await story.load(rollout)).state is State.ROLLED_BACK


async def test_a_real_redis_flag_and_a_real_haproxy_rise_and_fall_together(tmp_path: Path) -> None:
    """X10, T3, T6: a proxy that is out of reach half way leaves neither of them up."""
    async with AsyncExitStack() as running:
        redis = await running.enter_async_context(redis_world(tmp_path))
        proxy = await running.enter_async_context(haproxy_world(tmp_path))
        story = await running.enter_async_context(rig(tmp_path, plan(confirm={"within": "30s"}), targets=2))
        story.traffic[:] = cast(list[FakeTraffic], [redis.traffic, proxy.traffic])
        rollout = await story.start()
        assert (await redis.split(), await proxy.split()) == ("1", "1")
        rollout = await story.until_gate(rollout)
        await proxy.get_into(Trouble.DENY)
        rollout = await story.approve(rollout)
        assert (rollout.state, await redis.split(), await proxy.split()) == (State.HELD, "1", "1")
        told = await facts(story, rollout, "unconfirmed")
        assert [each["weight"] for each in told["targets"]] == [10, None]
        await proxy.get_into(None)
        await story.minutes(1)
        await story.engine.desk.resume(story.request("resume"), rollout.id, "mended")
        rollout = await story.approve(await story.until_gate(rollout))
        assert (rollout.confirmed, await redis.split(), await proxy.split()) == (Weight(10), "10", "10")
        rollout = await roll_back(story, rollout)
        assert (rollout.state, await redis.split(), await proxy.split()) == (State.ROLLED_BACK, "0", "0")
