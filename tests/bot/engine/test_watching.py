"""Who watches a rollout (X12), and who hears directly how it went (S8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import BadRequest, NotAllowed, NotNow
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.ports import Outgoing
from tests.rig import ANA, BEN, CLEO, DEV, Rig, rig, tree

pytestmark = pytest.mark.anyio


async def handed(story: Rig, rollout: Rollout, to: str, by: str = ANA) -> Rollout:
    return await story.engine.desk.watch(story.request("watch", by), rollout.id, to)


async def direct(story: Rig, user: str) -> list[str]:
    """What this person is told directly, in order: what it is, and about which event."""
    due = [each.outgoing for each in await story.engine.outbox.due(story.now, 999)]
    return [_what(outgoing) for outgoing in due if outgoing.to == f"user:{user}"]


def _what(outgoing: Outgoing) -> str:
    return f"{outgoing.say} {outgoing.facts.get('event', '')}".strip()


async def test_a_handover_counts_at_once_is_on_record_and_told_to_the_new_watcher(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        assert rollout.watched_by == ANA
        assert (await handed(story, rollout, BEN)).watched_by == BEN
        record = (await story.engine.rollouts.records(rollout.id))[-1]
        assert (record.kind, record.actor, record.body["from"], record.body["to"]) == ("watching", ANA, ANA, BEN)
        assert await handed(story, rollout, BEN) == await story.load(rollout)
        assert (await story.engine.rollouts.records(rollout.id))[-1] == record


async def test_who_takes_a_rollout_over_is_not_told_what_they_just_did(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        assert (await handed(story, rollout, "", by=BEN)).watched_by == BEN
        assert await direct(story, BEN) == []
        assert await direct(story, ANA) == ["taken"]


async def test_a_stage_may_have_a_watcher_of_its_own(tmp_path: Path) -> None:
    """X12: the plan gives each stage to somebody; whoever has it now, and whoever had it, are told."""
    first, second, *rest = tree()["stages"]
    stages = [first, {**second, "watcher": BEN}, *rest]
    async with rig(tmp_path, plan=tree(stages=stages)) as story:
        rollout = await story.start()
        await story.minutes(6)
        risen = await story.approve(rollout, CLEO)
        assert (rollout.watched_by, risen.watched_by) == (ANA, BEN)
        assert await direct(story, BEN) == ["handed"]
        assert await direct(story, ANA) == ["taken"]


async def test_a_start_may_name_its_watcher_who_is_told(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start(watcher=BEN)
        assert rollout.watched_by == BEN
        assert await direct(story, BEN) == ["handed"]
        assert await direct(story, ANA) == []


async def test_a_hold_of_perchs_own_is_the_watchers_and_goes_along_with_a_handover(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await handed(story, await story.start(), BEN)
        story.numbers.values["success"] = 97.0
        await story.minutes(6)
        held = await story.load(rollout)
        assert held.hold is not None
        assert (held.state, held.hold.owner) == (State.HELD, BEN)
        back = await handed(story, held, "", by=ANA)
        assert back.hold is not None
        assert back.hold.owner == ANA


async def test_who_has_no_role_can_neither_take_nor_hand_over_a_rollout(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        with pytest.raises(NotAllowed):
            await handed(story, rollout, "", by=DEV)
        assert (await story.load(rollout)).watched_by == ANA


@pytest.mark.parametrize("entry", ["@sre-leads", "@unheard-of"])
async def test_one_person_watches_a_rollout(tmp_path: Path, entry: str) -> None:
    """Neither a group nor nobody."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        with pytest.raises(BadRequest):
            await handed(story, rollout, entry)
        assert (await story.load(rollout)).watched_by == ANA


async def test_what_is_over_is_not_watched_any_more(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.engine.desk.rollback(story.request("rollback", BEN), rollout.id, "enough")
        await story.minutes(1)
        with pytest.raises(NotNow):
            await handed(story, rollout, BEN)


async def test_starter_and_watcher_hear_the_outcome_directly_and_whoever_did_it_does_not(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await handed(story, await story.start(), BEN)
        await story.engine.desk.rollback(story.request("rollback", BEN), rollout.id, "enough")
        await story.minutes(1)
        assert await direct(story, ANA) == ["announcement rolled_back"]
        assert await direct(story, BEN) == ["handed"]


async def test_the_starter_hears_directly_what_perch_did_by_itself(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        await story.start()
        story.numbers.values["errors"] = 9.0
        await story.minutes(3)
        assert await direct(story, ANA) == ["announcement rolled_back"]
