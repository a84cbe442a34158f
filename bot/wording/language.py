"""In which language something is worded: English stands in the code, every other language is one file in `languages/`.

Sentences are written as `t("{name} is on hold at {weight}.", name=…, weight=…)`: the English template is the key of
the catalogue. A template without a translation is said in English, and a test says that it's missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from bot.domain.phrases import Phrase

Catalogue = Mapping[str, str]
"""English template → template of another language, with the same `{names}`."""

ENGLISH: Catalogue = {}

_spoken: ContextVar[Catalogue] = ContextVar("spoken", default=ENGLISH)


def t(template: str, /, **values: object) -> str:
    """The sentence in the language that is being spoken, filled in. Braces that are meant as such are doubled."""
    return _spoken.get().get(template, template).format(**values)


def t_many(count: int, one: str, more: str, /, **values: object) -> str:
    """The template for exactly one, or the one for more and for none; both may say `{count}`."""
    return t(one if count == 1 else more, count=count, **values)


def retold(words: object) -> str:
    """Words of the domain in the language that is being spoken, facts and all; what is no phrase, as it is."""
    if not isinstance(words, Phrase):
        return str(words)
    template = _spoken.get().get(words.template, words.template)
    return template.format(**{name: retold(fact) for name, fact in words.facts.items()}) if words.facts else template


@contextmanager
def speaking(catalogue: Catalogue) -> Iterator[None]:
    """Word everything inside in this language; it counts for the current task alone."""
    token = _spoken.set(catalogue)
    try:
        yield
    finally:
        _spoken.reset(token)


def speak(catalogue: Catalogue) -> None:
    """Go on in this language, to the end of the `speaking` around: once it's known whom a question is about."""
    _spoken.set(catalogue)
