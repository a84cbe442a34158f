"""Which whole weights give a share: load balancers take integers up to some number, a plan asks for percent with two
decimals.

All servers of one side get the same weight. A share is reached when it's right to the hundredth of a percent, which
is as exactly as a weight can be written; the nearest share is named where none is.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction

from bot.domain.units import Weight
from bot.ports import Denied

LEGIBLE = 100
"""Of several pairs that are as good, the one whose sum is nearest to this: 10 and 90 rather than 25 and 225."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The weight of each canary server and of each stable one."""

    canary: int
    stable: int


def share(canary: int, stable: int) -> Weight:
    """What part of the traffic the canary gets, given each side's summed weights. Nothing at all is no canary."""
    return Weight(float(_exact(canary, stable)))


@functools.lru_cache(maxsize=1024)
def nearest(wanted: Weight, most: int, canaries: int = 1, stables: int = 1) -> Pair:
    """The weights, none above `most`, whose share is nearest, for so many servers (1 or more) on each side."""
    if wanted == Weight(0):
        return Pair(0, _round(stables))
    if wanted == Weight(100):
        return Pair(_round(canaries), 0)
    target = Fraction(str(wanted.percent))
    return min(_pairs(target, most, canaries, stables), key=lambda pair: _badness(pair, target, canaries, stables))


def exactly(wanted: Weight, most: int, place: str) -> Pair:
    """The weights, none above `most`, whose share is the one wanted. Raises Denied where there are none."""
    pair = nearest(wanted, most)
    if (real := share(pair.canary, pair.stable)) != wanted:
        raise Denied(
            f"{place} can't give the canary {wanted}: with weights from 0 to {most} the nearest is {real} "
            f"({pair.canary} to {pair.stable}); choose that"
        )
    return pair


def _pairs(target: Fraction, most: int, canaries: int, stables: int) -> list[Pair]:
    """For each weight of the canary, the best two for the others: never none at all, for it asks for some of both."""
    found = []
    for canary in range(1, most + 1):
        ideal = canaries * canary * (100 - target) / (target * stables)
        found += [Pair(canary, min(max(stable, 1), most)) for stable in (int(ideal), int(ideal) + 1)]
    return found


def _badness(pair: Pair, target: Fraction, canaries: int, stables: int) -> tuple[Fraction, int]:
    off = abs(_exact(pair.canary * canaries, pair.stable * stables) - target)
    return off, abs(pair.canary * canaries + pair.stable * stables - LEGIBLE)


def _exact(canary: int, stable: int) -> Fraction:
    return Fraction(100 * canary, canary + stable) if canary else Fraction(0)


def _round(servers: int) -> int:
    """A side that has all: its servers share 100, each at least 1."""
    return max(LEGIBLE // servers, 1)
