"""Before anything moves: every source is asked once on both sides, the kill rehearsed, baselines taken (X5, X3).

Red stops the start; nothing has changed then. A metric that merely has no samples yet is not red: before its first
percent a canary serves nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Literal

from bot.domain.adopting import UNMEASURABLE, stage_of, unmeasurable
from bot.domain.conditions import Condition
from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.objectives import Spent, seen
from bot.domain.plan import Plan, VersionFrom
from bot.domain.rollout import BaselineValue, Rollout, Tried
from bot.domain.units import ZERO, Weight
from bot.engine.baselines import first_baseline
from bot.engine.board import Board, Watch
from bot.engine.equipment import Doing, Gear, Looking, Tasked
from bot.engine.gather import Round, baseline_metrics, has_sides, needs_stable
from bot.engine.objectives import spent
from bot.engine.preflighted import Report
from bot.engine.rehearsal import CALL_S, PAPER, Rehearsal, rehearse
from bot.engine.versions import VERSION, bind_version
from bot.ports import KillFiles, Notifier, OutsideFault, Traffic
from bot.ports.archives import Archive, Mailer

RED = frozenset({Missing.TIMEOUT, Missing.UNREACHABLE, Missing.REFUSED, Missing.GARBAGE, Missing.PARTIAL})
NEVER_BY_ITSELF = frozenset({Missing.EMPTY, Missing.SEVERAL_SERIES})
"""What the stable side, which serves everybody, lacks only where the query or the plan's `sides` are wrong."""


REACHED_S = 5.0
"""How long a start waits for a destination of its papers, for the mail server, or for a notifier."""


async def preflight(rollout: Rollout, plan: Plan, gear: Gear, round: Round, files: KillFiles, watch: Watch) -> Report:
    """Try everything without changing anything; `watch` hears how far it is. Never raises for what a far side does."""
    tasks = gear.tasks if rollout.mode == "live" else ()
    board = Board(_to_try(rollout, plan, gear, tasks))
    async with board.told_to(watch), asyncio.TaskGroup() as group:
        rollout = await bind_version(_to_try_again(rollout), plan, gear, round, board)
        round = round.of(rollout)
        rehearsing = group.create_task(_rehearsed(rollout, gear, files, board))
        for place in _afterwards(gear):
            group.create_task(_reached(rollout, place, _papers_to(place), board))
        for name, notifier in gear.notifiers.items():
            group.create_task(_reached(rollout, notifier, _told(name), board))
        for doing in _doings(rollout, gear):
            group.create_task(_rehearsed_once(rollout, doing, board))
        reads = [group.create_task(_read(rollout, each, board)) for each in gear.traffic]
        copies = [group.create_task(_read_mirror(rollout, plan, each, board)) for each in gear.mirrors]
        looks = [group.create_task(_look(each, board)) for each in gear.looks]
        spending = group.create_task(_spent(rollout, plan, gear, round, board))
        for task in tasks:
            group.create_task(_may_run(task, board))
        metrics = [group.create_task(_metric(plan, gear, round, name, side, board)) for name, side in _asked(plan)]
        taking = {
            name: group.create_task(_taken(rollout, plan, gear, round, name, board))
            for name in sorted(baseline_metrics(plan))
            if name not in rollout.baselines or rollout.mode == "observe" or rollout.state is State.START_GATE
        }
    weight = _highest(reads)
    taken = {name: _at_hand(rollout, plan, name, task.result(), weight) for name, task in taking.items()}
    return Report(
        tried=board.tried,
        notes=tuple(line for task in metrics if (line := task.result())),
        runbooks=tuple(line for task in looks if (line := task.result())),
        pending=tuple(f"{name}: {value.detail or value}" for name, value in taken.items() if isinstance(value, NoData)),
        baselines={**rollout.baselines, **{name: v for name, v in taken.items() if isinstance(v, BaselineValue)}},
        rehearsed=rehearsing.result(),
        weight=weight,
        mirror=_highest(copies),
        version=rollout.version,
        slos=tuple(seen(plan, {}, spending.result(), round.now).values()),
    )


def _highest(reads: Sequence[asyncio.Task[Weight | None]]) -> Weight:
    """Of what was read; nothing where nothing could be."""
    return max((found for task in reads if (found := task.result()) is not None), default=ZERO)


_ONCE = ("archive", "notifier")
"""What stops no start, and isn't asked again every minute."""


def _to_try_again(rollout: Rollout) -> Rollout:
    """At the start's gate everything that may stop the start is tried anew each time: nothing rises on a stale one."""
    if rollout.state is not State.START_GATE:
        return rollout
    return rollout.but(preflight=tuple(each for each in rollout.preflight if each.kind in _ONCE))


# ---- what is tried --------------------------------------------------------------------------------------------------


