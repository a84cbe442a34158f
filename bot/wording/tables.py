"""A table within Slack's limits: at most 100 rows of 20 cells, no empty cell, 10,000 characters in all."""

from __future__ import annotations

from collections.abc import Sequence

from bot.wording.blocks import Block
from bot.wording.plain_text import plain_text
from bot.wording.sentences import cut, spoken

ROWS, COLUMNS, CELL, TEXT = 100, 20, 120, 9_000
EMPTY = "–"
"""Slack refuses a cell without text."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """Cells are said as everywhere, and shown without marks."""
    return raw_table(_unmarked(head), [_unmarked(row) for row in rows])


def raw_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """Cells are shown as they are. What doesn't fit is left out from the end."""
    kept, room = [_row(head)], TEXT
    for row in map(_row, rows[: ROWS - 1]):
        room -= sum(len(cell) for cell in row)
        if room < 0:
            break
        kept.append(row)
    return {
        "type": "table",
        "column_settings": [{"is_wrapped": True} for _ in kept[0]],
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in kept],
    }


def _unmarked(cells: Sequence[str]) -> list[str]:
    return [plain_text(spoken(cell)) for cell in cells]


def _row(cells: Sequence[str]) -> list[str]:
    return [cut(_harmless(cell), CELL) or EMPTY for cell in cells[:COLUMNS]]


def _harmless(cell: str) -> str:
    """One line. Cells have no markup; still nothing in them looks like a call to a whole channel."""
    return " ".join(cell.split()).replace("<!", "< !").replace("<@", "< @")
