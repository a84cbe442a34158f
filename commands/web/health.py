"""Whether Perch can do its work now, and if not, why: what /readyz says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.freezes import Freeze
from bot.domain.rollout import Rollout
from bot.engine.far_sides import FarSide

STANDSTILL = timedelta(minutes=2)
"""An engine that hasn't woken up for so long won't: a database that is away ends each look within seconds."""
WAKE_UPS = 3
"""So many wake-ups without a tick, and the engine counts as standing still."""
SHORTEST = timedelta(seconds=5)
"""A tick this young is never late: a busy second or two is no standstill."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand around the engine. A fault is one line that is safe to show, or "" where all is well."""

    database: str = ""
    slack: str = ""
    live: Sequence[Rollout] = ()
    unsaid: int = 0
    """Messages that wait in the outbox."""
    oldest_unsaid: datetime | None = None
    freezes: Sequence[Freeze] = ()
    unkept: int = 0
    """Papers and letters that aren't yet where they are to be kept."""
    oldest_unkept: datetime | None = None
    ended: Sequence[tuple[str, str]] = ()
    """Plan and environment of what has ended lately."""
    looking: int = 0
    """Rollouts that this process looks at just now."""
    spooled: int | None = None
    """Acts that wait for the database; None where the disk doesn't say."""
    sources: Sequence[FarSide] = ()


def reasons(standing: Standing, last_tick: datetime | None, now: datetime, wake: timedelta | None) -> Sequence[str]:
    """Why Perch isn't ready, one line each; nothing when it is. Without `wake` the engine runs in another process."""
    found = []
    if standing.database:
        found.append(f"database: {standing.database}")
    if wake is not None and (late := _late(last_tick, now, wake)):
        found.append(f"engine: {late}")
    if standing.slack:
        found.append(f"Slack: {standing.slack}")
    return found


def hopeless(
    broken: Sequence[str], last_tick: datetime | None, since: datetime, now: datetime, wake: timedelta | None
) -> Sequence[str]:
    """Why only a new process helps, one line each: `broken` parts, or an engine that stands still since long."""
    found = [f"{part} ended by a fault, and nothing begins it again" for part in broken]
    if wake is not None and now - max(last_tick or since, since) > max(WAKE_UPS * wake, STANDSTILL):
        found.append(f"engine: {_late(last_tick, now, wake)}")
    return found


def _late(last_tick: datetime | None, now: datetime, wake: timedelta) -> str:
    if last_tick is None:
        return "no tick since the start"
    if now - last_tick > max(WAKE_UPS * wake, SHORTEST):
        return f"the last tick was {(now - last_tick).total_seconds():.0f} s ago"
    return ""
