"""From the start of the process until /readyz says that Perch can do its work."""

from __future__ import annotations

from statistics import median

from bench.effort import Effort
from bench.rows import Row
from bench.scene import perch_run, scene


async def measure(effort: Effort) -> list[Row]:
    """The median of several starts over the same database; the first one makes it and isn't counted."""
    samples = []
    async with scene() as here:
        for _ in range(effort.starts + 1):
            with perch_run(here) as running:
                samples.append(await running.ready())
    return [Row("start to ready", median(samples[1:]), most=2.0)]
