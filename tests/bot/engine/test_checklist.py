"""Who may tick what at a gate, and who acknowledges a checkpoint: told, on record, and once (R19, S9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import GateClosed, NotAllowed, NotAnItem, NothingAsked, StaleClick, TickedByChecks
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from tests.rig import ANA, BEN, CLEO, DEV, GOOD, Rig, rig, tree

pytestmark = pytest.mark.anyio

ITEMS = ["dashboard looked at", {"item": "customers told", "by": "@leads"}, {"auto": "new_jobs < 5"}]


def listed() -> dict[str, Any]:
    plan = tree()
    ask = {"at": "2m", "acknowledge": "@leads", "within": "1m"}
    first = {**plan["stages"][0], "checklist": ITEMS, "checkpoints": [ask]}
    return {**plan, "stages": [first, *plan["stages"][1:]]}


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path, listed()) as told:
        yield told


async def at_gate(story: Rig) -> Rollout:
    return await story.until_gate(await story.start())


async def tick(story: Rig, rollout: Rollout, which: str, user: str = ANA, *, done: bool = True) -> Rollout:
    gate = (await story.load(rollout)).gate
    click = story.request("tick", user, surface="button", gate=gate.id if gate else "gone", words=(which,))
    await story.engine.desk.tick(click, rollout.id, which, done=done)
    await story.engine.ticker.idle()
    return await story.load(rollout)


async def test_the_last_tick_uses_an_approved_gate(story: Rig) -> None:
    """Law 1: and the approval before it doesn't."""
    rollout = await at_gate(story)
    assert (await story.approve(rollout)).state is State.GATE
    await story.minutes(2)
    assert (await tick(story, rollout, "1")).state is State.GATE
    assert (await tick(story, rollout, "2", BEN)).confirmed == Weight(10)
    records = await story.engine.rollouts.records(rollout.id)
    ticks = [(record.body["item"], record.actor) for record in records if record.kind == "ticked"]
    assert ticks == [("dashboard looked at", ANA), ("customers told", BEN)]
    [promoted] = [record.body for record in records if record.kind == "promoted"]
    assert [each["person"]["id"] for each in promoted["ticks"]] == [ANA, BEN]


async def test_a_tick_that_comes_twice_counts_once_and_the_first_stays(story: Rig) -> None:
    """Law 6."""
    rollout = await at_gate(story)
    for user in (ANA, ANA, BEN):
        rollout = await tick(story, rollout, "1", user)
    assert rollout.gate is not None
    assert [each.person.id for each in rollout.gate.ticks] == [ANA]
    assert (await story.kinds_on_record(rollout)).count("ticked") == 1


async def test_a_tick_can_be_taken_back_until_the_gate_is_used(story: Rig) -> None:
    rollout = await at_gate(story)
    await tick(story, rollout, "1")
    for _ in range(2):
        rollout = await tick(story, rollout, "dashboard", BEN, done=False)
    assert rollout.gate is not None
    assert rollout.gate.ticks == ()
    assert (await story.kinds_on_record(rollout)).count("unticked") == 1


@pytest.mark.parametrize(("which", "user"), [("1", DEV), ("2", DEV), ("2", ANA)])
async def test_who_may_not_tick_is_told_who_may(story: Rig, which: str, user: str) -> None:
    """ana operates, and customers are told by leads alone."""
    rollout = await at_gate(story)
    with pytest.raises(NotAllowed, match="tick") as refused:
        await tick(story, rollout, which, user)
    assert "@leads" in refused.value.next_step


async def test_what_the_checks_tick_nobody_else_does(story: Rig) -> None:
    story.numbers.values["new_jobs"] = 9.0
    rollout = await at_gate(story)
    with pytest.raises(TickedByChecks, match="new_jobs < 5"):
        await tick(story, rollout, "3")
    for which, user in (("1", ANA), ("2", CLEO)):
        await tick(story, rollout, which, user)
    assert (await story.approve(rollout)).state is State.GATE
    story.numbers.values["new_jobs"] = GOOD["new_jobs"]
    await story.minutes(1)
    assert (await story.load(rollout)).confirmed == Weight(10)


@pytest.mark.parametrize("which", ["", "4", "0", "nothing", "o"])
async def test_an_item_that_is_none_is_answered_with_all_of_them(story: Rig, which: str) -> None:
    rollout = await at_gate(story)
    with pytest.raises(NotAnItem, match="1 dashboard looked at; 2 customers told; 3 new_jobs < 5") as refused:
        await tick(story, rollout, which)
    assert refused.value.next_step == "/canary tick materializers 1"


async def test_a_button_of_a_gate_that_is_gone_ticks_nothing(story: Rig) -> None:
    """X2."""
    rollout = await at_gate(story)
    old = story.request("tick", surface="button", gate="an-earlier-one")
    with pytest.raises(StaleClick):
        await story.engine.desk.tick(old, rollout.id, "1", done=True)
    with pytest.raises(GateClosed):
        await story.engine.desk.tick(story.request("tick"), (await fresh(story, rollout)).id, "1", done=True)


async def fresh(story: Rig, rollout: Rollout) -> Rollout:
    """The gate closed: a check failed."""
    story.numbers.values["success"] = 97.0
    await story.minutes(1)
    return await story.load(rollout)


async def test_somebody_acknowledges_a_checkpoint(story: Rig) -> None:
    """S9: whom the plan names, once, under the message that asks."""
    rollout = await story.start()
    await story.minutes(2)
    desk = story.engine.desk
    with pytest.raises(NotAllowed, match="acknowledge T\\+2m of materializers"):
        await desk.acknowledge(story.request("acknowledge", ANA), rollout.id, "")
    for user in (BEN, CLEO):
        rollout = await desk.acknowledge(story.request("acknowledge", user), rollout.id, "T+2m")
    assert [each.by.id for each in rollout.asked if each.by] == [BEN]
    await story.minutes(3)
    kinds = await story.kinds_on_record(rollout)
    assert (kinds.count("acknowledged"), kinds.count("acknowledgement_missed")) == (1, 0)
    asked = [each for each in await story.said() if each.say == "asked"]
    assert [bool(each.edits) for each in asked] == [False, True]
    assert asked[1].edits == asked[0].key


async def test_a_missed_acknowledgement_is_told_and_what_was_not_asked_is_refused(story: Rig) -> None:
    rollout = await story.start()
    with pytest.raises(NothingAsked):
        await story.engine.desk.acknowledge(story.request("acknowledge", BEN), rollout.id, "")
    await story.minutes(4)
    loud = [each.say for each in await story.said() if each.broadcast]
    assert loud.index("checkpoint") < loud.index("asked")
    assert "acknowledgement_missed" in loud
    assert "acknowledgement_missed" in await story.kinds_on_record(rollout)
