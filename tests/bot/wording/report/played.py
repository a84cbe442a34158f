"""Four rollouts as the engine really plays them, for reports to tell of: each ends another way."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bot.domain.chronicle import Chronicle
from bot.domain.measurements import Missing, NoData
from bot.domain.rollout import Rollout
from storage.chronicles import SqlChronicles
from tests.rig import ANA, BEN, CLEO, Rig, rig, sick, tree

Play = Callable[[Rig], Awaitable[Rollout]]


def the_tree(**changes: Any) -> dict[str, Any]:
    """The rig's plan, told in Madrid, with an objective, a baseline and a runbook."""
    plan = tree(timezone="Europe/Madrid", what="materializers async", verify_after={"rollback": ["errors < 1%"]})
    plan["metrics"]["latency"]["baseline"] = {"before_start": "30m"}
    plan["metrics"]["errors"]["runbook"] = {
        "link": "https://runbooks.example/errors",
        "look_at": ["the error log of the new path"],
        "remedies": ["drain the queue, then restart the workers"],
    }
    plan["slos"] = {"toggle_success": {"metric": "success", "target": "99.5%", "window": "30d", "critical": "99%"}}
    for stage in plan["stages"]:
        stage["warn_unless"] = ["latency < 10s", "latency <= baseline + 30%"]
    return {**plan, **changes}


async def told(played: Rig, rollout: Rollout) -> Chronicle:
    """What the database knows of it now."""
    database = played.engine.rollouts._database
    found = await SqlChronicles(database).of(rollout.id)
    plan = await played.engine.ledger.plan_of(found.rollout)
    return Chronicle(
        found.rollout, plan, found.records, found.points, played.now, found.head, found.signing, found.broken
    )


async def chronicle(folder: Path, play: Play, **changes: Any) -> Chronicle:
    """Play one over a database of its own."""
    async with rig(folder, the_tree(**changes)) as played:
        return await told(played, await play(played))


async def waves(played: Rig, minutes: int) -> None:
    """Time passes, and the numbers move as numbers do."""
    for _ in range(minutes):
        beat = (played.now.timestamp() / 60) % 1000
        played.numbers.values |= {
            "success": 99.6 + 0.3 * math.sin(beat / 3),
            "errors": 0.3 + 0.2 * math.cos(beat / 2),
            "latency": 2.2 + 0.5 * math.sin(beat / 5),
        }
        await played.minutes(1)


async def completed(played: Rig) -> Rollout:
    """All the way up, with a hold, a warning, and a source that is away for a while."""
    rollout = await played.start(reason="the queue is drained in half the time")
    await waves(played, 7)
    await played.approve(rollout, BEN)
    await waves(played, 2)
    held = played.request("hold", ANA, rollout=rollout.id)
    await played.engine.desk.hold(held, rollout.id, "the deploy of the search runs", None)
    await waves(played, 6)
    await played.engine.desk.resume(played.request("resume", ANA, rollout=rollout.id), rollout.id, "it is over")
    for _ in range(2):
        played.numbers.values["success"] = NoData(Missing.TIMEOUT, "no answer in 3 s", played.now)
        await played.minutes(1)
    await waves(played, 6)
    await played.approve(rollout, CLEO)
    await waves(played, 6)
    return await played.load(rollout)


async def rolled_back(played: Rig) -> Rollout:
    """Errors rise at 10 % until the trigger fires; afterwards all is well again."""
    rollout = await played.start()
    await waves(played, 6)
    await played.approve(rollout, BEN)
    await waves(played, 2)
    for errors in (2.5, 4.2, 6.8):
        played.numbers.values |= {"errors": errors, "success": 99.5 - errors}
        await played.minutes(1)
    await waves(played, 3)
    return await played.load(rollout)


async def killed(played: Rig) -> Rollout:
    """Ana pulls the switch at the first stage."""
    rollout = await played.start()
    await waves(played, 3)
    await played.engine.desk.kill(played.request("kill", ANA, rollout=rollout.id), rollout.id, "jobs are lost")
    await played.engine.ticker.idle()
    await waves(played, 3)
    return await played.load(rollout)


async def aborted(played: Rig) -> Rollout:
    """Preflight finds a source that doesn't answer."""
    played.numbers.values["errors"] = sick()
    rollout = await played.start()
    await played.minutes(3)
    return await played.load(rollout)
