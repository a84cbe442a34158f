"""How low an error budget is: under 25 % it warns, under 10 % it's critical, at 0 it's used up (R13, 000's dashboard).

Each level is told once, until the budget has recovered from it. Without data it stays where it was: what was used up
hasn't come back because nobody can see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.slos import SloSeen

LOW: Mapping[str, float] = {"warning": 25.0, "critical": 10.0}
"""Under which percentage of the budget it is told."""
EXHAUSTED = "exhausted"
RECOVERED = 5.0
"""So many points above a level a budget is out of it again: at its edge it would be told at every check."""
_ORDER = ("", *LOW, EXHAUSTED)


def level(left: float) -> str:
    """The level of a budget of which so many percent are left; "" while there is enough."""
    if left <= 0:
        return EXHAUSTED
    low = [name for name, below in LOW.items() if left < below]
    return low[-1] if low else ""


def levels(before: Mapping[str, str], seen: Sequence[SloSeen]) -> dict[str, str]:
    """The level of each budget by its SLO's name, as it was told last or is to be told now."""
    found = {each.name: _next(before.get(each.name, ""), each.budget.value) for each in seen}
    return {name: each for name, each in found.items() if each}


def _next(told: str, left: float | None) -> str:
    if left is None:
        return told
    now, eased = level(left), level(left - RECOVERED)
    if _ORDER.index(now) >= _ORDER.index(told):
        return now
    return eased if _ORDER.index(eased) < _ORDER.index(told) else told


def worse(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The SLOs whose budget has come to a worse level."""
    return [name for name, now in after.items() if _ORDER.index(now) > _ORDER.index(before.get(name, ""))]