def _to_try(rollout: Rollout, plan: Plan, gear: Gear, tasks: Sequence[Tasked]) -> list[Tried]:
    """Everything, in the order in which it is shown."""
    return [
        *([Tried(what=VERSION, kind="version")] if isinstance(plan.version, VersionFrom) else ()),
        *(_a_metric(name, side) for name, side in _asked(plan)),
        *(Tried(what=f"baseline of {name}", kind="baseline", name=name) for name in sorted(baseline_metrics(plan))),
        *(_an_slo(name) for name, slo in plan.slos.items() if slo.counts_events),
        *(_a_target(each) for each in (*gear.traffic, *gear.mirrors)),
        *(Tried(what=f"kill switch {each.name}", kind="kill switch", name=each.name) for each in gear.methods),
        *(Tried(what=f"action {each.what}", kind="action", name=each.what) for each in _doings(rollout, gear)),
        Tried(what=PAPER, kind="paper"),
        *(Tried(what=_papers_to(each), kind="archive", name=each.target) for each in _afterwards(gear)),
        *(Tried(what=_told(name), kind="notifier", name=name) for name in gear.notifiers),
        *(_a_look(each) for each in gear.looks),
        *(_a_task(each) for each in tasks),
    ]


def _afterwards(gear: Gear) -> list[Archive | Mailer]:
    """Where its papers go when it has ended, each place once."""
    places: list[Archive | Mailer] = [*gear.archives, *([gear.mailer] if gear.mailer else [])]
    return list({each.target: each for each in places}.values())


def _papers_to(place: Archive | Mailer) -> str:
    return f"papers to {place.target}"


def _told(notifier: str) -> str:
    return f"notifier {notifier}"


async def _reached(rollout: Rollout, place: Archive | Mailer | Notifier, what: str, board: Board) -> None:
    """Never red: what can't be kept or told now is kept or told later, and no rollout waits for that."""
    if not _known(rollout, what, board):
        fault, _ = await _faults(place.rehearse(), REACHED_S)
        board.note(what, "note" if fault else "ok", fault)


def _doings(rollout: Rollout, gear: Gear) -> list[Doing]:
    """The actions of its stages and its end; who only watches does none."""
    return [] if rollout.mode == "observe" else list({each.what: each for each in gear.effects}.values())


async def _rehearsed_once(rollout: Rollout, doing: Doing, board: Board) -> None:
    """Red where it can't be done: better known before anything moves than half way up (R20, X5)."""
    what = f"action {doing.what}"
    if not _known(rollout, what, board):
        fault, said = await _faults(doing.effect.rehearse(), CALL_S)
        board.note(what, "red" if fault else "ok", fault or said)


def _known(rollout: Rollout, what: str, board: Board) -> bool:
    """Once is enough: while a baseline is being collected preflight looks every second."""
    known = next((each for each in rollout.preflight if each.what == what and each.outcome != "pending"), None)
    if known is not None:
        board.note(what, known.outcome, known.said)
    return known is not None


async def _faults(call: Awaitable[str], within_s: float) -> tuple[str, str]:
    """(the fault or "", what was said)."""
    try:
        async with asyncio.timeout(within_s):
            return "", await call
    except TimeoutError:
        return f"no answer in {within_s:g} s", ""
    except OutsideFault as refused:
        return str(refused) or "no answer", ""


def _asked(plan: Plan) -> list[tuple[str, str]]:
    """Every metric, and on the stable side too where its query tells sides apart."""
    sides = [(name, side) for name in plan.metrics for side in ("canary", "stable")]
    return [(name, side) for name, side in sides if side == "canary" or has_sides(plan, name)]


def _a_metric(name: str, side: str) -> Tried:
    if side == "canary":
        return Tried(what=f"metric {name}", kind="metric", name=name)
    return Tried(what=f"metric {name} on the stable side", kind="stable", name=name)


def _a_target(traffic: Traffic) -> Tried:
    return Tried(what=f"traffic {traffic.target}", kind="traffic", name=traffic.target)


def _a_look(look: Looking) -> Tried:
    name = f"{look.metric}: {look.what}"
    return Tried(what=f"diagnosis of {name}", kind="diagnosis", name=name)


async def _look(look: Looking, board: Board) -> str:
    """Whether a runbook could look at it; nothing is run. Returns what is worth a note, or ""."""
    tried = _a_look(look)
    fault, _ = await _faults(look.look.rehearse(), CALL_S)
    board.note(tried.what, "note" if fault else "ok", fault)
    return f"{tried.name}: {fault}" if fault else ""


def _a_task(task: Tasked) -> Tried:
    return Tried(what=f"task {task.name}", kind="task", name=task.name)


async def _may_run(task: Tasked, board: Board) -> None:
    """Whether it could be carried out; nothing is run. One that its stage needs is better missed now than at T+5."""
    fault, said = await _faults(task.exercise.rehearse(), CALL_S)
    outcome: Literal["ok", "note", "red"] = "ok" if not fault else "red" if task.task.needed else "note"
    board.note(_a_task(task).what, outcome, fault or said)


async def _rehearsed(rollout: Rollout, gear: Gear, files: KillFiles, board: Board) -> Rehearsal:
    """What is only observed is never killed by Perch: there a switch out of reach is no more than a note."""
    targets = {f"traffic {each.target}" for each in (*gear.traffic, *gear.mirrors)}

    def heard(what: str, fault: str, said: str) -> None:
        if fault:
            board.note(what, "note" if rollout.mode == "observe" and what not in targets else "red", fault)
        elif what not in targets:
            board.note(what, "ok", said)

    return await rehearse(gear, files, heard)


