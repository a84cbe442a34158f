"""What is due by the clock, besides checks: snapshots, checkpoints, gates that nobody answers."""

from __future__ import annotations

from datetime import datetime

from bot.domain.language.spelling import exactly
from bot.domain.machine import State
from bot.domain.moves import Happening, Step
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout


def scheduled(step: Step, plan: Plan, now: datetime) -> Step:
    """Add the snapshots, checkpoints and escalations that are due now."""
    return _escalation(_snapshot(_checkpoints(step, plan, now), plan, now), plan, now)


def _snapshot(step: Step, plan: Plan, now: datetime) -> Step:
    rollout = step.rollout
    if rollout.check is None or not rollout.live:
        return step
    if rollout.snapshot_at is not None and now < rollout.snapshot_at:
        return step
    told = Happening("snapshot", {"check": rollout.check.model_dump(mode="json")})
    return Step(rollout.but(snapshot_at=now + plan.every.snapshot), step.happenings, step.emergency).also(told)


def _checkpoints(step: Step, plan: Plan, now: datetime) -> Step:
    rollout = step.rollout
    if rollout.state not in (State.BAKING, State.GATE, State.HELD) or rollout.entered_at is None or not rollout.check:
        return step
    due = [name for name in _passed(rollout, plan, now) if name not in rollout.checkpoints]
    if not due:
        return step
    facts = {"check": rollout.check.model_dump(mode="json")}
    told = tuple(Happening("checkpoint", {"name": name, **facts}) for name in due[-1:])
    return Step(rollout.but(checkpoints=(*rollout.checkpoints, *due)), step.happenings, step.emergency).also(*told)


def _passed(rollout: Rollout, plan: Plan, now: datetime) -> list[str]:
    """Names of the stage's checkpoints whose time has come; what fell into a downtime is told once, as the last."""
    if rollout.entered_at is None:
        return []
    here = now - rollout.entered_at
    names = []
    for checkpoint in plan.stages[rollout.stage].checkpoints:
        if checkpoint.at is not None and here >= checkpoint.at:
            names.append((checkpoint.at, f"T+{exactly(checkpoint.at)}"))
        if checkpoint.every is not None and here >= checkpoint.every:
            last = here // checkpoint.every
            names.append((last * checkpoint.every, f"T+{exactly(last * checkpoint.every)}"))
    return [name for _, name in sorted(set(names))]


def _escalation(step: Step, plan: Plan, now: datetime) -> Step:
    gate, after = step.rollout.gate, plan.gate.escalate_after
    if gate is None or after is None or gate.escalated or now < gate.opened_at + after:
        return step
    louder = step.rollout.but(gate=gate.model_copy(update={"escalated": True}))
    told = Happening("gate_escalated", {"gate": gate.id, "to": list(plan.roles.approvers)})
    return Step(louder, step.happenings, step.emergency).also(told)
