"""A line of measurements in pieces, with gaps where there was no data, and no more points than can be seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from bot.domain.chronicle import Chronicle
from bot.domain.trends import Point, thinned
from bot.wording.report.passage import SILENT
from bot.wording.report.pieces import Band, Run

DRAWN = 240
"""Points of one line: more can't be told apart on a screen."""
RUNS = 60
"""Pieces of one line; with more gaps than that, only the longest are shown as gaps."""


def in_runs(points: Sequence[Point], check: timedelta) -> list[list[Point]]:
    """The line in pieces: a look without data, or a time without looks, is between two of them."""
    usual = median([(b.at - a.at).total_seconds() for a, b in pairwise(points)] or [0.0])
    longest = max(SILENT * check, timedelta(seconds=SILENT * usual))
    runs: list[list[Point]] = [[]]
    before: datetime | None = None
    for point in points:
        missing = point.value is None or not math.isfinite(point.value)
        if runs[-1] and (missing or (before is not None and point.at - before > longest)):
            runs.append([])
        if not missing:
            runs[-1].append(point)
        before = point.at
    return _joined_up([run for run in runs if run])


def _joined_up(runs: list[list[Point]]) -> list[list[Point]]:
    """At most RUNS of them: over the shortest gaps the line goes on."""
    if len(runs) <= RUNS:
        return runs
    lengths = sorted((later[0].at - earlier[-1].at for earlier, later in pairwise(runs)), reverse=True)
    least = lengths[RUNS - 2]
    joined_runs = [runs[0]]
    for run in runs[1:]:
        if run[0].at - joined_runs[-1][-1].at >= least and len(joined_runs) < RUNS:
            joined_runs.append(run)
        else:
            joined_runs[-1] = [*joined_runs[-1], *run]
    return joined_runs


def bounded(runs: Sequence[Sequence[Point]]) -> Iterator[Run]:
    """Highs and lows are kept; each piece gets its share of what can be drawn."""
    every = sum(map(len, runs)) or 1
    for run in runs:
        kept = thinned(run, max(2, DRAWN * len(run) // every))
        yield [(point.at, point.value) for point in kept if point.value is not None]


def gaps(runs: Sequence[Sequence[Point]], chronicle: Chronicle) -> Iterator[Band]:
    """Between the pieces, and after the last one where the rollout went on without numbers."""
    for earlier, later in pairwise(runs):
        yield Band("gap", earlier[-1].at, later[0].at)
    last = runs[-1][-1].at if runs else chronicle.until
    if chronicle.until - last > SILENT * chronicle.plan.every.check:
        yield Band("gap", last, chronicle.until)
