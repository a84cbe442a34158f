"""Watch what others move (U2): judge the stage that fits the real weight, and say what Perch would have done.

Nothing here makes an intent, opens a gate or asks for a kill; who carries those out refuses an observed rollout too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain import budgets, rollbacks, versions
from bot.domain.checks import as_bad_on_stable, fired
from bot.domain.decisions import Decision, Do, decide
from bot.domain.gates import bake_waits_for
from bot.domain.incidents import forbidding
from bot.domain.looks import Look, take_in
from bot.domain.machine import Event, move
from bot.domain.moves import anew
from bot.domain.plan import Plan
from bot.domain.progress import absence, news, position, sight, why_of
from bot.domain.rollout import PERCH, Check, Person, Rollout
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, Weight

WOULD: Mapping[Do, str] = {
    Do.OPEN_GATE: "ask",
    Do.COMPLETE: "complete",
    Do.HOLD: "hold",
    Do.EXTEND: "extend",
    Do.RETRY: "retry",
    Do.ROLL_BACK: "rollback",
    Do.KILL: "kill",
}
"""What is said instead of done; every other decision is to go on looking."""


def stage_for(plan: Plan, weight: Weight, now_at: int = 0) -> int:
    """The stage that judges a weight: the present one if it has it, else the last one that it has reached.

    Below the first stage that serves anybody that one judges: it is the most careful.
    """
    if plan.stages[now_at].weight == weight:
        return now_at
    first = next((index for index, stage in enumerate(plan.stages) if stage.weight > ZERO), 0)
    reached = [stage.weight for stage in plan.stages if ZERO < stage.weight <= weight]
    if not reached:
        return first
    return next(index for index, stage in enumerate(plan.stages) if stage.weight == max(reached))


def begin(rollout: Rollout, plan: Plan, weight: Weight, now: datetime) -> Step:
    """Preflight is green and somebody has given the canary traffic: judge from here on."""
    watching = rollout.but(state=move(rollout.state, Event.OBSERVE), **_at(rollout, plan, weight, now))
    facts = {"weight": weight.percent, "stage": str(plan.stage_weight(watching.stage))}
    return Step(watching, (Happening("observing", facts),))


def observe(before: Rollout, plan: Plan, look: Look) -> Step:
    """One look: follow the real weight, or judge and say what Perch would have done."""
    rollout = take_in(before, plan, look)
    told = (
        *absence(before, plan, look.now),
        *versions.changes(before, rollout),
        *budgets.news(before, rollout),
        *sight(before, rollout, look),
    )
    if look.weight is not None and look.weight != before.confirmed:
        step = _followed(before, rollout, plan, look, look.weight)
    else:
        told = (*news(before, look.check), *told)
        step = _judged(rollout, plan, look)
    return Step(step.rollout, (*told, *step.happenings))


def stop(rollout: Rollout, now: datetime, why: str, by: Person = PERCH) -> Step:
    """The end of watching; what is in force stays, for it was never Perch's."""
    ended = rollout.but(
        state=move(rollout.state, Event.STOP_OBSERVING), ended_at=now, reason=why, hold=None, intent=None, gate=None
    )
    return Step(ended, (Happening("observed", {"reason": why, "weight": rollout.confirmed.percent}, by),))


def would(rollout: Rollout, plan: Plan, do: str, why: str, check: Check | None = None, by: Person = PERCH) -> Step:
    """Say once what Perch would have done, until something else is to be said."""
    if rollout.would == do:
        return Step(rollout)
    lines = check.lines if check is not None else ()
    facts = {
        "do": do,
        "why": why,
        "weight": rollout.confirmed.percent,
        "to": _to(rollout, plan, do),
        "lines": [line.model_dump(mode="json") for line in lines if line.condition in why],
    }
    return Step(rollout.but(would=do), (Happening("would", facts, by),))


def _followed(before: Rollout, rollout: Rollout, plan: Plan, look: Look, weight: Weight) -> Step:
    """Somebody moved it: another stage's conditions count from now on, on fresh clocks."""
    moved = rollout.but(**{**_at(rollout, plan, weight, look.now), "due_at": rollout.due_at})
    facts = {
        "before": before.confirmed.percent,
        "weight": weight.percent,
        "stage": str(plan.stage_weight(moved.stage)),
        "early": [wait.what for wait in bake_waits_for(before, plan, look.now)] if moved.stage > before.stage else [],
        "skipped": [str(plan.stage_weight(index)) for index in range(before.stage + 1, moved.stage)],
    }
    step = Step(moved, (Happening("observed_weight", facts),))
    if weight > ZERO:
        return step
    ended = stop(moved, look.now, "it was taken to 0%")
    return Step(ended.rollout, (*step.happenings, *ended.happenings))


def _judged(rollout: Rollout, plan: Plan, look: Look) -> Step:
    if other := versions.another(rollout):
        return would(rollout, plan, "hold", other, look.check)
    waited = look.now - rollout.no_data_since if rollout.no_data_since else None
    decision = decide(position(rollout, plan, look.check), look.check, plan, waited_for_data=waited)
    if (gone := budgets.used_up(rollout)) and decision.do not in (Do.ROLL_BACK, Do.KILL):
        return would(rollout, plan, "hold", budgets.why(gone, plan), look.check)
    if decision.do not in WOULD or (decision.do is Do.COMPLETE and (look.complete_fails or forbidding(rollout, plan))):
        return Step(rollout.but(would=""))
    do, why = _with_reason(rollout, plan, look, decision)
    step = would(rollout, plan, do, why, look.check)
    if do in ("rollback", "kill"):
        # Perch would be gone: whatever comes after is as if it began anew.
        return Step(step.rollout.but(baked=timedelta(0), clean=timedelta(0)), step.happenings)
    if decision.do is not Do.COMPLETE:
        return step
    ended = stop(step.rollout, look.now, "all stages held")
    return Step(ended.rollout, (*step.happenings, *ended.happenings))


def _with_reason(rollout: Rollout, plan: Plan, look: Look, decision: Decision) -> tuple[str, str]:
    if decision.do in (Do.OPEN_GATE, Do.COMPLETE):
        return WOULD[decision.do], ""
    why, rules = why_of(rollout, plan, look.check), fired(look.check, plan.stages[rollout.stage])
    both = decision.do is Do.ROLL_BACK and look.stable
    if rules and both and as_bad_on_stable(rules, plan, look.stable, rollout.baselines, look.now):
        return "hold", f"{why}, but the stable side is as bad"
    return WOULD[decision.do], why


def _to(rollout: Rollout, plan: Plan, do: str) -> float | None:
    """Where it would have gone, in percent."""
    match do:
        case "rollback":
            return rollbacks.back_to(rollout, plan).percent
        case "kill":
            return 0.0
        case "ask":
            return plan.stage_weight(rollout.stage + 1).percent
        case _:
            return None


def _at(rollout: Rollout, plan: Plan, weight: Weight, now: datetime) -> dict[str, object]:
    here = {"confirmed": weight, "approved": weight, "target": weight, "seen_weight": weight, "would": ""}
    return {**anew(rollout, now), **here, "stage": stage_for(plan, weight, rollout.stage)}
