"""What is overdue: holds, gates and stages that nobody saw to in time. Each deadline has its default."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import moves, rollbacks
from bot.domain.looks import Look
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.plan import Action, Plan
from bot.domain.rollout import Hold, HoldCause, Rollout, Verdict
from bot.domain.steps import Happening, Step
from bot.domain.units import spell_duration

HELD_ON = timedelta(days=1)
"""How much longer a hold stands whose deadline nobody kept; then it's told again."""


def overdue(rollout: Rollout, plan: Plan, look: Look) -> Step | None:
    """Deadlines of holds, gates and stages, each with its default. A breach has its own answer, but ends no hold."""
    if rollout.state is State.HELD:
        return _hold_over(rollout, plan, look)
    if look.check.verdict is Verdict.BREACH:
        return None
    if rollout.gate is not None and look.now >= rollout.gate.expires_at:
        return _expired(rollout, plan, look)
    if rollout.state is State.BAKING:
        return _limit(rollout, plan, look)
    return None


def _hold_over(rollout: Rollout, plan: Plan, look: Look) -> Step | None:
    hold = rollout.hold
    if hold is None or hold.until is None or look.now < hold.until:
        return None
    if hold.cause == "freeze" and rollout.frozen is not None:
        # The end of a freeze is told by itself, and gives its holds a new deadline.
        return None
    if hold.then == "hold":
        return _held_on(rollout, look, hold)
    why = f"nobody acted on the hold ({hold.why}) by its deadline"
    if hold.then == "kill":
        return Step(rollout, (), emergency=why)
    return rollbacks.roll_back(rollout, plan, look.now, look.id, why, rule="hold")


def _held_on(rollout: Rollout, look: Look, hold: Hold) -> Step:
    """It stays held, with a new deadline; told, so that nobody forgets it."""
    longer = hold.model_copy(update={"until": look.now + HELD_ON})
    facts = {"why": hold.why, "owner": hold.owner, "until": (look.now + HELD_ON).timestamp()}
    return Step(rollout.but(hold=longer), (Happening("hold_over", facts),))


def _limit(rollout: Rollout, plan: Plan, look: Look) -> Step | None:
    """The most that a stage may take; a person who resumes gives it the whole time again."""
    limit = plan.stages[rollout.stage].bake_limit
    since = max(filter(None, (rollout.entered_at, rollout.resumed_at)), default=look.now)
    stayed = look.now - since
    if limit is None or stayed < limit.at_most:
        return None
    return _default(rollout, plan, look, f"the stage took {spell_duration(stayed)}", limit.then, "limit")


def _expired(rollout: Rollout, plan: Plan, look: Look) -> Step:
    gate_id = rollout.gate.id if rollout.gate else ""
    told = Happening("gate_expired", {"gate": gate_id, "then": plan.gate.then.value})
    step = _default(rollout, plan, look, "nobody answered the gate in time", plan.gate.then, "gate")
    return Step(step.rollout, (told, *step.happenings))


def _default(rollout: Rollout, plan: Plan, look: Look, why: str, then: Action, cause: HoldCause) -> Step:
    if then is Action.ROLLBACK:
        rule = "gate" if cause == "gate" else "bake_limit"
        return rollbacks.roll_back(rollout, plan, look.now, look.id, why, rule=rule)
    return moves.hold(rollout, look.now, a_hold(why, rollout.watched_by, look.now, cause), look.id)
