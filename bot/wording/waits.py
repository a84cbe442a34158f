"""What is waited for, in words, each with a time where it can be told (X1); and how close it is to failing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.margins import Margin, closest
from bot.domain.rollout import Check
from bot.domain.waits import Wait, Waiting
from bot.wording.claims import compact, subject
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.remarks import remark
from bot.wording.sentences import by_when, code, plain, quoted, who
from bot.wording.tasks import awaited_task
from bot.wording.telling import Telling
from bot.wording.unfinished import end_words

ITEM = 120
"""Characters of a checklist's item; the whole is in the plan."""
NEAR = 0.1
"""What has used up less of its room than this isn't worth a line of its own."""


def waiting_words(waits: Sequence[Waiting], telling: Telling) -> str:
    """`the bake, until 14:32 (in 30 min); a fresh check`."""
    ticks = [wait for wait in waits if wait.about is Wait.TICK]
    rest = [wait for wait in waits if wait.about is not Wait.TICK or len(ticks) == 1]
    words = [awaited(wait, telling) for wait in rest]
    if len(ticks) > 1:
        words.insert(
            sum(wait.about in (Wait.APPROVALS, Wait.GROUP) for wait in rest),
            t("{count} items of the checklist to be ticked", count=len(ticks)),
        )
    return "; ".join(words)


def awaited(wait: Waiting, telling: Telling) -> str:
    """One thing that is waited for."""
    when = by_when(wait.until, telling.now) if wait.until is not None else ""
    match wait.about:
        case Wait.APPROVALS:
            return t_many(int(wait.number), "{count} more approval", "{count} more approvals")
        case Wait.GROUP:
            return t("an approval from {group}", group=who(wait.name))
        case Wait.TICK:
            return t("{item} to be ticked", item=quoted(wait.name, ITEM))
        case Wait.ITEM:
            return t("{item} ({found})", item=quoted(wait.name, ITEM), found=_found(wait, telling))
        case Wait.CONDITION:
            return t("{condition} ({found})", condition=code(wait.name), found=remark(wait.detail) or t("not met"))
        case Wait.END | Wait.ARTIFACT:
            return end_words(wait, telling)
        case Wait.INCIDENT:
            return _incident(wait, telling)
        case Wait.TASK:
            return awaited_task(telling, wait.name)
        case Wait.BAKE:
            return t("the bake, until {when}", when=when)
        case Wait.CLEAN:
            return t("no failed check until {when}", when=when)
        case Wait.SAMPLES:
            return _samples(wait, telling, when)
        case Wait.FREEZE:
            return _thaw(wait, when)
        case Wait.WINDOW:
            return t("the time window, which opens {when}", when=when)
        case Wait.READ_BACK:
            return t("{weight} to be read back; the bake stands still until then", weight=plain(wait.name))
        case Wait.REHEARSAL if wait.detail:
            return t("the kill switch to pass its rehearsal ({fault})", fault=remark(wait.detail))
        case Wait.ACTION | Wait.UNDOING:
            return _acted(wait)
        case Wait.NEW_GATE if wait.detail == "changed":
            return t("a new gate; the plan or the version has changed")
        case about:
            return _simple(about)


def _acted(wait: Waiting) -> str:
    what = quoted(wait.name, ITEM)
    undoing = wait.about is Wait.UNDOING
    words = t("action {what} to be taken back", what=what) if undoing else t("action {what} to be done", what=what)
    return f"{words} ({remark(wait.detail)})" if wait.detail else words


def _incident(wait: Waiting, telling: Telling) -> str:
    found = next((each for each in telling.rollout.incidents if each.id == wait.name), None)
    facts = {"id": plain(wait.name, 20), "what": quoted(found.what, 80) if found else ""}
    if wait.detail:
        return t("incident {id} ({what}) is over, but counts in this plan all the same: roll back, or replan", **facts)
    return t("incident {id} to be over: {what}", **facts)


def _found(wait: Waiting, telling: Telling) -> str:
    """What the newest check says about an automatic item."""
    wanted = telling.stage.checklist[int(wait.number) - 1].auto
    lines = telling.rollout.check.items if telling.rollout.check is not None else ()
    return next((compact(line) for line in lines if wanted and line.condition == wanted.text), t("not checked yet"))


def _simple(about: Wait) -> str:
    return {
        Wait.GATE: t("an open gate"),
        Wait.NEW_GATE: t("a new gate; this one has expired"),
        Wait.FRESH_CHECK: t("a fresh check"),
        Wait.PREFLIGHT: t("a fresh green preflight"),
        Wait.PASSING_CHECK: t("a passing check"),
        Wait.CONFIRMATION: t("the present weight to be confirmed"),
        Wait.REHEARSAL: t("the kill switch to be rehearsed again"),
        Wait.SETTLING: t("the metrics to settle"),
    }[about]


def _samples(wait: Waiting, telling: Telling, when: str) -> str:
    """`12,000 more canary requests for success_rate, there 14:32 (in 40 min) at the present rate`."""
    metric = telling.plan.metrics.get(wait.name)
    of = plain(metric.at_least.of, 40) if metric is not None and metric.at_least is not None else t("samples")
    known = telling.rollout.samples.get(wait.name)
    facts = {"count": number(max(wait.number, 1), "count"), "of": of, "metric": code(wait.name)}
    if when:
        return t("{count} more {of} for {metric}, there {when} at the present rate", when=when, **facts)
    if known is not None and len(known.counts) > 1:
        return t("{count} more {of} for {metric}; at present none come", **facts)
    return t("{count} more {of} for {metric}; the rate shows with the next check", **facts)


def _thaw(wait: Waiting, when: str) -> str:
    service, why = plain(wait.name, 60) or t("everything"), plain(wait.detail, 160)
    if when:
        return t("the freeze of {service} to end ({why}), until {when}", service=service, why=why, when=when)
    return t("the freeze of {service} to end ({why})", service=service, why=why)


def closest_words(check: Check | None) -> list[str]:
    """How far from failing the hard condition is that is closest to it; nothing where that can't be told."""
    margin = closest(check) if check is not None and check.judged else None
    return [_margin(margin)] if margin is not None and margin.used >= NEAR else []


def _margin(margin: Margin) -> str:
    line = margin.line
    facts = {
        "subject": subject(line),
        "value": number(line.value, line.unit, margin.limit),
        "limit": number(margin.limit, line.unit),
    }
    match margin.side:
        case "at":
            return t("Closest to failing: {subject} is {value}, would fail at {limit}.", **facts)
        case "over":
            return t("Closest to failing: {subject} is {value}, would fail over {limit}.", **facts)
        case "under":
            return t("Closest to failing: {subject} is {value}, would fail under {limit}.", **facts)
