"""Who let it go on: each yes with the role at that time, the gate and what was shown; and what was overruled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.chronicle import Chronicle
from bot.domain.evidence import Record
from bot.domain.overrides import Outcome, Override
from bot.domain.overruling import turned_out
from bot.domain.record.reading import moment_of
from bot.domain.rollout import Rollout
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.report.pieces import Cell, Prose, Section, Table, Tone
from bot.wording.report.plainly import People, Times, clear, mappings, moment_in, weight_in
from bot.wording.sentences import how_words

ROWS = 60


def approvals(chronicle: Chronicle, people: People, times: Times) -> Section:
    """Every yes, used or not, every no, and how each gate ended."""
    rows = tuple(_rows(chronicle, people, times))
    head = (*times.heads(), t("Who"), t("Role then"), t("Gate"), t("How"), t("Shown with it"))
    if not rows:
        return Section(t("Approvals"), (Prose(t("Nobody was asked, or nobody answered: no approval is on record.")),))
    more = [Prose(t("… and {count} more", count=len(rows) - ROWS), "mute")] if len(rows) > ROWS else []
    return Section(t("Approvals"), (Table(head, rows[:ROWS], times=times.columns), *more))


def _rows(chronicle: Chronicle, people: People, times: Times) -> Iterator[tuple[Cell, ...]]:
    given = [each for record in chronicle.of_kind("promoted") for each in mappings(record.body.get("approvals"))]
    used = {(_ident(each), moment_in(each, "at")) for each in given}
    gate: Mapping[str, Any] = {}
    for record in chronicle.records:
        match record.kind:
            case "gate":
                gate = record.body
            case "promoted":
                yield from _used(record, people, times)
            case "approved" if (record.actor, moment_of(record)) not in used:
                words = t("{how}; not used", how=how_words(str(record.body.get("how", ""))))
                yield _row(record, record.actor, t("not told"), _weights(gate), Cell(words, "mute"), "–", people, times)
            case "withdrawn":
                yield _row(record, record.actor, "–", _weights(gate), Cell(t("withdrawn"), "mute"), "–", people, times)
            case "rejected":
                why = clear(record.body.get("reason") or t("no reason given"), 200)
                yield _row(record, record.actor, "–", _weights(gate), Cell(t("✋ rejected"), "bad"), why, people, times)


def _used(record: Record, people: People, times: Times) -> Iterator[tuple[Cell, ...]]:
    """The approvals that a promotion counted."""
    shown = [clear(each, 100) for each in record.body.get("warnings") or ()]
    overruled = [clear(each.get("condition"), 100) for each in mappings(record.body.get("overruled"))]
    told = [t("warnings: {warnings}", warnings=", ".join(shown))] if shown else []
    told += [t("overruled: {conditions}", conditions=", ".join(overruled))] if overruled else []
    early = clear(record.body.get("early") or "", 160)
    told += [t("bake ended early: {reason}", reason=early)] if early else []
    aside = "; ".join(told) or t("no warnings")
    given = mappings(record.body.get("approvals"))
    for each in given:
        groups = [clear(group, 60) for group in each.get("groups") or ()]
        how = Cell(how_words(str(each.get("how", ""))))
        yield _row(
            record,
            _ident(each),
            ", ".join(groups) or t("approver"),
            _weights(record.body),
            how,
            aside,
            people,
            times,
            each,
        )
    if not given:
        nobody = Cell(t("no approval was asked for"), "mute")
        yield _row(record, "perch", "–", _weights(record.body), nobody, aside, people, times)


def _ident(approval: Mapping[str, Any]) -> str:
    person = approval.get("person")
    return str(person.get("id", "")) if isinstance(person, Mapping) else ""


def _weights(body: Mapping[str, Any]) -> str:
    return f"{weight_in(body, 'from')} → {weight_in(body, 'to')}" if body else "–"


def _row(
    record: Record,
    who: object,
    role: str,
    gate: str,
    how: Cell,
    shown: str,
    people: People,
    times: Times,
    given: Mapping[str, Any] | None = None,
) -> tuple[Cell, ...]:
    moment = (moment_in(given, "at") if given is not None else None) or moment_of(record)
    cells = times.cells(moment) if moment is not None else ("?",) * len(times.heads())
    loud: Tone = "warn" if shown not in ("–", t("no warnings")) and how.tone == "" else ""
    return (*map(Cell, cells), Cell(people.name(who)), Cell(role), Cell(gate), how, Cell(shown, loud))


def overrides(chronicle: Chronicle, people: People, times: Times) -> Section | None:
    """What the override role was used for, and whether that turned out right; nothing where it wasn't used."""
    rollout = chronicle.rollout
    if not rollout.overrides:
        return None
    rows = tuple(_override(each, rollout, people, times) for each in rollout.overrides[:ROWS])
    head = (*times.heads(), t("Who"), t("What"), t("At"), t("Reason"), t("Turned out"))
    return Section(t("Overrides"), (Table(head, rows, times=times.columns),))


def _override(each: Override, rollout: Rollout, people: People, times: Times) -> tuple[Cell, ...]:
    fix = t(" (fix: {fix})", fix=clear(each.fix, 80)) if each.fix else ""
    right, tone = _right(turned_out(each, rollout))
    told = (Cell(people.name(each.by)), Cell(what_was_overruled(each), "warn"), Cell(f"{each.weight:g}%"))
    return (*map(Cell, times.cells(each.at)), *told, Cell(clear(each.reason, 200) + fix), Cell(right, tone))


def what_was_overruled(each: Override) -> str:
    """In words, with the numbers as they stood."""
    match each.what:
        case "bake":
            return t("the rest of the bake was skipped")
        case "cooldown":
            return t("the cooldown wasn't waited for")
        case _:
            conditions = [
                f"{clear(one.condition, 80)} ({number(one.value, one.unit, one.threshold)})"
                for one in each.overruled[:8]
            ]
            verdict = t("the verdict '{verdict}'", verdict=clear(each.verdict.replace("_", " "), 20))
            return f"{verdict}: {', '.join(conditions)}" if conditions else verdict


def _right(outcome: Outcome) -> tuple[str, Tone]:
    known: Mapping[Outcome, tuple[str, Tone]] = {
        Outcome.RIGHT: (t("right: it went well"), "good"),
        Outcome.WRONG: (t("wrong: traffic had to be taken back"), "bad"),
        Outcome.OPEN: (t("not known yet"), "mute"),
        Outcome.UNUSED: (t("not used"), "mute"),
    }
    return known[outcome]


def counted(chronicle: Chronicle) -> str:
    """How many gates were passed, and with whose yes: for the summary."""
    passed = chronicle.of_kind("promoted")
    return t_many(len(passed), "{count} gate was passed", "{count} gates were passed")
