"""Whom a happening concerns, how urgently, and what it means for what people were told before (S8, O4, R22)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.checks import fired
from bot.domain.plan import Danger, Plan
from bot.domain.rollout import Check, Rollout, Verdict
from bot.domain.steps import Happening
from bot.domain.urgencies import Act, Urgency

URGENCIES = {
    "breach": Urgency.PAGE,
    "stuck": Urgency.PAGE,
    "rolled_back": Urgency.TICKET,
    "killed": Urgency.TICKET,
    "held": Urgency.WARNING,
}
"""By kind of event, where no class says otherwise."""
_BREACHES = frozenset({"breach", "both_sides"})
_TROUBLE = frozenset({"rolling_back", "killing", "held", "stuck"})
_ENDS = frozenset({"killed", "completed", "aborted", "observed", "resumed"})


def classes_of(check: Check, rollout: Rollout, plan: Plan) -> tuple[str, ...]:
    """The classes of the triggers that fired, beside those known: all that a rollout's breach is."""
    if check.verdict is not Verdict.BREACH:
        return rollout.dangers
    found = [rule.danger for rule in fired(check, plan.stages[check.stage]) if rule.danger]
    return tuple(dict.fromkeys((*rollout.dangers, *found)))


def dangers(rollout: Rollout, plan: Plan) -> tuple[Danger, ...]:
    """What the plan says about the classes of a rollout's breach; where it says nothing, the defaults."""
    return tuple(plan.classes.get(name, Danger()) for name in rollout.dangers)


def never_again(rollout: Rollout, plan: Plan) -> tuple[str, ...]:
    """The classes of a rollout's breach after which nobody may retry but by an override."""
    return tuple(name for name in rollout.dangers if plan.classes.get(name, Danger()).retry == "never")


def by_a_person(happening: Happening) -> bool:
    """Whether somebody did it, in Slack or at a shell: neither Perch nor another system."""
    return happening.by.id.startswith(("U", "W", "shell:"))


def act_of(happening: Happening, after: Rollout) -> Act:
    """What a happening does to the trouble that people hear of."""
    kind = happening.kind
    if kind == "held" and happening.facts.get("cause") == "freeze":
        return Act.NEWS
    if kind in _TROUBLE:
        return Act.TAKEN if by_a_person(happening) else Act.OPENS
    over = kind in _ENDS or (kind == "rolled_back" and not after.live)
    return Act.OVER if over else Act.NEWS


def urgency_of(event: str, happening: Happening, after: Rollout, plan: Plan) -> Urgency | None:
    """How urgent an event of the plan's `notify` is; None where it isn't, or where a person brought it about."""
    breach = _is_breach(event, happening)
    if act_of(happening, after) is Act.TAKEN or event not in URGENCIES or _of_a_freeze(happening):
        return None
    if breach and after.dangers:
        return min((danger.severity for danger in dangers(after, plan)), key=list(Urgency).index)
    return Urgency.PAGE if breach else URGENCIES[event]


def told_of(event: str, happening: Happening, after: Rollout, plan: Plan) -> tuple[str, ...]:
    """Everybody who is told of an event, each once: by its kind, by its severity, by the class of the breach."""
    return tuple(dict.fromkeys(_named(event, happening, after, plan)))


def _named(event: str, happening: Happening, after: Rollout, plan: Plan) -> Iterator[str]:
    if not event:
        return
    yield from getattr(plan.notify, event)
    urgency = urgency_of(event, happening, after, plan)
    if urgency is not None:
        yield from plan.routes.of(urgency)
    if event in ("rolled_back", "killed", "stuck") or _is_breach(event, happening):
        for danger in dangers(after, plan):
            yield from danger.notify


def _is_breach(event: str, happening: Happening) -> bool:
    return event == "breach" or (event == "held" and happening.facts.get("cause") in _BREACHES)


def _of_a_freeze(happening: Happening) -> bool:
    return happening.kind == "held" and happening.facts.get("cause") == "freeze"


def everybody(plan: Plan) -> Sequence[tuple[tuple[str | int, ...], str]]:
    """Each target that a plan names anywhere, with its place in the plan."""
    lists = [
        *((("notify", event), targets) for event, targets in plan.notify),
        *((("routes", urgency), targets) for urgency, targets in plan.routes),
        *((("classes", name, "notify"), danger.notify) for name, danger in plan.classes.items()),
    ]
    return [((*place, number), target) for place, targets in lists for number, target in enumerate(targets)]
