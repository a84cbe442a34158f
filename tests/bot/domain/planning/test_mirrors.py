"""Plan check: which plans may mirror (R8), and which kill switches switch a flag off (T10)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.assembly import all_kinds
from bot.domain.planning.reading import report_on

FLAG = {"kind": "openfeature", "key": "new-search"}
REDIS = {"kind": "redis_flag", "url": "redis://r", "key": "pct"}
NOWHERE = {"kind": "dry_run"}


def plan(traffic: list[dict[str, Any]], mirrors: tuple[str, ...], kill: list[dict[str, Any]]) -> dict[str, Any]:
    weights = ("0%", "10%", "100%")
    stages = [
        {"weight": weight, "bake": "1m", "promote_when": ["success > 98%"], "approvals": {"need": 0}} | mirror
        for weight, mirror in zip(weights, ({"mirror": each} if each else {} for each in mirrors), strict=True)
    ]
    return {
        "name": "search",
        "service": "shop",
        "roles": {"operators": ["@sre"], "approvers": ["@leads"]},
        "channel": "#canary-live",
        "sources": {"prom": {"kind": "prometheus", "url": "http://p"}},
        "metrics": {"success": {"source": "prom", "unit": "percent", "query": "up"}},
        "traffic": traffic,
        "stages": stages,
        "kill_switch": [kill] if kill else [],
    }


def mistakes(tree: dict[str, Any]) -> list[str]:
    return [
        f"{'.'.join(map(str, each.path))}: {each.what} — {each.hint}"
        for each in report_on(tree, "production", all_kinds()).mistakes
    ]


@pytest.mark.parametrize("traffic", [[FLAG], [NOWHERE, FLAG], [{**REDIS, "mirror": "mirror_pct"}]])
def test_a_dark_launch_is_good_where_some_target_can_mirror(traffic: list[dict[str, Any]]) -> None:
    tree = plan(traffic, ("100%", "50%", ""), [])
    report = report_on(tree, "production", all_kinds())
    assert report.mistakes == ()
    assert report.plan is not None
    assert report.plan.mirrors


@pytest.mark.parametrize("traffic", [[NOWHERE], [REDIS]])
def test_a_mirror_is_refused_where_no_target_can_with_what_could(traffic: list[dict[str, Any]]) -> None:
    hint = "use kind: openfeature or an option mirror: … on env_file, http, redis_flag"
    assert mistakes(plan(traffic, ("100%", "", ""), [])) == [
        f"stages.0.mirror: no traffic of this plan can mirror — {hint}"
    ]


def test_the_last_stage_cannot_mirror_for_it_would_never_end() -> None:
    (found,) = mistakes(plan([FLAG], ("", "", "5%"), []))
    assert found.startswith("stages.2.mirror: the last stage can't mirror")


def test_a_kill_of_a_flag_that_the_plan_does_not_move_is_refused_with_the_one_that_it_does() -> None:
    """Such a flag has no values: a kill would read back as engaged, and free nobody."""
    assert mistakes(plan([FLAG], ("", "", ""), [FLAG])) == []
    (found,) = mistakes(plan([FLAG], ("", "", ""), [{"kind": "openfeature", "key": "new-serch"}]))
    assert found == (
        "kill_switch.0.0.key: no traffic of this plan moves a flag 'new-serch', so it has no values to go back to — "
        "did you mean new-search?"
    )
