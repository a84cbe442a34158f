"""Alert rules from a plan (O2): one for each trigger and hard condition of each stage that Prometheus can judge.

A rule is active while Perch says that the rollout is at its stage, and goes on by what Perch said last when that is
heard no more; that itself is an alert. What can't be a rule is told, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from adapters.alerting.expressions import Firing, NoRule, as_bad_on_stable, blind, firing, source_name, together
from adapters.alerting.promql import in_seconds, span
from adapters.alerting.recorded import PROMETHEUS, SECONDS, Numbers, Recorded, part_of
from bot.domain.conditions import Condition
from bot.domain.kinds import Kinds
from bot.domain.plan import Action, Plan, Response, Rule, Stage
from bot.domain.planning.settle import settle_of
from bot.domain.units import spell_duration

Role = Literal["trigger", "hard"]

PERCH_GONE = "1m"
"""So long Prometheus may hear nothing of a live rollout."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert rule. Its texts are plain: what writes them keeps Prometheus from taking them for templates."""

    name: str
    expr: str
    lasting: str
    labels: dict[str, str]
    summary: str
    description: str
    runbook: str = ""
    stage: int = 0
    """The stage's number, from 1; 0 for one that is about Perch."""
    firing: Firing | None = None
    metric: str = ""
    """What it looks at; "" for one that is about Perch."""
    waits_s: float = 0.0
    """How long the stage must have had its traffic."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A condition that can't be a rule."""

    where: str
    condition: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: '{self.condition}' is no alert rule: {self.why}"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a plan for one Prometheus."""

    plan: Plan
    source: str
    recorded: tuple[Recorded, ...]
    alerts: tuple[Alert, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def group(self) -> str:
        return f"perch/{self.plan.name}/{self.plan.environment}/{self.source}"


def prometheuses(plan: Plan, kinds: Kinds) -> list[str]:
    """The names of the Prometheus sources that the plan's metrics are asked of."""
    numbers = Numbers(plan, kinds)
    asked = [name for name, metric in plan.metrics.items() if part_of(plan, metric).kind == PROMETHEUS]
    return list(dict.fromkeys(source_name(numbers, name) for name in asked))


def rules_of(plan: Plan, kinds: Kinds, source: str) -> RuleSet:
    """The rules for one of `prometheuses`."""
    numbers = Numbers(plan, kinds)
    alerts: dict[tuple[str, int], Alert] = {}
    left_out: list[LeftOut] = []
    for number, stage in enumerate(plan.stages, start=1):
        for role, rule in _rules(stage):
            try:
                for alert in _alerts(numbers, source, number, role, rule):
                    alerts[alert.name, number] = alert
            except NoRule as why:
                left_out.append(LeftOut(f"stage {named(stage)}", rule.condition.text, str(why)))
    ends = [
        LeftOut("complete_when", rule.condition.text, "it is judged once, at the end") for rule in plan.complete_when
    ]
    guards = [*alerts.values(), *_about_blindness(numbers, alerts.values()), *_about_perch(numbers)]
    return RuleSet(plan, source, tuple(_recorded(numbers, guards)), tuple(guards), (*left_out, *ends))


def _rules(stage: Stage) -> Iterator[tuple[Role, Rule]]:
    yield from (("trigger", rule) for rule in stage.rollback_when)
    yield from (("hard", rule) for rule in stage.promote_when)


def named(stage: Stage) -> str:
    """A stage for people: `1% (observation)`."""
    return f"{stage.weight} ({stage.name})" if stage.name else str(stage.weight)


def _alerts(numbers: Numbers, source: str, number: int, role: Role, rule: Rule) -> Iterator[Alert]:
    """One, or two where the stable side may be as bad: rolling back to it helps nobody, so it's held. Raises NoRule."""
    stage, condition = numbers.plan.stages[number - 1], rule.condition
    found = firing(condition, numbers, source, when_unmet=role == "hard")
    action = _action(stage, rule) if role == "trigger" else None
    stable = as_bad_on_stable(condition, numbers, source) if action is Action.ROLLBACK else None
    if stable is None:
        yield _alert(numbers, number, rule, action, found)
        return
    yield _alert(numbers, number, rule, action, found.unless(stable))
    held = _alert(numbers, number, rule, Action.HOLD, found.along_with(stable))
    does = f"{_does(stage, rule, Action.HOLD)} The stable side is as bad: rolling back would not help."
    labels = held.labels | {"severity": "critical"}
    yield replace(held, name=f"{held.name}OnBothSides", labels=labels, description=does)


def _alert(numbers: Numbers, number: int, rule: Rule, action: Action | None, found: Firing) -> Alert:
    """`action` is a trigger's; None for a hard condition."""
    plan, stage, condition = numbers.plan, numbers.plan.stages[number - 1], rule.condition
    role: Role = "trigger" if action else "hard"
    settle = settle_of(stage, plan, numbers.kinds) if role == "hard" else None
    waits = max(filter(None, (settle, condition.after)), default=None)
    parts = [found.expr, f"{numbers.stage().selector} == {number}"]
    if waits:
        parts.append(f"{numbers.seconds().selector} >= {in_seconds(waits.total_seconds())}")
    metric = plan.metrics[condition.subject.name]
    said = condition.text if role == "trigger" else f"{condition.text} isn't met"
    return Alert(
        name=camel(plan.name) + slug(condition) + ("Unmet" if role == "hard" else ""),
        expr=together(parts),
        lasting=span(condition.lasting) if condition.lasting else "",
        labels=_labels(plan, stage, rule, action),
        summary=f"{plan.name} at {stage.weight}: {said}",
        description=" ".join((_does(stage, rule, action), *_look(plan, condition))),
        runbook=metric.runbook.link or "" if metric.runbook else "",
        stage=number,
        firing=found,
        metric=condition.subject.name,
        waits_s=waits.total_seconds() if waits else 0.0,
    )


def _labels(plan: Plan, stage: Stage, rule: Rule, action: Action | None) -> dict[str, str]:
    """What routes it. Only a trigger says `perch_action`, so only triggers act on Perch."""
    labels = {
        "severity": "critical" if action in (Action.ROLLBACK, Action.KILL) else "warning",
        "perch_plan": plan.name,
        "perch_service": plan.service,
        "perch_environment": plan.environment,
        "perch_stage": named(stage),
        "perch_role": "trigger" if action else "hard",
    }
    if rule.danger:
        labels["perch_class"] = rule.danger
    return labels | ({"perch_action": action.value} if action else {})


def _action(stage: Stage, rule: Rule) -> Action:
    return Action(rule.on_breach or stage.on_breach)


def _does(stage: Stage, rule: Rule, action: Action | None) -> str:
    if action is None:
        then = _spelled(rule.on_fail or stage.on_fail)
        return f"Perch doesn't promote meanwhile; if it is so when the bake is over: {then}."
    back = "the stage before" if stage.rollback_to == "previous" else str(stage.rollback_to)
    match action:
        case Action.KILL:
            return "Perch throws the kill switch."
        case Action.HOLD:
            return f"Perch holds it at {stage.weight}."
        case _:
            return f"Perch rolls back to {back}."


def _spelled(response: Response) -> str:
    lasting = f" {spell_duration(response.lasting)}" if response.lasting else ""
    return response.action.value + lasting + (f", then {response.then.value}" if response.then else "")


def _look(plan: Plan, condition: Condition) -> Iterator[str]:
    runbook = plan.metrics[condition.subject.name].runbook
    if runbook and runbook.look_at:
        yield f"Look at: {'; '.join(runbook.look_at)}."
    if runbook and runbook.remedies:
        yield f"Try: {'; '.join(runbook.remedies)}."


# ---- about what can't be seen ---------------------------------------------------------------------------------


def _about_blindness(numbers: Numbers, alerts: Iterable[Alert]) -> Iterator[Alert]:
    """No data never fires a guardrail, so that there is none is told, after the plan's own patience."""
    plan = numbers.plan
    for name in dict.fromkeys(alert.metric for alert in alerts):
        waited = spell_duration(plan.no_data.after)
        if plan.metrics[name].empty_is is None:
            yield Alert(
                name=f"{camel(plan.name)}{camel(name)}Unseen",
                expr=f"({numbers.stage().selector} > 0)\nunless on () {blind(numbers, name)}",
                lasting=span(plan.no_data.after),
                labels=_of_the_plan(plan) | {"severity": "warning"},
                summary=f"{plan.name} is under way, and {name} has had no data for {waited}",
                description=f"No rule about {name} can fire. Perch measures it by itself, and says what it finds.",
                metric=name,
            )


# ---- about Perch ------------------------------------------------------------------------------------------------


def _about_perch(numbers: Numbers) -> Iterator[Alert]:
    """That Perch is heard no more is told by rules of their own: the others then go by what it said last."""
    plan = numbers.plan
    labels = _of_the_plan(plan)
    yield Alert(
        name=f"{camel(plan.name)}PerchSilent",
        expr=f"({numbers.stage().selector} > 0)\nunless on () {numbers.present()}",
        lasting=PERCH_GONE,
        labels=labels,
        summary=f"{plan.name} is under way, and Prometheus hears nothing of it from Perch",
        description="Nothing is checked or promoted meanwhile. The other rules go by the stage that Perch told last. "
        "Start Perch, or see why Prometheus can't reach its /metrics; `perch kill` and `perch rollback` need no Perch.",
    )
    yield Alert(
        name=f"{camel(plan.name)}PerchUnknown",
        expr="absent(perch_database_up == 1)",
        lasting="10m",
        labels=labels | {"severity": "warning"},
        summary=f"Prometheus can't know whether {plan.name} is under way: no Perch tells it",
        description="These rules don't guard a rollout that starts now. Let this Prometheus scrape Perch's /metrics.",
    )


def _of_the_plan(plan: Plan) -> dict[str, str]:
    """Labels of what is about no stage."""
    return {
        "severity": "critical",
        "perch_plan": plan.name,
        "perch_service": plan.service,
        "perch_environment": plan.environment,
        "perch_role": "perch",
    }


def _recorded(numbers: Numbers, alerts: Sequence[Alert]) -> Iterable[Recorded]:
    """Everything that alerts need, once, before them in the group."""
    wanted = [numbers.stage()]
    wanted += [numbers.seconds()] if any(SECONDS in alert.expr for alert in alerts) else []
    wanted += [need for alert in alerts if alert.firing for need in alert.firing.needs]
    return {each.selector: each for each in wanted}.values()


# ---- names ------------------------------------------------------------------------------------------------------

_WORDS = {
    ">=": " at least ",
    "<=": " at most ",
    "==": " equals ",
    "!=": " is not ",
    ">": " above ",
    "<": " below ",
    "%": " percent ",
    "+": " plus ",
    "-": " minus ",
    "/": " per ",
}
_SIGN = re.compile("|".join(map(re.escape, _WORDS)))


def slug(condition: Condition) -> str:
    """A condition as an alert's name says it: `ErrorRateAbove5Percent`."""
    return camel(_SIGN.sub(lambda found: _WORDS[found[0]], condition.text.replace(".", "point")))


def camel(text: str) -> str:
    """`chat_p99 down` as `ChatP99Down`."""
    return "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", text))
