"""A demand on an alert's label, as Alertmanager spells it: `severity="critical"`, `service=~"denis.*"`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bot.domain.planning.fields import misread

MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:\\.|[^"\\])*)"\s*')


def checked(text: str) -> str:
    """The text, if it is one matcher; a plan's mistake otherwise."""
    if not MATCHER.fullmatch(text):
        raise misread(f"'{text}' isn't a label's demand", 'write severity="critical", or service=~"denis.*"')
    return text.strip()


@dataclass(frozen=True, slots=True)
class Matcher:
    """One demand, read. As Alertmanager's API has it: `asdict`, with its own names."""

    name: str
    value: str
    isRegex: bool = False
    isEqual: bool = True

    @classmethod
    def read(cls, text: str) -> Matcher:
        """From a text that was `checked`."""
        found = MATCHER.fullmatch(text)
        if found is None:
            raise ValueError(f"{text} isn't a matcher")
        name, sign, value = found.groups()
        return cls(name, _unescaped(value), isRegex="~" in sign, isEqual="!" not in sign)


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:
        return value
