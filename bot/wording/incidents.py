"""Incidents: what is told of them, and the open ones beside a rollout's status (E10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.incidents import forbidding, open_ones
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.severities import CALLED, Incident, Severity
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t, t_many
from bot.wording.sentences import moment, plain, quoted, span, who
from bot.wording.telling import Telling

SHOWN = 3
LISTED = 15


def incident(telling: Telling) -> Said:
    """One that has begun, or is over."""
    shown = Severity(str(telling.facts.get("severity") or "sev4"))
    facts = {"id": telling.text("id"), "severity": severity_words(shown), "name": telling.name}
    what, at, ended = quoted(telling.facts.get("what") or ""), telling.time("at"), telling.time("ended_at")
    if ended is not None and at is not None:
        lasted = span(ended - at)
        head = t("🟢 Incident {id} of {name}, {severity}, is over after {lasted}.", lasted=lasted, **facts)
        return told(head, t("It was: {what}. {by} said that it's over.", what=what, by=telling.by()))
    head = t("🔥 Incident {id} of {name}: {severity}.", **facts)
    return told(head, t("{what}, says {by}.", what=what, by=telling.by()), *_then(telling))


def _then(telling: Telling) -> list[str]:
    plan, id = telling.rollout.plan, telling.text("id")
    stops = any(each.id == id for each in forbidding(telling.rollout, telling.plan))
    lines = [t("While it is open, the rollout isn't completed.")] if stops and telling.rollout.live else []
    return [*lines, t("When it's over: `/canary incident {plan} end {id}`", plan=plan, id=id)]


def severity_words(severity: Severity) -> str:
    """`sev1 (critical)`."""
    return f"{severity.value} ({_called(severity)})"


def _called(severity: Severity) -> str:
    return {"critical": t("critical"), "major": t("major"), "minor": t("minor"), "low": t("low")}[CALLED[severity]]


def incident_lines(rollout: Rollout, now: datetime) -> list[str]:
    """The open ones, worst first."""
    there = open_ones(rollout)
    lines = [f"🔥 {line(each, now)}" for each in there[:SHOWN]]
    if len(there) > SHOWN:
        more = len(there) - SHOWN
        lines.append(t_many(more, "… and {count} more open incident", "… and {count} more open incidents"))
    return lines


def line(incident: Incident, now: datetime) -> str:
    """One of them in a line."""
    facts = {
        "id": plain(incident.id, 20),
        "severity": severity_words(incident.severity),
        "what": quoted(incident.what, 120),
        "by": who(incident.by),
        "at": moment(incident.at, now),
    }
    if incident.ended_at is None:
        return t("Incident {id}, {severity}, since {at}: {what} ({by})", **facts)
    lasted = span(incident.ended_at - incident.at)
    return t("Incident {id}, {severity}, {at}, over after {lasted}: {what} ({by})", lasted=lasted, **facts)


def listed(rollouts: Sequence[Rollout], now: datetime) -> Said:
    """The open incidents of several rollouts, for who asked."""
    found = [(rollout, each) for rollout in rollouts for each in open_ones(rollout)]
    if not found:
        return told(t("No incident is open."), t("To open one: `/canary incident NAME sev2 what happened`"))
    head = t_many(len(found), "{count} incident is open.", "{count} incidents are open.")
    lines = [f"{plain(rollout.plan, 70)} · {line(each, now)}" for rollout, each in found[:LISTED]]
    return told(head, *lines)


def of_one(rollout: Rollout, plan: Plan, now: datetime) -> Said:
    """All that a rollout had, the open ones first."""
    if not rollout.incidents:
        opens = t("To open one: `/canary incident {plan} sev2 what happened`", plan=rollout.plan)
        return told(t("{plan} has had no incident.", plan=rollout.plan), opens)
    there = sorted(rollout.incidents, key=lambda each: (not each.open, each.severity.value, each.at))
    head = t_many(len(there), "{count} incident of {plan}.", "{count} incidents of {plan}.", plan=rollout.plan)
    rest = [t("It isn't completed while these count: {ids}.", ids=", ".join(_ids(rollout, plan)))]
    stops = rest if rollout.live and _ids(rollout, plan) else []
    return told(head, *(line(each, now) for each in there[:LISTED]), *stops)


def _ids(rollout: Rollout, plan: Plan) -> list[str]:
    return [plain(each.id, 20) for each in forbidding(rollout, plan)]
