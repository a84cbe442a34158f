"""The conditions: each against its limit, how near it came, and whether it held, failed, fired or went unmeasured."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.chronicle import Chronicle
from bot.domain.lookback import Seen, seen
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.report.pieces import Cell, Prose, Section, Table, Tone
from bot.wording.report.plainly import clear

ROWS = 60


def guardrails(chronicle: Chronicle) -> Section:
    """All that the record has seen judged, in the plan's order; what never was judged is said."""
    found = seen(chronicle.records)
    judged = {each.condition for each in found}
    rules = [condition.text for stage in chronicle.plan.stages for condition in stage.conditions]
    never = [text for text in dict.fromkeys(rules) if text not in judged]
    head = (t("Condition"), t("Role"), t("Limit"), t("Worst"), t("Median"), t("Outcome"))
    aside = t("As judged at {count} looks that are on record.", count=_looks(found))
    pieces: list[Table | Prose] = [Table(head, tuple(map(_row, found[:ROWS])), aside)] if found else []
    if len(found) > ROWS:
        pieces.append(Prose(t("… and {count} more", count=len(found) - ROWS), "mute"))
    if never:
        shown = ", ".join(clear(text, 80) for text in never[:12])
        pieces.append(Prose(t("Never judged, and so neither good nor bad: {conditions}.", conditions=shown), "mute"))
    return Section(t("Conditions"), tuple(pieces) or (Prose(t("No condition was ever judged."), "warn"),))


def _looks(found: list[Seen]) -> int:
    return max((each.met + each.unmet + each.unmeasured for each in found), default=0)


def _row(each: Seen) -> tuple[Cell, ...]:
    limit = number(each.threshold, each.unit) if each.threshold is not None else "–"
    worst, middle = (
        number(value, each.unit, each.threshold) if value is not None else "–" for value in (each.worst, each.middle)
    )
    word, tone = outcome(each)
    return (
        Cell(clear(each.condition, 120), code=True),
        Cell(role_words(each.role)),
        Cell(limit),
        Cell(worst),
        Cell(middle),
        Cell(word, tone),
    )


def outcome(each: Seen) -> tuple[str, Tone]:
    """How it went: what is bad comes before what isn't known, and that before what is good."""
    blanks = t_many(each.unmeasured, "{count} time without data", "{count} times without data")
    aside = f"; {blanks}" if each.unmeasured else ""
    if each.unmet and each.role == "trigger":
        return t_many(each.unmet, "🛑 fired", "🛑 fired {count} times") + aside, "bad"
    if each.unmet and each.role == "soft":
        return t_many(each.unmet, "⚠️ warned once", "⚠️ warned {count} times") + aside, "warn"
    if each.unmet:
        return t_many(each.unmet, "❌ not met once", "❌ not met {count} times") + aside, "bad"
    if each.unmeasured:
        return f"❔ {blanks}", "warn"
    if not each.met and each.role != "trigger":
        return t("only shown, not judged"), "mute"
    return (t("✅ quiet") if each.role == "trigger" else t("✅ held")), "good"


def role_words(role: str) -> str:
    words: Mapping[str, str] = {
        "hard": t("must hold"),
        "soft": t("should hold"),
        "trigger": t("takes it back"),
        "item": t("checklist"),
    }
    return words.get(role, clear(role, 20))
