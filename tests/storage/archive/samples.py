"""A rollout that was measured and is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.domain.machine import State
from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.ports import Change
from storage.database import Database
from storage.rollouts import SqlRollouts
from tests.storage.samples import NOW, TREE, Hands, a_rollout, an_entry, seconds

LOOKS = 12


def at(look: int) -> Mapping[str, Measurement]:
    """What one look brings: numbers that aren't round, a name beyond ASCII, no data with its reason."""
    now = NOW + seconds(look) + timedelta(microseconds=look)
    gone: Measurement = NoData(Missing.EMPTY, "nothing's there", now)
    return {
        "errors": Measured(look / 7, now, '{pod="a"}'),
        "Zürich": Measured(float(look), now),
        "queue": gone if look % 3 else Measured(1e300, now),
    }


async def ended(database: Database, id: str = "r1", looks: int = LOOKS) -> None:
    """A rollout that was measured, and ended a minute later."""
    rollouts = SqlRollouts(database, Hands())
    rollout = await rollouts.create(a_rollout(id), TREE, Change(evidence=(an_entry(),)))
    for look in range(looks):
        rollout = await rollouts.save(rollout, Change(measured=at(look)))
    over = rollout.but(state=State.COMPLETED, ended_at=NOW + timedelta(minutes=1))
    await rollouts.save(over, Change(evidence=(an_entry("completed"),)))
