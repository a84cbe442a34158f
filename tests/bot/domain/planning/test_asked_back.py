"""What is told of baselines that can't be had, and of series and times where they can't be judged (R5, M8, M11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.sources import KINDS as SOURCES
from bot.domain.kinds import Kinds
from bot.domain.planning.reading import report_on
from tests.bot.domain.plan_trees import KINDS, a_tree

ASKS: dict[str, dict[str, Any]] = {
    "json": {"source": {"kind": "json", "url": "http://denis"}, "path": "rate"},
    "page": {"source": {"kind": "metrics_page", "url": "http://denis/metrics"}, "value": "rate"},
    "prometheus": {"source": {"kind": "prometheus", "url": "http://prom"}, "query": "100 * rate"},
    "sql": {"source": {"kind": "sql", "url": "sqlite:///m.db"}, "query": "SELECT 1"},
    "sql at": {"source": {"kind": "sql", "url": "sqlite:///m.db"}, "query": "SELECT 1 WHERE :at > 0"},
    "log": {"source": {"kind": "log", "path": "app.log"}, "matches": "ERROR"},
    "log over": {"source": {"kind": "log", "path": "app.log"}, "matches": "ERROR", "over": "5m"},
    "command": {"source": {"kind": "command"}, "argv": ["celery"]},
    "alerts": {"source": {"kind": "alerts", "url": "http://am"}},
}


def mistakes(metric: dict[str, Any], *conditions: str) -> list[str]:
    tree = a_tree()
    tree["metrics"]["asked"] = {"unit": "count", **metric}
    tree["stages"][0]["warn_unless"] = [*conditions]
    kinds = Kinds({**KINDS.sources, **SOURCES}, KINDS.traffic, KINDS.kill, KINDS.confirm, KINDS.diagnosis)
    return [f"{mistake.what} — {mistake.hint}" for mistake in report_on(tree, "production", kinds).mistakes]


@pytest.mark.parametrize(
    ("source", "before", "ago"),
    [
        ("json", False, False),
        ("page", True, False),
        ("prometheus", True, True),
        ("sql", False, False),
        ("sql at", True, True),
        ("log", False, False),
        ("log over", True, True),
        ("command", False, False),
        ("alerts", False, False),
    ],
)
def test_a_source_that_cannot_be_asked_back_has_no_baseline_from_before(source: str, before: bool, ago: bool) -> None:
    """R5: told when the plan is checked, with what does work, not when a rollout waits for it."""
    at_start = mistakes({**ASKS[source], "baseline": {"before_start": "30m"}}, "asked < baseline + 5%")
    week = mistakes({**ASKS[source], "baseline": {"ago": "7d"}}, "asked < baseline + 5%")
    read = mistakes(ASKS[source], "asked > 7d ago - 5%")
    assert (not at_start, not week, not read) == (before, ago, ago), (at_start, week, read)
    for found in (at_start, week, read):
        assert all("stage: NAME" in line for line in found)


@pytest.mark.parametrize("baseline", [{"stage": "1%"}, {"previous": True}])
@pytest.mark.parametrize("source", ASKS)
def test_what_perch_measured_itself_is_a_baseline_for_every_source(source: str, baseline: dict[str, Any]) -> None:
    assert mistakes({**ASKS[source], "baseline": baseline}, "asked < baseline + 5%") == []


def test_how_far_a_page_reaches_is_told() -> None:
    (found,) = mistakes({**ASKS["page"], "baseline": {"before_start": "7h"}}, "asked < baseline")
    assert found.startswith("asked comes from metrics_page, which reaches back 6h, not 7h")


def test_each_series_is_compared_with_numbers_only() -> None:
    """There is one baseline, and there is one memory."""
    metric = {**ASKS["json"], "series": "each", "baseline": {"stage": "1%"}}
    assert mistakes(metric, "asked < 90") == []
    for condition in ("asked < baseline + 5%", "asked never decreases", "asked up"):
        (found,) = mistakes(metric, condition)
        assert "judged for each of its series" in found


def test_a_time_is_compared_by_its_age_only() -> None:
    """M11."""
    metric = {**ASKS["json"], "unit": "timestamp", "as": "timestamp"}
    assert mistakes(metric, "age_of(asked) < 2m") == []
    (found,) = mistakes(metric, "asked < 2m")
    assert found == "asked is a time, of which only the age tells — age_of(asked) < 2m"


def test_what_is_read_as_a_time_has_the_unit_of_one() -> None:
    (found,) = mistakes({**ASKS["json"], "as": "timestamp"})
    assert found == "asked is read as a time, and its unit is count — write unit: timestamp"


def test_a_name_that_nobody_knows_is_a_mistake_of_the_plan() -> None:
    """M3: told when the plan is checked, with the one that was meant."""
    metric = {"source": {"kind": "sql", "url": "sqlite:///m.db", "values": {"pilot": "r1"}}}
    assert mistakes({**metric, "query": "SELECT :pilot, :at, :stage_start"}) == []
    (found,) = mistakes({**metric, "query": "SELECT :stage_strat"})
    assert found == "nothing is known of :stage_strat — did you mean :stage_start?"
    (found,) = mistakes({**metric, "query": "SELECT :zz"})
    assert found == "nothing is known of :zz — give the source values: {zz: …}"


def test_what_confirms_a_weight_names_nothing_of_its_rollout() -> None:
    tree = a_tree()
    source = {"kind": "sql", "url": "sqlite:///m.db"}
    tree["metrics"]["share"] = {"source": source, "unit": "percent", "query": "SELECT 1 WHERE 'v' = :version"}
    tree["confirm"] = {"metric": "share"}
    kinds = Kinds({**KINDS.sources, **SOURCES}, KINDS.traffic, KINDS.kill, KINDS.confirm, KINDS.diagnosis)
    told = [mistake.what for mistake in report_on(tree, "production", kinds).mistakes]
    assert told == ["share confirms the weight, and can't name version of its rollout"]


def test_never_decreases_stands_where_something_must_hold() -> None:
    tree_with = mistakes(ASKS["json"], "asked never decreases")
    assert tree_with == []
    tree = a_tree()
    tree["stages"][0]["rollback_when"] = ["queue never decreases"]
    told = [mistake.what for mistake in report_on(tree, "production", KINDS).mistakes]
    assert told == ["'never decreases' works in promote_when, warn_unless, checklists and complete_when"]


def test_what_each_kind_says_of_its_reach_is_a_time() -> None:
    for name, asked in ASKS.items():
        kind = SOURCES[asked["source"]["kind"]]
        if kind.reach is not None and kind.ask is not None:
            ask = {key: value for key, value in asked.items() if key != "source"}
            assert kind.reach(kind.ask.model_validate(ask)) >= timedelta(0), name
