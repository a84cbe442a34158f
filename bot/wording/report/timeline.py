"""What happened when, at which weight, by whom; and the stages, how long each lasted and who let it go on."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.chronicle import Chronicle
from bot.domain.evidence import Record
from bot.domain.record.reading import moment_of
from bot.wording.language import t, t_many
from bot.wording.report.courses import stage_times
from bot.wording.report.happened import WORDS, happened, when
from bot.wording.report.pieces import Cell, Prose, Section, Table
from bot.wording.report.plainly import People, Times, clear
from bot.wording.sentences import span

ROWS = 120
CLOSES = frozenset({"rolling_back", "held", "killing", "replanned"})
"""What closes a gate besides, and is told by itself."""


def timeline(chronicle: Chronicle, people: People, times: Times) -> Section:
    """In order; of a long story the beginning and the end."""
    closed = {record.at for record in chronicle.of_kind(*CLOSES)}
    told = [
        record
        for record in chronicle.records
        if record.kind in WORDS and not (record.kind == "gate_closed" and record.at in closed)
    ]
    left = len(told) - ROWS
    shown = told if left <= 0 else [*told[: ROWS // 2], *told[-ROWS // 2 :]]
    head = (*times.heads(), t("Weight"), t("What"), t("By"))
    aside = t_many(left, "{count} entry in the middle is left out.", "{count} entries in the middle are left out.")
    rows = tuple(_row(record, people, times) for record in shown)
    table = Table(head, rows, aside if left > 0 else "", times.columns)
    return Section(t("Timeline"), (table,) if shown else (Prose(t("The record tells nothing."), "warn"),))


def _row(record: Record, people: People, times: Times) -> tuple[Cell, ...]:
    where = record.body.get("at")
    weight = where.get("weight") if isinstance(where, Mapping) else None
    shown = f"{weight:g}%" if isinstance(weight, int | float) else ""
    return (*when(record, times), Cell(shown), happened(record, people, times), Cell(people.name(record.actor)))


def stages(chronicle: Chronicle, people: People, times: Times) -> Section | None:
    """Each stage that was reached, and those that weren't."""
    rows, plan = [], chronicle.plan
    for each in stage_times(chronicle):
        stage = plan.stages[each.stage]
        left = [
            record
            for record in chronicle.of_kind("promoted")
            if record.number > each.after and (moment := moment_of(record)) is not None and moment <= each.end
        ]
        by = left[-1].body.get("by") if left else None
        who = people.all(by) if isinstance(by, list | tuple) else ""
        cells = (str(stage.weight), clear(stage.name or "", 60), *times.cells(each.begin), span(each.end - each.begin))
        rows.append((*map(Cell, cells), Cell(span(stage.bake)), Cell(who or "–")))
    reached = {each.stage for each in stage_times(chronicle)}
    blank = ("–",) * (len(times.heads()) + 1)
    for index, stage in enumerate(plan.stages):
        if index not in reached and rows:
            cells = (str(stage.weight), clear(stage.name or "", 60), *blank, span(stage.bake), t("not reached"))
            rows.append(tuple(Cell(text, "mute") for text in cells))
    if not rows:
        return None
    named = any(stage.name for stage in plan.stages)
    head = (t("Weight"), t("Name"), *times.heads(), t("Lasted"), t("Bake"), t("Let on by"))
    if named:
        return Section(t("Stages"), (Table(head, tuple(rows)),))
    return Section(t("Stages"), (Table((head[0], *head[2:]), tuple((row[0], *row[2:]) for row in rows)),))
