"""Law 1 before the first stage: a start whose plan asks for approvals rises only through its gate.

A start driven at random, with a shadow of what is really true: what preflight found, who said yes to which gate. The
last test plants bugs, and sees each of them found.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from bot.domain import moves
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.progress import promote_when_ready
from bot.domain.rollout import Person, Rollout, Tried
from bot.domain.steps import Step
from bot.domain.units import ZERO, Weight
from bot.engine.preflighted import Report, after_preflight
from tests.builders import ANA, BEN, CLEO, DORA, MINUTE, START, a_plan, a_rollout, a_stage, a_yes
from tests.laws.driven import QUICK
from tests.laws.mutants import law_01 as bugs
from tests.laws.mutants.planted import FOUND, Plant

PEOPLE = (ANA, BEN, CLEO, DORA)
PLAN = a_plan(a_stage("1%", approvals={"need": 1}), start_approvals={"need": 2}, gate={"expires": "30m"}, drift="lower")
NOTES = ("metric queue", "metric chat")
people = st.sampled_from(PEOPLE)
SEVERAL = st.one_of(st.just([BEN, CLEO, DORA]), st.just([ANA, BEN]), st.lists(people, min_size=1, max_size=3))


class TheStart(RuleBasedStateMachine):
    """Preflights, people, clocks, somebody else's hand, crashes; and what must be so whenever it rises."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.forget()

    def forget(self) -> None:
        self.rollout = a_rollout(started_at=self.now, due_at=self.now)
        self.green_at: datetime | None = None
        self.noted: frozenset[str] = frozenset()
        """What the newest preflight noted, and at each gate what it noted when that opened."""
        self.shown: dict[str, frozenset[str]] = {}
        self.opened: dict[str, datetime] = {}
        self.yes: dict[str, set[str]] = {}
        self.involved = {ANA.id}
        self.ids = 0

    def id(self) -> str:
        self.ids += 1
        return f"i{self.ids}"

    def take(self, step: Step) -> None:
        before, self.rollout = self.rollout, step.rollout
        gate = self.rollout.gate
        if gate is not None and gate.id not in self.opened:
            self.opened[gate.id], self.shown[gate.id] = self.now, self.noted
        assert (gate is not None) is (self.rollout.state is State.START_GATE)
        if self.rollout.intent is not None and self.rollout.intent.weight > ZERO:
            self._rose(before)
        elif self.rollout.state is not State.SHIFTING:
            assert self.rollout.approved == self.rollout.target == ZERO, "more is allowed than nothing"

    def _rose(self, before: Rollout) -> None:
        gate = before.gate
        assert before.state is State.START_GATE, f"it rose from {before.state}"
        assert gate is not None, "it rose without a gate"
        given = self.yes.get(gate.id, set()) - self.involved
        assert len(given) >= 2, f"{len(given)} of 2 people who didn't ask for it have approved"
        assert self.green_at is not None, "it rose on a red preflight"
        assert self.now - self.green_at <= 2 * MINUTE, "it rose on a stale preflight"
        assert self.noted <= self.shown[gate.id], "preflight noted what nobody was shown"
        assert self.now < self.opened[gate.id] + timedelta(minutes=30), "the gate had expired"
        assert (self.rollout.stage, self.rollout.approved) == (0, Weight(1))

    # ---- what happens -------------------------------------------------------------------------------------------

    @rule(
        found=st.sampled_from(["green", "green", "green", "red", "pending", "somebody's"]),
        notes=st.sampled_from([(), (), NOTES[:1], NOTES]),
    )
    @precondition(lambda self: self.rollout.state.unmoved)
    def preflight_looks(self, found: str, notes: tuple[str, ...], after: timedelta = MINUTE) -> None:
        self.now += after
        tried = [Tried(what=name, kind="metric", name=name, outcome="note", said="no data") for name in notes]
        if found == "red":
            tried.append(Tried(what="traffic", kind="traffic", outcome="red", said="no answer"))
        weight = Weight(5) if found == "somebody's" else ZERO
        if weight > ZERO:
            tried.append(Tried(what="traffic", kind="traffic", outcome="red", said="is already at 5%"))
        pending = ("chat",) if found == "pending" else ()
        report = Report(tried=tuple(tried), pending=pending, weight=weight, version="v2")
        green = found == "green"
        self.green_at = self.now if green else None if found != "pending" else self.green_at
        self.noted = frozenset(notes)
        drifts = self.rollout.state is State.START_GATE and found == "somebody's"
        self.take(after_preflight(self.rollout, PLAN, report, self.now, self.id()))
        if drifts:
            assert self.rollout.state is State.HELD, "somebody gave it traffic, and it goes on"

    @rule(several=SEVERAL, later=st.sampled_from([0, 0, 3]))
    @precondition(lambda self: self.rollout.state is State.START_GATE)
    def people_approve(self, several: list[Person], later: int) -> None:
        self.now += later * MINUTE
        for person in several:
            if (gate := self.rollout.gate) is None:
                return
            self.yes.setdefault(gate.id, set()).add(person.id)
            given = gate.model_copy(update={"approvals": (*gate.approvals, a_yes(person, at=self.now))})
            approved = self.rollout.but(gate=given)
            self.rollout = approved
            self.take(promote_when_ready(approved, PLAN, self.now, self.id()))

    @rule(several=SEVERAL, after=st.sampled_from([20, 30]), found=st.sampled_from(["green", "red", "pending"]))
    @precondition(lambda self: self.rollout.state is State.START_GATE)
    def they_take_their_time(self, several: list[Person], after: int, found: str) -> None:
        """And something may have changed meanwhile."""
        self.preflight_looks(found, NOTES[:1], after * MINUTE)
        if self.rollout.state is State.START_GATE:
            self.people_approve(several, 0)

    @rule(person=people)
    @precondition(lambda self: self.rollout.state is State.START_GATE)
    def one_withdraws(self, person: Person) -> None:
        gate = self.rollout.gate
        assert gate is not None
        self.yes.setdefault(gate.id, set()).discard(person.id)
        kept = tuple(each for each in gate.approvals if each.person.id != person.id)
        self.rollout = self.rollout.but(gate=gate.model_copy(update={"approvals": kept}))

    @rule(person=people)
    @precondition(lambda self: self.rollout.state.unmoved)
    def it_is_held_and_resumed(self, person: Person) -> None:
        kept = a_hold("wait", person.id, self.now, "person")
        self.take(moves.hold(self.rollout, self.now, kept, self.id(), person))
        self.involved.add(person.id)
        self.take(moves.resume(self.rollout, self.now, person))
        self.green_at = None

    @rule()
    @precondition(lambda self: self.rollout.state in (State.HELD, State.SHIFTING, State.ABORTED))
    def the_next_one_starts(self) -> None:
        self.now += MINUTE
        self.forget()

    @rule()
    def perch_crashes(self) -> None:
        """What was committed is all that is left."""
        again = Rollout.model_validate_json(self.rollout.model_dump_json())
        assert again == self.rollout
        self.rollout = again


FEWER = settings(QUICK, max_examples=40, stateful_step_count=30)
UNSHRUNK = settings(FEWER, max_examples=2000, phases=[Phase.generate])
"""For planted bugs: the first counterexample is enough."""


def test_a_start_rises_only_through_its_gate() -> None:
    """Law 1."""
    run_state_machine_as_test(TheStart, settings=FEWER)


@pytest.mark.parametrize(
    "plant",
    [
        bugs.the_starts_gate_is_opened_without_approvals,
        bugs.the_starts_approvals_are_the_first_stages,
        bugs.the_requester_may_approve_his_own_start,
        bugs.a_stale_preflight_is_good_enough,
        bugs.what_preflight_finds_later_voids_nothing,
        bugs.an_expired_start_is_still_open,
        bugs.traffic_at_the_starts_gate_is_nobodys_business,
    ],
    ids=lambda plant: plant.__name__,
)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(FOUND):
        run_state_machine_as_test(TheStart, settings=UNSHRUNK)
