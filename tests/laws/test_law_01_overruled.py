"""Law 1: what a person overrules is one verdict, as it was shown, for one gate; and it needs a second person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.domain import overruling
from bot.domain.machine import State
from bot.domain.overruling import why_not
from bot.domain.plan import Plan
from bot.domain.units import Weight
from tests.builders import BEN, CLEO, FAILING, Story, a_plan, a_stage
from tests.laws.mutants import law_01 as bugs
from tests.laws.mutants.planted import FOUND


def plan() -> Plan:
    stages = [a_stage(weight, promote_when=["success > 98%", "queue < 100"]) for weight in ("1%", "10%", "50%")]
    return a_plan(*stages)


def overruled() -> Story:
    """The bake is over, a hard condition isn't met, and Ben has overruled that."""
    story = Story.baking(plan()).check(6, **FAILING)
    assert story.rollout.hold is not None
    assert why_not(story.rollout, story.plan, story.now) == ""
    story.take(overruling.overrule(story.rollout, story.plan, story.now, "g-1", "a false alarm", BEN))
    assert story.rollout.state is State.GATE
    return story


def test_it_rises_on_what_was_overruled_once_another_person_has_approved() -> None:
    story = overruled().approve(CLEO)
    assert story.rollout.target == Weight(10)


def test_who_overruled_may_not_approve() -> None:
    story = overruled().approve(BEN)
    assert story.rollout.state is State.GATE


@pytest.mark.parametrize("values", [{"queue": 200.0}, {"success": None}, {"queue": None}, {"errors": None}])
def test_whatever_else_fails_or_goes_unmeasured_closes_the_gate(values: dict[str, Any]) -> None:
    story = overruled().check(**{**FAILING, **values})
    assert story.rollout.state is not State.GATE
    assert story.rollout.target == Weight(1)


def test_a_breach_is_never_overruled() -> None:
    story = Story.baking(a_plan(a_stage("1%", on_breach="hold"), a_stage("10%"))).check(6, **FAILING)
    story.check(success=97.0, errors=6.0)
    assert why_not(story.rollout, story.plan, story.now) != ""


def test_an_override_is_not_for_the_next_gate() -> None:
    story = overruled().approve(CLEO).lands().until(State.GATE).check(**FAILING)
    assert story.rollout.state is not State.GATE


def unmeasured() -> None:
    test_whatever_else_fails_or_goes_unmeasured_closes_the_gate({"queue": None})


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        (test_an_override_is_not_for_the_next_gate, bugs.an_override_counts_for_the_next_gate),
        (unmeasured, bugs.an_override_overrules_whatever_comes),
        (test_a_breach_is_never_overruled, bugs.a_breach_can_be_overruled),
        (test_who_overruled_may_not_approve, bugs.who_overruled_may_approve),
    ],
)
def test_a_planted_bug_of_overruling_is_found(
    check: Callable[[], None], plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(FOUND):
        check()
