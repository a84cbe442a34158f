"""Values as far sides give them: where they stand in JSON, whether two are the same, and which weight one means."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from adapters.http import excerpt
from bot.domain.errors import NotAWeight
from bot.domain.units import Weight
from bot.ports import Nonsense


class Share(StrEnum):
    """How a far side writes a share of traffic: 0–100 or 0–1."""

    PERCENT = "percent"
    FRACTION = "fraction"

    @property
    def whole(self) -> float:
        return 100.0 if self is Share.PERCENT else 1.0


class Missing(LookupError):
    """Nothing stands at that place."""


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


def at(tree: Any, path: Sequence[str]) -> Any:
    """What stands in a JSON tree at `path`; digits are indexes of lists. Raises Missing."""
    for step in path:
        match tree:
            case dict() if step in tree:
                tree = tree[step]
            case list() if step.isdecimal() and int(step) < len(tree):
                tree = tree[int(step)]
            case _:
                raise Missing(f"nothing stands at {dotted(path)}")
    return tree


def dotted(path: Sequence[str]) -> str:
    """A place in JSON, as plans spell it."""
    return ".".join(path)


def parsed(text: str, where: str) -> Any:
    """Read JSON; raises Nonsense that names `where` it came from."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Nonsense(f"{where} holds something that isn't JSON: {excerpt(text, length=60)}") from error


def spelled(value: Any) -> str:
    """A value as text: true, 10, 0.5, null, the text itself; so that 0 and "0" are the same, 0 and false are not."""
    match value:
        case str():
            return value
        case float() if value == round(value, 6):
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case _:
            return json.dumps(value, sort_keys=True)


def shown(value: Any) -> str:
    """A value for people: one short line."""
    return excerpt(json.dumps(value, ensure_ascii=False, default=repr), length=80)


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
