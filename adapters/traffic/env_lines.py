"""A text of `NAME=value` lines: what a variable's value is, and the same text with another value.

`export`, both kinds of quotes, comments and line ends are kept; of several lines for one name the last counts. A `#`
after white space begins a comment, as in shells and dotenv. A quoted value that runs over several lines isn't read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.http import excerpt
from adapters.placeholders import spelled
from adapters.traffic.values import Standing
from bot.ports import Nonsense

_HEAD = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_REST = re.compile(
    r"""(?: "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>[^']*)' | (?P<bare>[^\s"'\#](?:.*?\S)??)? )
        (?P<tail>(?:(?:[ \t]+|(?<=[ \t]))\#.*)?[ \t]*\r?)""",
    re.VERBOSE,
)
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_.,:/@%+\-]*")
_ESCAPED = re.compile(r"""\\(["\\$`])""")


@dataclass(frozen=True, slots=True)
class _Assignment:
    """One line, in pieces: everything up to the value, the value and its quotes, everything after."""

    number: int
    head: str
    quote: str
    value: str
    tail: str


def value_of(text: str, name: str) -> Standing:
    """The variable's value, quotes taken off. Raises Nonsense for a line that can't be read."""
    found = _last(text.split("\n"), name)
    return Standing(absent=True) if found is None else Standing(found.value)


def with_value(text: str, name: str, standing: Standing) -> str:
    """The text with the variable's last line changed, appended, or (absent) all its lines taken out."""
    lines = text.split("\n")
    found = _last(lines, name)
    if standing.absent:
        return "\n".join(line for line in lines if not _assigns(line, name))
    value = spelled(standing.value)
    if set(value) & {"\n", "\r", "\0"}:
        raise Nonsense(f"{name}'s value would take several lines; nothing was written")
    if found is None:
        return _appended(text, f"{name}={_quoted(value, '')}")
    if found.value != value:
        tail = f" {found.tail}" if found.tail.startswith("#") else found.tail
        lines[found.number] = f"{found.head}{_quoted(value, found.quote)}{tail}"
    return "\n".join(lines)


def _assigns(line: str, name: str) -> re.Match[str] | None:
    head = _HEAD.match(line)
    return head if head and head[1] == name else None


def _last(lines: list[str], name: str) -> _Assignment | None:
    for number in reversed(range(len(lines))):
        if head := _assigns(lines[number], name):
            return _read(lines[number], number, head)
    return None


def _read(line: str, number: int, head: re.Match[str]) -> _Assignment:
    rest = _REST.fullmatch(line, head.end())
    if rest is None:
        raise Nonsense(f"line {number + 1} can't be understood: {excerpt(head[0], length=60)}…")
    match rest["double"], rest["single"]:
        case str(double), _:
            return _Assignment(number, head[0], '"', _ESCAPED.sub(r"\1", double), rest["tail"])
        case _, str(single):
            return _Assignment(number, head[0], "'", single, rest["tail"])
    return _Assignment(number, head[0], "", rest["bare"] or "", rest["tail"])


def _quoted(value: str, quote: str) -> str:
    if quote == "'" and "'" not in value:
        return f"'{value}'"
    if not quote and _NEEDS_NO_QUOTES.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\$`])', r"\\\1", value) + '"'


def _appended(text: str, line: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    return text + ("" if not text or text.endswith("\n") else end) + line + end
