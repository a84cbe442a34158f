"""Tell: what happened becomes evidence and messages, kept in the same transaction as the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.evidence import Entry
from bot.domain.moves import Happening, Step
from bot.domain.plan import Plan
from bot.domain.rollout import Gate, Rollout
from bot.ports import Change, Lane, Outgoing


@dataclass(frozen=True, slots=True)
class Manner:
    """How a happening is told: in the thread, loudly (the channel sees it too), or only kept as evidence."""

    thread: bool = True
    loud: bool = False
    lane: Lane = Lane.URGENT
    announce: str = ""
    """The plan's `notify` key for it."""


QUIET = Manner(lane=Lane.ROUTINE)
LOUD = Manner(loud=True)
SILENT = Manner(thread=False)

MANNERS: Mapping[str, Manner] = {
    "intended": SILENT,
    "applied": SILENT,
    "lowered": SILENT,
    "kill_outcome": SILENT,
    "gate": SILENT,
    "gate_closed": QUIET,
    "created": SILENT,
    "preflight": QUIET,
    "started": Manner(loud=True, announce="started"),
    "stage_confirmed": LOUD,
    "verdict_changed": LOUD,
    "snapshot": QUIET,
    "checkpoint": Manner(loud=True, lane=Lane.ROUTINE),
    "approved": Manner(),
    "withdrawn": Manner(),
    "rejected": LOUD,
    "promoted": Manner(loud=True, announce="promoted"),
    "held": Manner(loud=True, announce="held"),
    "hold_over": LOUD,
    "resumed": LOUD,
    "extended": LOUD,
    "retried": LOUD,
    "rolling_back": Manner(loud=True, announce="breach"),
    "rolled_back": Manner(loud=True, announce="rolled_back"),
    "killing": LOUD,
    "kill_tier": LOUD,
    "kill_partly": LOUD,
    "killed": Manner(loud=True, announce="killed"),
    "stuck": Manner(loud=True, announce="stuck"),
    "drift": LOUD,
    "unseen": LOUD,
    "seen_again": QUIET,
    "late_raise": LOUD,
    "unconfirmed": LOUD,
    "gate_expired": LOUD,
    "gate_escalated": LOUD,
    "completed": Manner(loud=True, announce="completed"),
    "aborted": LOUD,
    "verified": LOUD,
    "rearmed": LOUD,
    "rehearsal": SILENT,
    "rehearsed": QUIET,
    "rehearsal_failed": LOUD,
    "early": LOUD,
    "no_data": LOUD,
    "started_again": LOUD,
    "frozen": SILENT,
    "unfrozen": Manner(),
}

SAY_IT_ALL = frozenset({"rolling_back", "held", "completed"})
"""Happenings whose message has the verdict in it."""


def change(before: Rollout, step: Step, plan: Plan, now: datetime, measured: Mapping[str, Any] | None = None) -> Change:
    """Everything that one save brings besides the state: evidence, messages, raw measurements."""
    after = step.rollout
    happenings = list(step.happenings)
    if after.intent is not None and after.intent != before.intent and after.intent.attempts == 0:
        happenings.append(Happening("intended", after.intent.model_dump(mode="json")))
    ends = {happening.kind for happening in happenings} & SAY_IT_ALL
    told = [
        _messages(happening, after, plan, place, _manner(happening, told_anyway=bool(ends)))
        for place, happening in enumerate(happenings)
    ]
    evidence = tuple(_entry(happening, after, now, said) for happening, said in zip(happenings, told, strict=True))
    messages = [message for said in told for message in said]
    messages.extend(_gate_cards(before, step, plan))
    messages.append(status(after, urgent=bool(messages)))
    return Change(evidence=evidence, messages=tuple(messages), measured=measured or {})


def first_status(rollout: Rollout) -> Outgoing:
    """The one status message, the root of the rollout's thread."""
    return Outgoing("status", key=f"status:{rollout.id}", lane=Lane.URGENT)


