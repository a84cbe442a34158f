"""Traffic and kill switches that are one value, kept in one place: a Redis key, a spot in a file, a variable.

The kinds bring the place (`Kept`); what a weight or a switch means there is the same for all.
"""

from __future__ import annotations

from typing import Any, Protocol

from adapters import placeholders
from adapters.placeholders import spelled
from adapters.traffic.values import Share, Standing, shown, weight_in
from bot.domain.units import Weight
from bot.ports import Nonsense, TrafficState


class Kept(Protocol):
    """One value. Methods raise OutOfReach, Denied or Nonsense within their own deadline, and are safe to repeat."""

    @property
    def target(self) -> str:
        """The place, without secrets."""
        ...

    async def get(self) -> Standing:
        """What stands there."""
        ...

    async def put(self, standing: Standing) -> None:
        """Make this stand there."""
        ...

    async def rehearse(self) -> str:
        """Try reach and rights without changing anything; one line on what was tried."""
        ...


class KeptTraffic:
    """A weight as a kept value."""

    def __init__(self, kept: Kept, share: Share, absent_is: Weight | None) -> None:
        self._kept, self._share, self._absent_is = kept, share, absent_is

    @property
    def target(self) -> str:
        return self._kept.target

    async def read(self) -> TrafficState:
        standing = await self._kept.get()
        if not standing.absent:
            return TrafficState(weight_in(standing.value, self._share), shown(standing.value))
        if self._absent_is is None:
            raise Nonsense(f"nothing stands at {self.target}; `absent_is: 0%` would say what that means")
        return TrafficState(self._absent_is, "nothing stands there")

    async def apply(self, weight: Weight) -> None:
        await self._kept.put(Standing(placeholders.of_weight(weight)[self._share]))

    async def rehearse(self) -> str:
        state = await self.read()
        return f"{await self._kept.rehearse()}; {self.target} reads {state.shown}"

    async def aclose(self) -> None:
        """Nothing is kept open."""


class KeptKill:
    """A switch as a kept value: `off` means off; with `on`, the rehearsal refuses any third value."""

    def __init__(self, kept: Kept, off: Any, on: Any = None) -> None:
        self._kept, self._off, self._on = kept, off, on

    @property
    def target(self) -> str:
        return self._kept.target

    async def former(self) -> str:
        return (await self._kept.get()).to_text()

    async def engage(self) -> None:
        await self._kept.put(Standing(self._off))

    async def engaged(self) -> bool:
        standing = await self._kept.get()
        return not standing.absent and spelled(standing.value) == spelled(self._off)

    async def restore(self, former: str) -> None:
        await self._kept.put(Standing.from_text(former))

    async def rehearse(self) -> str:
        standing = await self._kept.get()
        known = {spelled(self._on), spelled(self._off)}
        if self._on is not None and not standing.absent and spelled(standing.value) not in known:
            raise Nonsense(f"{self.target} holds {shown(standing.value)}, neither on nor off: is that the right place?")
        seen = "nothing stands there" if standing.absent else f"it reads {shown(standing.value)}"
        return f"{await self._kept.rehearse()}; {self.target}: {seen}"

    async def aclose(self) -> None:
        """Nothing is kept open."""
