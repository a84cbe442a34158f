"""The shadow of a rollout that is driven at random: what is really true, kept apart from the code under test.

Who approved which gate, what was really measured, what is really in force. Each change goes through `step`, which hands
it to `judge`, which a law's test overrides. What holds for every law is judged here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from bot.domain import kills, moves, overruling, progress, rollbacks
from bot.domain.checklists import cleared, ticked
from bot.domain.errors import IllegalMove
from bot.domain.gates import open_gate
from bot.domain.machine import ENDS, State
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Person, Rollout, Verdict, Way
from bot.domain.steps import Step
from bot.domain.units import ZERO, Weight
from tests.builders import ANA, BEN, CLEO, DORA, MINUTE, SLOW, Story, a_plan, a_rollout, a_yes

PEOPLE = (ANA, BEN, CLEO, DORA)


class Shadowed(RuleBasedStateMachine):
    """One rollout. `step` is how every change goes through."""

    law: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.ids = count(1)
        self.forget(a_plan())

    def forget(self, plan: Plan) -> None:
        """A new rollout, and a new shadow of it."""
        self.story = Story(plan, a_rollout(), ids=self.ids)
        self.truth: Verdict | None = None
        """What was really measured at the last check."""
        self.checked_at: datetime | None = None
        self.read: Weight | None = None
        """The weight that the last check read; None where it couldn't."""
        self.yes: dict[str, set[str]] = {}
        """Who said yes to which gate, and hasn't taken it back."""
        self.glass: set[str] = set()
        """Gates that were opened by overruling a measured failure: of `success`, the one hard condition there is."""
        self.seen: dict[str, set[str]] = {}
        """What was ticked at which gate, and hasn't been taken back."""
        self.short = False
        """Whether the queue was short at the last check: what the checklist's automatic item asks for."""
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

    def under_way(self) -> bool:
        return self.rollout.live

    def on_the_way_up(self) -> bool:
        return self.rollout.state in (State.SHIFTING, State.BAKING, State.GATE)

    def steady(self) -> bool:
        return self.rollout.state in (State.SHIFTING, State.BAKING, State.GATE, State.HELD)

    # ---- what may happen -----------------------------------------------------------------------------------------

    def check(self, verdict: Verdict, found: dict[str, Any], unread: bool = False) -> None:
        story = self.story
        story.now += MINUTE
        look = story.look(unread=unread, **found)
        self.truth, self.checked_at, self.read = verdict, story.now, look.weight
        self.short = found.get("queue", 10.0) < 50
        self.step(lambda: progress.progress(self.rollout, self.plan, look))

    def enter(self) -> None:
        story = self.story
        self.step(lambda: moves.enter_first_stage(self.rollout, self.plan, story.now, story.new_id()))

    def bake(self, verdict: Verdict) -> None:
        self.story.world = self.rollout.confirmed
        for _ in range(4):
            if self.rollout.state is State.BAKING:
                self.check(verdict, {} if verdict is Verdict.PASS else SLOW)

    def before_approvals(self, first: str) -> None:
        gate = self.rollout.gate
        match first:
            case "perch was down":
                self.story.now += 3 * MINUTE
            case "the weight couldn't be read":
                self.check(Verdict.PASS, {}, unread=True)
            case "a check failed":
                self.check(Verdict.FAIL, {"success": 98.0})
            case "it has just expired" if gate is not None:
                self.story.now = max(self.story.now, gate.expires_at - 1.5 * MINUTE)
                self.check(Verdict.PASS, {})
                self.story.now += MINUTE

    def approve(self, several: list[Person]) -> None:
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

    def tick(self, *, done: bool = True) -> None:
        """Everything that people tick, or none of it any more."""
        gate = self.rollout.gate
        if gate is None:
            return
        texts = {item.text for item in self.plan.stages[self.rollout.stage].checklist if item.auto is None}
        self.seen[gate.id] = texts if done else set()
        for text in sorted(texts):
            gate = ticked(gate, text, DORA, self.story.now) if done else cleared(gate, text)
        self.story.rollout = self.rollout.but(gate=gate)

    def end_early(self, person: Person) -> None:
        """Break-glass: the gate opens at once, and the one who asked may not approve it."""
        rollout, check = self.rollout, self.rollout.check
        if rollout.stage == len(self.plan.stages) - 1 or check is None or not check.verdict.promotable:
            return
        gate = open_gate(rollout, self.plan, check, self.story.new_id())
        self.involved.add(person.id)
        opened = rollout.but(state=State.GATE, gate=gate, early="asked", involved=(*rollout.involved, person.id))
        self.step(lambda: Step(opened))

    def overrule(self, person: Person) -> None:
        """Break-glass: whatever the desk would let through."""
        rollout, now, id = self.rollout, self.story.now, self.story.new_id()
        if overruling.why_not(rollout, self.plan, now):
            return
        if self.truth is Verdict.FAIL:
            self.glass.add(id)
        self.involved.add(person.id)
        self.step(lambda: overruling.overrule(rollout, self.plan, now, id, "a false alarm", person))

    def land(self) -> None:
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
            self.step(lambda: rollbacks.came_down(self.rollout, self.plan, self.story.now))

    def kill(self, person: Person, tier: int) -> None:
        now = self.story.now = self.story.now + MINUTE
        self.step(lambda: kills.begin(self.rollout, now, person, "asked", now, tier))
