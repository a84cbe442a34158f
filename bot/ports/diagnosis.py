"""What is looked at when a metric goes bad, besides sources (R14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look brought, as text for people. `cut`: there was more than was kept."""

    text: str
    cut: bool = False


class Diagnosis(Protocol):
    """Something to look at. Looking changes nothing outside."""

    async def look(self) -> Seen:
        """Look once, within its own deadline. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def rehearse(self) -> str:
        """Check that it could be looked at, without doing so; one line on what was checked. Raises like `look`."""
        ...

    async def aclose(self) -> None: ...
