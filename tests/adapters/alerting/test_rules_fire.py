"""Rules and the tests that come with them (O2): accepted, each fired once, and no loosened one passes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from adapters.alerting.rules import Alert, prometheuses
from adapters.alerting.trials import seconds
from bot.domain.plan import Plan
from bot.domain.units import parse_duration
from storage.plans import PlanFolder
from tests.adapters.alerting.plans import KINDS, a_plan
from tests.adapters.alerting.promtool import accepted, made, passes, promtool

ROOT = Path(__file__).parents[3]
SHIPPED = [file for file in sorted((ROOT / "plans").glob("*.yaml")) if "kind: prometheus" in file.read_text()]


def test_every_form_of_condition_is_accepted_and_fires_at_its_stage_alone(tmp_path: Path) -> None:
    """O2, with names and texts that would be templates, or end a string, if they were let."""
    rules = made(a_plan(), tmp_path)
    accepted(tmp_path)
    passes(tmp_path)
    assert fired_by_the_tests(tmp_path) == {identity(alert) for alert in rules.alerts}


def identity(alert: Alert) -> tuple[str, str]:
    return alert.name, alert.labels.get("perch_stage", "")


def fired_by_the_tests(folder: Path) -> set[tuple[str, str]]:
    """The alerts that must stand at some time, by name and stage."""
    return {
        (each["alertname"], alert["exp_labels"].get("perch_stage", ""))
        for test in yaml.safe_load((folder / "tests.yml").read_text())["tests"]
        for each in test["alert_rule_test"]
        for alert in each["exp_alerts"]
    }


def shipped(file: Path) -> Plan:
    plan = PlanFolder(file.parent, KINDS).read_file(file).report.plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_plans_make_rules_that_fire(file: Path, tmp_path: Path) -> None:
    """O2, for each that asks Prometheus."""
    plan = shipped(file)
    assert prometheuses(plan, KINDS) == ["prom"]
    rules = made(plan, tmp_path)
    accepted(tmp_path)
    passes(tmp_path)
    told = [alert for alert in rules.alerts if alert.stage and not alert.name.endswith("OnBothSides")]
    assert any(alert.name.endswith("Unseen") for alert in rules.alerts)
    conditions = [rule for stage in plan.stages for rule in (*stage.rollback_when, *stage.promote_when)]
    assert len(told) + len(rules.left_out) == len(conditions) + len(plan.complete_when)
    assert fired_by_the_tests(tmp_path) == {identity(alert) for alert in rules.alerts}


WEEKS = {
    "no_data": {"after": "2d", "then": "hold"},
    "complete_when": [],
    "stages": [
        {
            "weight": "100%",
            "bake": "60d",
            "settle": "14d",
            "promote_when": ["pods == 0", "age_of(seen) < 9d"],
            "rollback_when": ["queue > 500 for 7d", "queue > 900 for 10m", "p99 > 2s after 30d"],
        }
    ],
}


def test_what_waits_and_lasts_for_weeks_is_tried_in_few_evaluations(tmp_path: Path) -> None:
    """O2: weeks were lived through minute by minute, and nobody waits for promtool that long."""
    rules = made(a_plan(**WEEKS), tmp_path)
    passes(tmp_path)
    tests = yaml.safe_load((tmp_path / "tests.yml").read_text())
    step = seconds_in(tests["evaluation_interval"])
    ends = [max(seconds_in(each["eval_time"]) for each in test["alert_rule_test"]) for test in tests["tests"]]
    assert max(ends) / step <= 100
    assert fired_by_the_tests(tmp_path) == {identity(alert) for alert in rules.alerts}


def seconds_in(duration: str) -> float:
    return parse_duration(duration).total_seconds()


@pytest.mark.parametrize(("span", "written"), [(1382580.0, "1382580s"), (0.25, "0.25s"), (600.0, "600s")])
def test_weeks_are_written_so_that_promtool_reads_them(span: float, written: str) -> None:
    """It takes no powers of ten."""
    assert seconds(span) == written


def test_the_generated_tests_fail_on_rules_that_someone_loosened(tmp_path: Path) -> None:
    made(a_plan(), tmp_path)
    text, tests = (tmp_path / "rules.yml").read_text(), yaml.safe_load((tmp_path / "tests.yml").read_text())
    for name, right, wrong in (
        ("ShopSuccessBelow95Percent", "< 95)", "<= 95)"),
        ("ShopQueueAbove500For10m", "for: 10m", "for: 11m"),
        ("ShopQueueAbove500For10m", "for: 10m", "for: 9m"),
        ("ShopP99Above2sAfter10m", ">= 600", ">= 541"),
        ("ShopP99Above2sAfter10m", ">= 600", ">= 660"),
        ("ShopMemoryAbove90Percent", " == 1\n", " >= 1\n"),
    ):
        about = [test for test in tests["tests"] if name in test["name"]]
        assert right in text
        assert about
        (tmp_path / "rules.yml").write_text(text.replace(right, wrong))
        (tmp_path / "about.yml").write_text(yaml.safe_dump({**tests, "tests": about}))
        assert promtool(tmp_path, "test", "rules", "about.yml").returncode != 0, wrong