async def _read(rollout: Rollout, traffic: Traffic, board: Board) -> Weight | None:
    """A start begins from nothing, a takeover from its weight; who only watches takes what there is."""
    what = f"traffic {traffic.target}"
    try:
        async with asyncio.timeout(CALL_S):
            weight = (await traffic.read()).weight
    except (TimeoutError, OutsideFault):
        # The rehearsal says it already.
        return None
    if rollout.mode == "observe" or weight == (rollout.adopts or ZERO):
        board.note(what, "ok", f"is at {weight}")
    elif rollout.adopts is not None:
        board.note(what, "red", f"is at {weight}, and {rollout.adopts} was to be taken over")
    else:
        board.note(what, "red", f"is already at {weight}: set it to 0% first, a start begins from nothing")
    return weight


async def _read_mirror(rollout: Rollout, plan: Plan, mirror: Traffic, board: Board) -> Weight | None:
    """A start begins from nothing mirrored, a takeover from what its stage mirrors."""
    what = f"traffic {mirror.target}"
    stage = stage_of(plan, rollout.adopts) if rollout.adopts is not None else None
    wanted = plan.stages[stage].mirrored if stage is not None else ZERO
    try:
        async with asyncio.timeout(CALL_S):
            share = (await mirror.read()).weight
    except (TimeoutError, OutsideFault):
        # The rehearsal says it already.
        return None
    if rollout.mode == "observe" or share == wanted:
        board.note(what, "ok", f"is at {share}")
    else:
        board.note(what, "red", f"is already at {share}: set it to {wanted} first")
    return share


async def _metric(plan: Plan, gear: Gear, round: Round, name: str, side: str, board: Board) -> str:
    """Ask one metric on one side. Returns what is worth a note, or ""."""
    measured = (await round.metrics(plan, gear.sources, [name], side))[name]
    what = _a_metric(name, side).what
    if not isinstance(measured, NoData):
        board.note(what, "ok")
        return ""
    board.note(what, "red" if _is_red(plan, name, side, measured) else "note", str(measured))
    return f"{name}{' (stable side)' if side == 'stable' else ''}: {measured}"


def _an_slo(name: str) -> Tried:
    return Tried(what=f"SLO {name}", kind="slo", name=name)


async def _spent(rollout: Rollout, plan: Plan, gear: Gear, round: Round, board: Board) -> Spent:
    """What is left of the budgets, and whether the sources that count events can be asked about whole windows."""
    bads = await spent(rollout, plan, gear, round)
    for name, slo in plan.slos.items():
        if not slo.counts_events:
            continue
        missing = next((bad for bad in bads[name].values() if isinstance(bad, NoData)), None)
        red = missing is not None and missing.missing in (*RED, Missing.SEVERAL_SERIES)
        board.note(_an_slo(name).what, "red" if red else "note" if missing else "ok", str(missing or ""))
    return bads


def _is_red(plan: Plan, name: str, side: str, measured: NoData) -> bool:
    """A source that fails; what confirms a weight and isn't there before there is any; a stable side without data."""
    if measured.missing in RED or measured.missing is Missing.SEVERAL_SERIES:
        return True
    if side == "canary":
        return name == plan.confirm.metric
    return measured.missing in NEVER_BY_ITSELF and name in needs_stable(_conditions(plan))


def _conditions(plan: Plan) -> list[Condition]:
    rules = [rule for stage in plan.stages for rule in (*stage.promote_when, *stage.warn_unless, *stage.rollback_when)]
    return [rule.condition for rule in (*rules, *plan.complete_when)]


# ---- baselines ------------------------------------------------------------------------------------------------------


async def _taken(
    rollout: Rollout, plan: Plan, gear: Gear, round: Round, name: str, board: Board
) -> BaselineValue | NoData:
    what = f"baseline of {name}"
    if rollout.adopts is not None and unmeasurable(plan, name):
        board.note(what, "note", UNMEASURABLE)
        return _none(round.now, UNMEASURABLE)
    value = await first_baseline(rollout, plan, gear, round, name)
    missing = str(value) if isinstance(value, NoData) else ""
    board.note(what, "pending" if missing else "ok", missing)
    return value


def _at_hand(
    rollout: Rollout, plan: Plan, name: str, value: BaselineValue | NoData, weight: Weight
) -> BaselineValue | NoData:
    """For who only watches: taken anew until there is traffic, and then no longer waited for."""
    if rollout.mode != "observe" or weight == ZERO:
        return value
    if (former := rollout.baselines.get(name)) is not None:
        return former
    if unmeasurable(plan, name):
        return _none(value.at if isinstance(value, NoData) else value.taken_at, UNMEASURABLE)
    return _none(value.at, str(value)) if isinstance(value, NoData) else value


def _none(at: datetime, why: str) -> BaselineValue:
    return BaselineValue(value=None, samples=0, taken_at=at, how=why)
