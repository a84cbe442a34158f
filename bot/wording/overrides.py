"""What was overruled, and by whom (X9). Loud, and never as if it had passed; how it turned out: `judging`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.evidence import Record
from bot.domain.overrides import Overruled
from bot.domain.record.outcomes import judged
from bot.domain.rollout import Gate, Line, Rollout
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.claims import measured
from bot.wording.judging import outcome_text
from bot.wording.language import t
from bot.wording.remarks import remark
from bot.wording.sentences import code, quoted, who
from bot.wording.telling import Telling
from bot.wording.waiting import approvals_wanted

ROWS = 20
CONDITIONS = 8


def overruled(telling: Telling) -> Said:
    """Break-glass, said in the channel: what exactly, why, what is still needed, what ends it."""
    rollout = telling.rollout
    sentence = t(
        "🔓 {person} overruled the verdict of {name} at {weight}: {reason}.",
        person=telling.by(),
        name=telling.name,
        weight=telling.percent("from"),
        reason=telling.text("reason"),
    )
    to, approvals = telling.percent("to"), telling.stage.approvals
    wanted = approvals_wanted(approvals, telling.plan.roles.approvers, rollout.involved)
    lines = [
        *overruled_lines(overruled_in(telling.facts), telling.now),
        t("A gate to {weight} is open for exactly this. It still needs {wanted}.", weight=to, wanted=wanted),
        t("A breach, or anything else that fails or goes unmeasured, closes it. Rollback triggers stay on."),
    ]
    return told(sentence, *lines)


def at_gate(gate: Gate, telling: Telling) -> list[str]:
    """What a yes to this gate overrules besides, whose word that is, and why."""
    by = next((each for each in telling.rollout.overrides if gate.overruled and each.gate == gate.id), None)
    if by is None:
        return []
    lines = overruled_lines(gate.overruled, telling.now)
    return [t("🔓 {person} overruled this verdict: {reason}", person=who(by.by), reason=quoted(by.reason)), *lines]


def overruled_in(facts: Mapping[str, Any]) -> list[Overruled]:
    return [Overruled.model_validate(each) for each in facts.get("overruled") or ()]


def overruled_lines(overruled: Sequence[Overruled], now: datetime) -> list[str]:
    """One line for each condition; what wasn't measured says so."""
    lines = [_condition(each, now) for each in overruled[:CONDITIONS]]
    more = len(overruled) - CONDITIONS
    return [*lines, t("… and {count} more", count=more)] if more > 0 else lines


def _condition(each: Overruled, now: datetime) -> str:
    if not each.measured:
        why = remark(each.detail) or t("no data")
        return t("Overruled: {condition}, not measured ({why}).", condition=code(each.condition), why=why)
    line = Line(
        role="hard",
        condition=each.condition,
        met=False,
        value=each.value,
        unit=each.unit,
        threshold=each.threshold,
        detail=each.detail,
    )
    return t("Overruled: {measured}.", measured=measured(line, now))


def uses(rollout: Rollout, now: datetime, records: Sequence[Record] = ()) -> list[str]:
    """A rollout's own overrides, and how they turned out by its record."""
    return [outcome_text(word, rollout.plan, now) for word in judged(rollout, records)[:ROWS]]
