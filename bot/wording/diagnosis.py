"""What Perch looked at when a metric went bad, what that said, and what to try (R14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.domain.diagnosing import under_way
from bot.domain.plan import Runbook
from bot.ports import Said
from bot.wording.blocks import said, section
from bot.wording.claims import measured
from bot.wording.language import t, t_many
from bot.wording.sentences import code, cut, joined, moment, plain, prose, span
from bot.wording.telling import Telling

LINES, LEAST, TOGETHER = 10, 3, 30
"""So many lines of each answer are shown, fewer where there are many answers; the record has more."""
WIDTH = 160
NOTICED_S = 1.0
TRIED = 6


def diagnosis(telling: Telling) -> Said:
    """One reply in the thread: why, each look with its answer, the remedies, the link."""
    steps = _steps(telling)
    head = _head(telling, steps)
    blocks = [section((f"*{head}*", *_unfinished(telling)))]
    most = max(LEAST, min(LINES, TOGETHER // max(len(steps), 1)))
    blocks += [section(_step(step, most)) for step in steps]
    rest = [*_hints(telling), *([_where_all_is(telling)] if _any_cut(steps, most) else [])]
    blocks += [section(rest)] if rest else []
    spoken = [f"{plain(step.get('what', ''), 60)}: {plain(_first_line(step), 80)}" for step in steps]
    return said(prose((head, *_unfinished(telling), *spoken, *_hints(telling))), *blocks)


def _head(telling: Telling, steps: Sequence[Mapping[str, Any]]) -> str:
    lines = telling.lines()[:2] if telling.has("lines") else ()
    why = "; ".join(measured(line, telling.now, was=True) for line in lines)
    facts = {"metric": code(telling.facts.get("metric", "")), "why": f": {why}" if why else ""}
    if telling.has("unfinished"):
        return t("🔎 No diagnosis of {metric}{why}.", **facts)
    failed = sum(not step.get("ok") for step in steps)
    if not failed:
        return t("🔎 Diagnosis of {metric}{why}.", **facts)
    missed = t_many(failed, "{count} look of {all} failed", "{count} looks of {all} failed", all=len(steps))
    return t("🔎 Diagnosis of {metric}{why} ({missed}).", missed=missed, **facts)


def _unfinished(telling: Telling) -> list[str]:
    if not telling.has("unfinished"):
        return []
    plan, metric = telling.rollout.plan, telling.text("metric")
    again = t("Look again: `/canary diagnose {plan} {metric}`", plan=plan, metric=metric)
    return [t("Perch was interrupted while it looked, and has no answer."), again]


def _steps(telling: Telling) -> list[Mapping[str, Any]]:
    return [step for step in telling.facts.get("steps") or [] if isinstance(step, Mapping)]


def _step(step: Mapping[str, Any], most: int) -> list[str]:
    what, took_s = code(step.get("what") or "?", 120), float(step.get("took_s") or 0)
    if took_s >= NOTICED_S:
        what = f"{what} ({span(timedelta(seconds=took_s))})"
    if not step.get("ok"):
        return [t("❔ {what} failed: {why}", what=what, why=plain(step.get("answer", "")))]
    return [what, *_answer(step, most)]


def _answer(step: Mapping[str, Any], most: int) -> list[str]:
    """As it was written, line by line; what isn't shown is said."""
    lines = [line for line in str(step.get("answer", "")).split("\n") if line.strip()]
    if not lines:
        return [t("(it said nothing)")]
    shown = [_verbatim(line) for line in lines[:most]]
    if len(lines) > most:
        shown.append(t_many(len(lines) - most, "… and {count} line more", "… and {count} lines more"))
    elif step.get("cut"):
        shown.append(t("… and more, which was cut off"))
    return shown


def _verbatim(line: str) -> str:
    """A line of output as code: its own marks mean nothing to Slack."""
    return code(cut(line.rstrip(), WIDTH), WIDTH)


def _first_line(step: Mapping[str, Any]) -> str:
    return next((line for line in str(step.get("answer", "")).split("\n") if line.strip()), t("(it said nothing)"))


def _any_cut(steps: Sequence[Mapping[str, Any]], most: int) -> bool:
    return any(step.get("cut") or len(str(step.get("answer", "")).splitlines()) > most for step in steps)


def _where_all_is(telling: Telling) -> str:
    return t("The record has more of it: `perch evidence show {id}`", id=plain(telling.rollout.id, 60))


def _hints(telling: Telling) -> list[str]:
    """What else to look at, what to try, and the runbook itself."""
    lines = []
    if look_at := telling.words("look_at")[:TRIED]:
        lines.append(t("Look at: {what}", what="; ".join(look_at)))
    remedies = telling.words("remedies")[:TRIED]
    lines += [t("To try: {what}", what=each) for each in remedies]
    if telling.has("link"):
        lines.append(t("Runbook: {link}", link=telling.text("link")))
    return lines


def runbook_lines(telling: Telling, metrics: Sequence[str], most: int = 3) -> list[str]:
    """For metrics that are bad: their runbook in a line each, and how their diagnosis stands."""
    lines = []
    for name in dict.fromkeys(metrics):
        metric = telling.plan.metrics.get(name)
        if metric is None or metric.runbook is None:
            continue
        parts = [*_written(metric.runbook), *([_stands(telling, name)] if metric.runbook.diagnose else [])]
        if parts:
            lines.append(t("*Runbook* of {metric}: {hints}", metric=code(name), hints=" · ".join(parts)))
    return lines[:most]


def _written(book: Runbook) -> list[str]:
    parts = [plain(book.link)] if book.link else []
    if book.look_at:
        parts.append(t("look at {what}", what="; ".join(plain(each) for each in book.look_at[:3])))
    if book.remedies:
        parts.append(t("to try: {what}", what="; ".join(plain(each) for each in book.remedies[:3])))
    return parts


def _stands(telling: Telling, metric: str) -> str:
    """How the newest diagnosis of a metric stands."""
    known = telling.rollout.diagnoses.get(metric)
    if known is None:
        return t("diagnosis: `/canary diagnose {plan} {metric}`", plan=telling.rollout.plan, metric=plain(metric))
    if known.answered_at is not None and not known.unfinished:
        return t("diagnosed at {at}, see the thread", at=moment(known.answered_at, telling.now))
    if under_way(known, telling.now):
        return t("Perch is looking since {at}", at=moment(known.at, telling.now))
    return t("the diagnosis of {at} has no answer", at=moment(known.at, telling.now))


def begun(metrics: Sequence[str]) -> str:
    """The receipt for who asked: what is looked at now."""
    names = joined([code(each) for each in metrics])
    return t("Perch is looking at {metrics}; the answers come in the thread.", metrics=names)
