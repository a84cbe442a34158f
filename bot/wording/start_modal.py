"""The dialog of `/canary start` alone: which plan, and all that follows from it, shown before anything is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.errors import PerchError
from bot.domain.plan import Plan
from bot.domain.units import ZERO
from bot.wording.blocks import OPTION_VALUE, Block, context, section
from bot.wording.changed_plan import changed_lines
from bot.wording.language import retold, speaking, t
from bot.wording.languages import language_of
from bot.wording.modals import modal, text_field, words
from bot.wording.sentences import code, cut, plain, span
from bot.wording.waiting import approvals_wanted

OPTIONS = 100
OPTION_TEXT = 75
WEIGHTS = 8
RULES = 6


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be started, and what is known of the chosen plan. `plan` is None where its file can't be read."""

    names: Sequence[str]
    chosen: str
    plan: Plan | None
    environments: Sequence[str] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)
    in_the_way: Sequence[PerchError] = ()
    broken: str = ""
    """What is wrong with the plan's file."""


def start_modal(offer: Offer) -> dict[str, Any]:
    """The dialog for an offer. Fields that follow from the plan have its name in their block's id, so that Slack
    forgets what stood there for another plan, and keeps what was typed elsewhere."""
    with speaking(language_of(offer.plan)):
        return _dialog(offer)


def _dialog(offer: Offer) -> dict[str, Any]:
    blocks = [_plans(offer), *_more(offer)]
    if offer.plan is not None:
        blocks += [section(_summary(offer.plan)), *_notices(offer), *_environments(offer, offer.plan)]
        version = offer.plan.version if isinstance(offer.plan.version, str) else ""
        blocks += [
            text_field("version", t("Version"), initial=version, block=f"version:{offer.chosen}" if version else ""),
            text_field("reason", t("Reason"), hint=t("Goes on record, and into the channel.")),
            _watcher(),
            _ways(),
        ]
    else:
        blocks.append(
            section((t("*This plan can't be started:*"), *(plain(each) for each in offer.broken.split("\n"))))
        )
    return modal("start", t("Start a rollout"), t("Start"), *blocks)


def _plans(offer: Offer) -> Block:
    options = [_option(name) for name in _fitting(offer)]
    element = {
        "type": "static_select",
        "action_id": "plan",
        "options": options,
        "initial_option": _option(offer.chosen),
    }
    return {
        "type": "input",
        "block_id": "plan",
        "dispatch_action": True,
        "label": words(t("Plan")),
        "element": element,
    }


def _fitting(offer: Offer) -> list[str]:
    """As many names as a menu holds, the chosen one always."""
    names = list(offer.names[:OPTIONS])
    return names if offer.chosen in names else [offer.chosen, *names[: OPTIONS - 1]]


def _more(offer: Offer) -> list[Block]:
    if len(offer.names) <= OPTIONS:
        return []
    left = len(offer.names) - OPTIONS
    return [context(t("{left} more plans don't fit in here: type `/canary start NAME`.", left=left))]


def _option(value: str, text: str = "") -> Block:
    return {"text": words(cut(text or value, OPTION_TEXT)), "value": value[:OPTION_VALUE]}


def _summary(plan: Plan) -> list[str]:
    """Where it begins, where it goes, what it needs on the way."""
    stage = next((each for each in plan.stages if each.weight > ZERO), plan.stages[0])
    weights = [str(each.weight) for each in plan.stages if each.weight > stage.weight]
    way = " → ".join([*weights[:WEIGHTS], *(["…"] if len(weights) > WEIGHTS else [])])
    lines = [f"*{plain(plan.what)}*"] if plan.what else []
    onward = t("Starts at *{first}*, then {way}.", first=stage.weight, way=way)
    lines.append(onward if way else t("Starts at *{first}*, and ends there.", first=stage.weight))
    if plan.start_approvals is not None:
        needs = approvals_wanted(plan.start_approvals, plan.roles.approvers)
        lines.append(t("After a green preflight its start needs {approvals}.", approvals=needs))
    wanted = approvals_wanted(stage.approvals, plan.roles.approvers)
    lines.append(
        t(
            "It bakes {bake} at {first}, and then needs {wanted}.",
            bake=span(stage.bake),
            first=stage.weight,
            wanted=wanted,
        )
    )
    triggers = [code(rule.condition.text, 80) for rule in stage.rollback_when[:RULES]]
    if triggers:
        lines.append(t("It rolls back when {triggers}.", triggers=", ".join(triggers)))
    lines.append(t("Service {service}, told in {channel}.", service=code(plan.service), channel=plain(plan.channel)))
    return lines


def _notices(offer: Offer) -> list[Block]:
    """What changed in the plan since it last ran, and what stands in the way now."""
    found = [section(lines)] if (lines := list(changed_lines(offer.changed))) else []
    obstacles = [f"✋ {plain(retold(each.happened), 300)}\n{next_step(each)}" for each in offer.in_the_way[:5]]
    return [*found, *([section((t("*In the way now:*"), *obstacles))] if obstacles else [])]


def next_step(refused: PerchError) -> str:
    """A refusal's way on, a command as code."""
    step = retold(refused.step)
    return t("Next: {step}", step=code(step, 300) if step.startswith(("/", "perch ")) else plain(step, 300))


def _environments(offer: Offer, plan: Plan) -> list[Block]:
    """A choice only where the plan has one."""
    if len(offer.environments) < 2:
        return [context(t("Environment: {environment}", environment=plain(plan.environment)))]
    element = {
        "type": "static_select",
        "action_id": "environment",
        "options": [_option(name) for name in offer.environments[:OPTIONS]],
        "initial_option": _option(plan.environment),
    }
    return [
        {
            "type": "input",
            "block_id": f"environment:{offer.chosen}",
            "dispatch_action": True,
            "label": words(t("Environment")),
            "element": element,
        }
    ]


def _watcher() -> Block:
    element = {"type": "users_select", "action_id": "watcher"}
    hint = words(t("Whose holds and unanswered gates it will be; you, if nobody is chosen."))
    named = {"block_id": "watcher", "label": words(t("Watcher")), "hint": hint}
    return {"type": "input", "optional": True, **named, "element": element}


def _ways() -> Block:
    option = {
        **_option("observe", t("Observe only")),
        "description": words(t("Perch judges and tells, and touches nothing.")),
    }
    element = {"type": "checkboxes", "action_id": "how", "options": [option]}
    return {"type": "input", "block_id": "how", "optional": True, "label": words(t("How")), "element": element}
