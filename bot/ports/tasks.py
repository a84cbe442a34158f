"""What a stage's tasks do outside: a burst of load, a test command (O6, R24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Ran:
    """What an attempt has brought so far; whole once `carry_out` has come back.

    `fault` is why it failed by its kind's own rules, "" where they are met. `numbers` are named and in the units that
    the kind tells. `output` is what it wrote, for people. `record` is the kind of a further record that a whole attempt
    makes, with `facts` as its body; "" makes none. Nothing here holds a secret.
    """

    fault: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    output: str = ""
    cut: bool = False
    """There was more output than was kept."""
    record: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Attempt(Protocol):
    """One time that a task is carried out."""

    async def carry_out(self) -> None:
        """Do it, to its end. Cancelled, it stops within a second and leaves nothing half-open.

        Raises OutOfReach, Denied or Nonsense where it couldn't be begun; what goes wrong on the way is in the result.
        """
        ...

    def result(self) -> Ran:
        """What it has brought so far; also after it was cancelled."""
        ...


class Exercise(Protocol):
    """What a task does, as its plan says it."""

    @property
    def takes(self) -> timedelta:
        """The longest that an attempt may take; it is stopped then."""
        ...

    @property
    def about(self) -> str:
        """What it will do, in one line, without secrets."""
        ...

    def attempt(self) -> Attempt:
        """A new attempt; nothing happens yet. Raises Denied where it can't be built."""
        ...

    async def rehearse(self) -> str:
        """Check that it could be carried out, without doing any of it; one line on what was checked.

        Raises OutOfReach, Denied or Nonsense.
        """
        ...

    async def aclose(self) -> None: ...
