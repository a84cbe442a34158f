"""Freezes over the whole engine: nothing rises under one, down stays open, and everybody is told (X11, U4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import BadRequest, NotAllowed, NotNow
from bot.domain.evidence import WORKSPACE
from bot.domain.freezes import EVERYWHERE, Freeze
from bot.domain.machine import State
from bot.domain.obstacles import ServiceFrozen
from bot.domain.rollout import Person, Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.requests import Cold, Start
from bot.ports import Change, OutOfReach
from tests.builders import at_stage
from tests.fakes.traffic import Trouble
from tests.rig import ANA, BEN, CLEO, DEV, Rig, again, rig, tree
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as story:
        yield story


async def freeze(
    here: Rig,
    user: str = ANA,
    service: str = "denis",
    lasting: timedelta | None = 4 * HOUR,
    exempt: tuple[str, ...] = (),
    **more: object,
) -> Cold:
    return await here.engine.desk.freeze(here.request("freeze", user, **more), service, "incident 7", lasting, exempt)


async def unfreeze(
    here: Rig, user: str = ANA, service: str = "denis", only: tuple[str, ...] = (), **more: object
) -> Cold:
    return await here.engine.desk.unfreeze(here.request("unfreeze", user, **more), service, "it is over", only)


async def kept_and_died(here: Rig) -> None:
    """A process kept a freeze, and died before it held anything."""
    frozen = Freeze(id="freeze-x", service="denis", why="incident 7", owner=Person(id=ANA), since=here.now)
    assert await here.engine.freezing.store.begin(frozen, Change())


async def baking(here: Rig) -> Rollout:
    rollout = await here.start()
    await here.settle()
    return await here.load(rollout)


async def workspace(here: Rig) -> list[str]:
    return [record.kind for record in await here.engine.rollouts.records(WORKSPACE)]


async def test_no_start_under_a_freeze_and_the_refusal_says_who_until_when_and_what_to_type(here: Rig) -> None:
    await freeze(here)
    with pytest.raises(ServiceFrozen) as refused:
        await here.start()
    assert "denis is frozen by U0ANA until 2026-03-02 13:00 UTC (incident 7)" in str(refused.value)
    assert refused.value.next_step == "/canary unfreeze denis"
    assert await here.engine.desk.live() == []


async def test_what_would_rise_is_held_and_cannot_be_resumed_before_the_freeze_ends(here: Rig) -> None:
    rollout = await baking(here)
    cold = await freeze(here, CLEO)
    held = await here.load(rollout)
    assert (held.state, held.hold and held.hold.owner, cold.touched) == (State.HELD, CLEO, ("materializers",))
    with pytest.raises(ServiceFrozen):
        await here.engine.desk.resume(here.request("resume", CLEO), rollout.id, "")
    await unfreeze(here, CLEO)
    assert (await here.load(rollout)).state is State.HELD
    resumed = await here.engine.desk.resume(here.request("resume", CLEO), rollout.id, "")
    assert resumed.state is State.BAKING


async def test_an_open_gate_closes_and_an_approval_of_before_the_freeze_raises_nothing_after_it(here: Rig) -> None:
    """Law 1."""
    rollout = await here.until_gate(await baking(here))
    await freeze(here)
    with pytest.raises(NotNow):
        await here.approve(rollout)
    await here.minutes(10)
    assert (await here.load(rollout)).confirmed == Weight(1)
    assert here.traffic[0].weight == Weight(1)


async def test_a_freeze_in_the_middle_of_a_raise_takes_it_back(here: Rig) -> None:
    """Law 7."""
    rollout = await here.until_gate(await baking(here))
    slow = here.traffic[0]
    slow.far.trouble = Trouble.LATE
    await here.engine.desk.approve(here.yes(rollout), rollout.id)
    async with asyncio.timeout(HANGS_S):
        await slow.far.until_called("apply 10%")
    await freeze(here)
    slow.arrive()
    slow.far.trouble = None
    await here.settle()
    await here.minutes(1)
    after = await here.load(rollout)
    assert (after.state, after.confirmed, after.approved) == (State.HELD, Weight(1), Weight(1))
    assert here.traffic[0].weight == Weight(1)


async def test_rollback_kill_and_hold_go_on_under_a_freeze(here: Rig) -> None:
    """Law 2."""
    rollout = await baking(here)
    await freeze(here)
    await here.engine.desk.rollback(here.request("rollback", ANA), rollout.id, "down")
    await here.settle()
    after = await here.load(rollout)
    assert (after.state, here.traffic[0].weight) == (State.ROLLED_BACK, ZERO)
    killed = await here.engine.desk.kill(here.request("kill", ANA), rollout.id, "off")
    assert killed.kill is not None


async def test_a_breach_under_a_freeze_still_rolls_back(here: Rig) -> None:
    """Law 2: a hold stops progress, not protection."""
    rollout = await baking(here)
    await freeze(here)
    here.numbers.values["errors"] = 50.0
    await here.minutes(1)
    assert (await here.load(rollout)).state is State.ROLLED_BACK


async def test_a_start_in_preflight_is_aborted_before_anything_moves(here: Rig) -> None:
    started = await here.engine.desk.start(
        here.request("start"), Start(plan="materializers", weight=Weight(1), version="v2")
    )
    await freeze(here)
    await here.settle()
    assert (await here.load(started)).state is State.ABORTED
    assert here.traffic[0].weight == ZERO


async def test_a_start_that_slipped_in_beside_the_freeze_is_stopped_at_the_fence(here: Rig) -> None:
    """Law 7: whoever decided without knowing of the freeze asks once more right before the outside call."""
    started = await here.engine.desk.start(
        here.request("start"), Start(plan="materializers", weight=Weight(1), version="v2")
    )
    await kept_and_died(here)
    await here.settle()
    await here.settle()
    after = await here.load(started)
    assert (after.state, after.hold and after.hold.cause) == (State.HELD, "freeze")
    assert [call for call in here.traffic[0].far.calls if call.startswith("apply") and call != "apply 0%"] == []


async def test_an_exempt_plan_goes_on_under_the_freeze(here: Rig) -> None:
    rollout = await here.until_gate(await baking(here))
    await freeze(here, service=EVERYWHERE, exempt=("materializers",))
    assert (await here.approve(rollout)).confirmed == Weight(10)


async def test_one_plan_can_be_let_through_and_the_freeze_stands_for_the_others(here: Rig) -> None:
    rollout = await baking(here)
    await freeze(here, service=EVERYWHERE)
    cold = await unfreeze(here, service=EVERYWHERE, only=("materializers",))
    assert cold.left[0].exempt == ("materializers",)
    assert (await here.load(rollout)).frozen is None
    resumed = await here.engine.desk.resume(here.request("resume", ANA), rollout.id, "")
    assert resumed.state is State.BAKING
    assert await workspace(here) == ["freeze", "exempt"]


async def test_a_freeze_that_runs_out_is_told_and_what_it_held_waits_for_a_person(here: Rig) -> None:
    """Every hold has a deadline and a default."""
    rollout = await baking(here)
    await freeze(here, lasting=HOUR)
    here.now += HOUR
    await here.engine.freezing.tend()
    after = await here.load(rollout)
    assert (after.state, after.frozen) == (State.HELD, None)
    assert await workspace(here) == ["freeze", "unfreeze"]
    told = [each for each in await here.said() if each.say == "unfreeze"]
    assert [(each.to, each.facts["by"], each.facts["rollouts"][0]["held"]) for each in told] == [
        ("#canary-live", "perch", True)
    ]
    await here.engine.freezing.tend()
    assert await workspace(here) == ["freeze", "unfreeze"]


async def test_a_freeze_is_on_record_in_the_workspace_and_with_each_rollout_and_announced_once_per_channel(
    here: Rig,
) -> None:
    """E1, law 4."""
    rollout = await baking(here)
    await here.said()
    await freeze(here, CLEO)
    kinds = await here.kinds_on_record(rollout)
    assert kinds[-2:] == ["held", "frozen"]
    (record,) = await here.engine.rollouts.records(WORKSPACE)
    assert (record.kind, record.actor, record.body["why"], record.body["rollouts"]) == (
        "freeze",
        CLEO,
        "incident 7",
        [rollout.id],
    )
    assert [each.to for each in await here.said() if each.say == "freeze"] == ["#canary-live"]


async def test_a_freeze_delivered_twice_is_one_freeze_also_after_it_was_lifted(here: Rig) -> None:
    """Law 6."""
    asked = here.request("freeze", ANA)
    for _ in range(2):
        await here.engine.desk.freeze(asked, "denis", "", HOUR, ())
    assert len(await here.engine.desk.standing()) == 1
    await unfreeze(here)
    await here.engine.desk.freeze(asked, "denis", "", HOUR, ())
    assert await here.engine.desk.standing() == []
    assert await workspace(here) == ["freeze", "unfreeze"]


async def test_whoever_may_stop_may_freeze_and_nobody_else(here: Rig) -> None:
    with pytest.raises(NotAllowed):
        await freeze(here, DEV)
    assert await here.engine.desk.standing() == []
    assert await workspace(here) == []


async def test_lifting_is_for_the_owner_and_the_override_role(here: Rig) -> None:
    """Down is open, up is not: an operator who didn't freeze doesn't lift."""
    await freeze(here, CLEO)
    with pytest.raises(NotAllowed):
        await unfreeze(here, ANA)
    assert len(await here.engine.desk.standing()) == 1
    await unfreeze(here, BEN)
    await freeze(here, ANA)
    await unfreeze(here, ANA)
    assert await here.engine.desk.standing() == []


async def test_lifting_is_closed_while_slack_cannot_say_who_somebody_is_and_freezing_is_not(here: Rig) -> None:
    """Law 8: closed for up; law 2: for down the kill card's operators may."""
    await baking(here)
    here.people.away = OutOfReach("Slack doesn't answer")
    await freeze(here, ANA)
    with pytest.raises(NotAllowed):
        await unfreeze(here, ANA)
    await unfreeze(here, "shell:root", surface="shell")


