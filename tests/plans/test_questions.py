"""What the shipped plans ask is what the far sides understand: PromQL by promtool, SQL by SQLite (R2, M1, M3)."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.domain.plan import Plan
from tests.plans.far.prometheus import questions
from tests.plans.played import PLANS, the_plan
from tests.servers import require

NAMES = sorted(file.stem for file in PLANS.glob("*.yaml"))
TABLES = """
CREATE TABLE artifact_jobs (state, created_at, updated_at, lease_until, lease_owner, lease_ms, crashed, recovered);
CREATE TABLE artifact_ops (op_key, result_json, replayed);
CREATE TABLE http_events (host, status, url, from_cache);
CREATE TABLE runs (run_id, telemetry, seconds, ended_at);
CREATE TABLE downloads (artifact_id, sha256, run_id, metadata);
CREATE TABLE fallback_attempts (artifact_id, ts, outcome, run_id, metadata);
CREATE TABLE breaker_transitions (ts, host, old_state, new_state);
"""


def test_every_query_to_prometheus_is_promql(tmp_path: Path) -> None:
    asked = [text for name in NAMES for _, text in questions(the_plan(name))]
    rules = [{"record": f"asked:{number}", "expr": text} for number, text in enumerate(asked)]
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    ran = subprocess.run(
        [require("promtool"), "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(rules) > 30


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("docstokg")])
def test_every_query_to_the_manifest_is_sql_that_sqlite_runs(name: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    values = {"at": "2026-03-02 09:00:00", "stage_start": "2026-03-02 08:00:00", "run": "r7"}
    for text in _statements(the_plan(name)):
        connection.execute(text, values)
    connection.close()


def _statements(plan: Plan) -> Iterator[str]:
    for metric in plan.metrics.values():
        if metric.source == "manifest":
            yield str(metric.ask["query"])
        for step in metric.runbook.diagnose if metric.runbook else ():
            if step.source == "manifest":
                yield str(step.ask["query"])
