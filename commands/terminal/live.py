"""A plan against the world as it is: every source asked once, every target and kill method tried, nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime

from bot.assembly import all_kinds, utc_now
from bot.domain.kinds import Kinds
from bot.domain.measurements import NoData
from bot.domain.plan import Plan
from bot.engine.equipment import Equipment, Gear
from bot.engine.gather import Round
from bot.engine.preflight import RED
from bot.engine.rehearsal import CALL_S
from bot.ports import Denied, OutsideFault


async def problems(plan: Plan, environment: Mapping[str, str]) -> list[str]:
    """What would stop this plan from starting, one line each; the present weight isn't judged, only read."""
    kinds = all_kinds()
    equipment = Equipment(kinds, environment)
    try:
        gear = equipment.gear(plan)
    except Denied as denied:
        return [str(denied)]
    else:
        return [*await source_problems(plan, gear, kinds, utc_now()), *await target_problems(gear)]
    finally:
        await equipment.aclose()


async def source_problems(plan: Plan, gear: Gear, kinds: Kinds, now: datetime) -> Sequence[str]:
    """Metrics whose source doesn't answer; that one merely has no samples yet is no problem."""
    measured = await Round(now, kinds).metrics(plan, gear.sources, plan.metrics)
    return [
        f"metric {name}: {value}"
        for name, value in measured.items()
        if isinstance(value, NoData) and value.missing in RED
    ]


async def target_problems(gear: Gear) -> Sequence[str]:
    """Traffic targets and kill methods that can't be reached, read or rehearsed."""
    calls: list[Awaitable[str]] = [_tried(f"traffic {each.target}", each.rehearse()) for each in gear.traffic]
    calls += [_tried(f"traffic {each.target}", each.read()) for each in gear.traffic]
    calls += [_tried(f"kill switch {method.name}", method.act.rehearse()) for method in gear.methods]
    return list(dict.fromkeys(line for line in await asyncio.gather(*calls) if line))


async def _tried(what: str, call: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(CALL_S):
            await call
    except TimeoutError:
        return f"{what}: no answer in {CALL_S:g} s"
    except OutsideFault as fault:
        return f"{what}: {fault}"
    return ""
