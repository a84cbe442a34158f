"""Who was waited for and how long: each gate until it was answered, each hold until somebody ended it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.plan import Approvals, Plan
from bot.domain.record.reading import moments, stage_after, state_after, text, time_of, weight_after
from bot.domain.rollout import PERCH, Rollout
from bot.domain.value import Value

Ending = Literal["approved", "rejected", "expired", "closed", "held", "down", "resumed", "overruled", "ended", "open"]
_GATE_OPENS = ("gate", "overruled", "early")
_GATE_ENDS: tuple[tuple[str, Ending], ...] = (
    ("promoted", "approved"),
    ("gate_expired", "expired"),
    ("rejected", "rejected"),
    ("rolling_back", "down"),
    ("killing", "down"),
    ("aborted", "ended"),
    ("held", "held"),
    ("gate_closed", "closed"),
)
_HOLD_ENDS: tuple[tuple[str, Ending], ...] = (
    ("resumed", "resumed"),
    ("overruled", "overruled"),
    ("rolling_back", "down"),
    ("killing", "down"),
    ("held", "held"),
)


class Wait(Value):
    """One time that a rollout waited for people. Weights are percent; a hold has only the one that it stood at."""

    kind: Literal["gate", "hold"]
    since: datetime
    until: datetime | None = None
    """None while it waits."""
    answered_at: datetime | None = None
    """When the last yes came that a gate needed; after it the gate waited for a check or a window."""
    of: tuple[str, ...] = ()
    """Who was waited for: role entries as the plan spells them, or the owner of a hold."""
    ended: Ending = "open"
    by: tuple[str, ...] = ()
    """Who answered: all who approved, or whoever rejected, resumed or took it down."""
    weight: float = 0.0
    to: float | None = None
    why: str = ""
    """The reason of a rejection, or of the hold."""
    cause: str = ""
    """The hold's cause."""
    escalated: int = 0

    def lasted(self, now: datetime) -> timedelta:
        """How long people were waited for: up to the last yes, or to the end."""
        return (self.answered_at or self.until or now) - self.since


def waits(rollout: Rollout, plan: Plan | None, records: Sequence[Record]) -> tuple[Wait, ...]:
    """All of them, oldest first; the last may still be open. Without the plan nobody knows whose gates they were."""
    found: list[Wait] = []
    current: Wait | None = None
    for together in moments(records):
        current = _answers(current or _begun(together, plan, after=None), together)
        ended, current = _ended(current, together)
        if ended is not None:
            found.append(ended)
            current = _answers(_begun(together, plan, after=_after(together)), together)
    if current is not None:
        found.append(current if rollout.live else current.model_copy(update={"until": rollout.ended_at}))
    return tuple(found)


def _begun(together: Sequence[Record], plan: Plan | None, *, after: State | None) -> Wait | None:
    """What begins to wait here. With `after`, only what still waits when all of it was written down."""
    opening = _first(together, _GATE_OPENS)
    if opening is not None and (after is None or after.at_gate):
        return _gate(opening, plan)
    return _held(together)


def _after(together: Sequence[Record]) -> State | None:
    return next((state for record in reversed(together) if (state := state_after(record))), None)


def _gate(opening: Record, plan: Plan | None) -> Wait:
    stage, body = stage_after(opening), opening.body
    there = plan is not None and stage < len(plan.stages)
    weights = [float(body[key]) if isinstance(body.get(key), int | float) else None for key in ("from", "to")]
    return Wait(
        kind="gate",
        since=time_of(opening),
        of=_asked(_wanted(plan, stage, body), plan) if there and plan is not None else (),
        weight=weights[0] if weights[0] is not None else _weight(plan, stage),
        to=weights[1],
    )


def _wanted(plan: Plan, stage: int, body: Mapping[str, Any]) -> Approvals:
    started = plan.start_approvals if body.get("starts") else None
    return started or plan.stages[stage].approvals


def _asked(wanted: Approvals, plan: Plan) -> tuple[str, ...]:
    return wanted.one_of_each or (plan.roles.approvers if wanted.need else ())


def _weight(plan: Plan | None, stage: int) -> float:
    return plan.stages[stage].weight.percent if plan is not None and stage < len(plan.stages) else 0.0


def _answers(current: Wait | None, together: Iterable[Record]) -> Wait | None:
    if current is None or current.kind != "gate":
        return current
    for record in together:
        if record.kind == "approved":
            by = tuple(dict.fromkeys((*current.by, record.actor)))
            current = current.model_copy(update={"by": by, "answered_at": time_of(record)})
        elif record.kind == "withdrawn":
            left = tuple(person for person in current.by if person != record.actor)
            current = current.model_copy(update={"by": left, "answered_at": None})
        elif record.kind == "gate_escalated":
            current = current.model_copy(update={"escalated": current.escalated + 1})
    return current


def _ended(current: Wait | None, together: Sequence[Record]) -> tuple[Wait | None, Wait | None]:
    """(the wait if it's over, what goes on)."""
    after = _after(together)
    if current is None or after is None:
        return None, current
    stays = after.at_gate if current.kind == "gate" else after is State.HELD
    held = _first(together, ("held",))
    anew = current.kind == "hold" and held is not None and time_of(held) > current.since
    if stays and not anew:
        return None, current
    return _closed(current, together), None


def _closed(current: Wait, together: Sequence[Record]) -> Wait:
    kinds = {record.kind: record for record in reversed(together)}
    ends = _GATE_ENDS if current.kind == "gate" else _HOLD_ENDS
    kind, word = next(((kind, word) for kind, word in ends if kind in kinds), (together[0].kind, "ended"))
    record = kinds[kind]
    facts: dict[str, object] = {"until": time_of(record), "ended": word}
    if word != "approved":
        facts |= {"answered_at": None, "by": (record.actor,) if record.actor != PERCH.id else ()}
        if current.kind == "gate":
            facts["why"] = text(record.body, "reason", "why")
    return Wait.model_validate({**current.model_dump(), **facts})


def _held(together: Sequence[Record]) -> Wait | None:
    """A hold that begins, and is still there when all of it was written down."""
    record = _first(together, ("held",))
    if record is None or _after(together) is not State.HELD:
        return None
    owner = text(record.body, "owner")
    return Wait(
        kind="hold",
        since=time_of(record),
        of=(owner,) if owner else (),
        weight=weight_after(record) or 0.0,
        why=text(record.body, "why"),
        cause=text(record.body, "cause"),
    )


def _first(together: Iterable[Record], kinds: Sequence[str]) -> Record | None:
    return next((record for record in together if record.kind in kinds), None)
