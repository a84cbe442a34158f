"""`{percent}`, `{fraction}`, `{rest}` and `{former}` in bodies, addresses and arguments.

Only a name in single braces is a placeholder, so that kubectl's `{.spec}` and Go's `{{.Name}}` pass as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from bot.domain.planning.fields import misread
from bot.domain.units import Weight

WEIGHT = frozenset({"percent", "fraction"})
SPLIT = WEIGHT | {"rest"}
"""What a request or command that sets a weight may say; `rest` is the percent that stays on the stable side."""
FORMER = frozenset({"former"})

_PLACEHOLDER = re.compile(r"(?<![{$])\{([A-Za-z_][A-Za-z0-9_]*)\}")
_JSONPATH_WORDS = frozenset({"end"})
"""Kubectl's jsonpath closes `{range …}` with `{end}`: https://kubernetes.io/docs/reference/kubectl/jsonpath/"""


def of_weight(weight: Weight) -> dict[str, float]:
    """What stands for a weight: `percent` 0–100, `fraction` 0–1, and `rest`, what is left of 100; whole numbers are
    ints."""
    numbers = {
        "percent": weight.percent,
        "fraction": round(weight.percent / 100, 4),
        "rest": round(100 - weight.percent, 4),
    }
    return {name: int(number) if number == int(number) else number for name, number in numbers.items()}


def fill(tree: Any, values: Mapping[str, Any]) -> Any:
    """Fill placeholders in every string of a tree; a string that is one placeholder becomes the value itself."""
    match tree:
        case str():
            whole = _PLACEHOLDER.fullmatch(tree)
            if whole and whole[1] in values:
                return values[whole[1]]
            return fill_text(tree, values)
        case Mapping():
            return {key: fill(item, values) for key, item in tree.items()}
        case list() | tuple():
            return [fill(item, values) for item in tree]
        case _:
            return tree


def fill_text(text: str, values: Mapping[str, Any]) -> str:
    """Fill placeholders in a text, numbers spelled without needless zeros."""
    return _PLACEHOLDER.sub(lambda found: spelled(values[found[1]]) if found[1] in values else found[0], text)


def names_in(tree: Any) -> frozenset[str]:
    """The placeholders that a tree names."""
    match tree:
        case str():
            return frozenset(_PLACEHOLDER.findall(tree)) - _JSONPATH_WORDS
        case Mapping():
            return names_in(list(tree.values()))
        case list() | tuple():
            return frozenset().union(*(names_in(item) for item in tree))
        case _:
            return frozenset()


def check(tree: Any, allowed: Collection[str], needed: Collection[str] = ()) -> None:
    """Raise a mistake where a placeholder isn't one of `allowed`, or none of `needed` is there."""
    found = names_in(tree)
    if unknown := sorted(found - frozenset(allowed)):
        known = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "none"
        raise misread(f"{{{unknown[0]}}} is not a placeholder here", f"known here: {known}; secrets go by environment")
    if needed and not found & frozenset(needed):
        either = " or ".join(f"{{{name}}}" for name in sorted(needed, reverse=True))
        raise misread(f"nothing here says the weight: {either} is missing", f"put {either} where the number goes")


def split(text: str) -> list[str]:
    """A text in pieces: text, placeholder's name, text, …"""
    return _PLACEHOLDER.split(text)


def pattern_for_weight(text: str) -> tuple[re.Pattern[str], str]:
    """A text with one weight placeholder, as an expression whose one group is the number; and which placeholder.

    Digits beside the number don't match, so that `pct={percent}` for 1 isn't found in `pct=10`.
    """
    before, name, after = split(text)
    number = r"(?<![\d.])(\d+(?:\.\d+)?)(?![\d]|\.\d)"
    return re.compile(re.escape(before) + number + re.escape(after)), name


def spelled(value: Any) -> str:
    """A value as text: true, 10, 0.5, null, the text itself; so that 0 and "0" are the same, 0 and false are not."""
    match value:
        case str():
            return value
        case float() if value == round(value, 6):
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case _:
            return json.dumps(value, sort_keys=True)
