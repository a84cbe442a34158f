"""What a question may name of its rollout: `:stage_start` in SQL, `{version}` in a command, a log's "since"."""

from __future__ import annotations

from datetime import datetime

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.value import Value


class Named(Value):
    """The values by name. Times are aware; `run` is the version, as batch pipelines call it."""

    rollout: str = ""
    plan: str = ""
    environment: str = ""
    version: str = ""
    run: str = ""
    weight: float = 0.0
    """In percent, as confirmed."""
    start: datetime
    """When the rollout began."""
    stage_start: datetime
    """When the stage had its traffic; while a shift is under way and before the first one: now."""


NAMES = frozenset(Named.model_fields)


def named_values(rollout: Rollout, now: datetime) -> Named:
    """The values as of `now`."""
    unshifted = rollout.state in (State.PREFLIGHT, State.SHIFTING) or rollout.shifted_at is None
    return Named(
        rollout=rollout.id,
        plan=rollout.plan,
        environment=rollout.environment,
        version=rollout.version,
        run=rollout.version,
        weight=rollout.confirmed.percent,
        start=rollout.started_at,
        stage_start=now if unshifted else rollout.shifted_at or now,
    )


def nobodys(now: datetime) -> Named:
    """The values where there is no rollout: a plan that is only tried."""
    return Named(start=now, stage_start=now)
