"""A plan on one screen: its stages, and under each what it asks."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.conditions import Op
from bot.domain.language.spelling import exactly
from bot.domain.plan import Approvals, ChecklistItem, Plan, PlannedAction, Response, Rule, Slo, Stage, Task, VersionFrom
from bot.domain.planning.actions import Lasts
from bot.domain.planning.diff import spelled
from bot.domain.units import ZERO, spell_duration

_LISTS = (("promote when", "promote_when"), ("warn unless", "warn_unless"), ("roll back when", "rollback_when"))


def plan_table(plan: Plan) -> str:
    """The plan in lines for a terminal."""
    return "\n".join(
        [
            *_head(plan),
            *(line for stage in plan.stages for line in _stage(stage, stage is plan.stages[-1])),
            *_foot(plan),
        ]
    )


def _head(plan: Plan) -> Iterator[str]:
    yield f"{plan.name} ({plan.what or plan.service}), {plan.environment}, {plan.channel}"
    yield f"checks every {spell_duration(plan.every.check)}, snapshots every {spell_duration(plan.every.snapshot)}"
    without = f"no data: waits {spell_duration(plan.no_data.after)}, then {plan.no_data.then}"
    yield f"{without}; gate: {spell_duration(plan.gate.expires)}, then {plan.gate.then}"
    if plan.start_approvals is not None:
        yield f"start: approvals {_approvals(plan.start_approvals)}"
    yield f"traffic: {', '.join(part.kind for part in plan.traffic)}; cooldown {spell_duration(plan.cooldown)}"

    if plan.version is not None:
        yield f"version: {_version(plan.version)}"


def _version(version: str | VersionFrom) -> str:
    """The version, or where it's read."""
    if isinstance(version, str):
        return version
    command = version.options.get("command")
    told = f"metric {version.metric}" if version.metric else " ".join(map(str, command or [version.kind]))
    return f"read from {told} at each check"


def _stage(stage: Stage, last: bool) -> Iterator[str]:
    yield ""
    yield f"{stage.weight!s:>6}  {stage.name or ''}".rstrip() + _clocks(stage)
    for title, field in _LISTS:
        rules: tuple[Rule, ...] = getattr(stage, field)
        for number, rule in enumerate(rules):
            yield f"        {title if number == 0 else '':<16}{rule.condition}{_special(rule)}"
    yield f"        {'if it fails':<16}{_response(stage.on_fail)}; on a breach {stage.on_breach} to {stage.rollback_to}"
    yield f"        {'approvals':<16}{'none: it is complete by itself' if last else _approvals(stage.approvals)}"
    for title, actions in (("before", stage.before), ("after", stage.after)):
        for number, action in enumerate(actions):
            yield f"        {title if number == 0 else '':<16}{_action(action)}"
    for number, item in enumerate(stage.checklist):
        yield f"        {'checklist' if number == 0 else '':<16}{item.text}{_ticked(item)}"
    for number, task in enumerate(stage.tasks):
        yield f"        {'tasks' if number == 0 else '':<16}{_task(task)}"


def _task(task: Task) -> str:
    must = [f"must show {', '.join(map(str, task.expect))}"] if task.expect else []
    must.append(f"else {task.on_fail}" if task.needed else "not needed")
    return f"{task.name} at T+{exactly(task.at)}: {task.shown}  ({'; '.join(must)})"


def _action(action: PlannedAction) -> str:
    lasts = f", lasts {action.lasts.value}" if action.lasts not in (None, Lasts.FOR_GOOD) else ""
    return f"{action.called}  ({action.kind}{lasts})" if action.what else f"{action.kind}{lasts}"


def _ticked(item: ChecklistItem) -> str:
    if item.auto is not None:
        return f"  (each check: {item.auto})" if item.item else "  (each check)"
    return f"  (by {' or '.join(item.by)})" if item.by else ""


def _clocks(stage: Stage) -> str:
    clocks = [f"mirrors {stage.mirrored}"] if stage.mirrored > ZERO else []
    clocks.append(f"bakes {spell_duration(stage.bake)}")
    if stage.settle is not None:
        clocks.append(f"settles {spell_duration(stage.settle)}")
    if stage.clean_for is not None:
        clocks.append(f"clean for {spell_duration(stage.clean_for)}")
    if stage.window is not None and stage.window.enter:
        clocks.append(f"entered {stage.window.enter}")
    if stage.window is not None and stage.window.leave:
        clocks.append(f"left {stage.window.leave}")
    return "  " + ", ".join(clocks)


def _special(rule: Rule) -> str:
    told = [f"else {_response(rule.on_fail)}"] if rule.on_fail else []
    told += [f"then {rule.on_breach}"] if rule.on_breach else []
    told += [f"class {rule.danger}"] if rule.danger else []
    return f"  ({', '.join(told)})" if told else ""


def _response(response: Response) -> str:
    lasting = f" {spell_duration(response.lasting)}" if response.lasting else ""
    return f"{response.action}{lasting}" + (f" then {response.then}" if response.then else "")


def _approvals(wanted: Approvals) -> str:
    groups = f", one of each of {', '.join(wanted.one_of_each)}" if wanted.one_of_each else ""
    eyes = ", not by who asked" if wanted.not_requester else ""
    return f"{wanted.need}{groups}{eyes}"


def _slo(name: str, slo: Slo) -> str:
    about = f"{slo.metric} " if slo.metric is not None else "good of total "
    target = f"{'>= ' if slo.target.op is Op.AT_LEAST else ''}{str(slo.target).removeprefix('>= ')}"
    budget = f", error budget {slo.error_budget}" if slo.error_budget is not None else ""
    return f"slo {name}: {about}{target} over {spell_duration(slo.window)}{budget}"


def _told(plan: Plan) -> Iterator[str]:
    """Whom each event, severity and class is told to, besides the plan's channel."""
    named = [*plan.notify, *((urgency, targets) for urgency, targets in plan.routes)]
    told = [f"{of} to {', '.join(targets)}" for of, targets in named if targets]
    if told:
        yield f"told: {'; '.join(told)}"
    for name, danger in plan.classes.items():
        also = f", also to {', '.join(danger.notify)}" if danger.notify else ""
        yield f"class {name}: {danger.severity}{also}" + ("; never retried" if danger.retry == "never" else "")


def _foot(plan: Plan) -> Iterator[str]:
    yield ""
    for name, slo in plan.slos.items():
        yield _slo(name, slo)
    if plan.complete_when:
        yield f"complete when: {', '.join(spelled(condition) for condition in plan.complete_when)}"
    if plan.artifacts:
        yield f"not complete without: {', '.join(plan.artifacts)}"
    if plan.when_completed:
        yield f"when completed: {', '.join(map(_action, plan.when_completed))}"
    yield from _told(plan)
    for number, tier in enumerate(plan.kill_switch, start=1):
        yield f"kill switch, tier {number}: {', '.join(part.kind for part in tier)}"
    if not plan.kill_switch:
        yield "kill switch: none but weight 0%"
    if plan.load_hosts:
        yield f"load may go to: {', '.join(plan.load_hosts)}"
    if plan.killed_when:
        yield f"killed when: {', '.join(spelled(condition) for condition in plan.killed_when)}"
