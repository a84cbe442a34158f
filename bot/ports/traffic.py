"""Where traffic is moved, things are switched off, and arrivals are confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.units import Weight


@dataclass(frozen=True, slots=True)
class TrafficState:
    """A weight as read back, and what the far side literally said (redacted), for the evidence's before and after."""

    weight: Weight
    shown: str


class Traffic(Protocol):
    """One place where the canary's share of traffic is set."""

    @property
    def target(self) -> str:
        """What is moved, without secrets; two rollouts with the same target exclude each other."""
        ...

    async def read(self) -> TrafficState:
        """The weight that is in force. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def apply(self, weight: Weight) -> None:
        """Ask for a weight; asking twice is the same as once. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def rehearse(self) -> str:
        """Try rights and reach without changing anything; returns one line on what was tried. Raises like `read`."""
        ...

    async def aclose(self) -> None: ...


class KillMethod(Protocol):
    """One way to switch the new thing off, whatever its weight."""

    @property
    def target(self) -> str:
        """What is switched off, without secrets."""
        ...

    async def former(self) -> str:
        """What stands there now, to be put back by `restore`; opaque, no secrets. Raises like `engage`."""
        ...

    async def engage(self) -> None:
        """Switch off; safe to repeat. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def engaged(self) -> bool:
        """Read back: is it off? Raises like `engage`."""
        ...

    async def restore(self, former: str) -> None:
        """Put back what `former` said. Raises like `engage`."""
        ...

    async def rehearse(self) -> str:
        """Dry run: try rights and reach without changing anything. Raises like `engage`."""
        ...

    async def aclose(self) -> None: ...


class Confirmation(Protocol):
    """R10: a further look at whether a weight has arrived, besides the adapter's own read-back."""

    async def confirms(self, weight: Weight) -> bool:
        """True when the far side shows `weight`. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def aclose(self) -> None: ...
