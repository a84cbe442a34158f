"""What is told of a rollback: that it has begun in one line, how it ended in full, whether the world is well again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.rollout import Line
from bot.domain.units import ZERO, Weight
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.claims import measured, read
from bot.wording.diagnosis import runbook_lines
from bot.wording.language import t
from bot.wording.sentences import by_when, joined, moment, moment_exact, roughly
from bot.wording.telling import Telling

CAUSES = 4
RUNBOOKS = 2


def rolling_back(telling: Telling) -> Said:
    """Down has begun. One line: the end of it is told in full, mostly within the second."""
    frm = telling.percent("from") if telling.has("from") else str(telling.rollout.confirmed)
    way, by = f"{frm} → {telling.percent('to')}", telling.by()
    why = "; ".join(_causes(telling) or [telling.text("reason", t("no reason given"))])
    if by == "Perch":
        return told(t("⏪ {name} is rolling back, {way}: {why}.", name=telling.name, way=way, why=why))
    asked = t("⏪ {name} is rolling back, {way}, {by} asked for it: {why}.", name=telling.name, way=way, by=by, why=why)
    return told(asked)


def rolled_back(telling: Telling) -> Said:
    """What happened, why, what Perch did, what customers got, what comes next: fit to forward."""
    frm, to = telling.percent("from"), telling.percent("to")
    ended = telling.rollout.ended_at or telling.now
    return told(
        t(
            "⏪ {title} was rolled back: {frm} → {to} {took}.",
            title=telling.title,
            frm=frm,
            to=to,
            took=telling.took(),
        ),
        *_why(telling),
        t(
            "*What Perch did:* it set the traffic to {to} and read it back, done at {at}.",
            to=to,
            at=moment_exact(ended),
        ),
        t("*Customers:* {exposure}.", exposure=_exposure(telling, ended)),
        *_next(telling),
    )


def _why(telling: Telling) -> list[str]:
    causes, reason = _causes(telling), telling.text("reason", t("no reason given"))
    if not causes:
        return [t("*Why:* {reason}.", reason=reason)]
    if _bad(telling)[0].role != "trigger":
        return [t("*Why:* {reason}. {causes}.", reason=reason, causes=joined(causes))]
    return [t("*Why:* {reason}, a rollback trigger of the plan. {causes}.", reason=reason, causes=joined(causes))]


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
        return t("not affected by Perch, which only observed")
    since = rollout.shifted_at if rollout.stage == 0 and rollout.shifted_at else rollout.started_at
    lasted, weight = {"span": roughly(ended - since), "since": moment(since, telling.now)}, telling.percent("from")
    if weight == str(ZERO):
        return t("as far as Perch read back, none of the traffic went to the new version")
    if weight == str(Weight(100)):
        return t("at most all of the traffic went to the new version, for {span} from {since}", **lasted)
    return t(
        "at most {weight} of the traffic went to the new version, for {span} from {since}; the rest stayed on the old "
        "one",
        weight=weight,
        **lasted,
    )


def _next(telling: Telling) -> list[str]:
    if not telling.has("cooldown_until"):
        there = telling.percent("to")
        return [
            t("*Next:* it is on hold at {there}. Find the cause, then resume it or roll it back to 0%.", there=there)
        ]
    return [
        *_runbooks(telling, _bad(telling)),
        t(
            "*Next:* find the cause and mend it. A new start is possible {at}.",
            at=_cooled(telling),
        ),
        t(
            'Sooner, with the override role: `{start} override="what was fixed" fix=TICKET`',
            start=telling.start,
        ),
    ]


def _cooled(telling: Telling) -> str:
    until = telling.rollout.cooldown_until
    return by_when(until, telling.now) if until is not None else telling.moment("cooldown_until")


def _runbooks(telling: Telling, bad: Sequence[Line]) -> list[str]:
    """What the plan says to look at and to try when one of these goes bad (R14)."""
    return runbook_lines(telling, [line.metric or _metric(line) for line in bad], RUNBOOKS)


def _metric(line: Line) -> str:
    condition = read(line.condition)
    return condition.subject.name if condition else ""