async def test_a_webhook_can_lift_nothing(here: Rig) -> None:
    await freeze(here, ANA)
    with pytest.raises(NotAllowed):
        await unfreeze(here, "webhook:alertmanager", surface="webhook")


async def test_two_freezes_are_lifted_one_by_one_and_the_other_goes_on_keeping_things_down(here: Rig) -> None:
    rollout = await baking(here)
    await freeze(here, ANA)
    await freeze(here, CLEO, EVERYWHERE, None)
    cold = await unfreeze(here, ANA)
    assert [each.service for each in cold.left] == [EVERYWHERE]
    frozen = (await here.load(rollout)).frozen
    assert frozen is not None
    assert frozen.service == EVERYWHERE
    with pytest.raises(ServiceFrozen):
        await here.engine.desk.resume(here.request("resume", ANA), rollout.id, "")


async def test_lifting_what_does_not_stand_says_what_does(here: Rig) -> None:
    with pytest.raises(NotNow) as nothing:
        await unfreeze(here)
    assert "Nothing is frozen" in str(nothing.value)
    await freeze(here, service=EVERYWHERE)
    with pytest.raises(NotNow) as other:
        await unfreeze(here)
    assert other.value.next_step == "/canary unfreeze all"


async def test_a_service_that_no_plan_names_is_refused(here: Rig) -> None:
    with pytest.raises(BadRequest):
        await freeze(here, service="billing")


