"""Who else is told of a happening, besides the rollout's own thread and channel (S8, O4, R22, X12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.audiences import act_of, told_of, urgency_of
from bot.domain.plan import Plan
from bot.domain.plan_checks.notify import is_mail
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening
from bot.domain.urgencies import Act
from bot.engine.spreading import names_people, to_person
from bot.ports import Lane, Outgoing
from bot.ports.notices import NOTIFIER

OUTCOMES = frozenset({"completed", "rolled_back", "killed", "aborted", "stuck"})
"""What who started it and who watches it hear directly, wherever they are."""


def announced(
    happening: Happening, after: Rollout, plan: Plan, key: str, facts: Mapping[str, Any], lane: Lane, kind: str
) -> Iterator[Outgoing]:
    """To whom the plan names for this kind of event, in the same words; the detail stays in the plan's channel, which
    has heard it when it is named as well."""
    told = {"event": happening.kind, **facts}
    for target in told_of(kind, happening, after, plan):
        if target in plan.notifiers:
            yield _to_notifier(happening, after, plan, key, facts, target, kind)
        elif _is_user(target):
            yield Outgoing("announcement", key=to_person(key, target), facts=told, lane=lane, to=f"user:{target}")
        elif target == plan.channel:
            continue
        elif target.startswith(("#", "C")) or names_people(target) or is_mail(target):
            yield Outgoing("announcement", key=f"{key}:{target}", facts=told, lane=lane, to=target)


def followed(
    happening: Happening, after: Rollout, plan: Plan, key: str, facts: Mapping[str, Any], kind: str
) -> Iterator[Outgoing]:
    """What becomes of trouble, for the notifiers that the plan doesn't name for this event: those that were told of the
    trouble, and whose kind follows it up, hear of this too."""
    if act_of(happening, after) not in (Act.TAKEN, Act.OVER):
        return
    named = told_of(kind, happening, after, plan)
    for name in plan.notifiers:
        if name not in named:
            yield _to_notifier(happening, after, plan, key, {**facts, "follows": True}, name, kind)


def _to_notifier(
    happening: Happening, after: Rollout, plan: Plan, key: str, facts: Mapping[str, Any], name: str, kind: str
) -> Outgoing:
    """Always urgent: whatever is told to one notifier about one rollout keeps its order."""
    told = {
        **facts,
        "event": happening.kind,
        "act": act_of(happening, after).value,
        "urgency": urgency_of(kind, happening, after, plan),
        "classes": list(after.dangers),
    }
    to = f"{NOTIFIER}{name}"
    return Outgoing("announcement", key=f"{key}:{to}", facts=told, lane=Lane.URGENT, to=to)


def directly(happening: Happening, after: Rollout, key: str, facts: Mapping[str, Any]) -> Iterator[Outgoing]:
    """The outcome to its starter and its watcher, but not to whoever brought it about; a rollout to its new watcher."""
    if happening.kind in ("started", "watching"):
        yield from _handed(key, facts)
    if happening.kind not in OUTCOMES:
        return
    told = {"event": happening.kind, **facts}
    for person in dict.fromkeys((after.requester.id, after.watched_by)):
        if _is_user(person) and person != facts["by"]:
            at = to_person(key, person)
            yield Outgoing("announcement", key=at, facts=told, lane=Lane.URGENT, to=f"user:{person}")


def _handed(key: str, facts: Mapping[str, Any]) -> Iterator[Outgoing]:
    """To the new watcher, and to the one before; whoever did it knows."""
    to, former = facts.get("to") or facts.get("watcher", ""), facts.get("from", "")
    given = {**facts, "to": to}
    for say, person in (("handed", to), ("taken", former)):
        if person != facts["by"] and (_is_user(person) or names_people(person)):
            to = f"user:{person}" if _is_user(person) else person
            yield Outgoing(say, key=f"{key}:{say}:{to}", facts=given, lane=Lane.URGENT, to=to)


def _is_user(id: str) -> bool:
    """A shell's user and a webhook have no direct messages."""
    return id[:1] in ("U", "W")
