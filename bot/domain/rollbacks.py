"""Moves downward: where a rollback goes, its arrival at 0 or at an earlier stage, and one that doesn't arrive (R15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain import moves
from bot.domain.machine import Event, State, move
from bot.domain.overrides import undone
from bot.domain.plan import Plan
from bot.domain.rollout import PERCH, Line, Person, Rollout
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, Weight


def roll_back(
    rollout: Rollout,
    plan: Plan,
    now: datetime,
    id: str,
    reason: str,
    by: Person = PERCH,
    lines: Sequence[Line] = (),
    rule: str = "",
) -> Step:
    """Start down, to where the stage says (R15). Open from every live state but those that go down already.

    `rule` is the plan's rule that asks for it, as `bot.domain.record.rules` names them.
    """
    to = back_to(rollout, plan)
    before = max(rollout.confirmed, rollout.target)
    intent = moves.lowering(rollout, now, id, to, before, reason, by=by.id)
    down = rollout.but(
        state=move(rollout.state, Event.ROLL_BACK),
        target=to,
        approved=to,
        mirror=ZERO,
        intent=intent,
        gate=None,
        hold=None,
        reason=reason,
        due_at=now,
    )
    facts = {
        "reason": reason,
        "by": by.id,
        "to": to.percent,
        "from": before.percent,
        "lines": [line.model_dump(mode="json") for line in lines],
        "rule": rule,
    }
    closed = (moves.gate_closed(rollout, "rolled back"),) if rollout.gate else ()
    return Step(down, (*closed, Happening("rolling_back", facts, by)))


def back_to(rollout: Rollout, plan: Plan) -> Weight:
    """Where a rollback of the present stage goes; never higher than what is confirmed, nor than what was last read."""
    stage = plan.stages[rollout.stage]
    if stage.rollback_to == "previous":
        wanted = plan.stage_weight(rollout.stage - 1) if rollout.stage else ZERO
    else:
        wanted = stage.rollback_to
    return min(wanted, rollout.confirmed, rollout.seen_weight if rollout.seen_weight is not None else rollout.confirmed)


def came_down(rollout: Rollout, plan: Plan, now: datetime) -> Step:
    """The lower weight was read back. At 0 the rollout has ended; higher, it is held there for a person."""
    intent = moves.intended(rollout)
    to = intent.weight
    facts = {
        "reason": rollout.reason,
        "by": intent.by or PERCH.id,
        "from": intent.before.percent,
        "to": to.percent,
        "took_s": round((now - intent.made_at).total_seconds(), 1),
        "lines": _named(rollout),
    }
    arrived = rollout.but(confirmed=to, seen_weight=to, intent=None, overrides=undone(rollout.overrides, now))
    if to > ZERO:
        reached = [index for index, each in enumerate(plan.stages[: rollout.stage + 1]) if each.weight <= to]
        why = f"rolled back to {to}: {rollout.reason}"
        kept = moves.a_hold(why, rollout.watched_by, now, "breach", then="rollback")
        stage = max(reached, default=0)
        held = arrived.but(
            state=move(rollout.state, Event.PARTLY_DOWN), stage=stage, hold=kept, **moves.anew(rollout, now)
        )
        return Step(held, (Happening("rolled_back", facts), moves.told_hold(kept, PERCH)))
    until = now + plan.cooldown
    ended = arrived.but(
        state=move(rollout.state, Event.DOWN_CONFIRMED),
        ended_at=now,
        cooldown_until=until,
        verify_after="rollback",
        verify_since=now,
        verify_left=tuple(condition.text for condition in plan.verify_after.rollback),
        verified=(),
        due_at=now,
    )
    return Step(ended, (Happening("rolled_back", {**facts, "cooldown_until": until.timestamp()}),))


def _named(rollout: Rollout) -> list[dict[str, Any]]:
    """The conditions that the reason names, with their numbers: the check itself is forgotten at a new weight."""
    lines = rollout.check.lines if rollout.check else ()
    return [line.model_dump(mode="json") for line in lines if line.condition in rollout.reason]


def not_coming_down(rollout: Rollout, now: datetime, fault: str, still_on: str, retry: timedelta) -> Step:
    """A downward change failed: stuck. Told once; tried for ever."""
    known = rollout.state is State.STUCK
    stuck = rollout.but(state=move(rollout.state, Event.DOWN_FAILED), due_at=now + retry)
    facts = {"what": f"set the weight to {rollout.target}", "fault": fault, "still_on": still_on}
    return Step(stuck, () if known else (Happening("stuck", facts),))
