"""A plan's traffic targets, all together: asked for a weight, and read. Each call outside has its own deadline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.units import Weight
from bot.engine.confirm import lower
from bot.ports import OutsideFault, Traffic

log = logging.getLogger(__name__)

CALL_S = 90.0
"""An outside call gets this long, or as long as the plan gives a weight to show; adapters have their own deadlines."""
AGAIN = timedelta(seconds=5)
"""How soon a failed downward change is tried again."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of asking every target for a weight."""

    faults: tuple[str, ...]
    shown: tuple[str, ...]
    """What each target literally said afterwards, for the evidence."""


class Calls:
    """The outside calls of one deed. Whoever stops waiting for one doesn't stop it: it may have gone out."""

    def __init__(self) -> None:
        self._made: list[asyncio.Future[None]] = []

    @property
    def open(self) -> list[asyncio.Future[None]]:
        """Those whose end isn't known yet."""
        return [call for call in self._made if not call.done()]

    def end(self) -> None:
        """Wait for none of them any longer: what they were to do is tried again."""
        for call in self.open:
            call.cancel()

    async def make(self, call: Awaitable[None]) -> None:
        """Make a call, and wait for it. Raises what it does."""
        made = asyncio.ensure_future(call)
        # Where nobody waits any more its fault is fetched all the same, or asyncio would report it as lost.
        made.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._made.append(made)
        await asyncio.shield(made)


async def apply_all(traffic: Sequence[Traffic], weight: Weight, out: Calls, within_s: float = CALL_S) -> Applied:
    """Downward: in reverse order, every target, whatever the others do."""
    faults = []
    for each in reversed(traffic):
        fault = await _attempt(out, lower(each, weight), within_s)
        if fault:
            faults.append(f"{each.target}: {fault}")
    return Applied(tuple(faults), await shown(traffic))


async def bring_down(traffic: Sequence[Traffic], weight: Weight) -> Weight:
    """Until nothing shows more than `weight`, for ever: nobody else may be watching. Returns the highest shown."""
    while True:
        await apply_all(traffic, weight, Calls())
        shows = await highest(traffic)
        if shows is not None and shows <= weight:
            return shows
        await asyncio.sleep(AGAIN.total_seconds())


async def _attempt(out: Calls, call: Awaitable[None], within_s: float) -> str:
    try:
        async with asyncio.timeout(within_s):
            await out.make(call)
    except TimeoutError:
        out.end()
        return f"no answer in {within_s:g} s"
    except OutsideFault as fault:
        return str(fault)
    return ""


async def shown(traffic: Sequence[Traffic]) -> tuple[str, ...]:
    said = []
    for each in traffic:
        try:
            async with asyncio.timeout(CALL_S):
                said.append((await each.read()).shown)
        except (TimeoutError, OutsideFault) as fault:
            said.append(f"not readable: {fault}")
    return tuple(said)


async def read_weights(traffic: Sequence[Traffic], within_s: float = CALL_S) -> list[Weight]:
    """Every target's weight that can be read within so many seconds; the unreadable are left out."""

    async def read(each: Traffic) -> Weight | None:
        try:
            async with asyncio.timeout(within_s):
                return (await each.read()).weight
        except (TimeoutError, OutsideFault):
            log.warning("%s can't be read", each.target)
            return None

    weights = await asyncio.gather(*(read(each) for each in traffic))
    return [weight for weight in weights if weight is not None]


async def highest(traffic: Sequence[Traffic]) -> Weight | None:
    return max(await read_weights(traffic), default=None)


async def lowest_known(traffic: Sequence[Traffic]) -> Weight | None:
    return min(await read_weights(traffic), default=None)
