"""A world is an adapter with its far side, which can be looked at and changed behind its back, and put into trouble.

Subclass the one of your port; those of traffic and kill methods are here, the others beside their suites. What your far
side can't do is said in `troubles` and `lacks`, and its tests are left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from typing import Any, Protocol

import pytest

from bot.ports import KillMethod, OutOfReach, Traffic


class Trouble(StrEnum):
    """How a far side goes wrong."""

    HANG = "hang"
    """It never answers; whoever asks is told `NotInTime`'s parent after `patience_s`, or cancelled before."""
    FAIL = "fail"
    """It can't be reached; nothing changes."""
    DENY = "deny"
    """It refuses us; nothing changes."""
    GARBAGE = "garbage"
    """It answers something that can't be understood."""
    LIE = "lie"
    """It says that it's done, and changes nothing."""
    LATE = "late"
    """It says that it's done; the change stands only after `arrive()`."""
    HALF = "half"
    """The change stands, and then the answer is lost."""


class Lack(StrEnum):
    """What can't be had in a world, by its far side's nature."""

    ABSENT = "nothing standing there"
    OUT_OF_RANGE = "a weight above 100"
    EVERY_WEIGHT = "each weight to the hundredth"
    NAMES = "names for what it is told, by which it would know the same notice again"
    REASONS = "a reason for what it refuses"


class Place(Protocol):
    """What all have: troubles that the far side can have, secrets that nothing may show."""

    troubles: frozenset[Trouble] = frozenset()
    secrets: frozenset[str] = frozenset()

    async def get_into(self, trouble: Trouble | None) -> None:
        """From now on the far side has this trouble, or none. Needed where `troubles` names some."""

    async def reached(self) -> None:
        """Wait until a hanging call has come as far as it will. Needed where `troubles` names HANG."""
        await asyncio.sleep(0)


class TrafficWorld(Place, Protocol):
    """`split` is what really stands: the percentage as a text, or None for nothing there. It begins at 0."""

    traffic: Traffic

    async def split(self) -> str | None: ...

    async def set_split(self, text: str | None) -> None: ...


class KillWorld(Place, Protocol):
    """`switch` is what really stands, as a text, or None for nothing there; `on` is what it begins with."""

    on: str | None
    kill: KillMethod

    async def switch(self) -> str | None: ...

    async def set_switch(self, text: str | None) -> None: ...


def lacks(world: object, lack: Lack) -> bool:
    """Most worlds lack nothing, and say nothing of it."""
    return lack in getattr(world, "lacks", frozenset())


async def trouble(world: Place, kind: Trouble) -> None:
    """Get into it; a test of a trouble that this far side can't have is left out."""
    if kind not in world.troubles:
        pytest.skip(f"this far side can't {kind}")
    await world.get_into(kind)


def assert_safe(said: object, world: Place) -> None:
    """What is shown to people is one printable line, and holds no secret (law 8)."""
    text = str(said)
    assert text, "something is said"
    assert text.isprintable(), "it is one printable line"
    assert_no_secret(text, world)


def assert_no_secret(text: str, world: Place) -> None:
    """Neither whole nor its beginning, which is what a cut would leave."""
    assert not [secret for secret in world.secrets if secret in text or secret[:20] in text]


async def cut_short(call: Coroutine[Any, Any, Any], world: Place, within_s: float) -> None:
    """Cancel a call that hangs, once it has come as far as it will; where its own deadline is first, that is good."""
    calling: asyncio.Task[Any] = asyncio.create_task(call)
    coming = asyncio.create_task(world.reached())
    await asyncio.wait({calling, coming}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    calling.cancel()
    coming.cancel()
    async with asyncio.timeout(within_s):
        came = await asyncio.gather(calling, coming, return_exceptions=True)
    assert isinstance(came[0], asyncio.CancelledError | OutOfReach), came[0]
