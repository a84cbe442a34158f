"""The colours behind a line say what the plan's conditions say (O1)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.grafana.bands import Band, bands
from bot.domain.plan import Plan
from tests.builders import a_plan, a_stage

METRICS = {
    "success": {"source": "prom", "unit": "percent", "query": "success"},
    "errors": {"source": "prom", "unit": "count", "query": "errors"},
    "latency": {"source": "prom", "unit": "milliseconds", "query": "latency", "baseline": {"ago": "7d"}},
}


def judged(*stages: dict[str, list[str]]) -> Plan:
    made = []
    for number, rules in enumerate(stages, start=1):
        kept: dict[str, Any] = {"promote_when": [], "warn_unless": [], "rollback_when": [], **rules}
        kept["promote_when"] = [*kept["promote_when"], "other > 0"]
        made.append(a_stage(f"{number}%", **kept))
    other = {"source": "prom", "unit": "count", "query": "other"}
    return a_plan(stages=made, metrics={**METRICS, "other": other})


def colours(plan: Plan, metric: str) -> list[tuple[float | None, str]]:
    return [(band.begin, band.colour) for band in bands(plan, metric)]


def test_good_above_is_red_at_the_bottom_and_bad_above_red_at_the_top() -> None:
    plan = judged(
        {"promote_when": ["success > 95%", "latency < 5s"], "rollback_when": ["success < 90%", "latency > 8s"]}
    )
    assert colours(plan, "success") == [(None, "red"), (90, "yellow"), (95, "green")]
    assert colours(plan, "latency") == [(None, "green"), (5000, "yellow"), (8000, "red")]


def test_of_several_stages_the_most_cautious_limit_is_drawn() -> None:
    """R18."""
    plan = judged(
        {"promote_when": ["success > 95%"], "rollback_when": ["success < 90%"]},
        {"promote_when": ["success > 99%"], "rollback_when": ["success < 85%"]},
    )
    assert colours(plan, "success") == [(None, "red"), (90, "yellow"), (99, "green")]


@pytest.mark.parametrize(
    ("rules", "begin"),
    [
        ({"rollback_when": ["errors > 0"]}, 1),
        ({"promote_when": ["errors == 0"]}, 1),
        ({"promote_when": ["errors < 5"]}, 5),
        ({"promote_when": ["errors <= 5"]}, 6),
        ({"rollback_when": ["errors != 0"]}, 1),
    ],
)
def test_a_count_turns_red_at_the_first_number_that_is_bad(rules: dict[str, list[str]], begin: float) -> None:
    """Grafana's colours begin at their number, so none may begin at one that is still good."""
    assert colours(judged(rules), "errors") == [(None, "green"), (begin, "red")]


@pytest.mark.parametrize(
    "rules",
    [
        {"promote_when": ["latency <= baseline + 10%"]},
        {"promote_when": ["success > 95%"], "rollback_when": ["success > 99%"]},
        {},
    ],
)
def test_what_has_no_fixed_place_or_two_directions_is_not_drawn(rules: dict[str, list[str]]) -> None:
    plan = judged(rules)
    assert [bands(plan, metric) for metric in ("latency", "success")] == [(), ()]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=4))
def test_colours_begin_at_the_bottom_and_rise(limits: list[tuple[int, int]]) -> None:
    plan = judged(*({"promote_when": [f"success > {a}%"], "rollback_when": [f"success < {b}%"]} for a, b in limits))
    found: tuple[Band, ...] = bands(plan, "success")
    edges = [band.begin for band in found[1:]]
    assert found[0].begin is None
    assert all(edge is not None for edge in edges)
    assert edges == sorted(edges, key=lambda edge: edge or 0.0)
    assert found[0].colour == "red"
    assert found[-1].colour == "green"
