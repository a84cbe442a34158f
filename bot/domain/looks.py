"""What one tick has found out about a rollout, and what that adds to its clocks and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.checks import GAP
from bot.domain.gates import kept_by_window
from bot.domain.machine import State
from bot.domain.measurements import Measurement
from bot.domain.plan import Plan
from bot.domain.rollout import Check, Rollout, Streak, Tally, Verdict
from bot.domain.units import Weight

STEADY = frozenset({State.BAKING, State.GATE, State.HELD})
"""Where the weight read must be the weight recorded, unless an intent is about to change it."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that one tick has found out about one rollout. `id` is fresh, for whatever the step needs one for."""

    now: datetime
    id: str
    check: Check
    streaks: Mapping[str, Streak]
    tallies: Mapping[str, Tally]
    weight: Weight | None = None
    """What was read: of several targets the one that isn't as recorded. None: not all could be read."""
    stable: Mapping[str, Measurement] = field(default_factory=dict)
    """The stable side, asked only after a breach."""
    complete_fails: Sequence[str] = ()
    """Conditions of `complete_when` that don't hold (or can't be seen)."""
    unread: Sequence[str] = ()
    """Traffic targets that couldn't be read, each with its fault."""


def take_in(rollout: Rollout, plan: Plan, look: Look) -> Rollout:
    """Take in what the look brought: clocks, counts, streaks, the check, the weight."""
    passed = _passed(rollout, plan, look)
    steady = rollout.state in STEADY and rollout.intent is None
    bakes = rollout.state is State.BAKING and look.weight == rollout.confirmed
    blind = look.check.verdict is Verdict.NO_DATA and look.check.judged
    without = (rollout.no_data_since or look.now) if blind else None
    unread = (rollout.unread_since or look.now) if steady and look.unread else None
    return rollout.but(
        counted_at=look.now,
        baked=rollout.baked + (passed if bakes else timedelta(0)),
        clean=_clean(rollout, look.check, passed),
        gate=kept_by_window(rollout.gate, rollout, plan, look.now) if rollout.gate else None,
        check=look.check,
        streaks=dict(look.streaks),
        tallies=dict(look.tallies),
        no_data_since=without,
        no_data_told=rollout.no_data_told and without is not None,
        seen_weight=look.weight if steady else rollout.seen_weight,
        unread_since=unread,
        unread_told=unread is not None and look.now - unread >= plan.every.check,
        due_at=look.now + plan.every.check,
    )


def _passed(rollout: Rollout, plan: Plan, look: Look) -> timedelta:
    """The time since the last look; none after a downtime, when nobody knows what it was like."""
    passed = look.now - (rollout.counted_at or look.now)
    return passed if timedelta(0) <= passed <= GAP * plan.every.check else timedelta(0)


def _clean(rollout: Rollout, check: Check, passed: timedelta) -> timedelta:
    """Clean time restarts at each fail or breach; without data, or before all is judged, it stands still."""
    if check.verdict in (Verdict.FAIL, Verdict.BREACH):
        return timedelta(0)
    counts = check.verdict.promotable and not check.settling and rollout.state in STEADY
    return rollout.clean + (passed if counts else timedelta(0))
