"""A page of their own for each person: what waits for them, and how all stands (Slack's App Home)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.domain.freezes import Freeze
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.ports.people import Posted

Page = Sequence[Mapping[str, Any]]
"""The blocks of a page."""


class Turn(StrEnum):
    """Why a rollout waits for a person."""

    APPROVE = "approve"
    ACKNOWLEDGE = "acknowledge"
    HOLD = "hold"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One rollout on somebody's page. `link` leads to its status message, "" where nobody knows it."""

    rollout: Rollout
    plan: Plan
    link: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """What a page tells its person."""

    waiting: Sequence[tuple[Turn, Glimpse]]
    live: Sequence[Glimpse]
    freezes: Sequence[Freeze]
    ended: Sequence[Glimpse]
    now: datetime


class HomePages(Protocol):
    """Shows people their pages. Raises SlowDown, OutOfReach, Uncertain or Denied."""

    async def publish(self, user: str, page: Page) -> None:
        """Put a page in the place of the one before."""
        ...

    async def link(self, posted: Posted) -> str:
        """An address that leads to a message."""
        ...
