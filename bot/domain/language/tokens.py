"""Conditions cut into tokens, each with its place, so that every mistake can point at a character."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.language.misread import Misread


class Sort(StrEnum):
    """What a token is."""

    WORD = "word"
    QUANTITY = "quantity"
    OP = "comparison"
    SIGN = "sign"
    PUNCTUATION = "punctuation"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a condition. `at` counts characters from 0."""

    sort: Sort
    text: str
    at: int


_NUMBER = r"\d+(?:\.\d+)?"
_SPACED_UNITS = r"(?:%|pp|ms|s|m|h|d|w|B|[KMGT]i?B)(?![A-Za-z0-9_])"
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<quantity>{_NUMBER}(?:\s*/\s*[A-Za-z]+|[A-Za-z][A-Za-z0-9.]*|\s*{_SPACED_UNITS})?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<comparison>[<>=!≤≥]+)
    | (?P<sign>[+-])
    | (?P<punctuation>[(),])
    )""",
    re.VERBOSE,
)
_OPS = (">=", "<=", "==", "!=", ">", "<")
_MEANT = {"=": "==", "=>": ">=", "=<": "<=", "≥": ">=", "≤": "<=", "<>": "!=", "!": "!=", "===": "=="}


def tokenise(text: str) -> list[Token]:
    """Cut a condition into tokens, the last one being END. Raises Misread at the first odd character."""
    tokens: list[Token] = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            odd = at + len(text[at:]) - len(text[at:].lstrip())
            raise Misread(f"'{text[odd]}' means nothing in a condition", "METRIC < VALUE, as: latency < 5s", odd)
        token = Token(Sort(found.lastgroup), found[found.lastgroup], found.start(found.lastgroup))
        _refuse_odd_comparison(token)
        tokens.append(token)
        at = found.end()
    return [*tokens, Token(Sort.END, "", len(text.rstrip()))]


def _refuse_odd_comparison(token: Token) -> None:
    if token.sort is Sort.OP and token.text not in _OPS:
        meant = _MEANT.get(token.text)
        hint = f"write {meant}" if meant else "use one of " + " ".join(_OPS)
        raise Misread(f"'{token.text}' is not a comparison", hint, token.at)
