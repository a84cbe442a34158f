"""Targets and methods of one plan that call themselves alike are told apart: what is known of each goes by its name.

Two flags behind one address are a case: their names leave out what may hold a secret. Under one name the one that is
off would speak for the other (law 2).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.units import Weight
from bot.engine.unbuilt import Unbuilt
from bot.ports import Traffic, TrafficState


def told_apart(names: Sequence[str]) -> list[str]:
    """The names, each once: `x`, `x (2)`, `x (3)`, in the plan's order, so that a name stays the same."""
    known: list[str] = []
    for name in names:
        number, called = 1, name
        while called in known:
            number += 1
            called = f"{name} ({number})"
        known.append(called)
    return known


def targets_apart(traffic: Sequence[Traffic]) -> list[Traffic]:
    """The targets, each with a name of its own."""
    called = told_apart([each.target for each in traffic])
    return [
        each if each.target == name or isinstance(each, Unbuilt) else Called(name, each)
        for name, each in zip(called, traffic, strict=True)
    ]


class Called:
    """The `Traffic` port: a target under another name than its own."""

    def __init__(self, target: str, traffic: Traffic) -> None:
        self.target, self._traffic = target, traffic

    async def read(self) -> TrafficState:
        return await self._traffic.read()

    async def apply(self, weight: Weight) -> None:
        await self._traffic.apply(weight)

    async def rehearse(self) -> str:
        return await self._traffic.rehearse()

    async def aclose(self) -> None:
        await self._traffic.aclose()
