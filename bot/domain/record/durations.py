"""Where a rollout's time went, from its record: moving, baking, waiting for people, held, Perch down, …

Each record says in which state it left the rollout (`body.at.state`), so what is between two records is that state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.evidence import Record
from bot.domain.machine import ENDS, State
from bot.domain.record.reading import moment_of, state_after
from bot.domain.rollout import Rollout


class Phase(StrEnum):
    """What a rollout's time is spent on."""

    PREFLIGHT = "preflight"
    MOVING = "moving"
    BAKING = "baking"
    """Under observation too: nothing is asked of people."""
    WAITING = "waiting"
    """At an open gate: for people, or for a window."""
    HELD = "held"
    FROZEN = "frozen"
    """Held by a freeze, until it ends."""
    GOING_DOWN = "going_down"
    UNSEEN = "unseen"
    """Nobody looked, for Perch was down or asleep; counted as nothing else."""


PHASES: Mapping[State, Phase] = {
    State.PREFLIGHT: Phase.PREFLIGHT,
    State.START_GATE: Phase.WAITING,
    State.SHIFTING: Phase.MOVING,
    State.BAKING: Phase.BAKING,
    State.GATE: Phase.WAITING,
    State.HELD: Phase.HELD,
    State.ROLLING_BACK: Phase.GOING_DOWN,
    State.KILLING: Phase.GOING_DOWN,
    State.STUCK: Phase.GOING_DOWN,
}


LOOKED = frozenset({Phase.BAKING, Phase.WAITING, Phase.HELD, Phase.FROZEN})
"""When Perch checks, so that a silence means that it was down, or asleep."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time without a change of phase."""

    phase: Phase
    since: datetime
    until: datetime

    @property
    def span(self) -> timedelta:
        return self.until - self.since


def spent(rollout: Rollout, records: Sequence[Record], now: datetime) -> Mapping[Phase, timedelta]:
    """How long each phase took, every phase present; together exactly the time that the rollout was live.

    That is from its start to its end, or to `now`. What lies between an end and a kill that came later counts as
    nothing. Without records, all of it is one phase: that of the present state.
    """
    total = dict.fromkeys(Phase, timedelta(0))
    for stretch in stretches(rollout, records, now):
        total[stretch.phase] += stretch.span
    return total


def stretches(
    rollout: Rollout,
    records: Sequence[Record],
    now: datetime,
    silences: Iterable[Stretch] = (),
) -> list[Stretch]:
    """The rollout's time in order, without gaps while it was live and without overlaps.

    `silences` are times without a look, beside those on record; they count where Perch should have looked.
    A record whose time can't be read is passed over.
    """
    start = rollout.started_at
    end = max(rollout.ended_at or now, start)
    if not any(state_after(record) for record in records):
        return [Stretch(PHASES.get(rollout.state, Phase.MOVING), start, end)] if end > start else []
    found = _between(records, start, end)
    for away in _absences(records):
        found = [piece for stretch in found for piece in _without(stretch, away)]
    for silent in silences:
        found = [
            piece
            for stretch in found
            for piece in (_without(stretch, silent) if stretch.phase in LOOKED else [stretch])
        ]
    return _joined(found)


def _between(records: Iterable[Record], start: datetime, end: datetime) -> list[Stretch]:
    """One stretch from each record to the next. Clocks of several machines differ: time never goes back here."""
    found: list[Stretch] = []
    phase: Phase | None = Phase.PREFLIGHT
    since = start
    for record in records:
        moment = moment_of(record)
        if moment is None:
            continue
        at = min(max(moment, since), end)
        if phase is not None and at > since:
            found.append(Stretch(phase, since, at))
        phase, since = _phase(record, phase), at
    if phase is not None and end > since:
        found.append(Stretch(phase, since, end))
    return found


def _phase(record: Record, before: Phase | None) -> Phase | None:
    """The phase that a record leaves the rollout in; None after its end. What says no state changes none."""
    state = state_after(record)
    if state is None:
        return before
    if state in ENDS:
        return None
    if state is not State.HELD:
        return PHASES[state]
    if record.kind == "held":
        return Phase.FROZEN if record.body.get("cause") == "freeze" else Phase.HELD
    if record.kind == "unfrozen" or before not in (Phase.HELD, Phase.FROZEN):
        return Phase.HELD
    return before


def _absences(records: Iterable[Record]) -> list[Stretch]:
    """When nobody looked, as the first look afterwards put it on record."""
    return [
        Stretch(
            Phase.UNSEEN,
            datetime.fromtimestamp(float(record.body["since"]), UTC),
            datetime.fromtimestamp(float(record.body["until"]), UTC),
        )
        for record in records
        if record.kind == "away"
    ]


def _without(stretch: Stretch, away: Stretch) -> list[Stretch]:
    """A stretch with the part of it that lies in an absence taken over by that."""
    since, until = max(stretch.since, away.since), min(stretch.until, away.until)
    if since >= until or stretch.phase is Phase.UNSEEN:
        return [stretch]
    pieces = [
        replace(stretch, until=since),
        Stretch(Phase.UNSEEN, since, until),
        replace(stretch, since=until),
    ]
    return [piece for piece in pieces if piece.span > timedelta(0)]


def _joined(found: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours of the same phase as one."""
    joined: list[Stretch] = []
    for stretch in found:
        if joined and joined[-1].phase is stretch.phase and joined[-1].until == stretch.since:
            joined[-1] = replace(joined[-1], until=stretch.until)
        else:
            joined.append(stretch)
    return joined
