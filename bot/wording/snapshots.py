"""Every metric as it is now, for whoever asks (S3). What doesn't answer is named; it is never left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.conditions import About
from bot.domain.measurements import Measured, Measurement
from bot.domain.rollout import Check, Line
from bot.ports import Said
from bot.wording.blocks import context, said, section
from bot.wording.claims import read
from bot.wording.conditions import verdict_text
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.remarks import remark
from bot.wording.sentences import code, moment_exact, prose
from bot.wording.slos import slo_lines, slos_spoken
from bot.wording.tables import table
from bot.wording.telling import Telling

SPOKEN = 12
MARKS = {True: "✅", False: "❌", None: "❔"}
TRIGGERS = {True: "🛑", False: "💤", None: "❔"}


def measured_now(telling: Telling, check: Check, found: Mapping[str, Measurement]) -> Said:
    """A table of all metrics, and the verdict that a check would give now."""
    at, weight = moment_exact(check.at), telling.rollout.confirmed
    head = t(
        "{name} at {weight}, asked at {at}: {verdict}.",
        name=telling.title,
        weight=weight,
        at=at,
        verdict=verdict_text(check),
    )
    silent = [name for name, each in found.items() if not isinstance(each, Measured)]
    missing = t_many(
        len(silent),
        "❔ {count} metric didn't answer; that's neither good nor bad.",
        "❔ {count} metrics didn't answer; that's neither good nor bad.",
    )
    rows = [_row(name, each, telling, check) for name, each in found.items()]
    values = [t("{metric}: {value}", metric=name, value=value) for name, value, *_ in rows[:SPOKEN]]
    shown = table((t("Metric"), t("Now"), t("Baseline"), t("Conditions")), rows)
    note = t("Asked for this answer alone: it is no check, and changes nothing.")
    notes = [missing] if silent else []
    objectives = [section(lines)] if (lines := slo_lines(check.slos)) else []
    spoken = prose((head, *notes, *values, *slos_spoken(check.slos)))
    return said(spoken, section((f"*{head}*", *notes)), shown, *objectives, context(note))


def _row(name: str, found: Measurement, telling: Telling, check: Check) -> Sequence[str]:
    metric, base = telling.plan.metrics[name], telling.rollout.baselines.get(name)
    unit = metric.unit.value
    if isinstance(found, Measured):
        shown = _seen(found) if _probes(name, check.lines) else number(found.value, unit)
        value = shown + (f" ({remark(found.series, 40)})" if found.series else "")
    else:
        value = t("no data, {why}", why=remark(found.detail, 80))
    baseline = number(base.value, unit) if base is not None else ""
    return code(name), value, baseline, ", ".join(_claims(name, check.lines))


def _seen(found: Measured) -> str:
    return t("up") if found.value else t("down")


def _probes(name: str, lines: Sequence[Line]) -> bool:
    """Whether a condition asks if it is up: then that is what people want to read, not 1 or 0."""
    asked = [read(line.condition) for line in lines if line.metric == name]
    return any(each is not None and each.subject.about in (About.UP, About.DOWN) for each in asked)


def _claims(name: str, lines: Sequence[Line]) -> list[str]:
    return [f"{_mark(line)} {code(line.condition, 80)}" for line in lines if line.metric == name]


def _mark(line: Line) -> str:
    """A trigger is quiet or has fired; what isn't judged yet has a mark of its own."""
    if not line.counts:
        return "⏳"
    return (TRIGGERS if line.role == "trigger" else MARKS)[line.met]
