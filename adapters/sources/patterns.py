"""Patterns that metrics count lines by: bounded, so that no line can keep one busy for ever."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator

from adapters.http import excerpt
from adapters.options import readable
from bot.domain.planning.fields import misread
from bot.ports import Sample

LONGEST_LINE = 4096
"""So much of a line is looked at."""
LONGEST_PATTERN = 500
_ENDLESS = re.compile(r"[+*}]\)[+*{]|\\[1-9]")
"""A repetition of a repetition, and back references: on the wrong line they take minutes."""


@dataclass(frozen=True)
class LinePattern:
    """An expression that is searched for in lines. Equal by its text."""

    text: str

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.text)

    def fits(self, line: str) -> bool:
        return self.compiled.search(line[:LONGEST_LINE]) is not None

    def counted(self, lines: Iterable[str], at: datetime) -> Sample:
        """How many lines fit; the last of them is the sample's label, shortened."""
        count, last = 0, ""
        for line in lines:
            if self.fits(line):
                count, last = count + 1, line
        return Sample(float(count), at, excerpt(last, length=120))


def _bounded(text: str) -> str:
    if len(text) > LONGEST_PATTERN or _ENDLESS.search(text):
        what = f"the pattern is too long or too deep: {LONGEST_PATTERN} characters, no repetition of a repetition"
        raise misread(what, "write ERROR|CRITICAL")
    return readable(text)


LineText = Annotated[str, AfterValidator(_bounded)]
"""An expression as a plan writes it."""