async def test_the_freeze_of_a_service_whose_last_plan_is_gone_can_still_be_lifted(here: Rig) -> None:
    await freeze(here, CLEO)
    here.plans.trees.clear()
    with pytest.raises(NotAllowed):
        await unfreeze(here, ANA)
    await unfreeze(here, "shell:root", surface="shell")
    assert await here.engine.desk.standing() == []


async def test_everything_can_be_frozen_from_a_shell_also_where_no_plan_can_be_read(here: Rig) -> None:
    here.plans.trees.clear()
    await freeze(here, "shell:root", EVERYWHERE, surface="shell")
    assert len(await here.engine.desk.standing()) == 1


async def test_a_rollout_that_was_created_beside_the_freeze_is_held_a_little_later(here: Rig) -> None:
    """Its start had asked before there was a freeze, and was kept after all rollouts had been gone through."""
    await freeze(here)
    await here.engine.freezing.tend()
    plan, frozen_tree = here.engine.plans.find("materializers")
    late = await here.engine.rollouts.create(at_stage(plan), frozen_tree, Change())
    await here.engine.freezing.tend()
    assert (await here.load(late)).state is State.BAKING
    here.now += timedelta(seconds=10)
    await here.engine.freezing.tend()
    assert (await here.load(late)).state is State.HELD


async def test_a_freeze_stands_after_a_restart_and_holds_what_the_crash_left_unheld(here: Rig, tmp_path: Path) -> None:
    """Law 5: the process died between keeping the freeze and holding the rollout."""
    rollout = await baking(here)
    await kept_and_died(here)
    assert (await here.load(rollout)).state is State.BAKING
    async with again(here, tmp_path) as next_one:
        await next_one.engine.freezing.tend()
        assert (await next_one.load(rollout)).state is State.HELD


async def test_a_rollout_at_its_last_stage_goes_on_and_completes(tmp_path: Path) -> None:
    plan = tree()
    async with rig(tmp_path, {**plan, "stages": plan["stages"][:1]}) as here:
        rollout = await baking(here)
        await freeze(here)
        await here.minutes(6)
        assert (await here.load(rollout)).state is State.COMPLETED
