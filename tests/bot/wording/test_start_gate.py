"""What is said of a start that needs approvals: before it's asked for, when it is, and while it waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.wording.answers import plan_table, why
from bot.wording.gate import gate
from bot.wording.progress import started
from bot.wording.start_modal import Offer, start_modal
from bot.wording.telling import Telling
from commands.terminal.plan_table import plan_table as terminal_table
from tests.builders import ANA, START, a_gate, a_plan, a_rollout, a_stage

NEEDS = "2 approvals from @leads, not from whoever started or resumed it"
PLAN = a_plan(start_approvals={"need": 2}, roles={"operators": ["@sre"], "approvers": ["@leads"]})
DARK = a_plan(a_stage("0%", mirror="100%"), a_stage("1%"), start_approvals={"need": 0})


def waiting(**changes: Any) -> Rollout:
    facts = {"state": State.START_GATE, "gate": a_gate(stage=None), "green_at": START, "seen_weight": ZERO}
    return a_rollout(**{**facts, **changes})


def telling(plan: Plan, rollout: Rollout, facts: Mapping[str, Any] | None = None) -> Telling:
    return Telling(facts or {}, rollout, plan, START + timedelta(seconds=10))


def test_who_looks_at_the_plan_sees_whose_yes_its_start_needs() -> None:
    """In Slack, in the dialog that starts it, and in a terminal."""
    assert f"Its start needs {NEEDS}." in str(plan_table(PLAN).blocks)
    assert f"After a green preflight its start needs {NEEDS}." in str(start_modal(Offer(["m"], "m", PLAN)))
    assert "start: approvals 2, not by who asked" in terminal_table(PLAN)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "Nothing moves before its start has 2 approvals from @leads, not from <@U0ANA>, after a green preflight."),
        ({"adopts": Weight(10)}, "The plan's approvals for a start aren't asked for: nothing rises by taking over."),
        ({"mode": "observe"}, "Observe only"),
    ],
)
def test_the_start_says_what_it_waits_for_or_that_it_waits_for_nobody(how: Mapping[str, Any], said: str) -> None:
    """U2: who only watches, and who takes over, raises nothing."""
    text = started(telling(PLAN, a_rollout(**how), {"by": ANA.id})).text
    assert said in text
    assert ("Nothing moves before" in text) is (not how)


def test_why_says_what_it_waits_for_and_what_happens_by_itself() -> None:
    """X1."""
    text = why(telling(PLAN, waiting())).text
    assert "Waits for: 2 more approvals." in text
    assert "it ends, and nothing has moved. Your turn: @leads." in text
    stale = telling(PLAN, waiting(green_at=START - timedelta(hours=1)))
    assert "a fresh green preflight" in why(stale).text


def test_a_dark_launch_says_what_a_yes_turns_on() -> None:
    """R8: 0 % to 0 % would say nothing."""
    told = gate(telling(DARK, waiting()))
    assert "may go from 0% to 0%, 100% mirrored." in told.text
    assert "No approval is needed, only a green preflight." in told.text
