"""All measures by name, in the order of the report."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bench import ack, breach, click, flags, kill, memory, past, pressure, ready, restart, retention, tick
from bench.effort import Effort
from bench.rows import Row

MEASURES: Mapping[str, Callable[[Effort], Awaitable[list[Row]]]] = {
    "ack": ack.measure,
    "click": click.measure,
    "kill": kill.measure,
    "pressure": pressure.measure,
    "tick": tick.measure,
    "breach": breach.measure,
    "restart": restart.measure,
    "memory": memory.measure,
    "ready": ready.measure,
    "flags": flags.measure,
    "past": past.measure,
    "retention": retention.measure,
}


def measured(name: str, effort: Effort) -> list[Row]:
    """One measure's rows, in an event loop of its own."""

    async def run() -> list[Row]:
        return await MEASURES[name](effort)

    return asyncio.run(run())
