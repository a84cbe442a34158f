"""Which series of a page are meant: `name{label="v",other!="v",more=~"a|b"}`, as PromQL selects them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LONGEST_PATTERN = 200

_NAME = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*")
_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:\\.|[^"\\])*)"\s*')
_ENDLESS = re.compile(r"[+*}]\)[+*{]|\\[1-9]|\(\?[^:]")
_ESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label's demand; a label that a series lacks is "", as in PromQL."""

    label: str
    accepts: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric's name and what its labels must be. `text` is how it was written."""

    text: str
    name: str
    matchers: tuple[Matcher, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.accepts(labels.get(matcher.label, "")) for matcher in self.matchers)


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Selector:
    """Read a selector; empty places between commas are allowed, so that an empty `$side` is.

    Raises ValueError with a sentence that shows the place.
    """
    found = _NAME.match(text)
    if found is None:
        raise ValueError(f"'{text}' doesn't begin with a metric's name, as in requests_total{{outcome=\"error\"}}")
    rest = text[found.end() :].strip()
    if rest and not (rest.startswith("{") and rest.endswith("}")):
        raise ValueError(f"after '{found[1]}' comes '{rest[:30]}' instead of {{…}}")
    return Selector(text, found[1], tuple(_matchers(rest[1:-1])))


def _matchers(inside: str) -> list[Matcher]:
    matchers, at = [], 0
    while at < len(inside):
        if inside[at] in ", ":
            at += 1
            continue
        found = _MATCHER.match(inside, at)
        if found is None or inside[found.end() : found.end() + 1] not in ("", ","):
            raise ValueError(f"'{inside[at : at + 30]}' isn't a label's demand; write it as name=\"value\"")
        matchers.append(_matcher(*found.groups()))
        at = found.end()
    return matchers


def _matcher(label: str, how: str, quoted: str) -> Matcher:
    value = re.sub(r'\\[\\"n]', lambda found: _ESCAPED[found[0]], quoted)
    if how in ("=", "!="):
        return Matcher(label, (lambda given: given == value) if how == "=" else (lambda given: given != value))
    if len(value) > LONGEST_PATTERN or _ENDLESS.search(value):
        raise ValueError(f"the pattern for {label} is too long or too deep: at most {LONGEST_PATTERN} plain characters")
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise ValueError(f"the pattern for {label} can't be read: {error}") from error
    if how == "=~":
        return Matcher(label, lambda given: pattern.fullmatch(given) is not None)
    return Matcher(label, lambda given: pattern.fullmatch(given) is None)
