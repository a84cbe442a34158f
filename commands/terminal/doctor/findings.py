"""One line of the doctor's: what was looked at, how it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.wording.plain_text import plain_text


class Grade(StrEnum):
    """OK; NOTE: worth knowing, nothing to mend now; BAD: mend it."""

    OK = "OK"
    NOTE = "NOTE"
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Finding:
    """`said` holds no secrets; for a BAD one it ends with what to do."""

    grade: Grade
    what: str
    said: str

    def __str__(self) -> str:
        return plain_text(" ".join(f"{self.grade.value:<4}  {self.what}: {self.said}".split("\n")))


def ok(what: str, said: str) -> Finding:
    return Finding(Grade.OK, what, said)


def note(what: str, said: str) -> Finding:
    return Finding(Grade.NOTE, what, said)


def bad(what: str, said: str) -> Finding:
    return Finding(Grade.BAD, what, said)
