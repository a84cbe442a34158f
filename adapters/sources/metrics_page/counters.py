"""What counters and buckets say over a window of pages; pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from adapters.sources.metrics_page.page import Labels, Point
from bot.ports import Nonsense

Series = Mapping[Labels, Point]


def increases(pages: Sequence[Series]) -> dict[Labels, float]:
    """How much each counter grew from the first page to the last.

    A counter that falls was reset, and began again at 0. One that the first page lacks began at 0 too, since counters
    with labels often appear with their first event; one that is away from a page between goes on where it was.
    """
    first, *later = pages
    last = {labels: point.value for labels, point in first.items()}
    grown = dict.fromkeys(last, 0.0)
    for page in later:
        for labels, point in page.items():
            before = last.get(labels, 0.0)
            grown[labels] = grown.get(labels, 0.0) + (point.value if point.value < before else point.value - before)
            last[labels] = point.value
    return grown


def increase(pages: Sequence[Series]) -> float:
    """How much all counters together grew from the first page to the last."""
    return math.fsum(increases(pages).values()) if all(map(math.isfinite, _values(pages))) else math.nan


def _values(pages: Sequence[Series]) -> Iterable[float]:
    return (point.value for page in pages for point in page.values())


def quantile(share: float, pages: Sequence[Series]) -> float | None:
    """The `share` quantile (0 to 1) of what buckets counted, in the buckets' unit; None where they counted nothing.

    Linear interpolation inside the bucket that holds the rank; what lies above the largest finite bound is that bound:
    `bucketQuantile` in https://github.com/prometheus/prometheus/blob/main/promql/quantile.go. Raises Nonsense.
    """
    counts: defaultdict[float, float] = defaultdict(float)
    for labels, grown in increases(pages).items():
        counts[_bound(labels)] += grown
    bounds = sorted(counts)
    if len(bounds) < 2 or bounds[-1] != math.inf:
        raise Nonsense("the series aren't buckets: a histogram has an le label with +Inf, and a finite one")
    if not all(map(math.isfinite, _values(pages))):
        return math.nan
    cumulative = _rising([counts[bound] for bound in bounds])
    return _interpolated(share * cumulative[-1], bounds, cumulative) if cumulative[-1] > 0 else None


def _bound(labels: Labels) -> float:
    text = dict(labels).get("le", "")
    try:
        return float(text)
    except ValueError as error:
        raise Nonsense(f"a bucket's le is '{text[:20]}', which is no number") from error


def _rising(counts: Sequence[float]) -> list[float]:
    """Buckets are read while they are counted, so a wider one may lag behind a narrower one."""
    most, risen = 0.0, []
    for count in counts:
        most = max(most, count)
        risen.append(most)
    return risen


def _interpolated(rank: float, bounds: Sequence[float], cumulative: Sequence[float]) -> float:
    place = next(index for index, count in enumerate(cumulative) if count >= rank)
    if bounds[place] == math.inf:
        return bounds[place - 1]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[place - 1], cumulative[place - 1]) if place else (0.0, 0.0)
    inside = cumulative[place] - below
    return start + (bounds[place] - start) * ((rank - below) / inside if inside else 0.0)
