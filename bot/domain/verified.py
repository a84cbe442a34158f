"""What came of one condition that is looked at after a way down (R12)."""

from __future__ import annotations

from typing import Literal

from bot.domain.value import Value

WayDown = Literal["rollback", "kill"]


class Verified(Value):
    """PASS (`met`) or FAIL, with its time: `took_s` seconds after the way down it was first seen true, None never."""

    condition: str
    met: bool
    within_s: float
    """By when it had to be true."""
    took_s: float | None = None
    value: float | None = None
    unit: str = ""
    detail: str = ""
    """Why it isn't met, where its value doesn't say it: no data, or seen true too late."""
