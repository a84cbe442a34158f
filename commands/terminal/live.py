"""A plan against the world as it is: sources asked once; targets, kill methods and actions tried, nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime

from bot.assembly import all_kinds, utc_now
from bot.domain.kinds import Kinds
from bot.domain.measurements import NoData
from bot.domain.plan import Plan
from bot.engine.equipment import Equipment, Gear
from bot.engine.gather import Round
from bot.engine.objectives import bad_events
from bot.engine.preflight import RED
from bot.engine.rehearsal import CALL_S
from bot.engine.versions import read_version
from bot.ports import Denied, OutsideFault
from bot.settings import Settings
from commands.terminal.flags_there import flags_there, stands_on_flags

DATABASE: str = Settings.model_fields["database_url"].default
RUNBOOK, NOTIFIER = "diagnosis of ", "notifier "
"""How a line about a runbook, or about who is told, begins: they stop no start."""


async def problems(plan: Plan, environment: Mapping[str, str]) -> list[str]:
    """What would stop this plan from starting, what its runbooks couldn't look at, who couldn't be told: one line each.

    The present weight isn't judged, only read.
    """
    kinds = all_kinds()
    if stands_on_flags(plan, kinds):
        async with flags_there(environment.get("DATABASE_URL") or DATABASE) as flags:
            return await _problems(plan, kinds, Equipment(kinds, environment, flags=flags))
    return await _problems(plan, kinds, Equipment(kinds, environment))


async def _problems(plan: Plan, kinds: Kinds, equipment: Equipment) -> list[str]:
    try:
        gear = equipment.gear(plan)
    except Denied as denied:
        return [str(denied)]
    else:
        outside = [*await source_problems(plan, gear, kinds, utc_now()), *await target_problems(gear)]
        outside += await version_problems(plan, gear, kinds, utc_now())
        runs = [*await task_problems(gear), *await diagnosis_problems(gear)]
        return [*outside, *runs, *await notifier_problems(gear)]
    finally:
        await equipment.aclose()


async def source_problems(plan: Plan, gear: Gear, kinds: Kinds, now: datetime) -> Sequence[str]:
    """Metrics and SLOs whose source doesn't answer; that one merely has no samples yet is no problem."""
    round = Round(now, kinds).of_nobody()
    measured = await round.metrics(plan, gear.sources, plan.metrics)
    answers: dict[str, object] = {f"metric {name}": value for name, value in measured.items()}
    for name, slo in plan.slos.items():
        if slo.counts_events:
            answers[f"slo {name}"] = await bad_events(plan, gear, round, name, slo.window)
    return [f"{what}: {each}" for what, each in answers.items() if isinstance(each, NoData) and each.missing in RED]


async def version_problems(plan: Plan, gear: Gear, kinds: Kinds, now: datetime) -> Sequence[str]:
    """That the version can't be read, where the plan says how."""
    read = await read_version(plan, gear, Round(now, kinds).of_nobody())
    return [f"the version: {read}"] if isinstance(read, NoData) else []


async def target_problems(gear: Gear) -> Sequence[str]:
    """Traffic targets, kill methods and actions that can't be reached, read or rehearsed."""
    targets = (*gear.traffic, *gear.mirrors)
    calls: list[Awaitable[str]] = [_tried(f"traffic {each.target}", each.rehearse()) for each in targets]
    calls += [_tried(f"traffic {each.target}", each.read()) for each in targets]
    calls += [_tried(f"kill switch {method.name}", method.act.rehearse()) for method in gear.methods]
    calls += [_tried(f"action {each.what}", each.effect.rehearse()) for each in gear.effects]
    return list(dict.fromkeys(line for line in await asyncio.gather(*calls) if line))


async def task_problems(gear: Gear) -> Sequence[str]:
    """Tasks of stages that couldn't be carried out: hosts, tokens, commands. Nothing is run, and nothing sent."""
    calls = [_tried(f"task {each.name}", each.exercise.rehearse()) for each in gear.tasks]
    return [line for line in await asyncio.gather(*calls) if line]


async def diagnosis_problems(gear: Gear) -> Sequence[str]:
    """What runbooks couldn't look at: commands that may not be run, names that aren't set. Nothing is run."""
    calls = [
        _tried(f"{RUNBOOK}{each.metric}, {each.what} (no start is refused for it)", each.look.rehearse())
        for each in gear.looks
    ]
    return [line for line in await asyncio.gather(*calls) if line]


async def notifier_problems(gear: Gear) -> Sequence[str]:
    """Pagers, trackers and hooks that couldn't be told, as far as that can be known without telling."""
    calls = [
        _tried(f"{NOTIFIER}{name} (no start is refused for it)", notifier.rehearse())
        for name, notifier in gear.notifiers.items()
    ]
    return [line for line in await asyncio.gather(*calls) if line]


async def _tried(what: str, call: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(CALL_S):
            await call
    except TimeoutError:
        return f"{what}: no answer in {CALL_S:g} s"
    except OutsideFault as fault:
        return f"{what}: {fault}"
    return ""
