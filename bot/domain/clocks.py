"""What a clock leaves behind that was set back, by a time server say: times that lie in the future and can't be true.

A rollout counts from now on instead: what takes an hour takes another hour, and nothing waits for the old time to come
again. What people were told (until when a gate or a hold stands) stays as they were told it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import kills
from bot.domain.acting import LONGEST_PAUSE
from bot.domain.actions import Act
from bot.domain.checks import GAP
from bot.domain.plan import Plan
from bot.domain.rehearsals import EVERY as REHEARSED_EVERY
from bot.domain.rollout import Kill, Rollout, Streak
from bot.domain.steps import Step

_SINCE = (
    "shifted_at",
    "entered_at",
    "counted_at",
    "resumed_at",
    "no_data_since",
    "unread_since",
    "verify_since",
)
"""Since when something is so."""


def set_right(rollout: Rollout, plan: Plan, now: datetime) -> Rollout:
    """The rollout with nothing that began later than now; machines that disagree by a moment are left alone."""
    latest = now + GAP * plan.every.check
    return rollout.but(
        **{name: _no_later(getattr(rollout, name), latest, now) for name in _SINCE},
        rehearsed_at=_no_later(rollout.rehearsed_at, latest, now - REHEARSED_EVERY),
        streaks={name: _seen(streak, latest) for name, streak in rollout.streaks.items()},
        acts=tuple(_tried(act, now) for act in rollout.acts),
        kill=_thrown(rollout.kill, plan, now) if rollout.kill and rollout.state.going_down else rollout.kill,
    )


def in_time(step: Step, plan: Plan, now: datetime) -> Step:
    """The step with a rollout that is looked at within a check interval, whatever time it was due at by another
    clock."""
    latest = now + max(plan.every.check, LONGEST_PAUSE if not step.rollout.live else timedelta(0))
    return step if step.rollout.due_at <= latest else replace(step, rollout=step.rollout.but(due_at=latest))


def _no_later(at: datetime | None, latest: datetime, instead: datetime) -> datetime | None:
    return instead if at is not None and at > latest else at


def _seen(streak: Streak, latest: datetime) -> Streak:
    """`for` begins anew, as after any time that nobody looked at; what is counted in a row stays."""
    times = (streak.since, streak.last, streak.looked)
    return Streak(times=streak.times) if any(at is not None and at > latest for at in times) else streak


def _tried(act: Act, now: datetime) -> Act:
    late = act.next_at is not None and act.next_at - now > LONGEST_PAUSE
    return act.model_copy(update={"next_at": now}) if late else act


def _thrown(kill: Kill, plan: Plan, now: datetime) -> Kill:
    """The tier has its time, and a raise that was under way the time in which it may land."""
    longest = now + plan.confirm.within
    lands_by = min(kill.lands_by, longest) if kill.lands_by is not None else None
    return kills.timed_anew(kill, now).model_copy(update={"lands_by": lands_by})
