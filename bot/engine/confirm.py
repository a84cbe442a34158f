"""Confirm: look until the weight that was asked for is the weight in force, everywhere (R10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from bot.domain.measurements import Measured, Measurement
from bot.domain.plan import Plan
from bot.domain.units import ZERO, Unit, Weight, convert
from bot.engine.equipment import Gear
from bot.ports import OutsideFault, Traffic

Look = Callable[[Plan, Gear, str], Awaitable[Measurement]]
"""Measures one metric now."""
PAUSE_S = 0.5
"""Between two looks."""
CLOSE = 0.01
"""Percentage points by which a measured weight may differ."""


async def confirmed(gear: Gear, plan: Plan, weight: Weight, look: Look) -> tuple[str, ...]:
    """Wait until every target, the confirming metric and the further check show `weight`.

    Returns what the targets literally said. Never gives up by itself: the caller's deadline ends it. A Denied or
    garbage answer is looked at again too, for a far side may need a moment after a change.
    """
    while True:
        read = await _read_back(gear.traffic)
        if read is not None and {real for real, _ in read} == {weight}:
            measured = await _measured(gear, plan, look)
            shows = measured is None or abs(measured - weight.percent) < CLOSE
            if shows and await _checked(gear, weight):
                return tuple(shown for _, shown in read)
        await asyncio.sleep(PAUSE_S)


async def down_to(gear: Gear, plan: Plan, weight: Weight, look: Look) -> None:
    """Wait until nothing shows more than `weight`. What somebody took lower still is down; the next check tells it."""
    while True:
        read = await _read_back(gear.traffic)
        if read is not None and all(real <= weight for real, _ in read):
            measured = await _measured(gear, plan, look)
            lower_still = any(real < weight for real, _ in read)
            shows = measured is None or measured < weight.percent + CLOSE
            if shows and (lower_still or await _checked(gear, weight)):
                return
        await asyncio.sleep(PAUSE_S)


async def mirrored(mirrors: Sequence[Traffic], share: Weight, *, or_less: bool = False) -> tuple[str, ...]:
    """Wait until each mirror shows `share`, or no more than it. Returns what they literally said."""
    while True:
        read = await _read_back(mirrors)
        if read is not None and all(real == share or (or_less and real < share) for real, _ in read):
            return tuple(shown for _, shown in read)
        await asyncio.sleep(PAUSE_S)


async def lower(traffic: Traffic, weight: Weight) -> None:
    """Ask for a weight on the way down. A target that reads lower already is left there: no way down leads up (law 10).

    Raises what `apply` does; a target that can't be read is asked all the same.
    """
    if weight > ZERO:
        with suppress(OutsideFault):
            if (await traffic.read()).weight < weight:
                return
    await traffic.apply(weight)


async def _read_back(traffic: Sequence[Traffic]) -> list[tuple[Weight, str]] | None:
    """Every target's weight and what it literally said; None while one can't be read."""
    read = []
    for each in traffic:
        try:
            state = await each.read()
        except OutsideFault:
            return None
        read.append((state.weight, state.shown))
    return read


async def _measured(gear: Gear, plan: Plan, look: Look) -> float | None:
    """What the confirming metric says, in percent; None where the plan names none, NaN while there's no data."""
    name = plan.confirm.metric
    if name is None:
        return None
    measurement = await look(plan, gear, name)
    if not isinstance(measurement, Measured):
        return float("nan")
    return convert(measurement.value, plan.metrics[name].unit or Unit.PERCENT, Unit.PERCENT)


async def _checked(gear: Gear, weight: Weight) -> bool:
    if gear.confirmation is None:
        return True
    try:
        return await gear.confirmation.confirms(weight)
    except OutsideFault:
        return False
