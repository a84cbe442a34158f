"""A clock that is set back by hours, by a time server say: what was seen before is no news, and checks go on."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.severities import Severity
from bot.domain.units import ZERO, Weight
from bot.engine import pace
from bot.engine.kill import KillSwitch
from bot.engine.methods import Pace
from bot.ports import Answer, Lane, Question, Spooled, StoreAway
from tests.fakes.traffic import Trouble
from tests.rig import BEN, START, again, rig, tree
from tests.waiting import HANGS_S, until

pytestmark = pytest.mark.anyio

BACK = timedelta(hours=3)


async def test_a_clock_that_is_set_back_stops_no_check(tmp_path: Path) -> None:
    """Laws 3, 5 and 10: what is due at three o'clock would otherwise be looked at three hours too late."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(2)
        story.now -= BACK
        story.numbers.values["errors"] = 50.0
        await story.settle()
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.ROLLED_BACK, ZERO)


async def test_a_new_process_checks_what_the_last_one_knew_for_later(tmp_path: Path) -> None:
    """The same where the clock was set right while Perch was down."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(2)
        story.now -= BACK
        async with again(story, tmp_path) as later:
            later.numbers.values["errors"] = 50.0
            await later.settle()
            assert (await later.load(rollout)).state is State.ROLLED_BACK


async def test_a_verdict_of_later_than_now_opens_no_gate(tmp_path: Path) -> None:
    """Law 1: a verdict is fresh for two intervals; one that comes from before the clock was set back isn't."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        story.now -= BACK
        rollout = await story.approve(rollout, BEN)
        assert (rollout.confirmed, rollout.approved) == (Weight(1), Weight(1))
        assert story.traffic[0].weight == Weight(1)


async def test_somebody_who_acts_right_then_does_not_bring_the_old_time_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 10: the look that was made due comes too late for them, and they save when the next one is due, as read."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        asked, answers, ask = asyncio.Event(), asyncio.Event(), story.numbers.ask

        async def slow(question: Question, at: datetime) -> Answer:
            asked.set()
            await answers.wait()
            return await ask(question, at)

        monkeypatch.setattr(story.numbers, "ask", slow)
        story.now -= BACK
        await story.engine.ticker.tick()
        async with asyncio.timeout(HANGS_S):
            await asked.wait()
        await story.engine.desk.open_incident(story.request("incident"), rollout.id, Severity.SEV4, "slow")
        answers.set()
        await story.engine.ticker.idle()
        story.numbers.values["errors"] = 50.0
        await story.minutes(2)
        assert (await story.load(rollout)).state is State.ROLLED_BACK


async def test_a_kill_under_way_goes_on_to_its_next_tier(tmp_path: Path) -> None:
    """Laws 2 and 7, T9: a tier has ten seconds, not three hours and ten seconds."""
    plan = tree(kill_switch=[[{"kind": "fake"}], [{"kind": "fake", "number": 1}]])
    async with rig(tmp_path, plan, switches=2) as story:
        rollout = await story.start()
        story.kills[0].far.trouble = Trouble.DENY
        await story.engine.desk.kill(story.request("kill"), rollout.id, "bad")
        await story.settle()
        story.now -= BACK
        await story.minutes(0.5, step_s=6)
        assert story.kills[1].standing == "off"


async def _away(self: KillSwitch, act: Spooled) -> Rollout:
    raise StoreAway("the database is away")


async def test_a_kill_goes_on_to_its_next_tier_without_a_database_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: the process that killed goes on with it, by the same clock."""
    plan = tree(kill_switch=[[{"kind": "fake"}], [{"kind": "fake", "number": 1}]])
    async with rig(tmp_path, plan, switches=2) as story:
        rollout = await story.start()
        story.engine.switch.pace = Pace(again_s=0.01)
        story.kills[0].far.trouble = Trouble.DENY
        monkeypatch.setattr(KillSwitch, "_begin", _away)
        story.now += BACK
        await story.engine.desk.kill(story.request("kill"), rollout.id, "bad")
        story.now -= BACK
        tried = len(story.kills[0].far.calls)
        await until(lambda: len(story.kills[0].far.calls) > tried + 2)
        assert story.kills[1].standing == "on", "the first tier has its time anew"
        story.now += timedelta(seconds=11)
        await until(lambda: story.kills[1].standing == "off")


async def test_a_message_that_waits_for_its_next_try_is_tried(tmp_path: Path) -> None:
    """Law 5: and what comes behind it in its thread."""
    async with rig(tmp_path) as story:
        await story.start()
        [first, *_] = await story.engine.outbox.due(story.now, 1)
        await story.engine.outbox.later(first.number, story.now + timedelta(seconds=30), "no answer", uncertain=False)
        assert first.number not in [each.number for each in await story.engine.outbox.due(story.now, 100)]
        story.now -= BACK
        await story.engine.ticker.tick()
        assert first.number in [each.number for each in await story.engine.outbox.due(story.now, 100)]


def test_a_pause_that_slack_asked_for_does_not_last_until_the_old_time_comes_again() -> None:
    now, budgets = START, pace.Budgets(pace.Pace())
    budgets.pause_edits(now + timedelta(seconds=30), now)
    budgets.edits("status", now)
    assert budgets.wait_to_edit("status", Lane.URGENT, now) == 30
    assert budgets.wait_to_edit("status", Lane.ROUTINE, now - BACK) == 0
