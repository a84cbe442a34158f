"""One rollout summed up: all that lists and trends say of it, small enough to be kept beside ten thousand others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from bot.domain.evidence import Record
from bot.domain.machine import ENDS, State
from bot.domain.plan import Plan
from bot.domain.record.alarms import Alarm, Cause, FalseAlarm, alarms, causes, marked
from bot.domain.record.durations import Phase, spent
from bot.domain.record.outcomes import Judged, judged
from bot.domain.record.reading import time_of, weight_after
from bot.domain.record.waits_of_people import Wait, waits
from bot.domain.rollout import Rollout
from bot.domain.value import Value
from bot.domain.verified import Verified

FORM = 1
"""Raised when what is computed here changes: what was kept in an older form is computed anew."""
ALARMS, WAITS = 40, 40
"""The newest so many are kept of one rollout."""


OUTCOMES: Mapping[str, frozenset[State]] = {
    **{state.value: frozenset({state}) for state in sorted(ENDS)},
    "down": frozenset({State.ROLLED_BACK, State.KILLED}),
    "live": frozenset(set(State) - ENDS),
}
"""What people may ask for by the way rollouts ended; `live` is what hasn't."""


class Summary(Value):
    """A rollout as its record tells it. Times are aware UTC, lengths seconds, weights percent."""

    rollout: str
    plan: str
    version: str
    environment: str
    service: str = ""
    mode: str = "live"
    state: State
    weight: float
    highest: float
    """The highest weight that was ever read back."""
    by: str
    """Who started it."""
    reason: str = ""
    started_at: datetime
    ended_at: datetime | None = None
    spent_s: Mapping[Phase, float] = Field(default_factory=dict)
    blind_s: float = 0.0
    """How long its verdict was no data."""
    to_zero_s: float | None = None
    """From the breach that took it down to weight 0 read back; None where there was no such."""
    waits: tuple[Wait, ...] = ()
    causes: tuple[Cause, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    """What Perch did because of what it saw, newest last; bad verdicts that led to nothing aren't among them."""
    false_alarms: tuple[FalseAlarm, ...] = ()
    overrides: tuple[Judged, ...] = ()
    verified: tuple[Verified, ...] = ()
    """What was to be true again after the way down, each with its time (R12)."""
    verifying: bool = False
    """Whether that is still looked at."""
    whole: bool = True
    """False where there was no record to read: then only what the rollout itself says is here."""

    @property
    def live(self) -> bool:
        return self.state.live

    def lasted(self, now: datetime) -> timedelta:
        """From its start to its end, or to now."""
        return (self.ended_at or now) - self.started_at

    def time(self, phase: Phase) -> timedelta:
        return timedelta(seconds=self.spent_s.get(phase, 0.0))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rollouts are asked for. "" and None are any; `since` is about the end, and lets in what is live."""

    plan: str = ""
    environment: str = ""
    since: datetime | None = None
    outcomes: frozenset[State] = frozenset()

    def has(self, rollout: Rollout) -> bool:
        """Whether a rollout is among them."""
        return (
            self.plan in ("", rollout.plan)
            and self.environment in ("", rollout.environment)
            and (not self.outcomes or rollout.state in self.outcomes)
            and (self.since is None or rollout.ended_at is None or rollout.ended_at >= self.since)
        )


def summed_up(rollout: Rollout, plan: Plan | None, records: Sequence[Record], now: datetime) -> Summary:
    """Everything at once; `now` counts for what is still live."""
    if not rollout.live and rollout.ended_at is None:
        rollout = rollout.but(ended_at=time_of(records[-1]) if records else rollout.started_at)
    fired = [alarm for alarm in alarms(records) if alarm.kind != "verdict"]
    ended = not rollout.live
    return Summary(
        rollout=rollout.id,
        plan=rollout.plan,
        version=rollout.version,
        environment=rollout.environment,
        service=rollout.service,
        mode=rollout.mode,
        state=rollout.state,
        weight=rollout.confirmed.percent,
        highest=max([rollout.confirmed.percent, *filter(None, map(weight_after, records))]),
        by=rollout.requester.id,
        reason=rollout.reason,
        started_at=rollout.started_at,
        ended_at=rollout.ended_at,
        spent_s={phase: span.total_seconds() for phase, span in spent(rollout, records, now).items() if span},
        blind_s=blind(rollout, records, now).total_seconds(),
        to_zero_s=to_zero(records),
        waits=waits(rollout, plan, records)[-WAITS:],
        causes=causes(records) if ended and rollout.state in (State.ROLLED_BACK, State.KILLED) else (),
        alarms=tuple(fired[-ALARMS:]),
        false_alarms=marked(records),
        overrides=judged(rollout, records),
        verified=rollout.verified,
        verifying=bool(rollout.verify_left),
        whole=bool(records),
    )


def blind(rollout: Rollout, records: Sequence[Record], now: datetime) -> timedelta:
    """How long the newest verdict was no data, while the rollout was live."""
    total, since = timedelta(0), None
    for record in records:
        if record.kind != "verdict_changed" and record.kind not in _FORGETS:
            continue
        at = time_of(record)
        total += max(at - since, timedelta(0)) if since is not None else timedelta(0)
        since = at if record.body.get("verdict") == "no_data" and record.kind == "verdict_changed" else None
    end = rollout.ended_at or now
    return total + (max(end - since, timedelta(0)) if since is not None else timedelta(0))


_FORGETS = frozenset({"promoted", "rolling_back", "killing", "completed", "aborted", "observed"})
"""After these the last verdict is no longer what holds."""


def to_zero(records: Sequence[Record]) -> float | None:
    """Seconds from the newest breach that Perch acted on to the weight 0 that was read back."""
    breach: datetime | None = None
    acted = False
    found = None
    for record in records:
        match record.kind:
            case "verdict_changed":
                breach, acted = (time_of(record) if record.body.get("verdict") == "breach" else None), False
            case "rolling_back" | "killing":
                acted = breach is not None and record.actor == "perch"
            case "rolled_back" | "killed" if acted and breach is not None and weight_after(record) == 0:
                found, acted = (time_of(record) - breach).total_seconds(), False
    return found
