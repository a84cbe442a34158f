"""What a query answered, as samples: one for each row, named by the columns that the metric says tell rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.http import excerpt
from adapters.sources.figures import figure
from adapters.sources.sql.asks import Ask
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Nonsense, Sample

MOST_ROWS = 200
"""So many series are judged; a query that answers more was meant otherwise."""


def samples(ask: Ask, columns: Sequence[str], rows: Sequence[Sequence[Any]], at: datetime) -> Answer:
    """The answer that rows are. Raises Nonsense."""
    if len(rows) > MOST_ROWS:
        raise Nonsense(f"the query answers more than {MOST_ROWS} rows where one is meant")
    value, names = _value_column(ask, columns)
    found = [
        Sample(figure(row[value], ask.read_as, columns[value]), at, _called(row, columns, names))
        for row in rows
        if row[value] is not None
    ]
    if not found:
        why = f"{columns[value]} is NULL" if rows else "the query answers no row"
        return NoData(Missing.EMPTY, why, at)
    if len(found) > 1 and not names:
        raise Nonsense(f"the query answers {len(rows)} rows where one is meant; name the column that tells them apart")
    return tuple(found)


def _value_column(ask: Ask, columns: Sequence[str]) -> tuple[int, tuple[int, ...]]:
    """Where the number stands, and where the names do."""
    lower = [column.lower() for column in columns]
    if lacking := [name for name in ask.by if name.lower() not in lower]:
        raise Nonsense(f"the query answers no column {lacking[0]}; its columns are {excerpt(', '.join(columns))}")
    names = tuple(lower.index(name.lower()) for name in ask.by)
    rest = [number for number in range(len(columns)) if number not in names]
    if len(rest) != 1:
        hint = "name the others in by: […], with series: max, min or each" if rest else "it needs one more, the number"
        raise Nonsense(f"the query answers {len(columns)} columns ({excerpt(', '.join(columns))}); {hint}")
    return rest[0], names


def _called(row: Sequence[Any], columns: Sequence[str], names: Sequence[int]) -> str:
    return excerpt(", ".join(f"{columns[name]}={row[name]}" for name in names)) if names else ""
