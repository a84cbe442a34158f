"""What only some want needs a library, and whoever lacks it misses nothing else."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.terminal import perch

PLANS = Path(__file__).parents[3] / "plans"


def test_plans_are_looked_at_without_the_library_for_dashboards(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("adapters.grafana.drawing", "commands.terminal.dashboards", "commands.terminal.plan"):
        importlib.import_module(name)
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.split(".")[0] == "grafana_foundation_sdk"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "grafana_foundation_sdk", None)
    known = {"PERCH_PLANS": str(PLANS)}
    checked = CliRunner().invoke(perch, ["plan", "check", str(PLANS / "materializers.yaml")], env=known)
    assert checked.exit_code == 0, checked.output
    drawn = CliRunner().invoke(perch, ["plan", "dashboard", "materializers"], env=known)
    assert drawn.exit_code != 0
    assert "pip install 'perch[grafana]'" in drawn.output
