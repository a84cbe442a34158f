"""The start's gate by itself: what a preflight at it does, and what it waits for (law 1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

import pytest

from bot.domain import freezes, moves, start_gate
from bot.domain.freezes import Freeze
from bot.domain.gates import opens_next, promotion_waits_for
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.plan import Plan
from bot.domain.progress import promote_when_ready
from bot.domain.rollout import Person, Rollout, Tried
from bot.domain.start_gate import Found
from bot.domain.steps import Step
from bot.domain.units import ZERO, Weight
from bot.domain.waits import Wait
from tests.builders import ANA, BEN, CLEO, MINUTE, START, a_plan, a_rollout, a_stage, a_yes

GREEN = Found()
RED = Found(red=("metric success: refused the connection",))
PLAN = a_plan(start_approvals={"need": 1})


def noted(*names: str, said: str = "no data") -> tuple[Tried, ...]:
    return tuple(Tried(what=f"metric {name}", kind="metric", name=name, outcome="note", said=said) for name in names)


@dataclass
class Opening:
    """A start whose gate is open; time and preflights pass."""

    plan: Plan = PLAN
    rollout: Rollout = field(default_factory=lambda: a_rollout(preflight=noted("queue")))
    now: Any = START
    kinds: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._take(start_gate.ask(self.rollout, self.plan, self.now, "g1"))

    def _take(self, step: Step) -> Self:
        self.rollout = step.rollout
        self.kinds += [each.kind for each in step.happenings]
        return self

    def look(self, found: Found = GREEN, after: timedelta = MINUTE, **changes: Any) -> Self:
        self.now += after
        return self._take(start_gate.looked(self.rollout.but(**changes), self.plan, found, self.now, "i1"))

    def approve(self, *people: Person) -> Self:
        for person in people:
            gate = self.rollout.gate
            assert gate is not None
            given = gate.model_copy(update={"approvals": (*gate.approvals, a_yes(person, at=self.now))})
            self._take(promote_when_ready(self.rollout.but(gate=given), self.plan, self.now, "i2"))
        return self

    def waits(self) -> list[Wait]:
        opens = opens_next(self.rollout, self.plan, self.now)
        return [each.about for each in promotion_waits_for(self.rollout, self.plan, self.now, opens)]


def test_it_says_exactly_what_is_approved() -> None:
    """X2: plan, version, the way, and what preflight noted."""
    gate = Opening().rollout.gate
    assert gate is not None
    assert (gate.stage, gate.plan_digest, gate.version, gate.warnings) == (None, "d1", "v2", ("metric queue",))
    assert gate.expires_at == START + timedelta(hours=4)


def test_a_yes_right_after_a_green_preflight_starts_it() -> None:
    here = Opening().approve(BEN)
    assert (here.rollout.state, here.rollout.stage, here.rollout.approved) == (State.SHIFTING, 0, Weight(1))
    assert (here.rollout.preflight, here.rollout.green_at) == ((), None)


def test_a_yes_two_intervals_later_waits_for_preflight_to_be_asked_again() -> None:
    """Law 1: nothing rises on a stale one; a look does what the yes couldn't."""
    here = Opening()
    here.now += 2 * MINUTE + timedelta(seconds=1)
    assert here.approve(BEN).waits() == [Wait.PREFLIGHT]
    assert here.look(after=timedelta(0)).rollout.state is State.SHIFTING


def test_a_baseline_that_is_lacking_again_starts_nothing_and_voids_nothing() -> None:
    """R5: it waits."""
    here = Opening().look(Found(pending=("chat: too few samples",)), 3 * MINUTE).approve(BEN)
    assert (here.rollout.state, here.waits()) == (State.START_GATE, [Wait.PREFLIGHT])
    assert here.look().rollout.state is State.SHIFTING


@pytest.mark.parametrize("people", [(ANA,), (BEN,), (BEN, BEN), (ANA, BEN)])
def test_four_eyes_and_one_person_once(people: tuple[Person, ...]) -> None:
    """Law 1: whoever started it never counts."""
    here = Opening(a_plan(start_approvals={"need": 2})).approve(*people)
    assert (here.rollout.state, here.rollout.approved) == (State.START_GATE, ZERO)
    assert here.approve(BEN, CLEO).rollout.state is State.SHIFTING


def test_one_of_each_group() -> None:
    """R6: one person stands for one group only."""
    here = Opening(a_plan(start_approvals={"need": 1, "one_of_each": ["@dev", "@ops"]}))
    both = here.rollout.gate and here.rollout.gate.model_copy(update={"approvals": (a_yes(BEN, "@dev", "@ops"),)})
    here.rollout = here.rollout.but(gate=both)
    assert here.waits() == [Wait.GROUP]


