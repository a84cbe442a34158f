"""A rollout driven at random: checks, people, weights that land or don't, crashes and clocks that jump."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from bot.domain import kills, moves, rollbacks
from bot.domain.gates import bake_left
from bot.domain.looks import STEADY
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.plan import Plan
from bot.domain.rollout import MethodOutcome, Person, Rollout, Verdict
from bot.domain.units import ZERO, Weight
from tests.builders import ANA, CLEO, DORA, MINUTE, SLOW, a_plan, a_stage
from tests.laws.shadowed import PEOPLE, Shadowed


def _plan(need: int, drift: str, then: str, back: str, breach: str, checklist: Sequence[Any] = ()) -> Plan:
    common = {"bake": "2m", "rollback_to": back, "on_breach": breach, "checklist": list(checklist)}
    stages = [
        a_stage(weight, approvals={"need": need}, on_fail=fail, **common)
        for weight, fail in (("1%", "hold 1h then rollback"), ("10%", "retry"), ("50%", "extend 2m then rollback"))
    ]
    return a_plan(*stages, drift=drift, no_data={"after": "3m", "then": then}, gate={"expires": "1h", "then": then})


PLANS = (
    _plan(1, "hold", "hold", "0%", "rollback"),
    _plan(2, "lower", "rollback", "previous", "rollback"),
    _plan(2, "hold", "hold", "0%", "hold"),
    _plan(1, "lower", "hold", "0%", "kill"),
    _plan(1, "lower", "hold", "0%", "hold", ["seen", "told", {"auto": "queue < 50"}]),
)

FOUND: dict[Verdict, st.SearchStrategy[dict[str, Any]]] = {
    Verdict.PASS: st.just({}),
    Verdict.WARN: st.sampled_from([{"latency": 12.0}, {"latency": None}]),
    Verdict.FAIL: st.sampled_from([{"success": 98.0}, {"success": 91.0, "latency": 12.0}]),
    Verdict.NO_DATA: st.sampled_from([{"success": None}, {"success": None, "errors": None, "latency": None}]),
    Verdict.BREACH: st.sampled_from([{"errors": 5.1}, {"success": 10.0, "latency": None}]),
}
"""What is measured, by the verdict that the law wants for it: judged here by hand, never by the code under test."""

people = st.sampled_from(PEOPLE)
TWICE = people.map(lambda person: [person, person])
BEFORE_APPROVALS = ("nothing", "a check failed", "perch was down", "the weight couldn't be read", "it has just expired")
UNTICKED = ("all was unticked", "the queue is long")
"""What may come before approvals where there's a checklist."""
WELL = (1, 2, 2, 3, 4, 5, 5, 6, 7, 7, 8)
"""How many good steps come first: two are a gate, seven the last stage."""


