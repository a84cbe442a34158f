"""Before anything moves: every source is asked once on both sides, the kill rehearsed, baselines taken (X5, X3).

Red stops the start; nothing has changed then. What is tried, and when it is red, is in `tries`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain import budgets, moves, observing
from bot.domain.adopting import adopt
from bot.domain.budget_levels import levels
from bot.domain.measurements import NoData
from bot.domain.objectives import seen
from bot.domain.plan import Plan
from bot.domain.rollout import BaselineValue, Rollout, Tried
from bot.domain.slos import SloSeen
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, Weight
from bot.engine.board import Board, Watch
from bot.engine.equipment import Gear
from bot.engine.gather import Round, baseline_metrics
from bot.engine.rehearsal import Rehearsal
from bot.engine.tries import (
    afterwards,
    asked,
    at_hand,
    doings,
    to_try,
    try_action,
    try_baseline,
    try_kill,
    try_look,
    try_metric,
    try_mirror,
    try_notifier,
    try_papers,
    try_slos,
    try_task,
    try_traffic,
)
from bot.engine.versions import bind_version
from bot.ports import KillFiles

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
    """The highest that was read."""
    version: str = ""
    """What is to be rolled out: what runs, where the plan says how to read that."""
    slos: tuple[SloSeen, ...] = ()

    @property
    def red(self) -> tuple[str, ...]:
        """What stops the start."""
        return tuple(f"{each.what}: {each.said}" for each in self.tried if each.outcome == "red")


async def preflight(rollout: Rollout, plan: Plan, gear: Gear, round: Round, files: KillFiles, watch: Watch) -> Report:
    """Try everything without changing anything; `watch` hears how far it is. Never raises for what a far side does."""
    tasks = gear.tasks if rollout.mode == "live" else ()
    board = Board(to_try(rollout, plan, gear, tasks))
    async with board.told_to(watch), asyncio.TaskGroup() as group:
        rollout = await bind_version(rollout, plan, gear, round, board)
        round = round.of(rollout)
        rehearsing = group.create_task(try_kill(rollout, gear, files, board))
        for place in afterwards(gear):
            group.create_task(try_papers(rollout, place, board))
        for name, notifier in gear.notifiers.items():
            group.create_task(try_notifier(rollout, name, notifier, board))
        for doing in doings(rollout, gear):
            group.create_task(try_action(rollout, doing, board))
        reads = [group.create_task(try_traffic(rollout, each, board)) for each in gear.traffic]
        for mirror in gear.mirrors:
            group.create_task(try_mirror(rollout, plan, mirror, board))
        looks = [group.create_task(try_look(each, board)) for each in gear.looks]
        spending = group.create_task(try_slos(rollout, plan, gear, round, board))
        for task in tasks:
            group.create_task(try_task(task, board))
        metrics = [group.create_task(try_metric(plan, gear, round, name, side, board)) for name, side in asked(plan)]
        taking = {
            name: group.create_task(try_baseline(rollout, plan, gear, round, name, board))
            for name in sorted(baseline_metrics(plan))
            if name not in rollout.baselines or rollout.mode == "observe"
        }
    weight = max((found for task in reads if (found := task.result()) is not None), default=ZERO)
    taken = {name: at_hand(rollout, plan, name, task.result(), weight) for name, task in taking.items()}
    return Report(
        tried=board.tried,
        notes=tuple(line for task in metrics if (line := task.result())),
        runbooks=tuple(line for task in looks if (line := task.result())),
        pending=tuple(f"{name}: {value}" for name, value in taken.items() if isinstance(value, NoData)),
        baselines={**rollout.baselines, **{name: v for name, v in taken.items() if isinstance(v, BaselineValue)}},
        rehearsed=rehearsing.result(),
        weight=weight,
        version=rollout.version,
        slos=tuple(seen(plan, {}, spending.result(), round.now).values()),
    )


def patience(plan: Plan) -> timedelta:
    """How long preflight may wait for baselines: the longest window, and the plan's patience with missing data."""
    spans = [metric.baseline.before_start for metric in plan.metrics.values() if metric.baseline]
    return max((span for span in spans if span), default=timedelta(0)) + plan.no_data.after


# ---- what follows from it -------------------------------------------------------------------------------------------


def after_preflight(rollout: Rollout, plan: Plan, report: Report, now: datetime, id: str) -> Step:
    """Red ends it; what needs more time is waited for; green asks for the first weight, adopts, or begins to watch."""
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
    return _green(known.but(preflight=()), plan, report, now, id).also(_found(report))


def _green(rollout: Rollout, plan: Plan, report: Report, now: datetime, id: str) -> Step:
    if rollout.mode == "observe":
        return observing.begin(rollout, plan, report.weight, now)
    if rollout.adopts is not None:
        return adopt(rollout, plan, rollout.adopts, now)
    low = rollout.but(budgets=levels(rollout.budgets, report.slos))
    return budgets.pause(low, plan, now, id) or moves.enter_first_stage(low, plan, now, id)


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
