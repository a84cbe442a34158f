"""Values as far sides give them: where they stand in JSON, whether two are the same, and which weight one means."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from adapters.json_places import Missing, at, dotted, parsed, shown
from bot.domain.errors import NotAWeight
from bot.domain.units import Weight
from bot.ports import Nonsense

__all__ = ["Missing", "Share", "Standing", "at", "dotted", "parsed", "shown", "weight_in"]


class Share(StrEnum):
    """How a far side writes a share of traffic: 0–100 or 0–1."""

    PERCENT = "percent"
    FRACTION = "fraction"

    @property
    def whole(self) -> float:
        return 100.0 if self is Share.PERCENT else 1.0


_NUMBER = re.compile(r"\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


def weight_in(value: Any, share: Share) -> Weight:
    """The weight that a number, or a number's text ("10", "10%"), means. Raises Nonsense for all else."""
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and share is Share.PERCENT:
        text = text.removesuffix("%").rstrip()
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise Nonsense(f"{shown(value)} is not a {share}")
    if isinstance(text, str) and not _NUMBER.fullmatch(text):
        raise Nonsense(f"{shown(value)} is not a {share}")
    try:
        return Weight(round(float(text) * 100 / share.whole, 6))
    except (NotAWeight, OverflowError, ValueError) as error:
        raise Nonsense(f"{shown(value)} is not a {share} between 0 and {share.whole:g}") from error


@dataclass(frozen=True, slots=True)
class Standing:
    """What stood somewhere before a kill; a value of None with `absent` means that nothing stood there."""

    value: Any = None
    absent: bool = False

    def to_text(self) -> str:
        """As the kill card keeps it: ASCII, so that bytes that aren't UTF-8 survive as escapes."""
        return json.dumps({"absent": True} if self.absent else {"value": self.value})

    @classmethod
    def from_text(cls, text: str) -> Standing:
        """Read it back; raises Nonsense for what `to_text` never wrote."""
        match parsed(text, "the recorded former value"):
            case {"absent": True, **rest} if not rest:
                return cls(absent=True)
            case {"value": value, **rest} if not rest:
                return cls(value)
        raise Nonsense("the recorded former value can't be understood; nothing was put back")
