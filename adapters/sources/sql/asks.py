"""What a metric says to a database: one SELECT, whose `:names` are filled in by the driver and never into the text."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from adapters.sources.figures import ReadAs
from bot.domain.named_values import NAMES
from bot.domain.planning.fields import misread

AT = "at"
"""The time that is asked about: now, or an earlier one for a baseline."""

_PIECES = re.compile(
    r"'(?:[^']|'')*'"
    r'|"(?:[^"]|"")*"'
    r"|--[^\n]*"
    r"|/\*.*?\*/"
    r"|\$(\w*)\$.*?\$\1\$"
    r"|::"
    r"|(?<![\w:]):([A-Za-z_]\w*)",
    re.DOTALL,
)
_SELECTS = ("select", "with", "values")


def _query(text: str) -> str:
    bare = " ".join(_PIECES.sub(lambda found: f" :{found[2]} " if found[2] else " ", text).split())
    if not bare.lstrip("( ").lower().startswith(_SELECTS):
        raise misread("a metric's query only reads, so it begins with SELECT or WITH", "write SELECT count(*) FROM …")
    if ";" in bare.rstrip("; "):
        raise misread("a metric asks one statement", "make a metric of each")
    return text.strip().rstrip(";").rstrip()


class Ask(BaseModel):
    """`query` answers one row with one number; more columns are named in `by` and tell the rows apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: Annotated[str, Field(min_length=1), AfterValidator(_query)]
    by: tuple[str, ...] = ()
    read_as: ReadAs = Field(default="number", alias="as")


def names_in(query: str) -> frozenset[str]:
    """The `:names` that a query uses, those in texts and comments left out."""
    return frozenset(found[2] for found in _PIECES.finditer(query) if found[2])


def rollouts_names(ask: Ask) -> frozenset[str]:
    """Those that the rollout knows; the others stand in the source's `values`."""
    return names_in(ask.query) & NAMES


def escaped(query: str) -> str:
    """The query for SQLAlchemy's `text()`, which takes `:word` in a text or a comment for a name as well."""
    return _PIECES.sub(lambda found: found[0] if found[2] else re.sub(r":(?=\w)", r"\\:", found[0]), query)
