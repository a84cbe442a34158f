"""`/canary history`: what is asked for, and what a mistake is answered with (S1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.record.summary import OUTCOMES, Wanted
from commands.slack.asked_for import asked_for
from tests.commands.slack.typed import answer, refuses, says
from tests.rig import BEN, Rig, rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as story:
        yield story


@pytest.mark.parametrize(
    ("words", "wanted", "trends"),
    [
        ("", Wanted(), False),
        ("materializers", Wanted(plan="materializers"), False),
        ("plan=materializers env=lab", Wanted(plan="materializers", environment="lab"), False),
        ("materializers trends", Wanted(plan="materializers"), True),
        ("TRENDS", Wanted(), True),
        ("materializers outcome=rolled-back", Wanted("materializers", outcomes=OUTCOMES["rolled_back"]), False),
        ("--plan materializers --outcome down", Wanted("materializers", outcomes=OUTCOMES["down"]), False),
        ("—outcome=live", Wanted(outcomes=OUTCOMES["live"]), False),
    ],
)
async def test_what_is_asked_for(here: Rig, words: str, wanted: Wanted, trends: bool) -> None:
    """A shell's way of writing options is understood, with the dashes that a phone makes of two hyphens."""
    asked = await asked_for(words.split(), here.now, here.engine.desk)
    assert (asked.wanted, asked.trends, asked.one) == (wanted, trends, None)


async def test_since_counts_back_from_the_question(here: Rig) -> None:
    for words in (["since=30d"], ["--since", "30d"]):
        asked = await asked_for(words, here.now, here.engine.desk)
        assert asked.wanted.since == here.now - timedelta(days=30)


@pytest.mark.parametrize(
    ("line", "what", "step"),
    [
        (
            "history materialisers trends",
            "No plan and no rollout is called 'materialisers'. Known plans: materializers.",
            "/canary history materializers trends",
        ),
        ("history xyz", "No plan and no rollout is called 'xyz'. Known plans: materializers.", "/canary history"),
        (
            "history materializers since=soon",
            "'soon' is no length of time; write it as 12h, 30d or 8w.",
            "/canary history materializers since=30d",
        ),
        (
            "history --since",
            "'' is no length of time; write it as 12h, 30d or 8w.",
            "/canary history since=30d",
        ),
        (
            "history outcome=killd",
            "'killd' is no outcome. There are: aborted, completed, killed, observed, rolled_back, down, live.",
            "/canary history outcome=killed",
        ),
        ("history sinse=30d", "I don't know 'sinse='; history takes env=, outcome=, plan=, since=.", None),
    ],
)
async def test_a_mistake_is_answered_with_the_corrected_command(
    here: Rig, line: str, what: str, step: str | None
) -> None:
    said, next_step = await refuses(here, line)
    assert said == what
    assert next_step == (step or "/canary history since=30d")


async def test_a_live_rollout_is_part_of_its_past_and_told_in_full_by_its_id(here: Rig) -> None:
    rollout = await here.until_gate(await here.start())
    await here.minutes(42)
    listed = await says(here, "history materializers")
    assert listed.startswith(
        "1 rollout is live; none has ended. 09:00 UTC materializers v2: waiting for approval at 1%"
    )
    assert "waited 42 min for @leads; still waiting" in listed
    one = await says(here, f"history {rollout.id}")
    assert "Where time went: waiting at gates 42 min" in one
    assert (await says(here, "history outcome=live")).startswith("1 rollout is live")
    assert (await says(here, "history outcome=killed")).startswith("No rollout fits that.")


async def test_trends_are_shared_with_the_channel_when_asked(here: Rig) -> None:
    await here.start()
    for line, shared in (("history materializers trends share", True), ("history materializers trends", False)):
        assert (await answer(here, line)).in_channel is shared


async def test_a_plan_that_never_ran_says_how_to_begin(here: Rig) -> None:
    assert await says(here, "history materializers") == (
        "There was no rollout of materializers yet. Start one: /canary start materializers"
    )


async def test_a_false_alarm_is_counted_in_the_trends_of_its_plan(here: Rig) -> None:
    rollout = await here.start()
    await here.minutes(2)
    here.numbers.values["errors"] = 9
    await here.minutes(2)
    assert (await here.load(rollout)).state is State.ROLLED_BACK
    assert "It is on record as a false alarm." in await says(here, "falsealarm materializers the probe was moved", BEN)
    trends = await says(here, "history materializers trends")
    assert "🔕 False alarms, say people: errors &gt; 5% 1 of 1." in trends
    assert "🔕 a false alarm, says <@U0BEN>" in await says(here, "history")


async def test_an_override_is_judged_by_its_number_and_by_the_only_one_without(here: Rig) -> None:
    rollout = await here.start()
    await here.minutes(2)
    assert await refuses(here, f"override right {rollout.id} #2 I know", BEN) == (
        f"Nobody has overruled anything in {rollout.id}; nothing was changed.",
        f"/canary history {rollout.id}",
    )
    assert await refuses(here, f"override wrong {rollout.id} 1") == (
        "Saying how an override turned out needs its reason.",
        f'/canary override wrong {rollout.id} 1 "how you know"',
    )
