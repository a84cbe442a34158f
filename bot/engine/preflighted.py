"""What preflight found, and what follows from it (X5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain import budgets, moves, observing, start_gate
from bot.domain.adopting import adopt
from bot.domain.budget_levels import levels
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import BaselineValue, Rollout, Tried
from bot.domain.slos import SloSeen
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, Weight
from bot.engine.rehearsal import Rehearsal

SOON = timedelta(seconds=1)
"""How soon preflight looks again while a baseline is being collected."""


@dataclass(frozen=True, slots=True)
class Report:
    """What preflight found. `pending` names baselines that need more time; `notes` is shown and kept."""

    tried: tuple[Tried, ...] = ()
    notes: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()
    """What runbooks couldn't look at: told, and no reason against a start."""
    pending: tuple[str, ...] = ()
    baselines: Mapping[str, BaselineValue] = field(default_factory=dict)
    rehearsed: Rehearsal = field(default_factory=Rehearsal)
    weight: Weight = ZERO
    """The highest that was read; `mirror` is the highest share that is mirrored."""
    mirror: Weight = ZERO
    version: str = ""
    """What is to be rolled out: what runs, where the plan says how to read that."""
    slos: tuple[SloSeen, ...] = ()

    @property
    def red(self) -> tuple[str, ...]:
        """What stops the start."""
        return tuple(f"{each.what}: {each.said}" for each in self.tried if each.outcome == "red")

    def held_off(self, held: Mapping[str, str]) -> Report:
        """The same, with these kill switches red, by name and with why, however well they answer."""
        tried = [
            each.model_copy(update={"outcome": "red", "said": held[each.name]})
            if each.kind == "kill switch" and each.name in held
            else each
            for each in self.tried
        ]
        return replace(self, tried=tuple(tried))


def patience(plan: Plan) -> timedelta:
    """How long preflight may wait for baselines: the longest window, and the plan's patience with missing data."""
    spans = [metric.baseline.before_start for metric in plan.metrics.values() if metric.baseline]
    return max((span for span in spans if span), default=timedelta(0)) + plan.no_data.after


def after_preflight(rollout: Rollout, plan: Plan, report: Report, now: datetime, id: str) -> Step:
    """Red ends it; what needs more time is waited for; green asks for the first weight or for the approvals to it,
    adopts, or begins to watch. At the start's gate it is what a check is at other gates."""
    if rollout.state is State.START_GATE:
        return _at_start_gate(rollout, plan, report, now, id)
    waits_for_traffic = rollout.mode == "observe" and report.weight == ZERO
    known = rollout.but(
        version=report.version,
        preflight=report.tried,
        baselines=dict(report.baselines),
        former={**report.rehearsed.former, **rollout.former},
        rehearsed_at=now,
        due_at=now + (plan.every.check if waits_for_traffic else SOON),
    )
    passed_before = rollout.mode == "observe" and rollout.rehearsed_at is not None
    if report.red and not passed_before:
        ended = rollout.but(preflight=report.tried)
        return moves.abort(ended, now, "preflight found problems", red=report.red)
    if report.red or waits_for_traffic:
        return Step(known)
    if report.pending and now - rollout.started_at > patience(plan):
        red = [f"no baseline for {line}" for line in report.pending]
        return moves.abort(known, now, "the baselines couldn't be taken", red=red)
    if report.pending:
        return Step(known)
    return _green(known, plan, report, now, id).also(_found(report))


def _green(rollout: Rollout, plan: Plan, report: Report, now: datetime, id: str) -> Step:
    over = rollout.but(preflight=())
    if rollout.mode == "observe":
        return observing.begin(over, plan, report.weight, now)
    if rollout.adopts is not None:
        return adopt(over, plan, rollout.adopts, now)
    low = over.but(budgets=levels(rollout.budgets, report.slos))
    if held := budgets.pause(low, plan, now, id):
        return held
    if start_gate.asks(low, plan):
        asked = low.but(preflight=rollout.preflight, rehearsal_faults=tuple(report.rehearsed.faults))
        return start_gate.ask(asked, plan, now, id)
    return start_gate.too_late(low, plan, now, id) or moves.enter_first_stage(low, plan, now, id)


def _at_start_gate(rollout: Rollout, plan: Plan, report: Report, now: datetime, id: str) -> Step:
    known = rollout.but(
        version=report.version,
        preflight=report.tried,
        baselines=dict(report.baselines),
        budgets=levels(rollout.budgets, report.slos),
        former={**report.rehearsed.former, **rollout.former},
        rehearsed_at=now,
        rehearsal_faults=tuple(report.rehearsed.faults),
    )
    found = start_gate.Found(report.red, report.pending, report.weight, report.mirror)
    return start_gate.looked(known, plan, found, now, id)


def _found(report: Report) -> Happening:
    lines = {
        "version": report.version,
        "notes": list(report.notes),
        "runbooks": list(report.runbooks),
        "rehearsed": list(report.rehearsed.tried),
        "baselines": {name: value.model_dump(mode="json") for name, value in report.baselines.items()},
        "tried": [each.model_dump(mode="json") for each in report.tried],
    }
    return Happening("preflight", lines)
