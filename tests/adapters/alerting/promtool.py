"""Rules and their tests in a folder, before the real promtool."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from adapters.alerting.recorded import Numbers
from adapters.alerting.rules import RuleSet, rules_of
from adapters.alerting.trials import trial_file
from adapters.alerting.writing import rule_file
from bot.domain.plan import Plan
from tests.adapters.alerting.plans import KINDS
from tests.servers import require


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
