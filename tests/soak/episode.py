"""One episode: some rollouts, a quarter of a minute of trouble, then calm, and a long look at what is left."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.machine import State
from bot.ports import StoreAway
from tests.process import plans
from tests.process.audit import findings
from tests.process.town import Town, new_town
from tests.process.witness import Witness
from tests.soak.crowd import Crowd
from tests.soak.fleet import Fleet
from tests.soak.rules import broken_rules
from tests.soak.trouble import Trouble

PLANS = ("apples", "beans", "cress", "dates")
RATE = 4.0
TROUBLE_S = 16.0
REST_WITHIN_S = 90.0
MOVING = (State.PREFLIGHT, State.SHIFTING, State.ROLLING_BACK, State.KILLING, State.STUCK)


@dataclass
class Tally:
    """What an episode came to."""

    seed: int
    store: str
    faults: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)


async def episode(
    folder: Path, seed: int, database_url: str = "", replicas: int = 1, bugs: Sequence[str] = ()
) -> Tally:
    """Live through one; the tally's `wrong` should be empty."""
    dice, tally = random.Random(seed), Tally(seed, "postgresql" if database_url else "sqlite")
    given = [plans.plan(name, cooldown="5s", drift="lower") for name in PLANS]
    async with new_town(folder, plans=given, database_url=database_url, rate=RATE, ack_within_s=2.0) as town:
        witness = Witness(town)
        fleet = Fleet(town, replicas, dice, tally.faults, tally.wrong, tally.checks, bugs)
        trouble, crowd = Trouble(town, fleet, dice, journal=tally.journal), Crowd(town, fleet, dice, tally.acts)
        async with asyncio.TaskGroup() as group:
            keeping = [group.create_task(fleet.keep(slot)) for slot in range(replicas)]
            await fleet.ready()
            fleet.calm = False
            await _trouble(trouble, crowd)
            fleet.calm = True
            trouble.end()
            await _rest(town, tally, trouble)
            await _look(town, tally, trouble)
            await _all_down(town, fleet, tally)
            await _rest(town, tally, trouble)
            await _look(town, tally, trouble)
            for task in keeping:
                task.cancel()
        tally.wrong += [*witness.wrong, *fleet.complaints()]
        tally.checks["the far side looked whether its orders are on record"] += witness.checks
        for rollout in await town.eyes.latest(limit=1000):
            tally.ends[rollout.state.value] += 1
            tally.happened.update(record.kind for record in await town.eyes.records(rollout))
        tally.checks["perch processes"] += len(town.processes)
    return tally


async def _trouble(trouble: Trouble, crowd: Crowd) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(TROUBLE_S), asyncio.TaskGroup() as group:
            group.create_task(trouble.go_on())
            group.create_task(crowd.go_on())


async def _rest(town: Town, tally: Tally, trouble: Trouble) -> None:
    """Wait until nothing moves any more: all said, all worked on, nobody under way."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + REST_WITHIN_S
    quiet = 0
    while quiet < 3:
        restless = await _restless(town)
        quiet = 0 if restless else quiet + 1
        if loop.time() > deadline:
            tally.wrong.append(f"it doesn't come to rest within {REST_WITHIN_S:g} s: {restless}")
            return
        trouble.fleet.wake()
        await asyncio.sleep(0.2)


async def _restless(town: Town) -> str:
    try:
        moving = [
            f"{each.id} is {each.state.value}"
            for each in await town.eyes.live()
            if each.state in MOVING or each.intent is not None
        ]
        unsaid, unworked = await town.eyes.unposted(), await town.eyes.unworked()
    except StoreAway as away:
        return str(away)
    spooled = [f"{plan} in the spool" for plan in PLANS if town.spooled(plan)]
    return "; ".join([*moving, *unworked, *spooled, *unsaid])


async def _look(town: Town, tally: Tally, trouble: Trouble) -> None:
    """Everything that must hold at rest."""
    tally.wrong += await findings(town)
    for rollout in await town.eyes.latest(limit=1000):
        records = await town.eyes.records(rollout)
        tally.checks["records read and verified"] += len(records)
        tally.checks["rollouts compared with the real weight, their record and their messages"] += 1
        tally.wrong += [f"{rollout.id}: {each}" for each in broken_rules(rollout.plan, records, trouble.sick)]


async def _all_down(town: Town, fleet: Fleet, tally: Tally) -> None:
    """Law 2: in the end an operator kills what lives, from a shell; then nothing is on."""
    live = await town.eyes.live()
    for rollout in live:
        for slot in fleet.now:
            await town.shell("kill", rollout.plan, "--reason", "the end", settings=fleet.settings(slot)).ends()
    on = [rollout.plan for rollout in live if town.far.parts[rollout.plan].weight > 0]
    tally.checks["kills from a shell at the end"] += len(live)
    tally.wrong += [f"{plan} was killed from a shell, and is on" for plan in on]
