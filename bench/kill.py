"""From the click that confirms a kill until every method of its tier is applied, while a fleet is being checked.

Perch is a process of its own, as in earnest; what it must do is what `_directly` does: the same adapters, called at
once. The far side answers after a stated time, because a flag service on the same machine is faster than any real one.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench import fleet
from bench.effort import Effort
from bench.far_side import far_side
from bench.rows import Row
from bench.scene import Scene, launch, perch_run, scene
from bot.assembly import all_kinds, utc_now
from bot.domain.planning.reading import read_plan
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO
from bot.engine.cards import kill_card
from bot.engine.equipment import Equipment
from bot.sandbox.workspace import Workspace
from bot.wording.status import controls
from commands.terminal.playground import CHANNEL
from storage.database import open_database
from storage.rollouts import SqlRollouts
from storage.spool import KillFolder

WHO = "ana"
EVERY = timedelta(seconds=10)
"""The fleet's interval: so short that checks go on all the time."""
ANSWERS_AFTER_S = (0.0, 0.1)
"""How long the far side takes: as good as nothing, and what an API in the same region may take."""
PAUSE_S = 0.7
RATIO, MOST_S = 2.0, 1.0
RECORDED_WITHIN_S = 30
"""The record comes after the effect; on a busy machine some seconds after."""


async def measure(effort: Effort) -> list[Row]:
    """Half of the kills at each speed of the far side."""
    with far_side() as url:
        return [row for after in ANSWERS_AFTER_S for row in await _at(effort, url, after)]


async def _at(effort: Effort, url: str, after: float) -> list[Row]:
    async with scene() as here:
        doomed = [killable(name, url, here.folder, after) for name in fleet.names(effort.kills, "doomed")]
        await launch(here, [fleet.plan(name, url, every=EVERY) for name in fleet.names(effort.fleet)])
        rollouts = await launch(here, doomed)
        keep_cards(here, rollouts, doomed)
        with perch_run(here) as running:
            await running.ready()
            clicked = [await _kill(here.world.workspace, rollout) for rollout in rollouts]
            direct = await _directly(killable("direct", url, here.folder, after), len(rollouts))
            applied = await _applied(here, rollouts)
    took = [(end - start).total_seconds() for start, end in zip(clicked, applied, strict=True)]
    what = f"kill click → every method applied, {effort.fleet:,} live, far side answers in {after * 1000:.0f} ms"
    return [
        Row(f"{what}, median", median(took), beside=median(direct), client="same adapters", ratio=RATIO, most=MOST_S),
        Row(f"{what}, longest of {len(took)}", max(took), most=MOST_S),
    ]


def killable(name: str, url: str, folder: Path, after: float) -> fleet.Tree:
    """A plan that can be killed: weight and switch behind HTTP, and a second switch in a file."""
    flag = folder / f"{name}.json"
    flag.write_text(json.dumps({"on": True}))

    def call(what: str, value: Any) -> dict[str, Any]:
        return {"method": "PUT", "url": f"{url}/values/{name}-{what}?after={after}", "json": {"value": value}}

    def read(what: str) -> dict[str, Any]:
        return {"url": f"{url}/values/{name}-{what}?after={after}", "path": "value"}

    weight = {"kind": "http", "apply": call("weight", "{percent}"), "read": read("weight")}
    switch = {"kind": "http", "engage": call("switch", False), "restore": call("switch", True)}
    switch["read"] = {**read("switch"), "off": False}
    file = {"kind": "flag_file", "path": str(flag), "key": "on", "off": False, "on": True}
    return fleet.plan(name, url, every=timedelta(hours=1), traffic=[weight], kill_switch=[[switch, file]])


def keep_cards(here: Scene, rollouts: Sequence[Rollout], trees: Sequence[fleet.Tree]) -> None:
    """The kill cards, as they were written when the traffic was raised."""
    files = KillFolder(Path(here.environment["PERCH_STATE"]))
    for rollout, tree in zip(rollouts, trees, strict=True):
        plan = read_plan(tree, rollout.environment, all_kinds())
        files.keep_card(kill_card(rollout, plan, tree, (here.world.workspace.person(WHO).id,)))


async def _kill(workspace: Workspace, rollout: Rollout) -> datetime:
    """Choose Kill from the status message's menu and confirm; the moment of the confirming click."""
    await asyncio.sleep(PAUSE_S)
    message = workspace.messages(CHANNEL)[-1]
    seen = {**message, "blocks": [{"type": "actions", "block_id": "b", "elements": controls(rollout)}]}
    chosen = next(value for value in menu(controls(rollout)) if value.startswith("kill|"))
    await workspace.click(WHO, CHANNEL, message["ts"], "more", chosen, seen=seen)
    dialog = await workspace.until(lambda: next(iter(workspace.views(WHO)), None), within=30)
    began = utc_now()
    await workspace.submit_view(WHO, dialog["id"], {"reason": "bench"})
    return began


def menu(elements: Sequence[Any]) -> list[str]:
    """The values of a menu's entries."""
    return [option["value"] for element in elements for option in element.get("options", ())]


async def _directly(tree: fleet.Tree, times: int) -> list[float]:
    """Call the same adapters with nothing around them; the first time, which builds what they keep, isn't counted."""
    kinds, took = all_kinds(), []
    async with aclosing(Equipment(kinds, {})) as equipment:
        gear = equipment.gear(read_plan(tree, "production", kinds))
        for _ in range(times + 1):
            await asyncio.sleep(PAUSE_S)
            began = time.perf_counter()
            engaging = [each.act.engage() for each in gear.methods]
            await asyncio.gather(*(each.apply(ZERO) for each in gear.traffic), *engaging)
            took.append(time.perf_counter() - began)
    return took[1:]


async def _applied(here: Scene, rollouts: Sequence[Rollout]) -> list[datetime]:
    """When each rollout's last method was applied, by Perch's own record. Raises when a kill didn't come to that."""
    database = await open_database(here.environment["DATABASE_URL"])
    try:
        store = SqlRollouts(database, utc_now)
        for _ in range(RECORDED_WITHIN_S):
            ended = [await store.load(rollout.id) for rollout in rollouts]
            times = [rollout.kill.applied_at for rollout in ended if rollout.kill and rollout.kill.applied_at]
            if len(times) == len(rollouts):
                return times
            await asyncio.sleep(1)
    finally:
        await database.aclose()
    raise RuntimeError(f"only {len(times)} of {len(rollouts)} kills were applied and are on record")
