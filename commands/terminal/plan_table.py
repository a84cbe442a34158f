"""A plan on one screen: its stages, and under each what it asks."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.plan import Plan, Response, Rule, Stage
from bot.domain.planning.diff import spelled
from bot.domain.units import spell_duration

_LISTS = (("promote when", "promote_when"), ("warn unless", "warn_unless"), ("roll back when", "rollback_when"))


def plan_table(plan: Plan) -> str:
    """The plan in lines for a terminal."""
    return "\n".join([*_head(plan), *(line for stage in plan.stages for line in _stage(stage)), *_foot(plan)])


def _head(plan: Plan) -> Iterator[str]:
    yield f"{plan.name} ({plan.what or plan.service}), {plan.environment}, {plan.channel}"
    yield f"checks every {spell_duration(plan.every.check)}, snapshots every {spell_duration(plan.every.snapshot)}"
    without = f"no data: waits {spell_duration(plan.no_data.after)}, then {plan.no_data.then}"
    yield f"{without}; gate: {spell_duration(plan.gate.expires)}, then {plan.gate.then}"
    yield f"traffic: {', '.join(part.kind for part in plan.traffic)}; cooldown {spell_duration(plan.cooldown)}"


def _stage(stage: Stage) -> Iterator[str]:
    yield ""
    yield f"{stage.weight!s:>6}  {stage.name or ''}".rstrip() + _clocks(stage)
    for title, field in _LISTS:
        rules: tuple[Rule, ...] = getattr(stage, field)
        for number, rule in enumerate(rules):
            yield f"        {title if number == 0 else '':<16}{rule.condition}{_special(rule)}"
    yield f"        {'if it fails':<16}{_response(stage.on_fail)}; on a breach {stage.on_breach} to {stage.rollback_to}"
    yield f"        {'approvals':<16}{_approvals(stage)}"


def _clocks(stage: Stage) -> str:
    clocks = [f"bakes {spell_duration(stage.bake)}"]
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


def _approvals(stage: Stage) -> str:
    wanted = stage.approvals
    groups = f", one of each of {', '.join(wanted.one_of_each)}" if wanted.one_of_each else ""
    eyes = ", not by who asked" if wanted.not_requester else ""
    return f"{wanted.need}{groups}{eyes}"


def _foot(plan: Plan) -> Iterator[str]:
    yield ""
    for number, tier in enumerate(plan.kill_switch, start=1):
        yield f"kill switch, tier {number}: {', '.join(part.kind for part in tier)}"
    if not plan.kill_switch:
        yield "kill switch: none but weight 0%"
    if plan.killed_when:
        yield f"killed when: {', '.join(spelled(condition) for condition in plan.killed_when)}"
