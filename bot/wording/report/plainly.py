"""The small parts of its sentences: text from outside made harmless, people by name, times in the plan's zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.chronicle import Chronicle
from bot.domain.rollout import Person
from bot.wording.plain_text import plain_text
from bot.wording.remarks import remark
from bot.wording.sentences import plain, who

BRIEF = timedelta(hours=2)
"""A rollout shorter than this is told to the second."""


def clear(text: object, limit: int = 300) -> str:
    """One line of text from outside: no control characters, nothing that turns its direction, cut to `limit`."""
    return plain_text(plain(text, limit))


def remarked(text: object, limit: int = 200) -> str:
    """What a source remarked, the same way."""
    return plain_text(remark(text, limit))


@dataclass(frozen=True, slots=True)
class People:
    """Names by id, as far as the record knows them."""

    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, id: object) -> str:
        """`ana (U0ANA)` where the name is known; shells, webhooks and Perch by what they are."""
        ident = str(id or "")
        known = self.names.get(ident, "")
        if known and known != ident and ident[:1] in ("U", "W"):
            return f"{clear(known, 60)} ({clear(ident, 20)})"
        return plain_text(who(ident))

    def all(self, ids: Iterable[object]) -> str:
        return ", ".join(dict.fromkeys(self.name(id) for id in ids))


def people_of(chronicle: Chronicle) -> People:
    """Everybody whose name the rollout or its record tells."""
    rollout, found = chronicle.rollout, {}
    known: list[Person] = [rollout.requester]
    known += [rollout.kill.by] if rollout.kill else []
    known += [each.person for each in rollout.gate.approvals] if rollout.gate else []
    for person in known:
        found[person.id] = person.name
    for record in chronicle.of_kind("promoted"):
        for person_body in (each.get("person") for each in mappings(record.body.get("approvals"))):
            if isinstance(person_body, Mapping) and person_body.get("name"):
                found[str(person_body.get("id"))] = str(person_body["name"])
    return People({id: name for id, name in found.items() if name})


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """What is a list of objects among a record's facts; nothing for whatever else stands there."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


@dataclass(frozen=True, slots=True)
class Times:
    """How moments are written: in the plan's zone, UTC named; with the day where there are several."""

    zone: ZoneInfo | None
    days: tuple[date, date]
    """Of the beginning and the end, in the zone."""
    brief: bool

    @property
    def name(self) -> str:
        return str(self.zone) if self.zone is not None else "UTC"

    def clock(self, at: datetime, *, local: bool = True) -> str:
        """`14:30`, `14:30:05` in a short rollout, `03-02 14:30` where it isn't all of one day."""
        there = at.astimezone(self.zone if local and self.zone is not None else UTC)
        one_day = self.days[0] == self.days[1] == at.astimezone(self.zone or UTC).date()
        day = "" if one_day else f"{there:%m-%d} "
        return f"{day}{there:%H:%M:%S}" if self.brief else f"{day}{there:%H:%M}"

    def full(self, at: datetime) -> str:
        """`2026-03-02 14:30 CET (13:30 UTC)`."""
        utc = at.astimezone(UTC)
        form = "%H:%M:%S" if self.brief else "%H:%M"
        if self.zone is None:
            return f"{utc:%Y-%m-%d} {utc.strftime(form)} UTC"
        there = at.astimezone(self.zone)
        other = f"{utc:%m-%d} " if utc.date() != there.date() else ""
        return f"{there:%Y-%m-%d} {there.strftime(form)} {there:%Z} ({other}{utc.strftime(form)} UTC)"

    def inline(self, at: datetime) -> str:
        """`14:30 (13:30 UTC)`."""
        return f"{self.clock(at)} UTC" if self.zone is None else f"{self.clock(at)} ({self.clock(at, local=False)} UTC)"

    def heads(self) -> tuple[str, ...]:
        """The heads of a table's columns for a moment."""
        return ("UTC",) if self.zone is None else (self.name, "UTC")

    @property
    def columns(self) -> int:
        return len(self.heads())

    def cells(self, at: datetime) -> tuple[str, ...]:
        return (self.clock(at),) if self.zone is None else (self.clock(at), self.clock(at, local=False))


def times_of(chronicle: Chronicle) -> Times:
    """For one rollout. A zone that this machine doesn't know is UTC."""
    zone = None if chronicle.plan.timezone in ("UTC", "Etc/UTC", "") else _zone(chronicle.plan.timezone)
    began, until = (each.astimezone(zone or UTC) for each in (chronicle.began, chronicle.until))
    return Times(zone, (began.date(), until.date()), chronicle.until - chronicle.began < BRIEF)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        return None


def moment_in(body: Mapping[str, Any], fact: str) -> datetime | None:
    """A time among a record's facts: Unix seconds or ISO 8601."""
    value = body.get(fact)
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None


def weight_in(body: Mapping[str, Any], fact: str) -> str:
    """A weight among a record's facts, in percent."""
    value = body.get(fact)
    return f"{value:g}%" if isinstance(value, int | float) else "?%"
