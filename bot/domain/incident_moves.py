"""An incident of a rollout is opened, and ended (E10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain.rollout import Person, Rollout
from bot.domain.severities import Heard, Incident, Severity
from bot.domain.steps import Happening, Step

KEPT = 40
"""So many that are over are kept with the rollout; all of them are in the evidence."""


def begin(
    rollout: Rollout, severity: Severity, what: str, now: datetime, by: Person, source: str = "person"
) -> Step | None:
    """Open one. None where the same source has it open already: what comes twice is one incident."""
    if source != "person" and any(each.source == source and each.open for each in rollout.incidents):
        return None
    number = 1 + max((_number(each.id) for each in rollout.incidents), default=0)
    incident = Incident(id=f"inc-{number}", severity=severity, what=what, at=now, by=by.id, source=source)
    return _with(rollout, incident, by)


def hear(rollout: Rollout, heard: Heard, now: datetime, by: Person) -> Step | None:
    """Another system's word on an incident of its own. None where it changes nothing: what comes twice, or late.

    An end that comes before its beginning is both, unless it began before the rollout did: then the beginning, when it
    comes, is old news.
    """
    known = [each for each in rollout.incidents if each.source == heard.source]
    newest = max(known, key=lambda each: each.at, default=None)
    at, began = min(heard.at, now), min(heard.began, heard.at, now)
    if newest is not None and heard.over is not newest.open:
        return _known_longer(rollout, newest, at)
    if newest is not None and at < newest.known_at:
        return None
    if not heard.over:
        return begin(rollout, heard.severity, heard.what, at, by, heard.source)
    if newest is not None:
        return end(rollout, newest.id, at, by)
    begun = begin(rollout, heard.severity, heard.what, began, by, heard.source)
    if began < rollout.started_at or begun is None:
        return None
    over = end(begun.rollout, begun.rollout.incidents[-1].id, at, by)
    return over and Step(over.rollout, (*begun.happenings, *over.happenings))


def _known_longer(rollout: Rollout, incident: Incident, at: datetime) -> Step | None:
    """It is as it was, and known to be so for longer: what comes late of before then is old."""
    if at <= incident.known_at:
        return None
    longer = incident.model_copy(update={"heard_at": at})
    return Step(rollout.but(incidents=tuple(longer if each.id == longer.id else each for each in rollout.incidents)))


def _number(id: str) -> int:
    return int(id.rpartition("-")[2])


def end(rollout: Rollout, id: str, now: datetime, by: Person) -> Step | None:
    """It is over. None where it isn't open."""
    found = next((each for each in rollout.incidents if each.id == id and each.open), None)
    if found is None:
        return None
    return _with(rollout, found.model_copy(update={"ended_at": now, "ended_by": by.id}), by)


def _with(rollout: Rollout, incident: Incident, by: Person) -> Step:
    others = [each for each in rollout.incidents if each.id != incident.id]
    over = [each for each in others if not each.open][-KEPT:]
    kept = sorted([*(each for each in others if each.open), *over, incident], key=lambda each: _number(each.id))
    changed = rollout.but(incidents=tuple(kept))
    return Step(changed, (Happening("incident", _facts(incident), by),))


def _facts(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "severity": incident.severity.value,
        "what": incident.what,
        "at": incident.at.isoformat(),
        "source": incident.source,
        "opened_by": incident.by,
        "ended_at": incident.ended_at.isoformat() if incident.ended_at else None,
    }
