"""What is due by the clock, besides checks: snapshots, checkpoints and who sees them, gates that nobody answers."""

from __future__ import annotations

from datetime import datetime

from bot.domain.acknowledging import asked, missed
from bot.domain.escalations import escalations
from bot.domain.gates import opens_next
from bot.domain.language.spelling import exactly
from bot.domain.machine import State
from bot.domain.plan import Checkpoint, Plan
from bot.domain.record.wanted import snapshot
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step


def scheduled(step: Step, plan: Plan, now: datetime) -> Step:
    """Add the snapshots, checkpoints, missed acknowledgements and escalations that are due now."""
    seen = _checkpoints(_and(step, missed(step.rollout, now)), plan, now)
    return escalated(_snapshot(seen, plan, now), plan, now)


def _and(step: Step, more: Step) -> Step:
    """What comes after a step, added to it."""
    return Step(more.rollout, (*step.happenings, *more.happenings), step.emergency)


def _snapshot(step: Step, plan: Plan, now: datetime) -> Step:
    rollout = step.rollout
    if rollout.check is None or not rollout.live:
        return step
    if rollout.snapshot_at is not None and now < rollout.snapshot_at:
        return step
    told = Happening("snapshot", {"check": rollout.check.model_dump(mode="json")})
    return Step(rollout.but(snapshot_at=now + plan.every.snapshot), step.happenings, step.emergency).also(told)


def due_now(rollout: Rollout, plan: Plan, now: datetime) -> tuple[str, ...]:
    """The snapshot that goes on record with this look, as the rollout keeps its name; none or one."""
    due = _due(rollout, plan, now)
    return (snapshot(due[-1][0], rollout.stage),) if due else ()


def _due(rollout: Rollout, plan: Plan, now: datetime) -> list[tuple[str, Checkpoint]]:
    return [(name, each) for name, each in _passed(rollout, plan, now) if name not in rollout.checkpoints]


def _checkpoints(step: Step, plan: Plan, now: datetime) -> Step:
    """One that is due with the very look that completes the rollout is on record too: often it's the last one."""
    rollout = step.rollout
    seen = (State.BAKING, State.GATE, State.HELD, State.COMPLETED)
    if rollout.state not in seen or rollout.entered_at is None or not rollout.check:
        return step
    due = _due(rollout, plan, now)
    if not due:
        return step
    last = due[-1][0]
    told = Happening("checkpoint", {"name": last, "check": rollout.check.model_dump(mode="json")})
    known = tuple(dict.fromkeys((*rollout.checkpoints, *(name for name, _ in due))))
    if not rollout.live:
        return Step(rollout.but(checkpoints=known), step.happenings, step.emergency).also(told)
    asking = asked(rollout.but(checkpoints=known), [each for each in due if each[0] == last], now)
    return _and(step.also(told), asking)


def _passed(rollout: Rollout, plan: Plan, now: datetime) -> list[tuple[str, Checkpoint]]:
    """The stage's checkpoints whose time has come, named; what fell into a downtime is told once, as the last."""
    if rollout.entered_at is None:
        return []
    here = now - rollout.entered_at
    passed = []
    for checkpoint in plan.stages[rollout.stage].checkpoints:
        if checkpoint.at is not None and here >= checkpoint.at:
            passed.append((checkpoint.at, checkpoint))
        if checkpoint.every is not None and here >= checkpoint.every:
            passed.append((here // checkpoint.every * checkpoint.every, checkpoint))
    return [(f"T+{exactly(at)}", checkpoint) for at, checkpoint in sorted(passed, key=lambda each: each[0])]


def escalated(step: Step, plan: Plan, now: datetime) -> Step:
    """Add that an open gate goes to whoever is next (U3). Nobody is woken while the window is shut and nobody could use
    the gate."""
    rollout, gate = step.rollout, step.rollout.gate
    coming = escalations(gate, plan, rollout.watcher)[gate.escalated :] if gate is not None else []
    if gate is None or not coming or now < coming[0].at or opens_next(rollout, plan, now) is not None:
        return step
    louder = rollout.but(gate=gate.model_copy(update={"escalated": gate.escalated + 1}))
    told = Happening("gate_escalated", {"gate": gate.id, "to": list(coming[0].to), "times": gate.escalated + 1})
    return Step(louder, step.happenings, step.emergency).also(told)
