"""Confirm: look until the weight that was asked for is the weight in force, everywhere (R10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.domain.measurements import Measured, Measurement
from bot.domain.plan import Plan
from bot.domain.units import Unit, Weight, convert
from bot.engine.equipment import Gear
from bot.ports import OutsideFault, Traffic

Look = Callable[[Plan, Gear, str], Awaitable[Measurement]]
"""Measures one metric now."""
PAUSE_S = 0.5
"""Between two looks."""


async def confirmed(gear: Gear, plan: Plan, weight: Weight, look: Look) -> tuple[str, ...]:
    """Wait until every target, the confirming metric and the further check show `weight`.

    Returns what the targets literally said. Never gives up by itself: the caller's deadline ends it. A Denied or
    garbage answer is looked at again too, for a far side may need a moment after a change.
    """
    while True:
        shown = await _read_back(gear.traffic, weight)
        if shown is not None and await _metric_shows(gear, plan, weight, look) and await _checked(gear, weight):
            return shown
        await asyncio.sleep(PAUSE_S)


async def _read_back(traffic: Sequence[Traffic], weight: Weight) -> tuple[str, ...] | None:
    shown = []
    for each in traffic:
        try:
            state = await each.read()
        except OutsideFault:
            return None
        if state.weight != weight:
            return None
        shown.append(state.shown)
    return tuple(shown)


async def _metric_shows(gear: Gear, plan: Plan, weight: Weight, look: Look) -> bool:
    name = plan.confirm.metric
    if name is None:
        return True
    measurement = await look(plan, gear, name)
    unit = plan.metrics[name].unit or Unit.PERCENT
    return (
        isinstance(measurement, Measured)
        and abs(convert(measurement.value, unit, Unit.PERCENT) - weight.percent) < 0.01
    )


async def _checked(gear: Gear, weight: Weight) -> bool:
    if gear.confirmation is None:
        return True
    try:
        return await gear.confirmation.confirms(weight)
    except OutsideFault:
        return False
