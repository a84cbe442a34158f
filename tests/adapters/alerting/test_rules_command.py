"""`perch plan rules`: what it prints, what it fills in, and what it refuses to print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from adapters.alerting.rules import prometheuses
from commands.terminal.plan import plan as perch_plan
from tests.adapters.alerting.plans import KINDS, a_plan, tree


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
