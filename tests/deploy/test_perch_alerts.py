"""Alert rules about Perch itself: the real promtool accepts and fires them, their metrics exist, each is documented."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine.far_sides import FarSide
from commands.web.health import Standing
from commands.web.metrics import Metrics
from tests.commands.web.test_web import T0, a_rollout
from tests.servers import require

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "perch-alerts.yaml"
TESTS = Path(__file__).parent / "perch-alerts-tests.yaml"


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]]


def test_every_alert_is_quiet_while_all_is_well_and_fires_by_promtool(tmp_path: Path) -> None:
    """O5."""
    for file in (FILE, TESTS):
        shutil.copy(file, tmp_path)
    for words in (["check", "rules", FILE.name], ["test", "rules", TESTS.name]):
        done = subprocess.run([require("promtool"), *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    fired = set(re.findall(r'alertname="(\w+)"', TESTS.read_text()))
    assert fired == {each["alert"] for each in alerts()}


def test_they_are_about_metrics_that_perch_has() -> None:
    metrics = Metrics(lambda: datetime(2026, 3, 2, 10, tzinfo=UTC))
    metrics.ticked()
    live = a_rollout(rehearsed_at=T0, shifted_at=T0)
    page = metrics.page(Standing(live=[live], spooled=0, sources=[FarSide("x")])).decode()
    there = {name.removesuffix("_created") for name in re.findall(r"^# TYPE (\w+) ", page, re.MULTILINE)}
    named = {name for each in alerts() for name in re.findall(r"perch_[a-z_]+(?=[{)\[ ])", f"{each['expr']} ")}
    assert named
    assert named - there == set()


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_each_says_how_grave_it_is_and_leads_to_a_passage_that_exists(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert alert["labels"]["perch_role"] == "perch"
    page, _, anchor = alert["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in [heading.lower() for heading in headings]
