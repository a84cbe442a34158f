"""A rollout driven at random: checks, people, weights that land or don't, crashes and clocks that jump.

The machine keeps a shadow of its own (who approved which gate, what was really measured, what is really in force), and
hands each step to `judge`, which a law's test overrides. What holds for every law is judged here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bot.domain import kills, moves, progress
from bot.domain.errors import IllegalMove
from bot.domain.gates import bake_left, open_gate
from bot.domain.looks import STEADY
from bot.domain.machine import ENDS, State
from bot.domain.moves import Step, a_hold
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, MethodOutcome, Person, Rollout, Verdict, Way
from bot.domain.units import ZERO, Weight
from tests.builders import ANA, BEN, CLEO, DORA, MINUTE, Story, a_plan, a_rollout, a_stage, a_yes

PEOPLE = (ANA, BEN, CLEO, DORA)


def _plan(need: int, drift: str, then: str, back: str, breach: str) -> Plan:
    stages = [
        a_stage(weight, bake="2m", approvals={"need": need}, rollback_to=back, on_breach=breach, on_fail=fail)
        for weight, fail in (("1%", "hold 1h then rollback"), ("10%", "retry"), ("50%", "extend 2m then rollback"))
    ]
    return a_plan(*stages, drift=drift, no_data={"after": "3m", "then": then}, gate={"expires": "1h", "then": then})


PLANS = (
    _plan(1, "hold", "hold", "0%", "rollback"),
    _plan(2, "lower", "rollback", "previous", "rollback"),
    _plan(2, "hold", "hold", "0%", "hold"),
    _plan(1, "lower", "hold", "0%", "kill"),
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
WELL = (1, 2, 2, 3, 4, 5, 5, 6, 7, 7, 8)
"""How many good steps come first: two are a gate, seven the last stage."""


class Driven(RuleBasedStateMachine):
    """One rollout. `step` is how every change goes through."""

    law: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.ids = count(1)
        self._forget(PLANS[0])

    def _forget(self, plan: Plan) -> None:
        """A new rollout, and a new shadow of it."""
        self.story = Story(plan, a_rollout(), ids=self.ids)
        self.truth: Verdict | None = None
        """What was really measured at the last check."""
        self.checked_at: datetime | None = None
        self.read: Weight | None = None
        """The weight that the last check read; None where it couldn't."""
        self.yes: dict[str, set[str]] = {}
        """Who said yes to which gate, and hasn't taken it back."""
        self.involved: set[str] = {ANA.id}
        self.allowed = ZERO
        """The highest weight that may be in force: raised by a promotion, lowered by every way down."""
        self.downward = False
        """A rollback or kill has begun, and no person has resumed a hold since."""
        self.lost: list[Intent] = []
        """Raises that were given up or overtaken, and may still land."""
        self.landed: list[str] = []

    # ---- what a law looks at ------------------------------------------------------------------------------------

    def judge(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        """Overridden by each law."""

    def step(self, change: Callable[[], Step]) -> None:
        before = self.story.rollout
        try:
            step = change()
        except IllegalMove:
            return
        after, kinds = step.rollout, [happening.kind for happening in step.happenings]
        self._shadow(before, after)
        self._always(before, after)
        self.judge(before, after, kinds)
        self.story.take(step)

    def _shadow(self, before: Rollout, after: Rollout) -> None:
        raised = after.intent is not None and after.intent.way is Way.RAISE and after.intent != before.intent
        self.raised = after.intent if raised else None
        if raised and before.intent is None and before.state in (State.PREFLIGHT, State.GATE):
            self.allowed = max(self.allowed, self.plan.stage_weight(after.stage))
        elif after.target < self.allowed and after.state is not before.state:
            self.allowed = after.target
        if before.state is State.SHIFTING and after.state not in (State.SHIFTING, State.BAKING):
            self.allowed = min(self.allowed, before.confirmed)
        if before.intent is not None and before.intent.way is Way.RAISE and after.intent != before.intent:
            self.lost.append(before.intent)
        if after.state.going_down and not before.state.going_down:
            self.downward = True

    def _always(self, before: Rollout, after: Rollout) -> None:
        if after.state is State.HELD:
            hold = after.hold
            assert hold is not None, "held without a hold"
            assert hold.owner, "a hold has an owner"
            assert hold.until is not None, "a hold has a deadline"
            assert hold.until > hold.since, "a hold has a deadline"
            assert hold.then in ("hold", "rollback", "kill"), "a hold has a default"
        else:
            assert after.hold is None, "a hold that isn't held"
        if before.state in ENDS:
            assert after.state in (before.state, State.KILLING), "an ended rollout moved again"
        assert (after.gate is not None) is (after.state is State.GATE), "a gate is open in its own state only"

    @property
    def plan(self) -> Plan:
        return self.story.plan

    @property
    def rollout(self) -> Rollout:
        return self.story.rollout

    def _under_way(self) -> bool:
        return self.rollout.live

    def _on_the_way_up(self) -> bool:
        return self.rollout.state in (State.SHIFTING, State.BAKING, State.GATE)

    def _steady(self) -> bool:
        return self.rollout.state in (State.SHIFTING, State.BAKING, State.GATE, State.HELD)

    # ---- what happens -------------------------------------------------------------------------------------------

    @initialize(which=st.sampled_from(range(len(PLANS))), well=st.sampled_from(WELL))
    def starts(self, which: int, well: int) -> None:
        """Some way up already: what matters happens at gates and in between."""
        self._forget(PLANS[which])
        for _ in range(well + 1):
            self.it_goes_well(Verdict.PASS)

    @precondition(lambda self: not self.rollout.live)
    @rule(which=st.sampled_from(range(len(PLANS))), well=st.sampled_from(WELL))
    def the_next_one_starts(self, which: int, well: int) -> None:
        self.starts(which, well)

    def _check(self, verdict: Verdict, found: dict[str, Any], unread: bool = False) -> None:
        story = self.story
        story.now += MINUTE
        look = story.look(unread=unread, **found)
        self.truth, self.checked_at, self.read = verdict, story.now, look.weight
        self.step(lambda: progress.progress(self.rollout, self.plan, look))

    @precondition(_steady)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict), times=st.integers(1, 4), unread=st.booleans())
    def is_checked(self, data: st.DataObject, verdict: Verdict, times: int, unread: bool) -> None:
        found = data.draw(FOUND[verdict])
        for _ in range(times):
            if self._steady():
                self._check(verdict, found, unread)

    @precondition(lambda self: self.rollout.state is State.BAKING)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def its_bake_ends(self, data: st.DataObject, verdict: Verdict) -> None:
        """The check that decides finds anything."""
        found = data.draw(FOUND[verdict])
        while self.rollout.state is State.BAKING and bake_left(self.rollout, self.plan) > MINUTE:
            self._check(Verdict.PASS, {})
        self._check(verdict, found)

    @precondition(_under_way)
    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.WARN]))
    def it_goes_well(self, verdict: Verdict) -> None:
        """Whatever leads up from here: most of what can go wrong goes wrong on the way up."""
        match self.rollout.state:
            case State.PREFLIGHT:
                self._enters()
            case State.BAKING:
                self._bakes(verdict)
            case State.GATE:
                self._check(verdict, {} if verdict is Verdict.PASS else {"latency": 12.0})
                self._approve([person for person in PEOPLE if person.id not in self.involved])
            case State.HELD if self.rollout.intent is None:
                self.story.world = self.rollout.confirmed
                self.a_person_resumes(DORA, False)
            case _ if self.rollout.intent is not None:
                self._lands()

    @precondition(_under_way)
    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.WARN]))
    def it_goes_on_well(self, verdict: Verdict) -> None:
        """Things go well twice as often as anything else happens."""
        self.it_goes_well(verdict)

    def _enters(self) -> None:
        story = self.story
        self.step(lambda: moves.enter_first_stage(self.rollout, self.plan, story.now, story.new_id()))

    def _bakes(self, verdict: Verdict) -> None:
        self.story.world = self.rollout.confirmed
        for _ in range(4):
            if self.rollout.state is State.BAKING:
                self._check(verdict, {} if verdict is Verdict.PASS else {"latency": 12.0})

    @precondition(lambda self: self.rollout.state is State.GATE)
    @rule(first=st.sampled_from(BEFORE_APPROVALS), several=st.one_of(st.lists(people, min_size=1, max_size=4), TWICE))
    def is_approved(self, first: str, several: list[Person]) -> None:
        """Right after something that should have closed the gate, or kept it from being used."""
        self._before_approvals(first)
        self._approve(several)

    @precondition(lambda self: self.rollout.state is State.GATE)
    @rule(first=st.sampled_from(BEFORE_APPROVALS), several=st.one_of(st.lists(people, min_size=2, max_size=4), TWICE))
    def is_approved_by_several(self, first: str, several: list[Person]) -> None:
        """Gates are where it matters, so they are tried twice as often."""
        self.is_approved(first, several)

    def _before_approvals(self, first: str) -> None:
        gate = self.rollout.gate
        match first:
            case "perch was down":
                self.story.now += 3 * MINUTE
            case "the weight couldn't be read":
                self._check(Verdict.PASS, {}, unread=True)
            case "a check failed":
                self._check(Verdict.FAIL, {"success": 98.0})
            case "it has just expired" if gate is not None:
                self.story.now = max(self.story.now, gate.expires_at - 1.5 * MINUTE)
                self._check(Verdict.PASS, {})
                self.story.now += MINUTE

    def _approve(self, several: list[Person]) -> None:
        """Deliberately without the desk's own dedupe: the same click may come twice, or from who asked."""
        for person in several:
            gate = self.rollout.gate
            if gate is None:
                break
            self.yes.setdefault(gate.id, set()).add(person.id)
            given = gate.model_copy(update={"approvals": (*gate.approvals, a_yes(person, at=self.story.now))})
            self.story.rollout = self.rollout.but(gate=given)
            now, id = self.story.now, self.story.new_id()
            self.step(lambda: progress.promote_when_ready(self.rollout, self.plan, now, id))  # noqa: B023 - called at once

    @precondition(lambda self: self.rollout.state is State.GATE)
    @rule(person=people)
    def an_approval_is_withdrawn(self, person: Person) -> None:
        gate = self.rollout.gate
        if gate is None:
            return
        kept = tuple(each for each in gate.approvals if each.person.id != person.id)
        self.yes.setdefault(gate.id, set()).discard(person.id)
        self.story.rollout = self.rollout.but(gate=gate.model_copy(update={"approvals": kept}))

    @precondition(lambda self: self.rollout.state is State.BAKING and self.rollout.check is not None)
    @rule(person=people)
    def a_bake_is_ended_early(self, person: Person) -> None:
        self._ends_early(person)

    def _ends_early(self, person: Person) -> None:
        """Break-glass: the gate opens at once, and the one who asked may not approve it."""
        rollout, check = self.rollout, self.rollout.check
        if rollout.stage == len(self.plan.stages) - 1 or check is None or not check.verdict.promotable:
            return
        gate = open_gate(rollout, self.plan, check, self.story.new_id())
        self.involved.add(person.id)
        opened = rollout.but(state=State.GATE, gate=gate, early="asked", involved=(*rollout.involved, person.id))
        self.step(lambda: Step(opened))

    def _lands(self) -> None:
        intent = self.story.intent()
        self.story.world = intent.weight
        if intent.way is Way.RAISE:
            self.landed.append(intent.id)
            self.involved = {ANA.id}
            self.step(lambda: moves.arrive(self.rollout, self.story.now))
        elif self.rollout.state is State.HELD:
            kept = self.rollout.but(intent=None, confirmed=intent.weight, seen_weight=intent.weight)
            self.step(lambda: Step(kept))
        else:
            self.involved = {ANA.id}
            self.step(lambda: moves.came_down(self.rollout, self.plan, self.story.now))

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
            self._lands()

    @precondition(lambda self: self.rollout.state in (State.ROLLING_BACK, State.STUCK) and self.rollout.kill is None)
    @rule()
    def the_way_down_fails(self) -> None:
        story = self.story
        self.step(lambda: moves.not_coming_down(self.rollout, story.now, "refused", str(story.world), MINUTE))

    @precondition(_on_the_way_up)
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
            self._ends_early(person)
            self._approve(list(PEOPLE))

    @precondition(_steady)
    @rule(person=people, how=st.sampled_from(["hold", "hold", "roll back", "kill", "kill twice"]))
    def a_person_stops_it(self, person: Person, how: str) -> None:
        story, now = self.story, self.story.now
        match how:
            case "hold":
                kept = a_hold("asked for", person.id, now, "person")
                self.step(lambda: moves.hold(self.rollout, now, kept, story.new_id(), person))
            case "roll back":
                self.step(lambda: moves.roll_back(self.rollout, self.plan, now, story.new_id(), "asked", person))
            case _:
                self._kills(person, 1)
                if how == "kill twice":
                    self._kills(CLEO, 1)

    def _kills(self, person: Person, tier: int) -> None:
        now = self.story.now = self.story.now + MINUTE
        self.step(lambda: kills.begin(self.rollout, now, person, "asked", now, tier))

    @precondition(lambda self: self.rollout.state not in (State.PREFLIGHT, State.KILLED, *STEADY))
    @rule(person=people, tier=st.integers(0, 2))
    def a_person_is_late(self, person: Person, tier: int) -> None:
        """What goes down, or has ended: asked to roll back, or killed all the same."""
        story = self.story
        if tier:
            self._kills(person, tier)
        else:
            self.step(lambda: moves.roll_back(self.rollout, self.plan, story.now, story.new_id(), "asked", person))

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

    @precondition(_on_the_way_up)
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
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""Always the same runs: a law's test never flakes."""

UNSHRUNK = settings(QUICK, max_examples=400, phases=[Phase.generate])
"""For planted bugs: the first counterexample is enough."""


def drive(law: type[Driven], how: settings = QUICK) -> None:
    """Run a law's machine. Raises what it finds."""
    run_state_machine_as_test(law, settings=how)