@pytest.mark.parametrize(
    ("found", "changes"),
    [
        (RED, {}),
        (GREEN, {"version": "v3"}),
        (GREEN, {"plan_digest": "d2"}),
        (GREEN, {"preflight": noted("queue", "chat")}),
    ],
)
def test_what_was_not_shown_voids_it_and_preflight_begins_anew(found: Found, changes: dict[str, Any]) -> None:
    """X2: approvals are gone with it."""
    here = Opening(a_plan(start_approvals={"need": 2})).approve(BEN).look(found, **changes)
    assert (here.rollout.state, here.rollout.gate, here.kinds[-1]) == (State.PREFLIGHT, None, "gate_closed")
    assert here.rollout.due_at == here.now + MINUTE


@pytest.mark.parametrize("preflight", [noted("queue", said="stale by 3 min"), ()])
def test_other_words_and_a_note_that_went_away_void_nothing(preflight: tuple[Tried, ...]) -> None:
    here = Opening().look(preflight=preflight)
    assert here.rollout.state is State.START_GATE


@pytest.mark.parametrize("then", ["hold", "rollback"])
def test_a_gate_that_nobody_answers_ends_the_start_whatever_the_plan_says_of_others(then: str) -> None:
    """Nothing moved, so there is no cooldown, and nothing for a click to resume."""
    plan = a_plan(start_approvals={"need": 1}, gate={"expires": "2h", "then": then})
    here = Opening(plan).look(after=timedelta(hours=2))
    assert (here.rollout.state, here.rollout.cooldown_until) == (State.ABORTED, None)
    assert here.kinds[-3:] == ["away", "gate_expired", "aborted"]


def test_an_expired_gate_starts_nothing_however_many_say_yes() -> None:
    """Law 1: even before a look has closed it."""
    here = Opening(a_plan(start_approvals={"need": 1}, gate={"expires": "1m"}))
    here.now += MINUTE
    assert here.approve(BEN).waits() == [Wait.NEW_GATE]


def test_it_escalates_like_any_gate() -> None:
    """U3."""
    plan = a_plan(
        start_approvals={"need": 1},
        gate={"expires": "2h", "escalate_after": "1m"},
        roles={"operators": ["@sre"], "approvers": ["@leads"]},
    )
    here = Opening(plan).look()
    assert here.kinds[-1] == "gate_escalated"


def test_approved_outside_the_window_it_waits_for_it() -> None:
    """R3: and is still there when it opens, however late that is."""
    stage = a_stage(window={"enter": "Mon-Fri 08:00-10:00"})
    here = Opening(a_plan(stage, a_stage("10%"), start_approvals={"need": 1}))
    here.look(after=timedelta(hours=2)).approve(BEN)
    assert here.waits() == [Wait.WINDOW]
    here.look(after=timedelta(hours=5))
    assert (here.rollout.state, here.waits()) == (State.START_GATE, [Wait.WINDOW])
    assert here.look(after=timedelta(hours=16)).rollout.state is State.SHIFTING


def test_a_used_up_budget_holds_it() -> None:
    """R13."""
    here = Opening().look(budgets={"toggle": "exhausted"})
    assert (here.rollout.state, here.rollout.gate) == (State.HELD, None)


@pytest.mark.parametrize("stages", [1, 3])
def test_a_freeze_holds_it_and_nothing_rises_while_it_stands(stages: int) -> None:
    """X11: also where the first stage is the last."""
    plan = a_plan(*[a_stage(f"{10**n}%") for n in range(stages)], start_approvals={"need": 1})
    here = Opening(plan)
    frozen = Freeze(id="f", service="denis", why="incident", owner=BEN, since=here.now)
    under = freezes.under(here.rollout, plan, [frozen], here.now, "i3")
    assert under is not None
    assert (under.rollout.state, under.rollout.gate) == (State.HELD, None)
    here.rollout = here.rollout.but(frozen=frozen.mark)
    assert here.approve(BEN).waits() == [Wait.FREEZE]


def test_held_and_resumed_it_needs_preflight_another_gate_and_other_approvals() -> None:
    here = Opening(a_plan(start_approvals={"need": 2})).approve(BEN)
    held = moves.hold(here.rollout, here.now, a_hold("wait", CLEO.id, here.now, "person"), "i", CLEO).rollout
    again = moves.resume(held, here.now, CLEO).rollout
    assert (again.state, again.gate, again.preflight, again.green_at) == (State.PREFLIGHT, None, (), None)
    assert CLEO.id in again.involved


@pytest.mark.parametrize("how", [{"mode": "observe"}, {"adopts": Weight(10)}])
def test_who_raises_nothing_is_asked_nothing(how: dict[str, Any]) -> None:
    """U2."""
    assert start_gate.asks(a_rollout(), PLAN)
    assert not start_gate.asks(a_rollout(**how), PLAN)
    assert not start_gate.asks(a_rollout(), a_plan())
