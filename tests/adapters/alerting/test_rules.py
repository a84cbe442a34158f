"""Alert rules from a plan, before the real promtool (O2): accepted, each one fired, and no data is never a fire."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from adapters.alerting.expressions import WHY_NOT
from adapters.alerting.promql import span
from adapters.alerting.recorded import Numbers
from adapters.alerting.rules import Alert, RuleSet, prometheuses, rules_of
from adapters.alerting.trials import seconds, trial_file
from adapters.alerting.writing import rule_file
from bot.domain.conditions import About
from bot.domain.plan import Plan
from bot.domain.units import parse_duration
from commands.terminal.plan import plan as perch_plan
from storage.plans import PlanFolder
from tests.adapters.alerting.plans import KINDS, a_plan, tree
from tests.servers import require

ROOT = Path(__file__).parents[3]
SHIPPED = [file for file in sorted((ROOT / "plans").glob("*.yaml")) if "kind: prometheus" in file.read_text()]


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([require("promtool"), *words], cwd=folder, capture_output=True, text=True, timeout=120)


def made(plan: Plan, folder: Path, source: str = "prom") -> RuleSet:
    """Writes rules.yml and tests.yml."""
    rules = rules_of(plan, KINDS, source)
    (folder / "rules.yml").write_text(rule_file(rules))
    (folder / "tests.yml").write_text(trial_file(rules, Numbers(plan, KINDS), "rules.yml"))
    return rules


def accepted(folder: Path) -> None:
    checked = promtool(folder, "check", "rules", "rules.yml")
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout + checked.stderr


def passes(folder: Path, tests: str = "tests.yml") -> None:
    tested = promtool(folder, "test", "rules", tests)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def only(folder: Path, *names: str) -> None:
    """Leaves the other alerts out of rules.yml, which would be evaluated each time."""
    tree = yaml.safe_load((folder / "rules.yml").read_text())
    (group,) = tree["groups"]
    group["rules"] = [rule for rule in group["rules"] if rule.get("alert", names[0]) in names]
    assert {rule["alert"] for rule in group["rules"] if "alert" in rule} == set(names)
    (folder / "rules.yml").write_text(yaml.safe_dump(tree))


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


def test_what_can_be_no_rule_is_told_with_why_and_never_dropped() -> None:
    assert [str(each) for each in rules_of(a_plan(), KINDS, "prom").left_out] == [
        "stage 5% (first): 'queue > 400 3 times in a row' is no alert rule: Prometheus doesn't count 3 times in a row; "
        "write it with `for`",
        "stage 5% (first): 'far > 3' is no alert rule: far is asked of other: --source other",
        "stage 5% (first): 'chat down' is no alert rule: chat comes from a source of kind probe, not from Prometheus",
        "stage 5% (first): 'check fails 3 times in a row' is no alert rule: it is about a whole check of Perch's",
        "stage 5% (first): 'jobs never decreases' is no alert rule: it looks back to when the stage began",
        "complete_when: 'success > 99%' is no alert rule: it is judged once, at the end",
    ]


def test_labels_say_who_hears_of_it_and_only_triggers_act_on_perch() -> None:
    rules = rules_of(a_plan(), KINDS, "prom")
    by_name = {alert.name: alert for alert in rules.alerts if alert.stage == 1}
    assert by_name["ShopSuccessBelowStableMinus2pp"].labels == {
        "severity": "critical",
        "perch_plan": "shop",
        "perch_service": 'the "shop"',
        "perch_environment": 'eu "1" {{ .x }}',
        "perch_stage": "5% (first)",
        "perch_role": "trigger",
        "perch_class": "security",
        "perch_action": "rollback",
    }
    assert by_name["ShopPodsAbove3"].labels["perch_action"] == "kill"
    assert (
        by_name["ShopMemoryAbove90Percent"].labels["severity"],
        by_name["ShopMemoryAbove90Percent"].description,
    ) == (
        "warning",
        "Perch holds it at 5%.",
    )
    assert {"perch_action" in alert.labels for alert in rules.alerts if alert.labels["perch_role"] != "trigger"} == {
        False
    }
    both = by_name["ShopSuccessBelow95PercentOnBothSides"]
    assert (both.labels["perch_action"], both.labels["severity"]) == ("hold", "critical")
    assert both.description == "Perch holds it at 5%. The stable side is as bad: rolling back would not help."
    hold = by_name["ShopQueueIsNot13Unmet"].description
    assert hold == "Perch doesn't promote meanwhile; if it is so when the bake is over: hold 1d, then rollback."


# ---- the plan's own queries, with series as an exporter gives them ---------------------------------------------

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
    tests = []
    for what, (name, given, fires) in CASES.items():
        tests.append(
            {
                "name": what,
                "interval": "1m",
                "input_series": [AT, SINCE, *given],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                        "eval_time": "12m",
                        "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                    }
                ],
            }
        )
    written = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "own.yml").write_text(yaml.safe_dump(written))
    passes(tmp_path, "own.yml")


def test_a_week_ago_is_asked_with_the_plans_own_query(tmp_path: Path) -> None:
    made(a_plan(environment="eu"), tmp_path)
    name = "ShopOrdersBelow7dAgoMinus20Percent"
    only(tmp_path, name)
    week = 7 * 4
    test: dict[str, Any] = {
        "interval": "6h",
        "input_series": [
            {"series": AT["series"], "values": f"1+0x{week + 3}"},
            {"series": "orders_per_minute", "values": f"100+0x{week} 75+0x3"},
        ],
        "promql_expr_test": [
            {"expr": f'count(ALERTS{{alertname="{name}"}})', "eval_time": at, "exp_samples": expected}
            for at, expected in (("7d", []), ("7d12h", [{"labels": "{}", "value": 1}]))
        ],
    }
    (tmp_path / "own.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "6h", "tests": [test]})
    )
    passes(tmp_path, "own.yml")


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
    tests = [
        {
            "name": what,
            "interval": "1m",
            "input_series": given,
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
                    "eval_time": "30m",
                    "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                }
            ],
        }
        for what, given, alert, fires in cases
    ]
    (tmp_path / "own.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests})
    )
    passes(tmp_path, "own.yml")


# ---- the command -----------------------------------------------------------------------------------------------


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    def run(*words: str, env: dict[str, str | None] | None = None, **changes: Any) -> Result:
        (tmp_path / "shop.yaml").write_text(yaml.safe_dump(tree(**changes), sort_keys=False))
        given = {"kinds": lambda: KINDS, "plans": tmp_path}
        return CliRunner().invoke(perch_plan, words, obj=given, env=env, prog_name="perch plan")

    return run


def test_the_command_prints_rules_and_tells_on_stderr_what_is_left_out(shell: Any) -> None:
    result = shell("rules", "shop", "--source", "prom")
    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout)["groups"][0]["rules"]
    assert "shop: stage 5% (first): 'chat down' is no alert rule" in result.stderr
    assert "# - stage 5% (first): 'chat down' is no alert rule" in result.stdout
    tests = shell("rules", "shop", "--source", "prom", "--tests", "my-rules.yml")
    assert yaml.safe_load(tests.stdout)["rule_files"] == ["my-rules.yml"]


NAMING: dict[str, Any] = {
    "sides": {"canary": 'track="${TRACK}"'},
    "metrics": {
        "success": {
            "source": "prom",
            "unit": "percent",
            "query": 'sum(ok{job="${JOB}",$side})',
            "at_least": {"query": 'sum(all{zone="${ZONE:-eu}"})', "value": 5},
        },
        "chat": {"source": {"kind": "probe", "url": "${CHAT_URL}"}},
    },
    "stages": [{"weight": "100%", "bake": "1h", "promote_when": ["success > 99%"]}],
}


def test_what_a_question_names_is_filled_in_as_perch_asks_it(shell: Any) -> None:
    """O2: Prometheus fills nothing in; such a rule matched nothing, and never fired."""
    result = shell("rules", "shop", env={"JOB": "shop", "TRACK": "blue"}, **NAMING)
    assert result.exit_code == 0, result.output
    rules = yaml.safe_load(result.stdout)["groups"][0]["rules"]
    asked = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}
    assert asked["perch:metric"] == 'sum(ok{job="shop",track="blue"})'
    assert asked["perch:samples"] == 'sum(all{zone="eu"})'
    assert "${" not in result.stdout


def test_variables_that_are_not_set_are_all_named_with_what_to_type_and_no_rule_is_printed(shell: Any) -> None:
    result = shell("rules", "shop", env={"JOB": None, "TRACK": None}, **NAMING)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Not set: JOB, TRACK." in result.stderr
    assert "Named by: success." in result.stderr
    assert "JOB=… TRACK=… perch plan rules shop" in result.stderr


@pytest.mark.parametrize("name", ["SHOP_TOKEN", "SHOP_WORD"])
def test_a_secret_gets_into_no_rule_by_its_name_or_because_the_plan_names_it_as_one(shell: Any, name: str) -> None:
    """Law 8: whoever may look at Prometheus may read its rules."""
    naming = yaml.safe_load(yaml.safe_dump(NAMING).replace("JOB", name))
    prom = {"kind": "prometheus", "url": "${PROMETHEUS_URL}", "token_env": "SHOP_WORD"}
    env = {name: "correct-horse-battery", "TRACK": "blue"}
    result = shell("rules", "shop", env=env, sources={"prom": prom}, **naming)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"May hold a secret: {name}." in result.stderr
    assert "correct-horse" not in result.output


def test_of_several_prometheuses_one_must_be_named_and_of_none_there_are_no_rules(shell: Any) -> None:
    several = shell("rules", "shop")
    assert (several.exit_code, "say which with --source: prom, other" in several.stderr) == (2, True)
    assert shell("rules", "shop", "--source", "nobody").exit_code == 2
    chat = {"chat": {"source": {"kind": "probe", "url": "https://shop.example.org/chat"}}}
    stages = [{"weight": "100%", "bake": "1h", "promote_when": ["chat up"]}]
    none = shell("rules", "shop", metrics=chat, stages=stages, complete_when=[])
    assert (none.exit_code, "no metric of shop is asked of a Prometheus" in none.stderr) == (1, True)
    assert prometheuses(a_plan(metrics=chat, stages=stages, complete_when=[]), KINDS) == []


def test_a_plan_with_mistakes_makes_no_rules_and_says_which(shell: Any) -> None:
    result = shell("rules", "shop", complete_when=["sucess > 99%"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no metric 'sucess'" in result.stderr
    assert shell("rules", "nobody").exit_code == 2


@pytest.mark.parametrize("text", ["500ms", "90s", "10m", "1h30m", "7d", "36h"])
def test_durations_are_spelled_exactly_in_one_unit(text: str) -> None:
    assert parse_duration(span(parse_duration(text))) == parse_duration(text)


def test_every_kind_of_condition_is_about_a_metric_or_has_a_reason_why_it_can_be_no_rule() -> None:
    """A kind that is new is one or the other: looked for among the metrics, an SLO's name would be missing there."""
    assert set(About) - set(WHY_NOT) == {About.METRIC, About.AGE_OF, About.DOWN, About.UP}
