"""Values that differ per environment (R23): `10s @production, 8s @lab`, inside a condition or as a whole value."""

from __future__ import annotations

import re

from bot.domain.language.misread import Misread

_MARK = re.compile(r"@([A-Za-z][A-Za-z0-9_-]*)")
_COMPARISON = re.compile(r"[<>=!≤≥]+")
_FORM = "VALUE @ENVIRONMENT, VALUE @ENVIRONMENT"
DEFAULT = "production"


def named_in(text: str) -> tuple[str, ...]:
    """The environments that a text has values for, in its order."""
    return tuple(_MARK.findall(text))


def only_for(text: str, environment: str) -> str:
    """Leave the value for `environment`; all else that is about environments becomes spaces, so places stay.

    A text that names no environment comes back as it is. Raises Misread where ours is missing.
    """
    marks = list(_MARK.finditer(text))
    if not marks:
        return text
    compared = list(_COMPARISON.finditer(text, 0, marks[0].start()))
    first = begin = compared[-1].end() if compared else 0
    chosen: tuple[int, int] | None = None
    for index, mark in enumerate(marks):
        _refuse_nameless(text, begin, mark.start())
        if mark[1] == environment:
            chosen = chosen or (begin, mark.start())
        begin = mark.end()
        if index + 1 < len(marks):
            begin = _after_comma(text, begin)
    if not environment:
        raise Misread("this value can't differ by environment", "write one value, or ${NAME}", marks[0].start())
    if chosen is None:
        known = ", ".join(dict.fromkeys(named_in(text)))
        raise Misread(
            f"no value for '{environment}', only for {known}", f"add: , VALUE @{environment}", marks[0].start()
        )
    kept = text[chosen[0] : chosen[1]]
    return text[:first] + " " * (chosen[0] - first) + kept + " " * (begin - chosen[1]) + text[begin:]


def _refuse_nameless(text: str, begin: int, end: int) -> None:
    value = text[begin:end]
    if not value.strip():
        raise Misread("a value is missing before '@'", _FORM, end)
    if "," in value and "(" not in value:
        raise Misread("each value needs its environment", _FORM, begin)


def _after_comma(text: str, begin: int) -> int:
    rest = text[begin:]
    blanks = len(rest) - len(rest.lstrip())
    if not rest.lstrip().startswith(","):
        raise Misread("a comma is expected between the values", _FORM, begin + blanks)
    return begin + blanks + 1
