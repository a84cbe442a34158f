"""Whether Perch can do its work now, and if not, why: what /readyz says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.freezes import Freeze
from bot.domain.rollout import Rollout

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


def _late(last_tick: datetime | None, now: datetime, wake: timedelta) -> str:
    if last_tick is None:
        return "no tick since the start"
    if now - last_tick > max(WAKE_UPS * wake, SHORTEST):
        return f"the last tick was {(now - last_tick).total_seconds():.0f} s ago"
    return ""
