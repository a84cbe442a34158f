"""What a rollout changes outside besides traffic: before a stage, after it, and at the end (R20)."""

from __future__ import annotations

from typing import Protocol


class Effect(Protocol):
    """One change that a plan asks for, and how it is taken back: an exporter, a silence, a dashboard.

    `key` names this very effect of this very rollout, the same after a crash: what can carry a name carries it, so that
    doing it twice is doing it once, and taking it back takes back nobody else's.
    """

    @property
    def target(self) -> str:
        """What is changed, without secrets."""
        ...

    async def begin(self, key: str) -> str:
        """Do it; safe to repeat. Says what is there now, in one line. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def end(self, key: str) -> str:
        """Take it back; good also where it never began, or is gone. Says so in one line; "" where this effect can't be
        taken back and stays. Raises like `begin`."""
        ...

    async def rehearse(self) -> str:
        """Try rights and reach without changing anything; one line on what was tried. Raises like `begin`."""
        ...

    async def aclose(self) -> None: ...
