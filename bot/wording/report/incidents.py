"""What went wrong on the way: incidents by hand, breaches, holds, drift, missing data; and what the runbook found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.domain.chronicle import Chronicle
from bot.domain.evidence import Record
from bot.domain.record.reading import moment_of
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.report.happened import happened, when
from bot.wording.report.pieces import Cell, Lines, Prose, Section, Table, Tone
from bot.wording.report.plainly import People, Times, clear, mappings, moment_in, remarked
from bot.wording.sentences import span

ROWS = 60
UNWANTED = frozenset(
    {
        "held",
        "drift",
        "mirror_drift",
        "no_data",
        "unseen",
        "unconfirmed",
        "stuck",
        "late_raise",
        "gate_expired",
        "rehearsal_failed",
    }
    | {"rejected", "kill_partly", "extended", "retried", "action_failed", "action_stands"}
)
"""What nobody wished for, in whatever form it is told."""
TROUBLE = UNWANTED | {"hold_over", "acknowledgement_missed", "rolling_back", "killing", "incident"}
STEPS, ANSWER = 12, 400
FOLLOWS = frozenset({"held", "rolling_back", "killing", "extended", "retried"})
"""What a bad verdict leads to."""


def is_trouble(record: Record) -> bool:
    """Whether a record tells of an incident; a hold that a freeze or a person's wish explains is one, too."""
    breach = record.kind == "verdict_changed" and record.body.get("verdict") in ("breach", "fail")
    return breach or record.kind in TROUBLE


def in_trouble(chronicle: Chronicle) -> list[Record]:
    """All of them in order. A verdict and what follows from it in the same moment are one."""
    found = [record for record in chronicle.records if is_trouble(record)]
    acts = {record.at for record in found if record.kind in FOLLOWS}
    return [record for record in found if record.kind != "verdict_changed" or record.at not in acts]


def incidents(chronicle: Chronicle, people: People, times: Times) -> Section:
    """All of them in order, those by hand with severity and length; a marked false alarm says so (X9)."""
    found = in_trouble(chronicle)
    if not found:
        return Section(t("Incidents"), (Prose(t("None: no hold, no drift, no missing data."), "good"),))
    false = {record.body.get("of"): record for record in chronicle.of_kind("false_alarm")}
    rows = tuple(_row(record, false.get(record.number), people, times) for record in _once(found)[:ROWS])
    head = (*times.heads(), t("Severity"), t("What"), t("Lasted"), t("By"))
    pieces: list[Table | Prose] = [Table(head, rows, times=times.columns)]
    if len(found) > ROWS:
        pieces.append(Prose(t("… and {count} more", count=len(found) - ROWS), "mute"))
    return Section(t("Incidents"), tuple(pieces))


def _once(records: list[Record]) -> list[Record]:
    """An incident by hand is one row: its newest record, which knows its end."""
    newest = {record.body.get("id"): record.number for record in records if record.kind == "incident"}
    return [
        record
        for record in records
        if record.kind != "incident" or newest[record.body.get("id")] == record.number or not record.body.get("id")
    ]


def _row(record: Record, false: Record | None, people: People, times: Times) -> tuple[Cell, ...]:
    told = happened(record, people, times)
    if false is not None:
        reason = clear(false.body.get("reason") or "", 120)
        told = Cell(f"{told.text} " + t("(marked as a false alarm: {reason})", reason=reason), "mute")
    began = moment_in(record.body, "at") or moment_of(record)
    moment = tuple(map(Cell, times.cells(began))) if record.kind == "incident" and began else when(record, times)
    return (*moment, _severity(record), told, Cell(_lasted(record, began)), Cell(people.name(record.actor)))


def _severity(record: Record) -> Cell:
    """As somebody gave it; by itself a way down is the gravest, a hold the least."""
    if given := record.body.get("severity"):
        return Cell(clear(given, 30), "bad")
    grave: Tone = "bad"
    match record.kind:
        case "killing" | "rolling_back" | "stuck" | "late_raise":
            return Cell(t("grave"), grave)
        case "verdict_changed" | "drift" | "mirror_drift" | "unconfirmed" | "kill_partly":
            return Cell(t("serious"), grave)
        case _:
            return Cell(t("notable"), "warn")


def _lasted(record: Record, began: datetime | None) -> str:
    ended = moment_in(record.body, "ended_at")
    if record.kind != "incident":
        return "–"
    return span(ended - began) if ended is not None and began is not None and ended >= began else t("no end on record")


def diagnoses(chronicle: Chronicle, times: Times) -> Section | None:
    """What the runbooks' read-only diagnosis found when metrics went bad (R14); nothing where none ran."""
    found = chronicle.of_kind("diagnosis")
    pieces = [piece for record in found[:ROWS] for piece in _diagnosis(record, times)]
    return Section(t("What the runbook's diagnosis said"), tuple(pieces)) if pieces else None


def _diagnosis(record: Record, times: Times) -> Iterator[Prose | Table | Lines]:
    body = record.body
    moment = moment_in(body, "at") or moment_of(record)
    metric = clear(body.get("metric") or t("a metric"), 60)
    yield Prose(t("{metric} at {at}:", metric=metric, at=times.inline(moment) if moment is not None else "?"))
    if steps := mappings(body.get("steps"))[:STEPS]:
        yield Table((t("Asked"), t("Answer"), t("Took")), tuple(map(_step, steps)))
    remedies = [clear(each, 200) for each in body.get("remedies") or () if isinstance(each, str)]
    if remedies:
        yield Prose(t("Remedies to try:"))
        yield Lines(tuple(Cell(each) for each in remedies[:STEPS]))
    if link := clear(body.get("link") or "", 200):
        yield Prose(t("Runbook: {link}", link=link))


def _step(step: Mapping[str, Any]) -> tuple[Cell, ...]:
    """A diagnosis that failed is told as such: it says nothing of the canary."""
    good = bool(step.get("ok"))
    answer = remarked(step.get("answer") or t("no answer"), ANSWER)
    took, tone = step.get("took_s"), "" if good else "warn"
    length = number(float(took), "seconds") if isinstance(took, int | float) else "–"
    told = answer if good else t("❔ failed: {answer}", answer=answer)
    return Cell(remarked(step.get("what") or "?", 200), code=True), Cell(told, tone), Cell(length)  # type: ignore[arg-type]


def troubles(chronicle: Chronicle) -> str:
    """How many, for the summary."""
    count = len(in_trouble(chronicle))
    return t_many(count, "{count} incident", "{count} incidents")
