"""What has been, recounted from the record: a whole story, and summaries that follow the record (X9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import NotAllowed
from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.record.durations import Phase
from bot.domain.record.refusals import MarkedAlready, NothingFired
from bot.domain.record.summary import Summary, Wanted
from bot.domain.rollout import Rollout
from bot.engine.finding import FAR_BACK
from bot.engine.recounting import LIVE
from bot.engine.requests import Start
from bot.engine.threads import Threads
from bot.ports import Change, OutOfReach, Posted
from tests.rig import ANA, BEN, CLEO, DEV, Rig, rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as story:
        yield story


async def broken(here: Rig) -> Rollout:
    """Start, and breach at the first stage: rolled back."""
    rollout = await here.start()
    await here.minutes(2)
    here.numbers.values["success"] = 80
    await here.minutes(2)
    here.numbers.values["success"] = 99.5
    return await here.load(rollout)


async def newest(here: Rig) -> Summary:
    return (await here.engine.desk.recount(Wanted(plan="materializers"))).ended[0]


async def test_a_rollout_that_was_approved_held_overruled_and_rolled_back_says_where_its_time_went(here: Rig) -> None:
    rollout = await here.until_gate(await here.start())
    await here.minutes(42)
    rollout = await here.approve(rollout)
    await here.minutes(2)
    await here.engine.desk.hold(here.request("hold", BEN), rollout.id, "lunch", None)
    await here.minutes(30)
    await here.engine.desk.resume(here.request("resume", CLEO), rollout.id, "")
    here.numbers.values["success"] = 97
    await here.minutes(6)
    await here.engine.desk.override(here.request("override", CLEO), rollout.id, "known false")
    await here.minutes(3)
    await here.approve(rollout)
    here.now += timedelta(hours=2)
    here.numbers.values["success"] = 80
    await here.minutes(2)
    told = await newest(here)
    gate, lunch, failed, overruled = told.waits
    assert (gate.of, gate.by, gate.lasted(here.now)) == (("@leads",), (BEN,), timedelta(minutes=42))
    assert (lunch.by, lunch.lasted(here.now)) == ((CLEO,), timedelta(minutes=30))
    assert (failed.ended, overruled.lasted(here.now)) == ("overruled", timedelta(minutes=3))
    assert told.time(Phase.WAITING) == timedelta(minutes=45)
    assert told.time(Phase.UNSEEN) > timedelta(hours=2)
    assert sum(told.spent_s.values()) == told.lasted(here.now).total_seconds()
    assert [(word.outcome, word.what) for word in told.overrides] == [(Outcome.WRONG, "success < 90%")]
    assert (told.highest, told.to_zero_s, told.causes[0].what) == (100.0, 0.0, "success < 90%")


async def test_a_false_alarm_is_on_record_after_the_end_counted_and_told_in_the_thread(here: Rig) -> None:
    rollout = await broken(here)
    before = await newest(here)
    marked = await here.engine.desk.false_alarm(here.request("falsealarm", BEN), rollout.id, "the probe was moved")
    assert marked.state is State.ROLLED_BACK
    (mark,) = (await newest(here)).false_alarms
    assert (mark.by, mark.reason, mark.conditions, before.false_alarms) == (
        BEN,
        "the probe was moved",
        ("success < 90%",),
        (),
    )
    assert "false_alarm" in [outgoing.say for outgoing in await here.said()]
    assert (await here.engine.rollouts.verify(rollout.id)) is None
    with pytest.raises(MarkedAlready):
        await here.engine.desk.false_alarm(here.request("falsealarm", CLEO), rollout.id, "me too")
    await here.engine.desk.undo_false_alarm(here.request("falsealarm", ANA), rollout.id)
    assert (await newest(here)).false_alarms == ()


async def test_only_who_may_operate_calls_it_false_and_who_did_may_always_take_it_back(here: Rig) -> None:
    rollout = await broken(here)
    desk = here.engine.desk
    with pytest.raises(NotAllowed):
        await desk.false_alarm(here.request("falsealarm", DEV), rollout.id, "why")
    await desk.false_alarm(here.request("falsealarm", BEN), rollout.id, "why")
    with pytest.raises(NotAllowed):
        await desk.undo_false_alarm(here.request("falsealarm", DEV), rollout.id)
    here.people.groups[BEN] = set()
    await desk.undo_false_alarm(here.request("falsealarm", BEN), rollout.id)


async def test_a_good_rollout_has_nothing_to_be_called_false(here: Rig) -> None:
    rollout = await here.start()
    await here.minutes(2)
    with pytest.raises(NothingFired):
        await here.engine.desk.false_alarm(here.request("falsealarm", BEN), rollout.id, "why")


async def test_only_the_override_role_says_how_an_override_turned_out(here: Rig) -> None:
    rollout = await broken(here)
    fixed = Start(plan="materializers", weight=None, override="index added", fix="DEN-1")
    again = await here.start(BEN, override=fixed.override, fix=fixed.fix)
    with pytest.raises(NotAllowed):
        await here.engine.desk.judge(here.request("override", ANA), again.id, "right", "I know", None)
    await here.engine.desk.judge(here.request("override", BEN), again.id, "right", "I know", None)
    (live,) = (await here.engine.desk.recount(Wanted())).live
    assert [(word.outcome, word.said_by, word.computed) for word in live.overrides] == [
        (Outcome.RIGHT, BEN, Outcome.OPEN)
    ]
    assert rollout.id != again.id


async def test_what_cannot_all_be_summed_up_at_once_is_counted_and_done_later(here: Rig) -> None:
    rollout = await broken(here)
    recounting = here.engine.desk._recounting
    assert await recounting.fill(most=0) == 1
    assert await recounting.lacking() == 1
    assert await recounting.fill() == 0
    assert [each.rollout for each in (await recounting.recount(Wanted())).ended] == [rollout.id]


async def test_upkeep_sums_up_what_has_ended(here: Rig) -> None:
    await broken(here)
    await here.engine.upkeep.once()
    assert await here.engine.desk.lacking() == 0


async def test_a_killed_rollout_of_the_past_is_live_again_and_told_once(here: Rig) -> None:
    """Its summary of before still stands, and must not be told beside it."""
    rollout = await broken(here)
    await newest(here)
    await here.engine.desk.kill(here.request("kill", BEN, rollout=rollout.id), rollout.id, "just in case")
    found = await here.engine.desk.recount(Wanted())
    assert [each.rollout for each in (*found.live, *found.ended)] == [rollout.id]


async def test_a_rollout_of_long_ago_is_found_by_its_id_and_its_plan(here: Rig) -> None:
    """Whatever has happened since: no list of the newest ends the past."""
    over = await broken(here)
    tree = await here.engine.rollouts.tree(over.plan_digest)
    for number in range(FAR_BACK):
        other = over.but(id=f"other-{number}", plan="other", started_at=over.started_at + timedelta(days=1 + number))
        await here.engine.rollouts.create(other, tree, Change())
    assert (await here.engine.desk.find(over.id, live=False)).id == over.id
    assert (await here.engine.desk.find("materializers", live=False)).id == over.id


async def test_of_many_live_rollouts_only_some_are_read_and_all_are_counted(here: Rig) -> None:
    over = await broken(here)
    tree = await here.engine.rollouts.tree(over.plan_digest)
    for number in range(LIVE + 2):
        other = over.but(id=f"other-{number}", plan=f"other-{number}", state=State.BAKING, ended_at=None)
        await here.engine.rollouts.create(other, tree, Change())
    found = await here.engine.desk.recount(Wanted())
    assert (len(found.live), found.all_live) == (LIVE, LIVE + 2)
    assert len((await here.engine.desk.recount(Wanted(), all_of_them=True)).live) == LIVE + 2


async def test_a_link_that_slack_does_not_give_is_left_out(here: Rig) -> None:
    rollout = await here.start()
    await here.said()
    places: list[Posted] = []

    async def ask(posted: Posted) -> str:
        places.append(posted)
        if len(places) == 1:
            raise OutOfReach("Slack is away")
        return f"https://slack.example/{posted.ts}"

    threads = Threads(here.engine.outbox, ask)
    assert await threads.links([rollout.id, "nobody"]) == {}
    link = await threads.links([rollout.id])
    assert await threads.links([rollout.id]) == link
    assert len(places) == 2
