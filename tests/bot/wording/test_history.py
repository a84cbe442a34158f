"""How the past reads: a list, one rollout in full, and trends; kept as files, in English and in Spanish.

After a wanted change of words: `PERCH_GOLDEN=write pytest tests/bot/wording/test_history.py`, then read the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.record.alarms import Alarm, Cause, FalseAlarm
from bot.domain.record.durations import Phase
from bot.domain.record.outcomes import Judged
from bot.domain.record.summary import Summary
from bot.domain.record.trends_of_plans import trends
from bot.domain.record.waits_of_people import Wait
from bot.ports import Said
from bot.wording import history, judging
from bot.wording import trends as sums
from bot.wording.language import speaking
from bot.wording.languages import LANGUAGES
from tests.bot.wording.golden_files import reads_as_in
from tests.bot.wording.limits import broken_limits
from tests.bot.wording.readable import lone_marks, not_a_sentence
from tests.bot.wording.rendering import rendered
from tests.bot.wording.stories import NOW

GOLDEN = Path(__file__).parent / "golden" / "history"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ANA, BEN, CLEO = "U0ANA", "U0BEN", "U0CLEO"
BEGAN = NOW - 30 * HOUR


def a_summary(state: State, number: int, **more: Any) -> Summary:
    facts: dict[str, Any] = {
        "rollout": f"materializers-{number}",
        "plan": "materializers",
        "version": f"2.4.{number}",
        "environment": "production",
        "weight": 100 if state is State.COMPLETED else 0,
        "highest": 100,
        "by": ANA,
        "state": state,
        "started_at": BEGAN + number * 6 * HOUR,
        "ended_at": BEGAN + number * 6 * HOUR + 5 * HOUR,
    }
    return Summary(**facts | more)


def a_gate(minutes: int, **more: Any) -> Wait:
    since = BEGAN + HOUR
    facts: dict[str, Any] = {
        "until": since + minutes * MINUTE,
        "of": ("@sre-leads",),
        "by": (BEN,),
        "ended": "approved",
        "weight": 1,
        "to": 10,
    }
    return Wait(kind="gate", since=since, **facts | more)


HOLD = Wait(
    kind="hold",
    since=BEGAN,
    until=BEGAN + 30 * MINUTE,
    of=(ANA,),
    ended="resumed",
    by=(BEN,),
    weight=10,
    why="lunch",
    cause="person",
)
FIRED = ("error_rate > 5%",)
ALARM = Alarm(number=29, kind="rolled_back", at=BEGAN, conditions=FIRED)
FALSE = FalseAlarm(
    number=40, of=29, kind="rolled_back", by=BEN, at=BEGAN, reason="the probe was moved", conditions=FIRED
)


def a_word(outcome: Outcome, because: Any, **more: Any) -> Judged:
    facts: dict[str, Any] = {
        "place": 1,
        "kind": "verdict",
        "by": CLEO,
        "at": BEGAN,
        "weight": 10,
        "reason": "known false, INC-7",
        "conditions": ("error_rate < 2%",),
        "computed": outcome,
    }
    return Judged(outcome=outcome, because=because, **facts | more)


GOOD = a_summary(
    State.COMPLETED,
    1,
    waits=(a_gate(42), a_gate(3, by=(BEN, CLEO), weight=10, to=100), HOLD),
    spent_s={Phase.BAKING: 13_000.0, Phase.WAITING: 2_700.0, Phase.HELD: 1_800.0, Phase.MOVING: 40.0},
    overrides=(a_word(Outcome.RIGHT, "ended_well"),),
    reason="all stages held",
)
BAD = a_summary(
    State.ROLLED_BACK,
    2,
    waits=(a_gate(9, ended="down", by=()),),
    spent_s={Phase.BAKING: 9_000.0, Phase.WAITING: 540.0, Phase.UNSEEN: 8_400.0, Phase.GOING_DOWN: 60.0},
    causes=(Cause(kind="condition", what="error_rate > 5%"),),
    alarms=(ALARM,),
    false_alarms=(FALSE,),
    overrides=(a_word(Outcome.WRONG, "came_down", what="error_rate > 5%"),),
    to_zero_s=38.0,
    blind_s=600.0,
    reason="error_rate > 5%",
)
KILLED = a_summary(
    State.KILLED,
    3,
    highest=10,
    waits=(a_gate(240, ended="rejected", by=(BEN,), why="the dashboard is red"),),
    causes=(Cause(kind="person", what="it burns"),),
    reason="killed: it burns",
)
LIVE = a_summary(
    State.GATE, 4, ended_at=None, weight=10, highest=10, waits=(a_gate(0, until=None, ended="open", by=()),)
)
PAST = (KILLED, BAD, GOOD)


def word(because: Any, outcome: Outcome = Outcome.CANT_SAY, **more: Any) -> Judged:
    return a_word(outcome, because, **more)


OVERRIDES = a_summary(
    State.COMPLETED,
    5,
    overrides=(
        *GOOD.overrides,
        *BAD.overrides,
        word("another_cause", what="queue_depth > 500"),
        word("by_hand", what="marketing asked", kind="bake", conditions=()),
        word("never_measured", what="error_rate < 2%", unmeasured=("error_rate < 2%",)),
        word("still_unmet", what="error_rate < 2%"),
        word("open", Outcome.OPEN, kind="cooldown", fix="DEN-12", conditions=()),
        word("unused", Outcome.UNUSED),
        word("said", Outcome.RIGHT, computed=Outcome.WRONG, said_by=BEN, said_reason="the alert was wrong"),
        word("came_down_by_hand", Outcome.WRONG, what="error_rate < 2%"),
        word("stopped", what="a person stopped it"),
        word("no_record", Outcome.RIGHT),
    ),
)

STORIES: Mapping[str, Callable[[], Said]] = {
    "list": lambda: history.history(
        PAST, [LIVE], NOW, total=30, pending=1200, links={"materializers-2": "https://x.slack.com/archives/C1/p1"}
    ),
    "list.narrowed": lambda: history.history([], [], NOW, total=0, plan="materializers", narrowed=True),
    "list.unheard_of": lambda: history.history([], [], NOW, total=0, plan="materializers"),
    "list.nothing": lambda: history.history([], [], NOW, total=0, pending=3),
    "one.good": lambda: history.one(GOOD, NOW, "https://x.slack.com/archives/C1/p1"),
    "one.bad": lambda: history.one(BAD, NOW),
    "one.killed": lambda: history.one(KILLED, NOW),
    "one.live": lambda: history.one(LIVE, NOW),
    "one.archived": lambda: history.one(a_summary(State.COMPLETED, 6, whole=False), NOW),
    "overrides": lambda: judging.ledger([OVERRIDES], NOW),
    "trends": lambda: sums.trends(trends(PAST * 4, plan="materializers"), NOW),
    "trends.one": lambda: sums.trends(trends([BAD], plan="materializers", since=NOW - 48 * HOUR, pending=1), NOW),
    "trends.all": lambda: sums.trends(trends(PAST), NOW, ["materializers", "toggle"]),
    "trends.nothing": lambda: sums.trends(trends([], plan="materializers"), NOW),
}


@pytest.mark.parametrize("name", STORIES)
def test_the_past_reads_as_it_was_agreed(name: str) -> None:
    said = STORIES[name]()
    reads_as_in(GOLDEN / f"{name}.txt", rendered(said))
    assert broken_limits(said) == []
    assert not_a_sentence(said.text) == ""
    assert lone_marks((*said.blocks, {"text": said.text})) == []


@pytest.mark.parametrize("name", STORIES)
def test_the_past_is_told_in_spanish_too(name: str) -> None:
    with speaking(LANGUAGES["es"]):
        said = STORIES[name]()
    reads_as_in(GOLDEN / f"es.{name}.txt", rendered(said))
    assert broken_limits(said) == []


def test_no_golden_past_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {*STORIES, *(f"es.{name}" for name in STORIES)}