def status(rollout: Rollout, *, urgent: bool) -> Outgoing:
    """An edit of the status message, worded from the newest state when it goes out."""
    root = f"status:{rollout.id}"
    lane = Lane.URGENT if urgent else Lane.ROUTINE
    return Outgoing("status", key=f"{root}:{rollout.revision + 1}", lane=lane, edits=root)


def _entry(happening: Happening, after: Rollout, now: datetime, said: Sequence[Outgoing]) -> Entry:
    where = {"state": after.state.value, "stage": after.stage, "weight": after.confirmed.percent}
    told = [message.to or ("channel" if message.broadcast else "thread") for message in said]
    return Entry(happening.kind, now, happening.by.id, {**happening.facts, "at": where, "told": told})


def _manner(happening: Happening, *, told_anyway: bool) -> Manner:
    """A verdict is loud, unless what follows from it says it all, or it is a first look without data.

    A freeze has its own message in the channel; each rollout that it holds needs none there.
    """
    if happening.kind == "held" and happening.facts.get("cause") == "freeze":
        return Manner(announce="held")
    if happening.kind == "verdict_changed" and (told_anyway or happening.facts.get("verdict") == "no_data"):
        return QUIET
    return MANNERS[happening.kind]


def _messages(happening: Happening, after: Rollout, plan: Plan, place: int, manner: Manner) -> list[Outgoing]:
    key = f"{after.id}:{after.revision + 1}:{place}:{happening.kind}"
    facts = {"by": happening.by.id, **happening.facts}
    told = []
    if manner.thread:
        told.append(
            Outgoing(happening.kind, key=key, facts=facts, lane=manner.lane, thread=True, broadcast=manner.loud)
        )
    targets = getattr(plan.notify, manner.announce) if manner.announce else ()
    for target in targets:
        if target.startswith(("#", "@")):
            announced = {"event": happening.kind, **facts}
            told.append(Outgoing("announcement", key=f"{key}:{target}", facts=announced, lane=manner.lane, to=target))
    return told


def _gate_cards(before: Rollout, step: Step, plan: Plan) -> list[Outgoing]:
    """The gate's own message: posted when it opens, redrawn when it changes, without buttons when it's over."""
    after = step.rollout
    cards = []
    if before.gate is not None and before.gate != after.gate:
        gone = after.gate is None or after.gate.id != before.gate.id
        gate = before.gate if gone or after.gate is None else after.gate
        state, why = _end_of_gate(step) if gone else ("open", "")
        root = f"gate:{gate.id}"
        facts = {**_card(_as_used(gate, step), plan), "state": state, "why": why}
        cards.append(Outgoing("gate", key=f"{root}:{after.revision + 1}", facts=facts, lane=Lane.URGENT, edits=root))
    if after.gate is not None and (before.gate is None or before.gate.id != after.gate.id):
        facts = {**_card(after.gate, plan), "state": "open", "why": ""}
        cards.append(Outgoing("gate", key=f"gate:{after.gate.id}", facts=facts, lane=Lane.URGENT))
    return cards


def _as_used(gate: Gate, step: Step) -> Gate:
    """The gate with the approvals that it was used with: the last one came in the very step that used it."""
    for happening in step.happenings:
        if happening.kind == "promoted":
            return Gate.model_validate({**gate.model_dump(), "approvals": happening.facts["approvals"]})
    return gate


def _card(gate: Gate, plan: Plan) -> dict[str, Any]:
    following = min(gate.stage + 1, len(plan.stages) - 1)
    return {
        "gate": gate.id,
        "from": plan.stage_weight(gate.stage).percent,
        "to": plan.stage_weight(following).percent,
        "card": gate.model_dump(mode="json"),
    }


_GATE_ENDS = {
    "promoted": "used",
    "gate_expired": "expired",
    "rejected": "rejected",
    "rolling_back": "rolled_back",
    "killing": "killed",
    "held": "held",
    "gate_closed": "closed",
}


def _end_of_gate(step: Step) -> tuple[str, str]:
    for kind, state in _GATE_ENDS.items():
        for happening in step.happenings:
            if happening.kind == kind:
                return state, str(happening.facts.get("reason") or happening.facts.get("why") or "")
    return "closed", ""
