"""The rules that span fields: each is a function from a draft to what it finds; one line here switches it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.domain.plan_checks.actions import check_actions
from bot.domain.plan_checks.artifacts import check_artifacts
from bot.domain.plan_checks.checklists import check_checklists
from bot.domain.plan_checks.conditions import check_conditions
from bot.domain.plan_checks.kinds import check_diagnoses, check_kinds, check_tasks
from bot.domain.plan_checks.metrics import check_metrics
from bot.domain.plan_checks.mirrors import check_flags, check_mirrors
from bot.domain.plan_checks.notify import check_notify
from bot.domain.plan_checks.overlaps import check_overlaps
from bot.domain.plan_checks.secrets import check_secrets
from bot.domain.plan_checks.slos import check_slos
from bot.domain.plan_checks.stages import check_stages
from bot.domain.plan_checks.tasks import check_stage_tasks
from bot.domain.plan_checks.units import check_units
from bot.domain.plan_checks.version import check_version
from bot.domain.plan_checks.whole import check_whole
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding

CHECKS: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    check_whole,
    check_kinds,
    check_diagnoses,
    check_version,
    check_tasks,
    check_actions,
    check_secrets,
    check_metrics,
    check_conditions,
    check_units,
    check_slos,
    check_stages,
    check_mirrors,
    check_flags,
    check_checklists,
    check_stage_tasks,
    check_artifacts,
    check_overlaps,
    check_notify,
)


def check_plan(draft: Draft) -> list[Finding]:
    """Everything that the checks find, without repetitions."""
    found: dict[Finding, None] = {}
    for check in CHECKS:
        found.update(dict.fromkeys(check(draft)))
    return list(found)
