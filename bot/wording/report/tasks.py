"""What was run while the rollout was at its stages, and what came of it (O6, R24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.chronicle import Chronicle
from bot.domain.evidence import Record
from bot.wording.language import t, t_many
from bot.wording.report.happened import when
from bot.wording.report.pieces import Cell, Section, Table, Tone
from bot.wording.report.plainly import Times, clear
from bot.wording.tasks import lasted, number_words

ROWS = 60
_TONES: Mapping[str, Tone] = {"passed": "good", "failed": "bad", "stopped": "warn", "unfinished": "warn"}


def tasks(chronicle: Chronicle, times: Times) -> Section | None:
    """One row for each attempt, in order; nothing where the plan has none."""
    ended = chronicle.of_kind("task_ended")
    over = {record.body.get("id") for record in ended}
    open_ones = [record for record in chronicle.of_kind("task_begun") if record.body.get("id") not in over]
    found = sorted((*ended, *open_ones), key=lambda record: record.number)
    if not found:
        return None
    head = (*times.heads(), t("Task"), t("Result"), t("Measured"), t("Took"))
    left = len(found) - ROWS
    aside = t_many(left, "{count} more is left out.", "{count} more are left out.") if left > 0 else ""
    return Section(t("Tasks"), (Table(head, tuple(_row(each, times) for each in found[:ROWS]), aside, times.columns),))


def _row(record: Record, times: Times) -> tuple[Cell, ...]:
    body = record.body
    outcome = str(body.get("outcome") or "")
    result = Cell(_result(outcome, body), _TONES.get(outcome, "warn"))
    cells = (Cell(clear(body.get("task") or "?", 60)), result, Cell(number_words(body) or "–"))
    return (*when(record, times), *cells, Cell(lasted(body.get("took_s"))))


def _result(outcome: str, body: Mapping[str, Any]) -> str:
    why = clear(body.get("why") or "", 200)
    words = {
        "passed": t("passed"),
        "failed": t("failed"),
        "stopped": t("stopped"),
        "unfinished": t("no result"),
    }.get(outcome, t("no result"))
    return f"{words}: {why}" if why else words
