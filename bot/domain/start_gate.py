"""The start's gate: a plan's `start_approvals` are given before anything moves, the mirror of a dark launch included.

It is a gate like any other (`bot.domain.gates`), before the first stage instead of after one. What checks are there,
preflight is here: it's repeated at each check interval, the gate is bound to what it found (X2), and nothing starts on
an older one than two intervals (law 1). Nothing has moved, so what ends the gate ends the rollout, without a cooldown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import budgets, mirroring, moves
from bot.domain.gates import has_expired, kept_by_window, leads_to
from bot.domain.machine import Event, move
from bot.domain.moments import escalated
from bot.domain.plan import Plan
from bot.domain.progress import absence, promote_when_ready
from bot.domain.rollout import Gate, Person, Rollout, Tried, Verdict
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, Weight

EXPIRED = "nobody answered the start's gate in time"


@dataclass(frozen=True, slots=True)
class Found:
    """What a preflight at the gate has found. `pending` is what needs more time; shares are the highest read."""

    red: Sequence[str] = ()
    pending: Sequence[str] = ()
    weight: Weight = ZERO
    mirror: Weight = ZERO


def warnings(tried: Sequence[Tried]) -> tuple[str, ...]:
    """What a green preflight noted, by name: their reasons may tell other numbers each time, and void nothing."""
    return tuple(sorted(each.what for each in tried if each.outcome == "note"))


def ask(rollout: Rollout, plan: Plan, now: datetime, id: str) -> Step:
    """Preflight is green: instead of the first weight, a gate. Bound to the plan, the version and what was found."""
    noted = warnings(rollout.preflight)
    gate = Gate(
        id=id,
        stage=None,
        opened_at=now,
        expires_at=now + plan.gate.expires,
        plan_digest=rollout.plan_digest,
        version=rollout.version,
        verdict=Verdict.WARN if noted else Verdict.PASS,
        warnings=noted,
    )
    asked = rollout.but(
        state=move(rollout.state, Event.START_ASKED),
        gate=gate,
        # One of a hold before it was of no traffic at all, and is no grounds for anything here.
        check=None,
        green_at=now,
        seen_weight=ZERO,
        counted_at=now,
        due_at=now + plan.every.check,
    )
    facts = {
        "gate": gate.id,
        "from": rollout.confirmed.percent,
        "to": leads_to(gate, plan).weight.percent,
        "verdict": gate.verdict.value,
        "warnings": list(noted),
        "expires_at": gate.expires_at.timestamp(),
        "starts": True,
    }
    return Step(asked, (Happening("gate", facts),))


def looked(before: Rollout, plan: Plan, found: Found, now: datetime, id: str) -> Step:
    """What a repeated preflight does at the gate. `before` has what was tried and rehearsed already."""
    green = not found.red and not found.pending
    rollout = before.but(
        gate=kept_by_window(before.gate, before, plan, now) if before.gate else None,
        green_at=now if green else before.green_at,
        seen_weight=found.weight,
        counted_at=now,
        due_at=now + plan.every.check,
    )
    step = _decided(rollout, plan, found, now, id)
    told = Step(step.rollout, (*absence(before, plan, now), *step.happenings))
    return escalated(told, plan, now)


def _decided(rollout: Rollout, plan: Plan, found: Found, now: datetime, id: str) -> Step:
    """Drift first, then a used-up budget, what is overdue, what voids the gate; up when nothing is lacking."""
    return (
        _drift(rollout, plan, found, now, id)
        or budgets.pause(rollout, plan, now, id)
        or _expired(rollout, plan, now)
        or _void(rollout, found)
        or promote_when_ready(rollout, plan, now, id)
    )


def _drift(rollout: Rollout, plan: Plan, found: Found, now: datetime, id: str) -> Step | None:
    """Law 10: somebody gives it traffic before it was approved."""
    if found.weight > rollout.confirmed:
        return moves.drifted(rollout, now, id, found.weight, plan.drift == "lower")
    return mirroring.drifted(rollout, now, id, found.mirror) if found.mirror > rollout.mirror else None


def _expired(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
    """Over, whatever the plan's `gate.then` says: it has nothing to hold, and a forgotten start shouldn't be resumed
    by a click."""
    if not has_expired(rollout, plan, now):
        return None
    told = Happening("gate_expired", {"gate": rollout.gate.id if rollout.gate else "", "then": "abort"})
    ended = moves.abort(rollout, now, EXPIRED)
    return Step(ended.rollout, (told, *ended.happenings))


def _void(rollout: Rollout, found: Found) -> Step | None:
    """Back to preflight, with another gate and other approvals to come; red there once more ends the start."""
    why = _why_void(rollout, found)
    if not why:
        return None
    closed = moves.close_gate(rollout, why)
    return Step(closed.rollout.but(preflight=(), green_at=None), closed.happenings)


def _why_void(rollout: Rollout, found: Found) -> str:
    if found.red:
        return "preflight isn't green any more: " + "; ".join(found.red)
    gate = rollout.gate
    if gate is None or (gate.plan_digest, gate.version) != (rollout.plan_digest, rollout.version):
        return "the plan or the version has changed"
    new = set(warnings(rollout.preflight)) - set(gate.warnings)
    return "preflight notes something that the gate didn't show: " + ", ".join(sorted(new)) if new else ""


def reject(rollout: Rollout, now: datetime, reason: str, by: Person) -> Step:
    """One no ends the start: nothing has moved, so there is nothing to hold."""
    told = Happening("rejected", {"by": by.id, "reason": reason, "starts": True}, by)
    ended = moves.abort(rollout, now, f"the start was rejected: {reason or 'no reason given'}", by)
    return Step(ended.rollout, (told, *ended.happenings))


def asks(rollout: Rollout, plan: Plan) -> bool:
    """Whether this start needs approvals: one that Perch itself would raise. Who only watches raises nothing, and a
    takeover neither: waiting would only leave traffic that is there already without its triggers."""
    return plan.start_approvals is not None and rollout.mode == "live" and rollout.adopts is None
