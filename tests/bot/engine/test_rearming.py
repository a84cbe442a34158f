"""Rearming where rollouts share a kill switch: what one kill holds off, the rearm of another doesn't put back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import NotAllowed, NotNow
from bot.domain.machine import State
from bot.domain.obstacles import HeldOffByOthers
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.ports import Spooled
from tests.fakes.traffic import FakeKill, Trouble
from tests.rig import ANA, BEN, DEV, Rig, rig, tree

pytestmark = pytest.mark.anyio
WITHIN_S = 10.0
SHOP = "shop"
LEADS = {"operators": ["@leads"], "approvers": ["@leads"], "override": ["@leads"]}


def shop(**changes: Any) -> dict[str, Any]:
    """Another plan, with traffic of its own and the same kill switch, by other options."""
    own = {"traffic": [{"kind": "fake", "number": 1}], "kill_switch": [[{"kind": "fake", "timeout": "5s"}]]}
    return tree(**{"name": SHOP, **own, **changes})


@asynccontextmanager
async def both_live(folder: Path, **changes: Any) -> AsyncIterator[tuple[Rig, Rollout, Rollout]]:
    plans = {"materializers": tree(cooldown="0s"), SHOP: shop(cooldown="0s", **changes)}
    async with rig(folder, plans=plans, targets=2, switches=2) as story:
        first = await story.start()
        second = await story.start(BEN, plan=SHOP)
        assert (first.state, second.state) == (State.BAKING, State.BAKING)
        yield story, first, second


async def kill(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.kill(story.request("kill", BEN), rollout.id, "fire")
    await story.minutes(0.1, step_s=2)
    assert (await story.load(rollout)).state is State.KILLED


async def rearm(story: Rig, *rollouts: Rollout) -> None:
    await story.engine.desk.rearm(story.request("rearm"), *(each.id for each in rollouts))


@pytest.mark.usefixtures("both_databases")
async def test_a_switch_stays_off_while_another_kill_holds_it(tmp_path: Path) -> None:
    """Laws 1, 2: whoever rearms one rollout must not give the other one, which is still killed, its traffic back."""
    async with both_live(tmp_path) as (story, first, second):
        await kill(story, first)
        await kill(story, second)
        for one, other in ((first, second), (second, first)):
            with pytest.raises(HeldOffByOthers) as refused:
                await rearm(story, one)
            assert f"{other.id} ({other.plan} in production)" in str(refused.value)
            assert refused.value.next_step.endswith(f"/canary rearm {one.id} {other.id}")
            assert story.kills[0].standing == "off"
            assert (await story.load(one)).rearmed_at is None
        assert "restore" not in story.kills[0].far.calls


async def test_what_shares_a_switch_is_rearmed_together(tmp_path: Path) -> None:
    """No refusal without a way out: who may rearm both names both, and both may start again."""
    async with both_live(tmp_path) as (story, first, second):
        await kill(story, first)
        await kill(story, second)
        await rearm(story, first, second)
        assert story.kills[0].standing == "on"
        assert None not in [(await story.load(each)).rearmed_at for each in (first, second)]
        assert (await story.start()).state is State.BAKING


async def test_of_several_values_that_were_there_the_oldest_is_put_back_last(tmp_path: Path) -> None:
    """What the later kill found there was the earlier one's doing."""
    async with both_live(tmp_path) as (story, first, second):
        await kill(story, first)
        await kill(story, second)
        name = next(iter(second.former))
        await story.engine.ledger.change(second.id, lambda fresh, plan, now: Step(fresh.but(former={name: "was off"})))
        await rearm(story, first, second)
        assert story.kills[0].standing == "on"


async def test_who_may_not_rearm_one_of_them_rearms_none(tmp_path: Path) -> None:
    """S6: naming a rollout together with one's own gives no right to it."""
    async with both_live(tmp_path, roles=LEADS) as (story, first, second):
        await kill(story, first)
        await kill(story, second)
        for user in (DEV, ANA):
            with pytest.raises(NotAllowed):
                await story.engine.desk.rearm(story.request("rearm", user), first.id, second.id)
        assert story.kills[0].standing == "off"


async def test_a_kill_that_holds_another_switch_is_in_nobodys_way(tmp_path: Path) -> None:
    async with both_live(tmp_path, kill_switch=[[{"kind": "fake", "number": 1}]]) as (story, first, second):
        await kill(story, first)
        await kill(story, second)
        await rearm(story, first)
        assert [each.standing for each in story.kills] == ["on", "off"]


async def test_a_kill_under_way_holds_its_switch_too(tmp_path: Path) -> None:
    """Law 7: it isn't through, and is in the way all the same."""
    async with both_live(tmp_path, killed_when=["errors > 90% within 60s"]) as (story, first, second):
        await kill(story, first)
        await story.engine.desk.kill(story.request("kill", BEN), second.id, "fire")
        assert (await story.load(second)).state is State.KILLING
        with pytest.raises(HeldOffByOthers):
            await rearm(story, first)
        assert story.kills[0].standing == "off"


async def test_a_kill_in_the_spool_holds_its_switch_too(tmp_path: Path) -> None:
    """Law 2: a shell has killed it, and no record knows of it yet."""
    async with both_live(tmp_path) as (story, first, second):
        await kill(story, first)
        assert story.engine.files.begin(act_of(story, second))
        with pytest.raises(HeldOffByOthers):
            await rearm(story, first)
        assert story.kills[0].standing == "off"


class Slow(FakeKill):
    """A switch whose orders to put it back are on their way until somebody lets them land."""

    began: asyncio.Event
    lands: asyncio.Event

    async def restore(self, former: str) -> None:
        self.began.set()
        await self.lands.wait()
        await super().restore(former)


async def test_a_rearm_that_meets_the_kill_of_another_is_undone_and_told(tmp_path: Path) -> None:
    """Law 7: down beats up, whosever it is. The other one was killed while the order was on its way."""
    async with both_live(tmp_path) as (story, first, second):
        switch = Slow(target="fake switch 0", standing="on")
        switch.began, switch.lands = asyncio.Event(), asyncio.Event()
        story.kills[0] = switch
        await story.engine.equipment.aclose()
        await kill(story, first)
        rearming = asyncio.create_task(rearm(story, first))
        async with asyncio.timeout(WITHIN_S):
            await switch.began.wait()
            await kill(story, second)
            switch.lands.set()
            with pytest.raises(HeldOffByOthers):
                await rearming
        assert switch.standing == "off", "a kill stands on record, and its switch was put back"
        assert (await story.load(first)).rearmed_at is None
        assert (await story.kinds_on_record(second)).count("late_rearm") == 1


async def test_one_that_fails_leaves_the_others_that_were_named_alone(tmp_path: Path) -> None:
    """Nothing is called rearmed that isn't."""
    async with both_live(tmp_path) as (story, first, second):
        await kill(story, first)
        await kill(story, second)
        story.kills[0].far.trouble = Trouble.FAIL
        with pytest.raises(NotNow, match="can't be reached"):
            await rearm(story, first, second)
        assert [(await story.load(each)).rearmed_at for each in (first, second)] == [None, None]


def act_of(story: Rig, rollout: Rollout) -> Spooled:
    return Spooled(
        key="1",
        what="kill",
        rollout=rollout.id,
        plan=rollout.plan,
        environment=rollout.environment,
        by="shell:root",
        by_name="",
        reason="",
        at=story.now,
    )