class Driven(Shadowed):
    """What may happen to a rollout, in any order; it goes well often enough to get far."""

    # ---- what happens -------------------------------------------------------------------------------------------

    @initialize(which=st.sampled_from(range(len(PLANS))), well=st.sampled_from(WELL))
    def starts(self, which: int, well: int) -> None:
        """Some way up already: what matters happens at gates and in between."""
        self.forget(PLANS[which])
        for _ in range(well + 1):
            self.it_goes_well(Verdict.PASS)

    @precondition(lambda self: not self.rollout.live)
    @rule(which=st.sampled_from(range(len(PLANS))), well=st.sampled_from(WELL))
    def the_next_one_starts(self, which: int, well: int) -> None:
        self.starts(which, well)

    @precondition(Shadowed.steady)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict), times=st.integers(1, 4), unread=st.booleans())
    def is_checked(self, data: st.DataObject, verdict: Verdict, times: int, unread: bool) -> None:
        found = data.draw(FOUND[verdict])
        for _ in range(times):
            if self.steady():
                self.check(verdict, found, unread)

    @precondition(lambda self: self.rollout.state is State.BAKING)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def its_bake_ends(self, data: st.DataObject, verdict: Verdict) -> None:
        """The check that decides finds anything."""
        found = data.draw(FOUND[verdict])
        while self.rollout.state is State.BAKING and bake_left(self.rollout, self.plan) > MINUTE:
            self.check(Verdict.PASS, {})
        self.check(verdict, found)

    @precondition(Shadowed.under_way)
    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.WARN]))
    def it_goes_well(self, verdict: Verdict) -> None:
        """Whatever leads up from here, each click being delivered twice: what goes wrong goes wrong on the way up."""
        match self.rollout.state:
            case State.PREFLIGHT:
                self.enter()
            case State.BAKING:
                self.bake(verdict)
            case State.GATE:
                self.check(verdict, {} if verdict is Verdict.PASS else SLOW)
                self.tick()
                self.approve([each for person in PEOPLE if person.id not in self.involved for each in (person, person)])
            case State.HELD if self.rollout.intent is None:
                self.story.world = self.rollout.confirmed
                self.a_person_resumes(DORA, False)
            case _ if self.rollout.intent is not None:
                self.land()

    @precondition(Shadowed.under_way)
    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.WARN]))
    def it_goes_on_well(self, verdict: Verdict) -> None:
        """Things go well twice as often as anything else happens."""
        self.it_goes_well(verdict)

    @precondition(lambda self: self.rollout.state is State.GATE)
    @rule(first=st.sampled_from(BEFORE_APPROVALS), several=st.one_of(st.lists(people, min_size=1, max_size=4), TWICE))
    def is_approved(self, first: str, several: list[Person]) -> None:
        """Right after something that should have closed the gate, or kept it from being used."""
        self.before_approvals(first)
        self.approve(several)

    @precondition(lambda self: self.rollout.state is State.GATE)
    @rule(first=st.sampled_from(BEFORE_APPROVALS), several=st.one_of(st.lists(people, min_size=2, max_size=4), TWICE))
    def is_approved_by_several(self, first: str, several: list[Person]) -> None:
        """Gates are where it matters, so they are tried twice as often."""
        self.is_approved(first, several)

    @precondition(lambda self: self.rollout.state is State.GATE)
    @rule(person=people)
    def an_approval_is_withdrawn(self, person: Person) -> None:
        gate = self.rollout.gate
        if gate is None:
            return
        kept = tuple(each for each in gate.approvals if each.person.id != person.id)
        self.yes.setdefault(gate.id, set()).discard(person.id)
        self.story.rollout = self.rollout.but(gate=gate.model_copy(update={"approvals": kept}))

    @precondition(lambda self: self.rollout.state is State.GATE and bool(self.plan.stages[0].checklist))
    @rule(first=st.sampled_from(UNTICKED))
    def something_of_the_checklist_is_lacking(self, first: str) -> None:
        self.tick(done=first != "all was unticked")
        if first == "the queue is long":
            self.check(Verdict.PASS, {"queue": 80.0})
        self.approve(list(PEOPLE))

    @precondition(lambda self: self.rollout.state is State.BAKING and self.rollout.check is not None)
    @rule(person=people)
    def a_bake_is_ended_early(self, person: Person) -> None:
        self.end_early(person)

    @precondition(lambda self: self.rollout.state in (State.BAKING, State.HELD))
    @rule(
        data=st.data(),
        verdict=st.sampled_from([Verdict.FAIL, Verdict.FAIL, Verdict.NO_DATA, Verdict.BREACH]),
        person=people,
        first=st.sampled_from(("nothing", *BEFORE_APPROVALS)),
        then=st.sampled_from(Verdict),
    )
    def a_verdict_is_overruled(
        self, data: st.DataObject, verdict: Verdict, person: Person, first: str, then: Verdict
    ) -> None:
        """At the end of a bake, as desperate people do; and then it gets worse, or better, before it's approved."""
        found = data.draw(FOUND[verdict])
        while self.rollout.state is State.BAKING and bake_left(self.rollout, self.plan) > MINUTE:
            self.check(Verdict.PASS, {})
        if self.steady():
            self.check(verdict, found)
        self.overrule(person)
        self.before_approvals(first)
        if self.rollout.state is State.GATE and data.draw(st.booleans()):
            self.check(then, data.draw(FOUND[then]))
        self.approve(list(PEOPLE))

    @precondition(lambda self: self.rollout.state is State.SHIFTING)
    @rule(partly=st.booleans())
    def the_raise_is_not_confirmed(self, partly: bool) -> None:
        story, intent = self.story, self.story.intent()
        if partly:
            story.world = intent.weight
        kept = a_hold("not confirmed", ANA.id, story.now, "unconfirmed")
        self.step(lambda: moves.retreat(self.rollout, story.now, story.new_id(), kept))

    @precondition(lambda self: bool(self.lost))
    @rule(undone=st.booleans())
    def a_lost_raise_lands_late(self, undone: bool) -> None:
        """The outside world rises after the fact; the rollout itself may not (law 7)."""
        late = self.lost[-1]
        if not undone:
            self.story.world = late.weight
        if self.rollout.intent is not None and self.rollout.intent.id == late.id:
            self.land()

    @precondition(lambda self: self.rollout.state in (State.ROLLING_BACK, State.STUCK) and self.rollout.kill is None)
    @rule()
    def the_way_down_fails(self) -> None:
        story = self.story
        self.step(lambda: rollbacks.not_coming_down(self.rollout, story.now, "refused", str(story.world), MINUTE))

    @precondition(Shadowed.on_the_way_up)
    @rule(weight=st.sampled_from([0.0, 0.5, 1.0, 10.0, 30.0, 50.0, 100.0]))
    def somebody_else_moves_it(self, weight: float) -> None:
        self.story.world = Weight(weight)

    @precondition(lambda self: self.rollout.state is State.HELD and self.rollout.intent is None)
    @rule(person=people, early=st.sampled_from([True, True, False]))
    def a_person_resumes(self, person: Person, early: bool) -> None:
        """And may want to go on at once, by a check of before."""
        self.involved.add(person.id)
        self.downward = False
        self.step(lambda: moves.resume(self.rollout, self.story.now, person))
        if early and self.rollout.state is State.BAKING:
            self.end_early(person)
            self.approve(list(PEOPLE))

    @precondition(Shadowed.steady)
    @rule(person=people, how=st.sampled_from(["hold", "hold", "roll back", "kill", "kill twice"]))
    def a_person_stops_it(self, person: Person, how: str) -> None:
        story, now = self.story, self.story.now
        match how:
            case "hold":
                kept = a_hold("asked for", person.id, now, "person")
                self.step(lambda: moves.hold(self.rollout, now, kept, story.new_id(), person))
            case "roll back":
                self.step(lambda: rollbacks.roll_back(self.rollout, self.plan, now, story.new_id(), "asked", person))
            case _:
                self.kill(person, 1)
                if how == "kill twice":
                    self.kill(CLEO, 1)

    @precondition(lambda self: self.rollout.state not in (State.PREFLIGHT, State.KILLED, *STEADY))
    @rule(person=people, tier=st.integers(0, 2))
    def a_person_is_late(self, person: Person, tier: int) -> None:
        """What goes down, or has ended: asked to roll back, or killed all the same."""
        story = self.story
        if tier:
            self.kill(person, tier)
        else:
            self.step(lambda: rollbacks.roll_back(self.rollout, self.plan, story.now, story.new_id(), "asked", person))

    @precondition(lambda self: self.rollout.state in (State.KILLING, State.STUCK) and self.rollout.kill is not None)
    @rule(stands=st.booleans())
    def the_kill_is_watched(self, stands: bool) -> None:
        now = self.story.now = self.story.now + MINUTE
        outcome = MethodOutcome(name="switch", tier=1, applied_at=now, read_back_at=now if stands else None)
        known = kills.note_outcomes(self.rollout, [outcome])
        if known.state in (State.KILLING, State.STUCK):
            if stands:
                self.story.world = ZERO
            self.step(lambda: kills.watch(known, self.plan, now, 2, (), ()))

    @precondition(Shadowed.on_the_way_up)
    @rule(away=st.sampled_from([timedelta(minutes=3), timedelta(minutes=70), timedelta(days=3)]))
    def perch_is_down(self, away: timedelta) -> None:
        self.story.now += away

    @rule()
    def perch_crashes(self) -> None:
        """What was committed is all that is left."""
        again = Rollout.model_validate_json(self.rollout.model_dump_json())
        assert again == self.rollout
        self.story.rollout = again


QUICK = settings(
    max_examples=150,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""Always the same runs: a law's test never flakes."""

UNSHRUNK = settings(QUICK, max_examples=5000, phases=[Phase.generate])
"""For planted bugs: the first counterexample is enough."""


def drive(law: type[Driven], how: settings = QUICK) -> None:
    """Run a law's machine. Raises what it finds."""
    run_state_machine_as_test(law, settings=how)
