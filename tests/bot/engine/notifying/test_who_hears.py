"""A plan's notifiers hear what concerns them, once, and it is on record (O4, R22)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.urgencies import Urgency
from tests.bot.engine.notifying.story import Far, breached, down, told
from tests.rig import Rig, tree

pytestmark = pytest.mark.anyio


async def test_a_breach_pages_a_rollback_is_a_ticket_and_the_end_resolves(story: Rig, far: Far) -> None:
    """O4, R22: by severity; whoever was paged hears that it is over without being named for that."""
    id = await breached(story)
    await told(story)
    assert far.pager.heard == ["rolling_back opens"]
    await down(story, id)
    await told(story)
    assert far.pager.heard == ["rolling_back opens", "rolled_back over"]
    assert far.board.heard == ["rolled_back over"]
    assert far.hook.heard == ["rolling_back opens"]
    page = far.pager.told[0]
    assert (page.urgency, page.plan, page.reason) == (Urgency.PAGE, "materializers", "errors > 5%")
    assert "errors" in page.text
    assert page.subject == "[Perch] materializers v2 in production: rolling back"


async def test_it_is_told_once_however_often_the_message_is_sent(story: Rig, far: Far) -> None:
    """Law 6: the sender crashed before it could say that the message was handed over."""
    id = await breached(story)
    await told(story, times=3)
    await down(story, id)
    await told(story, times=3)
    await told(story)
    assert far.pager.tries == 2
    assert len({each.key for each in far.pager.told}) == 2


async def test_it_is_on_record_what_came_of_it(story: Rig, far: Far) -> None:
    id = await breached(story)
    await told(story)
    await down(story, id)
    await told(story)
    records = [each for each in await story.engine.rollouts.records(WORKSPACE) if each.kind == "notified"]
    assert [(each.body["notifier"], each.body["event"]) for each in records if each.body["notifier"] == "oncall"] == [
        ("oncall", "rolling_back"),
        ("oncall", "rolled_back"),
    ]
    assert all(each.body["place"].startswith("told ") for each in records)


async def test_good_news_wakes_nobody_and_resolves_nothing_that_was_never_opened(story: Rig, far: Far) -> None:
    rollout = await story.start()
    for _ in range(2):
        await story.until_gate(rollout)
        await story.approve(rollout)
    await story.minutes(6)
    await told(story)
    assert (await story.load(rollout)).state is State.COMPLETED
    assert far.pager.heard == far.board.heard == []
    assert far.hook.heard == ["completed over"]


async def test_a_person_who_acts_acknowledges_and_a_persons_own_rollback_pages_nobody(story: Rig, far: Far) -> None:
    rollout = await story.start()
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "I don't like it")
    await story.minutes(1)
    await told(story)
    story.now += timedelta(seconds=5)
    await told(story)
    assert far.pager.heard == []
    assert far.board.heard == ["rolled_back over"]


async def test_what_is_held_for_a_breach_pages_is_taken_by_who_acts_and_is_over_when_it_goes_on(
    tmp_path: Path, far: Far
) -> None:
    """O4: trigger, acknowledge, resolve; all about one rollout."""
    stages = [{**each, "on_breach": "hold"} for each in tree()["stages"]]
    async with far.opened(tmp_path, stages=stages) as story:
        rollout = await story.start()
        story.numbers.values["errors"] = 7.5
        await story.minutes(1)
        await told(story)
        story.numbers.values["errors"] = 0.1
        await story.minutes(1)
        await story.engine.desk.resume(story.request("resume"), rollout.id, "it was a blip")
        await told(story)
        assert far.pager.heard == ["held opens", "resumed over"]
        assert {each.rollout for each in far.pager.told} == {rollout.id}
        story.numbers.values["errors"] = 7.5
        await story.minutes(1)
        story.traffic[0].opened = asyncio.Event()
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "enough")
        await told(story)
        story.traffic[0].opened.set()
    assert far.pager.heard[2:] == ["held opens", "rolling_back taken"]


async def test_an_old_plan_that_named_a_pager_nobody_had_tells_everybody_else(tmp_path: Path, far: Far) -> None:
    """Frozen by a version that noted 'pagerduty' as not yet: its rollout goes on."""
    async with far.opened(tmp_path, notifiers={}, routes={}, notify={"breach": ["#engineering"]}) as story:
        frozen = {**story.plans.trees["materializers"], "notify": {"breach": ["pagerduty", "#engineering"]}}
        plan = story.plans.thaw(frozen, "production")
        assert plan.notify.breach == ("pagerduty", "#engineering")
        rollout = await story.start()
        story.engine.ledger.know(rollout, plan)
        story.numbers.values["errors"] = 7.5
        await story.minutes(1)
        where = {each.to for each in await story.said()}
    assert "#engineering" in where
    assert not any("pagerduty" in each for each in where)
