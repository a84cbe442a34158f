"""A plan's traffic targets, all together: asked for a weight, and read. Each call outside has its own deadline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.domain.units import Weight
from bot.engine.confirm import lower
from bot.ports import OutOfReach, OutsideFault, Traffic

log = logging.getLogger(__name__)

CALL_S = 90.0
"""An outside call gets this long, or as long as the plan gives a weight to show; adapters have their own deadlines."""
PATIENCE_S = 2.0
"""On the way down the next target is asked after this time, whether or not the one before it has answered (law 2)."""
AGAIN = timedelta(seconds=5)
"""How soon a failed downward change is tried again."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of asking every target for a weight."""

    faults: tuple[str, ...]
    shown: tuple[str, ...]
    """What each target literally said afterwards, for the evidence."""
    before: tuple[str, ...] = ()
    """And what it said before, where that was asked."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one target stands: its weight, None where it can't be read, and what it literally said."""

    target: str
    weight: Weight | None
    shown: str
    fault: str = ""

    @property
    def words(self) -> str:
        """`redis flag at 10%`, for the record."""
        return f"{self.target} at {self.weight}" if self.weight is not None else f"{self.target} {self.shown}"

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "weight": self.weight.percent if self.weight is not None else None,
            "shown": self.shown,
            "fault": self.fault,
        }


class Calls:
    """The outside calls of one deed. Whoever stops waiting for one doesn't stop it: it may have gone out."""

    def __init__(self) -> None:
        self._made: list[asyncio.Future[None]] = []

    @property
    def open(self) -> list[asyncio.Future[None]]:
        """Those whose end isn't known yet."""
        return [call for call in self._made if not call.done()]

    def begin(self, call: Awaitable[None]) -> asyncio.Future[None]:
        """Make a call. Where nobody waits any more its fault is fetched all the same, or asyncio would report it."""
        made = asyncio.ensure_future(call)
        made.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._made.append(made)
        return made

    async def make(self, call: Awaitable[None]) -> None:
        """Make a call, and wait for it. Raises what it does."""
        await asyncio.shield(self.begin(call))


async def ask(each: Traffic, weight: Weight, out: Calls) -> None:
    """Upward: ask one target for a weight. Raises its fault, with whose it is."""
    try:
        await out.make(each.apply(weight))
    except OutsideFault as fault:
        raise OutOfReach(f"{each.target}: {fault}") from fault


async def apply_all(traffic: Sequence[Traffic], weight: Weight, out: Calls, within_s: float = CALL_S) -> Applied:
    """Downward: in reverse order, every target, whatever the others do; one that hangs delays the next only shortly."""
    attempts = []
    try:
        for each in reversed(traffic):
            attempts.append(asyncio.create_task(_attempt(out, lower(each, weight), within_s)))
            await asyncio.wait(attempts[-1:], timeout=PATIENCE_S)
        faults = await asyncio.gather(*attempts)
    finally:
        for attempt in attempts:
            attempt.cancel()
    told = [f"{each.target}: {fault}" for each, fault in zip(reversed(traffic), faults, strict=True) if fault]
    return Applied(tuple(told), await shown(traffic))


async def lowered(traffic: Sequence[Traffic], weight: Weight, out: Calls, within_s: float) -> Applied:
    """The same, with what each target said before: one that is slow to say is asked for the weight all the same."""
    before = await shown(traffic, PATIENCE_S)
    return replace(await apply_all(traffic, weight, out, within_s), before=before)


async def bring_down(traffic: Sequence[Traffic], weight: Weight) -> Weight:
    """Until nothing shows more than `weight`, for ever: nobody else may be watching. Returns the highest shown."""
    while True:
        await apply_all(traffic, weight, Calls())
        shows = await highest(traffic)
        if shows is not None and shows <= weight:
            return shows
        await asyncio.sleep(AGAIN.total_seconds())


async def _attempt(out: Calls, call: Awaitable[None], within_s: float) -> str:
    made = out.begin(call)
    try:
        async with asyncio.timeout(within_s):
            await asyncio.shield(made)
    except TimeoutError:
        # Waited for no longer: what it was to do is tried again.
        made.cancel()
        return f"no answer in {within_s:g} s"
    except OutsideFault as fault:
        return str(fault)
    return ""


async def standing(traffic: Sequence[Traffic], within_s: float = CALL_S) -> list[Stand]:
    """Where every target stands, asked side by side, each for so many seconds at the most."""

    async def read(each: Traffic) -> Stand:
        try:
            async with asyncio.timeout(within_s):
                state = await each.read()
                return Stand(each.target, state.weight, state.shown)
        except (TimeoutError, OutsideFault) as fault:
            log.warning("%s can't be read", each.target)
            why = str(fault) or "no answer in time"
            return Stand(each.target, None, f"not readable: {why}", why)

    return list(await asyncio.gather(*(read(each) for each in traffic)))


async def shown(traffic: Sequence[Traffic], within_s: float = CALL_S) -> tuple[str, ...]:
    """What every target literally says."""
    return tuple(each.shown for each in await standing(traffic, within_s))


async def read_weights(traffic: Sequence[Traffic], within_s: float = CALL_S) -> list[Weight]:
    """Every target's weight that can be read within so many seconds; the unreadable are left out."""
    return weights(await standing(traffic, within_s))


def weights(stands: Sequence[Stand]) -> list[Weight]:
    """Those that could be read."""
    return [each.weight for each in stands if each.weight is not None]


async def highest(traffic: Sequence[Traffic]) -> Weight | None:
    return max(await read_weights(traffic), default=None)
