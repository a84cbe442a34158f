"""A kill as the rollout knows it: engaged, watched until every target reads back, escalated, done or stuck.

Pulling the switch itself is `bot.engine.kill`'s and waits for none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.domain.machine import Event, State, move
from bot.domain.moves import Happening, Step
from bot.domain.plan import Plan
from bot.domain.rollout import Kill, MethodOutcome, Person, Rollout
from bot.domain.units import ZERO

TIER_TIME = timedelta(seconds=10)
"""By when a tier's methods must read back before the wider tier runs (T9: effect in under 10 s)."""
WATCH = timedelta(seconds=1)
"""How often a kill under way is looked at."""


def begin(rollout: Rollout, now: datetime, by: Person, reason: str, asked_at: datetime, tier: int) -> Step:
    """The switch was pulled. Works from every state but an end without traffic; again is the same kill."""
    under_way = rollout.kill if rollout.state in (State.KILLING, State.STUCK) else None
    if rollout.state is State.KILLED or (under_way is not None and tier <= under_way.tier):
        return Step(rollout)
    state = move(rollout.state, Event.KILL)
    killing = rollout.but(
        state=state,
        kill=_widened(under_way, tier, now) if under_way else Kill(by=by, reason=reason, asked_at=asked_at, tier=tier),
        target=ZERO,
        approved=ZERO,
        intent=None,
        gate=None,
        hold=None,
        reason=f"killed: {reason}" if reason else "killed",
        ended_at=None,
        due_at=now,
    )
    return Step(killing, (Happening("killing", {"by": by.id, "reason": reason, "tier": tier}, by),))


def _widened(kill: Kill, tier: int, now: datetime) -> Kill:
    return kill.model_copy(update={"tier": tier, "widened_at": now})


def note_outcomes(rollout: Rollout, outcomes: Iterable[MethodOutcome]) -> Rollout:
    """Take in what methods did; the newest word on a method replaces the former, first times are kept."""
    if rollout.kill is None:
        return rollout
    known = {outcome.name: outcome for outcome in rollout.kill.outcomes}
    for outcome in outcomes:
        before = known.get(outcome.name)
        known[outcome.name] = outcome if before is None else _merged(before, outcome)
    return rollout.but(kill=_timed(rollout.kill, tuple(known.values())))


def _merged(before: MethodOutcome, now: MethodOutcome) -> MethodOutcome:
    if now.fault and before.read_back_at and now.applied_at is None:
        # It stood, and now it can't be asked: that isn't known to be on again, and is no reason for a wider tier.
        return before.model_copy(update={"fault": now.fault})
    if now.fault:
        return now.model_copy(update={"applied_at": before.applied_at})
    return now.model_copy(
        update={
            "applied_at": before.applied_at or now.applied_at,
            "read_back_at": before.read_back_at or now.read_back_at,
        }
    )


def _timed(kill: Kill, outcomes: tuple[MethodOutcome, ...]) -> Kill:
    """`applied` is when the last method was applied, `read back` when the last one read back; None until all are."""
    applied = [outcome.applied_at for outcome in outcomes]
    read = [outcome.read_back_at for outcome in outcomes]
    return kill.model_copy(
        update={
            "outcomes": outcomes,
            "applied_at": max((at for at in applied if at), default=None) if all(applied) else None,
            "read_back_at": max((at for at in read if at), default=None) if all(read) else None,
        }
    )


def watch(rollout: Rollout, plan: Plan, now: datetime, tiers: int, unmet: Sequence[str], late: Sequence[str]) -> Step:
    """One look at a kill under way. `unmet`: killed_when that isn't true yet; `late`: those past their time."""
    kill = rollout.kill
    if kill is None or not rollout.state.going_down:
        return Step(rollout)
    if kill.read_back_at is not None and not unmet:
        return _done(rollout, plan, now, kill)
    missed = [outcome.name for outcome in kill.outcomes if outcome.read_back_at is None]
    wrong = [*missed, *late] if now - (kill.widened_at or kill.asked_at) > TIER_TIME else []
    if wrong and kill.tier < tiers:
        wider = _widened(kill, kill.tier + 1, now)
        facts = {"tier": wider.tier, "why": "; ".join(wrong)}
        return Step(rollout.but(kill=wider, due_at=now), (Happening("kill_tier", facts),))
    if wrong and rollout.state is State.KILLING:
        stuck = rollout.but(state=move(rollout.state, Event.DOWN_FAILED), due_at=now + WATCH)
        facts = {"what": "kill", "fault": "; ".join(wrong), "still_on": "; ".join(_still_on(kill)) or "not measured"}
        return Step(stuck, (Happening("stuck", facts),))
    return Step(rollout.but(due_at=now + WATCH))


def _still_on(kill: Kill) -> list[str]:
    return [
        f"{outcome.name}: {outcome.fault or 'not read back'}" for outcome in kill.outcomes if not outcome.read_back_at
    ]


def _done(rollout: Rollout, plan: Plan, now: datetime, kill: Kill) -> Step:
    measured = now if plan.killed_when else None
    why = "" if measured else "the plan has no killed_when"
    done = kill.model_copy(update={"measured_at": measured, "not_measured": why})
    until = now + plan.cooldown
    killed = rollout.but(
        state=move(rollout.state, Event.KILL_CONFIRMED),
        kill=done,
        confirmed=ZERO,
        seen_weight=ZERO,
        ended_at=now,
        cooldown_until=until,
    )
    facts = {
        "applied_s": _seconds(kill, kill.applied_at),
        "read_back_s": _seconds(kill, kill.read_back_at),
        "measured_s": _seconds(kill, measured),
        "not_measured": why,
        "by": kill.by.id,
        "reason": kill.reason,
        "outcomes": [outcome.model_dump(mode="json") for outcome in kill.outcomes],
    }
    return Step(killed, (Happening("killed", facts, kill.by),))


def _seconds(kill: Kill, at: datetime | None) -> float | None:
    return None if at is None else round((at - kill.asked_at).total_seconds(), 2)


def rearm(rollout: Rollout, now: datetime, by: Person, restored: Sequence[str]) -> Step:
    """The former values stand again: the plan may start anew (the cooldown still counts). Twice is once."""
    if rollout.rearmed_at is not None:
        return Step(rollout)
    return Step(rollout.but(rearmed_at=now), (Happening("rearmed", {"by": by.id, "restored": list(restored)}, by),))
