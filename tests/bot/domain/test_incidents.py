"""Incidents: opened, ended, and what they forbid (E10, R16)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.gates import bake_waits_for
from bot.domain.incident_moves import KEPT, begin, end, hear
from bot.domain.incidents import forbidding, open_ones
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.severities import Heard, Severity, severity
from bot.domain.waits import Wait
from tests.builders import ANA, BEN, MINUTE, START, Story, a_plan, a_rollout, a_stage


def opened(rollout: Rollout, how_bad: Severity = Severity.SEV1, what: str = "the queue stands still") -> Rollout:
    step = begin(rollout, how_bad, what, START, ANA)
    assert step is not None
    return step.rollout


@pytest.mark.parametrize("word", ["sev1", "SEV-1", "critical", "Critical", "sev_1"])
def test_a_severity_has_a_number_and_a_word(word: str) -> None:
    assert severity(word) is Severity.SEV1
    assert severity("sev5") is None


def test_what_begins_and_ends_is_told_with_who_and_when() -> None:
    first = begin(a_rollout(), Severity.SEV2, "slow", START, ANA)
    assert first is not None
    facts = first.happenings[0].facts
    assert (facts["id"], facts["severity"], facts["what"], facts["at"]) == ("inc-1", "sev2", "slow", START.isoformat())
    over = end(first.rollout, "inc-1", START + MINUTE, BEN)
    assert over is not None
    assert over.happenings[0].facts["ended_at"] == (START + MINUTE).isoformat()
    assert (over.happenings[0].by, open_ones(over.rollout)) == (BEN, [])
    assert end(over.rollout, "inc-1", START, BEN) is None, "once"


def test_what_another_system_says_twice_is_one_incident() -> None:
    """PagerDuty tells again what it told before (law 6)."""
    first = begin(a_rollout(), Severity.SEV1, "x", START, ANA, "pagerduty:P1")
    assert first is not None
    assert begin(first.rollout, Severity.SEV1, "x", START, ANA, "pagerduty:P1") is None
    assert begin(first.rollout, Severity.SEV1, "x", START, ANA, "pagerduty:P2") is not None


def heard(minutes: int, *, over: bool) -> Heard:
    return Heard(
        source="pagerduty:P1",
        severity=Severity.SEV1,
        what="x",
        began=START,
        at=START + minutes * MINUTE,
        over=over,
    )


WORDS = {
    "triggered": heard(0, over=False),
    "resolved": heard(5, over=True),
    "reopened": heard(10, over=False),
    "resolved again": heard(15, over=True),
}


@pytest.mark.parametrize("order", list(permutations(WORDS)), ids=", ".join)
def test_in_whatever_order_its_words_come_the_newest_one_counts(order: tuple[str, ...]) -> None:
    """Law 6, E10: webhooks come late and twice, and an incident that is open there keeps a rollout from completing."""
    rollout, known = a_rollout(), -1
    for word in (*order, *order):
        step = hear(rollout, WORDS[word], START + 20 * MINUTE, ANA)
        rollout, known = step.rollout if step is not None else rollout, max(known, list(WORDS).index(word))
        assert bool(open_ones(rollout)) is (known in (0, 2)), word


def test_many_that_are_over_are_forgotten_and_none_that_is_open() -> None:
    rollout = opened(a_rollout())
    for _ in range(KEPT + 5):
        rollout = opened(rollout, Severity.SEV4)
        step = end(rollout, rollout.incidents[-1].id, START, ANA)
        assert step is not None
        rollout = step.rollout
    assert [each.id for each in open_ones(rollout)] == ["inc-1"]
    assert len(rollout.incidents) <= KEPT + 2
    assert opened(rollout).incidents[-1].id == f"inc-{KEPT + 7}", "an id is never given twice"


POLICIES: list[tuple[dict[str, Any], Severity, bool, bool]] = [
    ({}, Severity.SEV1, True, True),
    ({}, Severity.SEV2, True, False),
    ({}, Severity.SEV1, False, False),
    ({"forbid_completion": "minor"}, Severity.SEV3, True, True),
    ({"forbid_completion": "sev2", "ended_too": True}, Severity.SEV1, False, True),
    ({"forbid_completion": "none", "ended_too": True}, Severity.SEV1, True, False),
]


@pytest.mark.parametrize(("policy", "how_bad", "still_open", "forbids"), POLICIES)
def test_a_plan_says_what_keeps_it_from_being_completed(
    policy: dict[str, Any], how_bad: Severity, still_open: bool, forbids: bool
) -> None:
    """By default an open one of the worst kind."""
    rollout = opened(a_rollout(), how_bad)
    if not still_open:
        step = end(rollout, "inc-1", START, ANA)
        assert step is not None
        rollout = step.rollout
    assert bool(forbidding(rollout, a_plan(incidents=policy))) is forbids


def test_a_word_that_is_no_severity_is_a_mistake_in_the_plan() -> None:
    with pytest.raises(ValidationError, match="a severity is expected, not 'huge'"):
        a_plan(incidents={"forbid_completion": "huge"})


def test_an_open_grave_incident_keeps_it_from_being_completed_and_is_what_it_waits_for() -> None:
    """E10, X1."""
    story = Story.baking(a_plan(a_stage("100%")))
    story.rollout = opened(story.rollout)
    story.check(10)
    assert story.rollout.state is State.BAKING
    (wait,) = [each for each in bake_waits_for(story.rollout, story.plan, story.now) if each.about is Wait.INCIDENT]
    assert wait.name == "inc-1"
    over = end(story.rollout, "inc-1", story.now, ANA)
    assert over is not None
    assert story.take(over).check().rollout.state is State.COMPLETED
