"""What is told of a rollback: that it has begun in one line, how it ended in full, whether the world is well again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.rollout import Line
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.claims import claim, measured, read
from bot.wording.sentences import code, joined, moment, moment_exact, plain, span
from bot.wording.telling import Telling

CAUSES = 4
RUNBOOKS = 2


def rolling_back(telling: Telling) -> Said:
    """Down has begun. One line: the end of it is told in full, mostly within the second."""
    frm = telling.percent("from") if telling.has("from") else str(telling.rollout.confirmed)
    by = telling.by()
    asked = f", {by} asked for it" if by != "Perch" else ""
    why = _causes(telling) or [telling.text("reason", "no reason given")]
    return told(f"⏪ {telling.name} is rolling back, {frm} → {telling.percent('to')}{asked}: {'; '.join(why)}.")


def rolled_back(telling: Telling) -> Said:
    """What happened, why, what Perch did, what customers got, what comes next: fit to forward."""
    frm, to = telling.percent("from"), telling.percent("to")
    ended = telling.rollout.ended_at or telling.now
    return told(
        f"⏪ {telling.title} was rolled back: {frm} → {to} {telling.took()}.",
        *_why(telling),
        f"*What Perch did:* it set the traffic to {to} and read it back, done at {moment_exact(ended)}.",
        f"*Customers:* {_exposure(telling, ended)}.",
        *_next(telling),
    )


def _why(telling: Telling) -> list[str]:
    causes, reason = _causes(telling), telling.text("reason", "no reason given")
    if not causes:
        return [f"*Why:* {reason}."]
    rule = ", a rollback trigger of the plan" if _bad(telling)[0].role == "trigger" else ""
    return [f"*Why:* {reason}{rule}. {joined(causes)}."]


def _bad(telling: Telling) -> list[Line]:
    """The conditions that the reason names; a person's reason names none, however bad things were."""
    reason = str(telling.facts.get("reason") or telling.rollout.reason)
    return [line for line in telling.lines() if line.condition in reason and line.met is (line.role == "trigger")]


def _causes(telling: Telling) -> list[str]:
    at = telling.rollout.ended_at or telling.now
    return [measured(line, at, was=True) for line in _bad(telling)[:CAUSES]]


def _exposure(telling: Telling, ended: datetime) -> str:
    rollout = telling.rollout
    if rollout.mode == "observe":
        return "not affected by Perch, which only observed"
    since = rollout.shifted_at if rollout.stage == 0 and rollout.shifted_at else rollout.started_at
    most = f"at most {telling.percent('from')} of the traffic went to the new version"
    return f"{most}, for {span(ended - since)} from {moment(since, telling.now)}; the rest stayed on the old one"


def _next(telling: Telling) -> list[str]:
    if not telling.has("cooldown_until"):
        there = telling.percent("to")
        return [f"*Next:* it is on hold at {there}. Find the cause, then resume it or roll it back to 0%."]
    again = f'{telling.start} override="what was fixed" fix=TICKET'
    return [
        *_runbooks(telling, _bad(telling)),
        f"*Next:* find the cause and mend it. A new start is possible {telling.moment('cooldown_until')}.",
        f"Sooner, with the override role: `{again}`",
    ]


def _runbooks(telling: Telling, bad: Sequence[Line]) -> list[str]:
    """What the plan says to look at when one of these goes bad (R14)."""
    told_of = []
    for name in dict.fromkeys(line.metric or _metric(line) for line in bad):
        metric = telling.plan.metrics.get(name)
        if metric is None or metric.runbook is None:
            continue
        hints = [*([metric.runbook.link] if metric.runbook.link else []), *metric.runbook.look_at]
        told_of.append(f"*Runbook* of {code(name)}: {'; '.join(plain(hint) for hint in hints[:3])}")
    return told_of[:RUNBOOKS]


def _metric(line: Line) -> str:
    condition = read(line.condition)
    return condition.subject.name if condition else ""


def verified(telling: Telling) -> Said:
    """After a rollback: is the world as it was?"""
    passed = [claim(each, holds=True) for each in telling.texts("passed")[:12]]
    failed = [claim(each, holds=False) for each in telling.texts("failed")[:12]]
    if failed:
        return told(
            f"❌ Checked after the rollback of {telling.name}: things are NOT back to normal.",
            *failed,
            *passed,
            "Next: look at once; this isn't over.",
        )
    healed = joined(passed, most=12) or "there was nothing to check"
    return told(f"✅ Checked after the rollback of {telling.name}: {healed} (took {telling.span('took_s')}).")
