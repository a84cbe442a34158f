"""A kill as the rollout knows it: engaged, watched until every target reads back, escalated, done or stuck.

Pulling the switch itself is `bot.engine.kill`'s and waits for none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.conditions import Condition
from bot.domain.machine import Event, State, move
from bot.domain.plan import Plan
from bot.domain.rollout import Kill, MethodOutcome, Person, Rollout, Way
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO

TIER_TIME = timedelta(seconds=10)
"""By when a tier's methods must read back before the wider tier runs (T9: effect in under 10 s)."""
WATCH = timedelta(seconds=1)
"""How often a kill under way is looked at."""


def begin(rollout: Rollout, now: datetime, by: Person, reason: str, asked_at: datetime, tier: int) -> Step:
    """The switch was pulled. Works from every state; again is the same kill.

    What is only observed is never killed by Perch. A killed rollout that was rearmed since is killed anew: its switch
    is engaged again, so it must be rearmed again.
    """
    under_way = rollout.kill if rollout.state in (State.KILLING, State.STUCK) else None
    if rollout.mode == "observe":
        return Step(rollout)
    engaged = rollout.state is State.KILLED and rollout.rearmed_at is None
    if engaged or (under_way is not None and tier <= under_way.tier):
        return Step(rollout)
    state = move(rollout.state, Event.KILL)
    killing = rollout.but(
        state=state,
        kill=widened(under_way, tier, now) if under_way else Kill(by=by, reason=reason, asked_at=asked_at, tier=tier),
        target=ZERO,
        approved=ZERO,
        mirror=ZERO,
        intent=None,
        gate=None,
        hold=None,
        reason=f"killed: {reason}" if reason else "killed",
        ended_at=None,
        rearmed_at=None,
        verify_left=(),
        verified=(),
        due_at=now,
    )
    facts = {"by": by.id, "reason": reason, "tier": tier, "from": rollout.confirmed.percent}
    return Step(killing, (Happening("killing", facts, by),))


def expecting(step: Step, before: Rollout, plan: Plan, now: datetime) -> Step:
    """Where a raise was under way when the switch was pulled: it may land until its time is over (law 7)."""
    raising = before.intent is not None and before.intent.way is Way.RAISE
    kill = step.rollout.kill
    if not raising or kill is None:
        return step
    expected = kill.model_copy(update={"lands_by": now + plan.confirm.within})
    return Step(step.rollout.but(kill=expected), step.happenings, step.emergency)


def widened(kill: Kill, tier: int, now: datetime) -> Kill:
    """The same kill with a wider tier, which has a time of its own."""
    return kill.model_copy(update={"tier": tier, "widened_at": now})


def note_outcomes(rollout: Rollout, outcomes: Iterable[MethodOutcome]) -> Rollout:
    """Take in what methods did; the newest word on a method replaces the former, first times are kept."""
    return rollout if rollout.kill is None else rollout.but(kill=with_outcomes(rollout.kill, outcomes))


def with_outcomes(kill: Kill, outcomes: Iterable[MethodOutcome]) -> Kill:
    """The same, for the kill alone."""
    return _timed(kill, newest((*kill.outcomes, *outcomes)))


def newest(outcomes: Iterable[MethodOutcome]) -> tuple[MethodOutcome, ...]:
    """One outcome for each method, from all that was written down as it came."""
    known: dict[str, MethodOutcome] = {}
    for outcome in outcomes:
        before = known.get(outcome.name)
        known[outcome.name] = outcome if before is None else _merged(before, outcome)
    return tuple(known.values())


