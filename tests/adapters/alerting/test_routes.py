"""Alertmanager's routing before the real amtool (O3): ways down reach Perch, people hear by class and severity."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from commands.terminal.plan import plan as perch_plan
from tests.adapters.alerting.plans import KINDS, tree
from tests.servers import require


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump(tree(), sort_keys=False))

    def run(*words: str) -> Result:
        return CliRunner().invoke(perch_plan, words, obj={"kinds": lambda: KINDS, "plans": tmp_path})

    return run


def amtool(*words: str) -> str:
    """What it prints, the file being good."""
    done = subprocess.run([require("amtool"), *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_asks_for_a_way_down_reaches_perch_and_people_hear_by_class_and_severity(
    shell: Any, tmp_path: Path
) -> None:
    """O3, by the real amtool."""
    written = shell(
        "routing", "shop", "--severity", "critical=pager", "--severity", "warning=chat", "--class", "security=ciso"
    )
    assert written.exit_code == 0, written.output
    file = tmp_path / "alertmanager.yml"
    file.write_text(written.stdout)
    assert "SUCCESS" in amtool("check-config", str(file))
    for labels, receivers in {
        "perch_plan=shop perch_role=trigger severity=critical perch_action=rollback": "perch,pager",
        "perch_plan=shop perch_role=trigger severity=warning perch_action=hold": "perch,chat",
        "perch_plan=shop perch_role=trigger severity=critical perch_action=kill perch_class=x": "perch,pager",
        "perch_plan=shop perch_role=hard severity=warning perch_class=security": "ciso,chat",
        "perch_plan=shop perch_role=hard severity=warning": "chat",
        "perch_role=perch severity=critical": "pager",
        "perch_plan=shop perch_role=hard severity=info": "default",
        "perch_plan=another perch_role=trigger severity=critical perch_action=kill": "default",
        "perch_plan=shop perch_role=trigger severity=critical perch_action=start": "pager",
        "severity=critical": "default",
    }.items():
        command = ["config", "routes", "test", f"--config.file={file}", f"--verify.receivers={receivers}"]
        assert amtool(*command, *labels.split()).split()[0] == receivers, labels


def test_without_names_it_is_about_all_plans_and_no_token_stands_in_the_file(shell: Any, tmp_path: Path) -> None:
    written = shell(
        "routing", "--url", "https://perch.example.org/webhooks/alertmanager", "--token-file", "/etc/t"
    ).stdout
    config = yaml.safe_load(written)
    hook = config["receivers"][0]["webhook_configs"][0]
    assert hook["url"] == "https://perch.example.org/webhooks/alertmanager"
    assert hook["http_config"]["authorization"] == {"type": "Bearer", "credentials_file": "/etc/t"}
    (tmp_path / "a.yml").write_text(written)
    for labels in (["perch_plan=any", "perch_role=trigger"], ["perch_service=by-hand", "severity=page"]):
        routed = amtool("config", "routes", "test", f"--config.file={tmp_path / 'a.yml'}", "perch_action=kill", *labels)
        assert routed.split()[0].startswith("perch"), labels


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--severity", "critical"], "write it as VALUE=RECEIVER"),
        (["--class", "=x"], "write it as VALUE=RECEIVER"),
        (["--url", "perch:8080"], "is no address"),
        (["--severity", "critical=perch"], "'perch' is Perch's webhook"),
        (["nobody"], "Known: shop"),
    ],
)
def test_wrong_usage_shows_the_fix(shell: Any, words: list[str], says: str) -> None:
    result = shell("routing", *words)
    assert (result.exit_code, says in result.stderr) == (2, True), result.stderr
