"""A plan's dashboard: what it asks, in which panels, and that Grafana's and Prometheus's own tools take it (O1)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from hypothesis import given
from hypothesis import strategies as st

from adapters.grafana.drawing import dashboard_of
from adapters.grafana.own import own_dashboard
from adapters.grafana.panels import quantile_of, quoted
from bot.domain.kinds import MissingEnvironment
from tests.builders import a_plan, a_stage
from tests.servers import require

LATENCY = "histogram_quantile(0.99, sum by (le) (rate(latency_bucket{$side}[5m])))"
METRICS: dict[str, Any] = {
    "success": {"source": "prom", "unit": "percent", "query": "100 * sum(rate(ok{$side}[5m]))"},
    "latency": {"source": "prom", "unit": "seconds", "query": LATENCY},
    "by_host": {"source": "prom", "unit": "percent", "query": "ratio_429", "series": "max"},
    "rls": {"source": "prom", "unit": "count", "query": "rls", "empty_is": 0, "alive_when": "success"},
    "chat": {"source": {"kind": "probe", "url": "http://127.0.0.1/chat"}, "unit": "ratio"},
    "seen": {"source": "prom", "unit": "timestamp", "query": "worker_seen"},
}
SOURCES = {"prom": {"kind": "prometheus", "url": "http://127.0.0.1:9090"}}
RULES = ["success > 95%", "latency < 5s", "by_host < 2%", "rls == 0", "chat up"]
PLAN = a_plan(
    sources=SOURCES,
    metrics=METRICS,
    sides={"canary": 'track="new"', "stable": 'track="old"'},
    stages=[a_stage("5%", promote_when=RULES, rollback_when=["success < 90%"])],
)
DRAWN = dashboard_of(PLAN, {})
PANELS = {panel["title"]: panel for panel in json.loads(DRAWN)["panels"] if panel["type"] != "row"}


def asked(board: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]


def test_each_metric_is_shown_as_its_plan_judges_it() -> None:
    shown = {title: panel["type"] for title, panel in PANELS.items()}
    assert shown == {
        "Weight": "gauge",
        "Weight over time": "timeseries",
        "success": "timeseries",
        "latency": "timeseries",
        "latency: distribution": "heatmap",
        "by_host": "table",
        "rls": "stat",
        "chat": "timeseries",
        "seen": "timeseries",
    }
    kinds = [panel["type"] for panel in json.loads(DRAWN)["panels"] if panel["title"] == "success"]
    assert kinds == ["gauge", "timeseries"]


def test_the_canary_is_drawn_beside_the_stable_side() -> None:
    shown = [(each["legendFormat"], each["expr"]) for each in PANELS["success"]["targets"]]
    assert shown == [
        ("canary", '100 * sum(rate(ok{track="new"}[5m]))'),
        ("stable", '100 * sum(rate(ok{track="old"}[5m]))'),
    ]
    assert PANELS["latency: distribution"]["targets"][0]["expr"] == (
        'sum by (le) (rate(latency_bucket{track="new"}[5m]))'
    )


def test_what_prometheus_is_not_asked_for_is_shown_as_perch_measured_it() -> None:
    expected = 'perch_plan_metric{plan="materializers", environment="production", metric="chat"}'
    assert PANELS["chat"]["targets"][0]["expr"] == expected
    assert PANELS["seen"]["targets"][0]["expr"] == "time() - (worker_seen)"


def test_the_sdk_reads_back_what_it_wrote_and_drawing_again_changes_nothing() -> None:
    read = JSONEncoder(sort_keys=True, indent=2).encode(Dashboard.from_json(json.loads(DRAWN))) + "\n"
    assert read == DRAWN == dashboard_of(PLAN, {})


def test_no_panel_covers_another_or_leaves_the_page() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DRAWN)["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_prometheus_can_read_every_question(tmp_path: Path) -> None:
    """The real `promtool` parses them, as recording rules."""
    promtool = require("promtool")
    questions = sorted({*asked(json.loads(DRAWN)), *asked(json.loads(own_dashboard()))})
    rules = [{"record": f"question:{number}", "expr": expr} for number, expr in enumerate(questions)]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_perchs_own_dashboard_ships_and_asks_for_metrics_that_perch_has() -> None:
    """O5: no panel about a metric that nobody exports."""
    shipped = (Path(__file__).parents[3] / "deploy" / "perch-dashboard.json").read_text()
    assert shipped == own_dashboard(), "python -m adapters.grafana.own > deploy/perch-dashboard.json"
    documented = (Path(__file__).parents[3] / "docs" / "operating.md").read_text()
    named = set(re.findall(r"\bperch_\w+", " ".join(asked(json.loads(shipped)))))
    kinds = ("_bucket", "_sum", "_count")
    bare = {next((name.removesuffix(kind) for kind in kinds if name.endswith(kind)), name) for name in named}
    assert {name for name in bare if f"`{name}" not in documented} == set()


def test_a_question_that_names_an_unset_variable_is_not_drawn_half() -> None:
    plan = a_plan(
        sources=SOURCES,
        sides={"canary": 'track="${TRACK}"'},
        metrics={"m": {"source": "prom", "unit": "count", "query": 'm{job="${JOB}",$side}'}},
        stages=[a_stage("5%", promote_when=["m > 1"], warn_unless=[], rollback_when=[])],
    )
    with pytest.raises(MissingEnvironment):
        dashboard_of(plan, {"JOB": "x"})
    assert 'm{job=\\"x\\",track=\\"y\\"}' in dashboard_of(plan, {"JOB": "x", "TRACK": "y"})


@given(st.text(max_size=20))
def test_a_label_s_value_cannot_leave_its_quotes(value: str) -> None:
    """Law 8: PromQL injection by an environment's name."""
    inside = quoted(value)[1:-1]
    assert '"' not in inside.replace("\\\\", "").replace('\\"', "")
    assert "\n" not in inside


@pytest.mark.parametrize(
    ("asked", "buckets"),
    [
        (LATENCY, "sum by (le) (rate(latency_bucket{$side}[5m]))"),
        ("histogram_quantile(0.5, a_bucket) / histogram_quantile(0.9, b_bucket)", ""),
        ("1000 * histogram_quantile(0.5, sum by (le) (x))", ""),
        ("up", ""),
    ],
)
def test_a_distribution_is_found_only_where_it_is_the_whole_question(asked: str, buckets: str) -> None:
    assert quantile_of(asked) == buckets
