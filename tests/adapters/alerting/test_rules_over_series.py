"""Rules over series as an exporter gives them (O2): bad ones fire, and no data is never a fire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.adapters.alerting.plans import a_plan
from tests.adapters.alerting.promtool import made, only, passes

HERE = 'plan="shop",environment="eu"'
AT = {"series": f"perch_rollout_stage{{{HERE}}}", "values": "1+0x100"}
SINCE = {"series": f"perch_rollout_stage_start_time_seconds{{{HERE}}}", "values": "0+0x100"}


def series(**given: str) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in given.items()]


def traffic(canary_good: int, stable_good: int, of: int = 100) -> list[dict[str, str]]:
    """Requests per minute, and how many of them are good."""
    return [
        {"series": f'{name}{{track="{track}"}}', "values": f"0+{count}x100"}
        for track, good in (("canary", canary_good), ("stable", stable_good))
        for name, count in (("ok", good), ("all", of))
    ]


def two(name: str, first: str, second: str) -> list[dict[str, str]]:
    return series(**{f'{name}{{x="a"}}': f"{first}+0x100", f'{name}{{x="b"}}': f"{second}+0x100"})


def p99(value: str, *baseline: str) -> list[dict[str, str]]:
    frozen = {f'perch_plan_baseline{{{HERE},metric="p99"}}': f"{each}+0x100" for each in baseline}
    return series(p99=f"{value}+0x100", **frozen)


def firing(alert: str, at: str, fires: bool) -> dict[str, Any]:
    """That an alert fires once by then, or doesn't, in promtool's words."""
    return {
        "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
        "eval_time": at,
        "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
    }


def over_series(folder: Path, tests: list[dict[str, Any]], every: str = "1m") -> None:
    """Asserts that the rules pass these tests, whose series have a sample `every` so often."""
    timed = [{**test, "interval": every} for test in tests]
    written = {"rule_files": ["rules.yml"], "evaluation_interval": every, "tests": timed}
    (folder / "own.yml").write_text(yaml.safe_dump(written))
    passes(folder, "own.yml")


SUCCESS, STABLE, MEMORY = "ShopSuccessBelow95Percent", "ShopSuccessBelowStableMinus2pp", "ShopMemoryAbove90Percent"
DEAD, SEEN, PODS = "ShopDeadAtLeast5", "ShopAgeOfSeenBelow2mUnmet", "ShopPodsEquals0Unmet"
BASELINE = "ShopP99AtMostBaselinePlus10PercentUnmet"

CASES: dict[str, tuple[str, list[dict[str, str]], bool]] = {
    "nine in ten are good, of enough": (SUCCESS, traffic(90, 99), True),
    "nearly all are good": (SUCCESS, traffic(99, 99), False),
    "too few requests to say": (SUCCESS, traffic(9, 9, of=10), False),
    "no requests: 0/0": (SUCCESS, traffic(0, 0, of=0), False),
    "worse than stable": (STABLE, traffic(96, 99), True),
    "as bad as stable": (STABLE, traffic(96, 97), False),
    "no requests, and that is told": ("ShopSuccessUnseen", traffic(0, 0, of=0), True),
    "too few requests are seen": ("ShopSuccessUnseen", traffic(9, 9, of=10), False),
    "as bad on both sides": (SUCCESS, traffic(90, 90), False),
    "as bad on both sides, and held": (f"{SUCCESS}OnBothSides", traffic(90, 90), True),
    "bad, and nothing known of stable": (SUCCESS, traffic(90, 0)[:2], True),
    "no stable side": (STABLE, traffic(50, 0)[:2], False),
    "the worst of several": (MEMORY, two("memory", "9", "95"), True),
    "infinite": (MEMORY, series(memory="+Inf+0x100"), False),
    "not a number": (MEMORY, series(memory="NaN+0x100"), False),
    "several where one is meant": (DEAD, two("dead_letters", "9", "9"), False),
    "enough dead letters": (DEAD, series(dead_letters="5+0x100"), True),
    "none, and the queue lives": (DEAD, series(queue="1+0x100"), False),
    "baseline and twenty percent": (BASELINE, p99("1.2", "1"), True),
    "baseline and five percent": (BASELINE, p99("1.05", "1"), False),
    "no baseline": (BASELINE, p99("9"), False),
    "seen long ago": (SEEN, series(worker_seen="0+0x100"), True),
    "a clock far ahead": (SEEN, series(worker_seen="99999+0x100"), False),
    "each pod by itself": (PODS, two("restarts", "0", "1"), True),
}


def test_the_plans_own_queries_fire_on_bad_series_and_never_without_data(tmp_path: Path) -> None:
    """Law 3: nothing, several where one is meant, NaN, infinity, too few samples: none of them fires."""
    made(a_plan(environment="eu"), tmp_path)
    only(tmp_path, *dict.fromkeys(name for name, _, _ in CASES.values()))
    over_series(
        tmp_path,
        [
            {"name": what, "input_series": [AT, SINCE, *given], "promql_expr_test": [firing(name, "12m", fires)]}
            for what, (name, given, fires) in CASES.items()
        ],
    )


def test_a_week_ago_is_asked_with_the_plans_own_query(tmp_path: Path) -> None:
    made(a_plan(environment="eu"), tmp_path)
    name = "ShopOrdersBelow7dAgoMinus20Percent"
    only(tmp_path, name)
    week = 7 * 4
    test = {
        "input_series": [
            {"series": AT["series"], "values": f"1+0x{week + 3}"},
            {"series": "orders_per_minute", "values": f"100+0x{week} 75+0x3"},
        ],
        "promql_expr_test": [firing(name, at, fires) for at, fires in (("7d", False), ("7d12h", True))],
    }
    over_series(tmp_path, [test], every="6h")


def test_while_perch_is_silent_the_guard_goes_by_the_stage_that_it_told_last(tmp_path: Path) -> None:
    """U7: not silently inactive; and a new rollout's word counts at once, whatever an older process said."""
    made(a_plan(environment="eu"), tmp_path)
    only(tmp_path, MEMORY, "ShopPerchSilent")
    bad = {"series": "memory", "values": "95+0x100"}

    def told(values: str, *beside: dict[str, str]) -> list[dict[str, str]]:
        return [{"series": f'perch_rollout_stage{{{HERE},instance="a"}}', "values": values}, bad, *beside]

    other = {"series": f'perch_rollout_stage{{{HERE},instance="b"}}', "values": "1+0x10 0+0x30"}
    cases = [
        ("Perch died at stage 1", told("1+0x10 stale"), "ShopMemoryAbove90Percent", True),
        ("Perch died with nothing live", told("1+0x5 0+0x5 stale"), "ShopMemoryAbove90Percent", False),
        (
            "one of two died, the other says that it ended",
            told("1+0x10 stale", other),
            "ShopMemoryAbove90Percent",
            False,
        ),
        ("Perch died, and that is told", told("1+0x10 stale"), "ShopPerchSilent", True),
        ("one of two died", told("1+0x10 stale", {**other, "values": "1+0x40"}), "ShopPerchSilent", False),
    ]
    over_series(
        tmp_path,
        [
            {"name": what, "input_series": given, "promql_expr_test": [firing(alert, "30m", fires)]}
            for what, given, alert, fires in cases
        ],
    )