def _merged(before: MethodOutcome, now: MethodOutcome) -> MethodOutcome:
    if now.fault and before.read_back_at and now.applied_at is None:
        # It stood, and now it can't be asked: that isn't known to be on again, and is no reason for a wider tier.
        return before.model_copy(update={"fault": now.fault})
    if now.fault:
        return now.model_copy(update={"applied_at": before.applied_at})
    return now.model_copy(
        update={
            "applied_at": _earlier(before.applied_at, now.applied_at),
            "read_back_at": _earlier(before.read_back_at, now.read_back_at),
        }
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """What the kill did first may come on record after what a look at it did later."""
    return min((at for at in (one, other) if at is not None), default=None)


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


def watch(
    rollout: Rollout,
    plan: Plan,
    now: datetime,
    tiers: int,
    unmet: Sequence[str],
    late: Sequence[str],
    blind: Sequence[str] = (),
) -> Step:
    """One look at a kill under way. `unmet`: killed_when that isn't true yet; `late`: those past their time.

    `blind`: what nobody could measure in its time. It widens no tier, for a sick source says nothing of the canary
    (law 3); the kill ends as not measured, with why.
    """
    kill = rollout.kill
    if kill is None or not rollout.state.going_down:
        return Step(rollout)
    if kill.read_back_at is not None and not unmet:
        landed = kill.lands_by is None or now >= kill.lands_by
        return _done(rollout, plan, now, kill, blind) if landed else Step(rollout.but(due_at=now + WATCH))
    wrong = [*missed(kill.outcomes), *late] if out_of_time(kill, now) else []
    if wrong and kill.tier < tiers:
        wider = widened(kill, kill.tier + 1, now)
        facts = {"tier": wider.tier, "why": "; ".join(wrong)}
        return Step(rollout.but(kill=wider, due_at=now), (Happening("kill_tier", facts),))
    if wrong and rollout.state is State.KILLING:
        stuck = rollout.but(state=move(rollout.state, Event.DOWN_FAILED), due_at=now + WATCH)
        facts = {"what": "kill", "fault": "; ".join(wrong), "still_on": "; ".join(still_on(kill)) or "not measured"}
        return Step(stuck, (Happening("stuck", facts),))
    return Step(rollout.but(due_at=now + WATCH))


def out_of_time(kill: Kill, now: datetime) -> bool:
    """Whether the present tier has had its time."""
    return now - (kill.widened_at or kill.asked_at) > TIER_TIME


def timed_anew(kill: Kill, now: datetime) -> Kill:
    """The same kill, where a clock was set back since: its tier has its time from now on, or it would have hours."""
    ahead = (kill.widened_at or kill.asked_at) - now > TIER_TIME
    return kill.model_copy(update={"widened_at": now}) if ahead else kill


def waited(kill: Kill, now: datetime) -> timedelta:
    """How long the kill has been under way; from its newest tier on where it was asked for by another clock."""
    return now - (kill.asked_at if kill.asked_at <= now else kill.widened_at or now)


def missed(outcomes: Iterable[MethodOutcome]) -> list[str]:
    """What doesn't read back, by name."""
    return [outcome.name for outcome in outcomes if outcome.read_back_at is None]


def still_on(kill: Kill) -> list[str]:
    """What doesn't read back, each with why: it counts as on."""
    return [
        f"{outcome.name}: {outcome.fault or 'not read back'}" for outcome in kill.outcomes if not outcome.read_back_at
    ]


def partly(rollout: Rollout) -> tuple[Happening, ...]:
    """What to tell after the first tries where something is still on; nothing where all stands."""
    kill = rollout.kill
    if kill is None or rollout.state is not State.KILLING or not still_on(kill):
        return ()
    off = [outcome.name for outcome in kill.outcomes if outcome.read_back_at]
    return (Happening("kill_partly", {"off": off, "still_on": still_on(kill)}),)


def _done(rollout: Rollout, plan: Plan, now: datetime, kill: Kill, blind: Sequence[str]) -> Step:
    measured = now if plan.killed_when and not blind else None
    why = "" if measured else "; ".join(blind) or "the plan has no killed_when"
    done = kill.model_copy(update={"measured_at": measured, "not_measured": why})
    until = now + plan.cooldown
    killed = rollout.but(
        state=move(rollout.state, Event.KILL_CONFIRMED),
        kill=done,
        confirmed=ZERO,
        seen_weight=ZERO,
        ended_at=now,
        cooldown_until=until,
        verify_after="kill",
        verify_since=now,
        verify_left=tuple(condition.text for condition in plan.verify_after.kill),
        due_at=now,
    )
    facts = {
        "applied_s": _seconds(kill, kill.applied_at),
        "read_back_s": _seconds(kill, kill.read_back_at),
        "measured_s": _seconds(kill, measured),
        "not_measured": why,
        "conditions": [_measured(kill, each) for each in plan.killed_when],
        "by": kill.by.id,
        "reason": kill.reason,
        "outcomes": [outcome.model_dump(mode="json") for outcome in kill.outcomes],
    }
    return Step(killed, (Happening("killed", facts, kill.by),))


def _measured(kill: Kill, condition: Condition) -> dict[str, Any]:
    """PASS or FAIL of one condition of `killed_when`, with its time (R12)."""
    took, within = kill.met.get(condition.text), condition.within.total_seconds() if condition.within else None
    met = took is not None and (within is None or took <= within + WATCH.total_seconds())
    return {"condition": condition.text, "took_s": took, "within_s": within, "says": "PASS" if met else "FAIL"}


def note_met(rollout: Rollout, met: Sequence[str], now: datetime) -> Rollout:
    """Take in which conditions of `killed_when` are true now; the first time counts."""
    kill = rollout.kill
    if kill is None or not set(met) - set(kill.met):
        return rollout
    took = round((now - kill.asked_at).total_seconds(), 2)
    return rollout.but(kill=kill.model_copy(update={"met": {**dict.fromkeys(met, took), **kill.met}}))


def _seconds(kill: Kill, at: datetime | None) -> float | None:
    return None if at is None else round((at - kill.asked_at).total_seconds(), 2)


def engaged_methods(kill: Kill | None) -> frozenset[str]:
    """The methods that a kill has touched: those alone are put back, for others may have been changed since."""
    return frozenset(outcome.name for outcome in kill.outcomes if outcome.tier) if kill else frozenset()


def rearm(rollout: Rollout, now: datetime, by: Person, restored: Sequence[str], unknown: Sequence[str] = ()) -> Step:
    """The former values stand again: the plan may start anew (the cooldown still counts). Twice is once.

    `unknown`: methods that were engaged and whose former value nobody wrote down; a person has to put them back.
    """
    if rollout.rearmed_at is not None:
        return Step(rollout)
    facts = {"by": by.id, "restored": list(restored), "unknown": list(unknown)}
    return Step(rollout.but(rearmed_at=now), (Happening("rearmed", facts, by),))
