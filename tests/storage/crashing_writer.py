"""A process that saves as fast as it can, and says each revision after its commit; the test kills it in the middle.

Each save brings one evidence record, one message and one measurement, all carrying the revision.
"""

from __future__ import annotations

import asyncio
import sys

from bot.domain.measurements import Measured
from bot.ports import Change
from storage.database import open_database
from storage.rollouts import SqlRollouts
from tests.storage.samples import NOW, Hands, a_post, an_entry, seconds


async def save_for_ever(address: str) -> None:
    rollouts = SqlRollouts(await open_database(address), Hands())
    rollout = await rollouts.load("r1")
    while True:
        number = rollout.revision + 1
        change = Change(
            evidence=(an_entry("saved", revision=number, padding="x" * 3000),),
            messages=(a_post(f"r1:{number}"),),
            measured={"error_rate": Measured(float(number), NOW + seconds(number))},
        )
        rollout = await rollouts.save(rollout.but(reason=f"revision {number}"), change)
        print(rollout.revision, flush=True)


if __name__ == "__main__":
    asyncio.run(save_for_ever(sys.argv[1]))
