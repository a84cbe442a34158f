"""A rollout driven at random: checks, people, weights that land or don't, crashes and clocks that jump.

The machine keeps a shadow of its own (who approved which gate, what was really measured, what is really in force), and
hands each step to `judge`, which a law's test overrides. What holds for every law is judged here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bot.domain import kills, moves, progress
from bot.domain.errors import IllegalMove
from bot.domain.gates import open_gate
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


class Driven(RuleBasedStateMachine):
    """One rollout. `step` is how every change goes through."""

    law: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()
        self.truth: Verdict | None = None
        """What was really measured at the last check."""
        self.checked_at: datetime | None = None
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

    @initialize(which=st.sampled_from(range(len(PLANS))), well=st.integers(0, 9))
    def starts(self, which: int, well: int) -> None:
        """Some way up already: what matters happens at gates and in between."""
        plan = PLANS[which]
        self.story = Story(plan, a_rollout())
        self.step(lambda: moves.enter_first_stage(self.rollout, plan, self.story.now, self.story.new_id()))
        for _ in range(well):
            self.it_goes_well(Verdict.PASS)

    def _check(self, verdict: Verdict, found: dict[str, Any], unread: bool = False) -> None:
        story = self.story
        story.now += MINUTE
        look = story.look(unread=unread, **found)
        self.truth, self.checked_at = verdict, story.now
        self.step(lambda: progress.progress(self.rollout, self.plan, look))

    @precondition(_steady)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict), times=st.integers(1, 4), unread=st.booleans())
    def is_checked(self, data: st.DataObject, verdict: Verdict, times: int, unread: bool) -> None:
        found = data.draw(FOUND[verdict])
        for _ in range(times):
            if self._steady():
                self._check(verdict, found, unread)

    @precondition(_under_way)
    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.WARN]))
    def it_goes_well(self, verdict: Verdict) -> None:
        """Whatever leads up from here: most of what can go wrong goes wrong on the way up."""
        match self.rollout.state:
            case State.PREFLIGHT:
                self.preflight_is_green()
            case State.BAKING:
                self._bakes(verdict)
            case State.GATE:
                self._check(verdict, {} if verdict is Verdict.PASS else {"latency": 12.0})
                self.is_approved([person for person in PEOPLE if person.id not in self.involved])
            case State.HELD if self.rollout.intent is None:
                self.story.world = self.rollout.confirmed
                self.a_person_resumes(DORA)
            case _ if self.rollout.intent is not None:
                self._lands()

    @precondition(_under_way)
    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.WARN]))
    def it_goes_on_well(self, verdict: Verdict) -> None:
        """Things go well twice as often as anything else happens."""
        self.it_goes_well(verdict)

    def _bakes(self, verdict: Verdict) -> None:
        self.story.world = self.rollout.confirmed
        for _ in range(4):
            if self.rollout.state is State.BAKING:
                self._check(verdict, {} if verdict is Verdict.PASS else {"latency": 12.0})

    @precondition(lambda self: self.rollout.state is State.GATE)
    @rule(several=st.lists(people, min_size=1, max_size=4))
    def is_approved(self, several: list[Person]) -> None:
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
        """Break-glass: the gate opens at once, and the one who asked may not approve it."""
        rollout, check = self.rollout, self.rollout.check
        if rollout.stage == len(self.plan.stages) - 1 or check is None:
            return
        gate = open_gate(rollout, self.plan, check, self.story.new_id())
        self.involved.add(person.id)
        opened = rollout.but(state=State.GATE, gate=gate, early="asked", involved=(*rollout.involved, person.id))
        self.step(lambda: Step(opened))

    @precondition(lambda self: self.rollout.intent is not None)
    @rule()
    def the_weight_lands(self) -> None:
        self._lands()

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

    @precondition(_on_the_way_up)
    @rule(person=people)
    def a_person_holds(self, person: Person) -> None:
        kept = a_hold("asked for", person.id, self.story.now, "person")
        self.step(lambda: moves.hold(self.rollout, self.story.now, kept, self.story.new_id(), person))

    @precondition(lambda self: self.rollout.state is State.HELD and self.rollout.intent is None)
    @rule(person=people)
    def a_person_resumes(self, person: Person) -> None:
        self.involved.add(person.id)
        self.downward = False
        self.step(lambda: moves.resume(self.rollout, self.story.now, person))

    @precondition(lambda self: self.rollout.state is State.PREFLIGHT)
    @rule()
    def preflight_is_green(self) -> None:
        story = self.story
        self.step(lambda: moves.enter_first_stage(self.rollout, self.plan, story.now, story.new_id()))

    @precondition(lambda self: self.rollout.stage > 0)
    @rule(person=people)
    def a_person_rolls_back(self, person: Person) -> None:
        story = self.story
        self.step(lambda: moves.roll_back(self.rollout, self.plan, story.now, story.new_id(), "asked", person))

    @precondition(lambda self: self.rollout.stage > 0)
    @rule(person=people, tier=st.integers(1, 2))
    def the_switch_is_pulled(self, person: Person, tier: int) -> None:
        now = self.story.now
        self.step(lambda: kills.begin(self.rollout, now, person, "asked", now, tier))

    @precondition(lambda self: self.rollout.kill is not None)
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
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""Always the same runs: a law's test never flakes."""

UNSHRUNK = settings(QUICK, max_examples=200, phases=[Phase.generate])
"""For planted bugs: the first counterexample is enough."""


def drive(law: type[Driven], how: settings = QUICK) -> None:
    """Run a law's machine. Raises what it finds."""
    run_state_machine_as_test(law, settings=how)
