"""A sentence, or a part of one, that goes on record in English and can be told to people in another language."""

from __future__ import annotations

from collections.abc import Sequence


class Phrase:
    """A template with named blanks, and the facts that fill them; a fact may be a phrase itself. `str` is English."""

    __slots__ = ("facts", "template")

    def __init__(self, template: str, /, **facts: object) -> None:
        self.template, self.facts = template, facts

    def __str__(self) -> str:
        return self.template.format(**self.facts) if self.facts else self.template


Words = str | Phrase
"""Words of ours, to be told in any language; or anybody's, and commands, as they are."""


def lined(phrases: Sequence[Phrase]) -> Phrase:
    """Phrases below each other, as one."""
    facts = {f"line{number}": each for number, each in enumerate(phrases)}
    return Phrase("\n".join(f"{{{name}}}" for name in facts), **facts)
