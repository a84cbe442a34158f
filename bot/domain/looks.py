"""What one tick has found out about a rollout, and what that adds to its clocks and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.audiences import classes_of
from bot.domain.budget_levels import levels
from bot.domain.checks import GAP
from bot.domain.gates import kept_by_window
from bot.domain.machine import State
from bot.domain.measurements import Measurement, NoData
from bot.domain.plan import Plan
from bot.domain.rollout import Check, Rollout, Streak, Tally, Verdict
from bot.domain.samples import counted_on
from bot.domain.units import Weight

AWAY = timedelta(seconds=30)
"""Shorter absences aren't put on record: a slow source makes such gaps at each check."""

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
    targets: Sequence[tuple[str, float]] = ()
    """Of several traffic targets that aren't all as recorded, what each shows, in percent."""
    few: Mapping[str, NoData] = field(default_factory=dict)
    """Metrics with too few samples, by name."""
    version: str | NoData | None = None
    """What runs, where the plan says how to read that; None where it doesn't."""
    mirror: Weight | None = None
    """The share that is mirrored, as read; None: there is none to read, or not all could be."""


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
        check=_lasting(rollout.check, look.check, GAP * plan.every.check),
        streaks=dict(look.streaks),
        tallies=dict(look.tallies),
        samples=counted_on(rollout.samples, look.few),
        dangers=classes_of(look.check, rollout, plan),
        budgets=levels(rollout.budgets, look.check.slos),
        no_data_since=without,
        no_data_told=rollout.no_data_told and without is not None,
        seen_weight=look.weight if steady else rollout.seen_weight,
        other_version=_other(rollout, look.version),
        unread_since=unread,
        unread_told=unread is not None and look.now - unread >= plan.every.check,
        unmet_ends=tuple(look.complete_fails) if rollout.stage == len(plan.stages) - 1 else (),
        due_at=look.now + plan.every.check,
    )


def _other(rollout: Rollout, read: str | NoData | None) -> str:
    """What runs instead of the rollout's version, "" where nothing does; without an answer, as it was last seen."""
    if not isinstance(read, str):
        return rollout.other_version
    return "" if read == rollout.version else read


def _lasting(before: Check | None, check: Check, gap: timedelta) -> Check:
    """The check with, for each line that isn't good, since when that has been seen; a time unseen begins it anew."""
    known = before if before is not None and before.stage == check.stage and check.at - before.at <= gap else None
    since = {(line.role, line.condition, line.met): line.since for line in known.lines} if known else {}
    lines = [
        line.model_copy(update={"since": since.get((line.role, line.condition, line.met)) or check.at})
        if line.counts and line.met is not (line.role != "trigger")
        else line
        for line in check.lines
    ]
    return check.model_copy(update={"lines": tuple(lines)})


def away(rollout: Rollout, plan: Plan, now: datetime) -> tuple[datetime, datetime] | None:
    """From when to when nobody looked, where this is the first look after a downtime."""
    since = rollout.counted_at
    gone = since is not None and now - since > max(GAP * plan.every.check, AWAY)
    return (since, now) if gone and since is not None else None


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
