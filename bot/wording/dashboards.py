"""The plan's dashboards and alerts, as links for who decides."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.wording.language import t
from bot.wording.sentences import code, plain
from bot.wording.status import address

SHOWN = 8


def dashboards(plan: Plan) -> list[str]:
    """`Dashboards: Canary · Queue` and `Alerts: ttfv-p95`, each where the plan has any."""
    seen = [f"<{address(each.url)}|{plain(each.title or each.id, 60)}>" for each in plan.dashboards[:SHOWN]]
    rules = [
        f"<{address(each.url)}|{plain(each.id, 60)}>" if each.url else code(each.id, 60) for each in plan.alerts[:SHOWN]
    ]
    lines = [t("Dashboards: {links}", links=" · ".join(seen))] if seen else []
    return [*lines, t("Alerts: {links}", links=" · ".join(rules))] if rules else lines
