"""How what people type is read: words, quoted words, `name=value`; and what they may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.domain.units import parse_duration

# Phones and desktops put typographic quotes where people type plain ones.
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "\u00a0": " "})
_WORD = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_SINGLE = re.compile(r"""(?<![^\s=])'([^'"]+)'(?!\S)""")
"""Quotes as shells take them; the apostrophe within a word is none."""


def split(text: str) -> tuple[str, ...]:
    """The words of a command; what stands in quotes is one word, quotes removed."""
    quoted = _SINGLE.sub(r'"\1"', text.translate(_QUOTES))
    return tuple(word.replace('"', "") for word in _WORD.findall(quoted))


_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


def bare(mention: str) -> str:
    """A mention as Slack may send it (`<@U0123|ana>`) by its id; anything else as it is."""
    return _MENTION.sub(r"\1", mention)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.55) -> str:
    """What was probably meant, or ""."""
    found = get_close_matches(word.lower(), [*known], n=1, cutoff=cutoff)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Typed:
    """Words apart from options."""

    plain: tuple[str, ...]
    options: Mapping[str, str]

    @property
    def name(self) -> str:
        """The first word: whom it is about, or ""."""
        return self.plain[0] if self.plain else ""

    @property
    def rest(self) -> str:
        """All after the name: a reason."""
        return " ".join(self.plain[1:])


def typed(verb: str, words: Sequence[str], options: Iterable[str] = (), also: Mapping[str, str] | None = None) -> Typed:
    """Tell words from `name=value`. Raises BadRequest, with the corrected command, for an option that isn't known."""
    known = {*options}
    found: dict[str, str] = {}
    plain: list[str] = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.isalpha() or not known:
            plain.append(word)
        elif name.lower() in known:
            found[name.lower()] = value
        else:
            raise _unknown_option(verb, words, word, name, known)
    return Typed(tuple(plain), {**(also or {}), **found})


def _unknown_option(verb: str, words: Sequence[str], word: str, name: str, known: set[str]) -> BadRequest:
    meant = nearest(name, known)
    better = word.replace(name, meant, 1) if meant else ""
    corrected = [better if each == word else each for each in words]
    say_what = ", ".join(f"{option}=" for option in sorted(known))
    return BadRequest(
        Phrase("I don't know '{name}='; {verb} takes {say_what}.", name=name, verb=verb, say_what=say_what),
        command(verb, corrected),
    )


def command(verb: str, words: Sequence[str] = ()) -> str:
    """A whole command, ready to copy."""
    return " ".join(["/canary", verb, *(_spelled(word) for word in words if word)])


def _spelled(word: str) -> str:
    if " " not in word:
        return word
    name, sign, value = word.partition("=")
    return f'{name}="{value}"' if sign and name.isalpha() else f'"{word}"'


_DURATION = re.compile(r"(\d+(\.\d+)?(ms|s|m|h|d|w))+")


_SPOKEN = re.compile(r"(\d+(?:\.\d+)?) ?(s|m|h|d|w)(?:ec|ecs|econds?|in|ins|inutes?|r|rs|ours?|ays?|eeks?)?", re.I)


def leading_duration(words: Sequence[str]) -> tuple[timedelta | None, str]:
    """A duration at the beginning of words (`24h`, `for 30m`, `for 2 hours`), and the rest as a reason."""
    lasting, rest = after_duration(words)
    return lasting, " ".join(rest)


def after_duration(words: Sequence[str]) -> tuple[timedelta | None, Sequence[str]]:
    """The same, with the words that are left. Two words are a duration after `for`, and where nothing follows:
    `5 minutes ago it broke` is a reason."""
    said_for = bool(words) and words[0].lower() == "for"
    left = words[1:] if said_for else words
    if left and _DURATION.fullmatch(left[0]):
        return parse_duration(left[0]), left[1:]
    for count in (1, 2) if said_for else (len(left),):
        spoken = _SPOKEN.fullmatch(" ".join(left[:count])) if len(left) >= count and count <= 2 else None
        if spoken is not None:
            return parse_duration(f"{spoken[1]}{spoken[2].lower()}"), left[count:]
    return None, words
