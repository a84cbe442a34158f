"""Read what is being rolled out, where the plan says how (U1): a metric's series, or what a program writes."""

from __future__ import annotations

import asyncio

from bot.domain import versions
from bot.domain.measurements import Missing, NoData
from bot.domain.plan import Plan, VersionFrom
from bot.domain.rollout import Rollout
from bot.domain.versions import Read
from bot.engine.board import Board
from bot.engine.equipment import Gear
from bot.engine.gather import Round
from bot.ports import OutOfReach, OutsideFault

READ_S = 10.0
VERSION = "the version"


async def read_version(plan: Plan, gear: Gear, round: Round) -> Read | None:
    """What runs now, or why that can't be read; None where the plan names it, or leaves it to the start."""
    if not isinstance(plan.version, VersionFrom):
        return None
    if plan.version.metric:
        name = plan.version.metric
        measured = (await round.metrics(plan, gear.sources, [name]))[name]
        return measured if isinstance(measured, NoData) else versions.of_series(measured)
    return await _written(gear, round)


async def _written(gear: Gear, round: Round) -> Read:
    if gear.version is None:
        return NoData(Missing.NOT_ASKED, "this Perch has nothing that reads it", round.now)
    try:
        async with asyncio.timeout(READ_S):
            said = await gear.version.look()
    except TimeoutError:
        return NoData(Missing.TIMEOUT, f"no answer in {READ_S:g} s", round.now)
    except OutsideFault as fault:
        missing = Missing.UNREACHABLE if isinstance(fault, OutOfReach) else Missing.REFUSED
        return NoData(missing, str(fault), round.now)
    read = versions.of_text(said.text)
    return read or NoData(Missing.GARBAGE, f"one line of at most {versions.LONGEST} characters is wanted", round.now)


async def bind_version(rollout: Rollout, plan: Plan, gear: Gear, round: Round, board: Board) -> Rollout:
    """A rollout that begins, bound to what runs; as it was where the plan reads none, or where `board` turns red.

    It must be what the start named, if it named any. A program is run once, however often preflight looks again; the
    first check asks it anew.
    """
    known = next((each for each in rollout.preflight if each.what == VERSION and each.outcome == "ok"), None)
    if known is not None and gear.version is not None:
        board.note(VERSION, "ok", known.said)
        return rollout
    read = await read_version(plan, gear, round)
    if isinstance(read, NoData):
        board.note(VERSION, "red", str(read))
    elif read is not None and rollout.version not in ("", read):
        board.note(VERSION, "red", f"is {read}, and {rollout.version} was to be rolled out")
    elif read is not None:
        board.note(VERSION, "ok", f"is {read}")
        return rollout.but(version=read)
    return rollout
