"""`perch incident`: for when Slack is gone (E10, U6)."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

from click.testing import CliRunner, Result

from commands.terminal import perch
from tests.commands.terminal.shop import Shop


def typed(shop: Shop, *words: str) -> Result:
    return CliRunner().invoke(perch, words, env=shop.environment)


def test_an_incident_is_opened_listed_and_ended_from_a_shell(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    begun = shop.begin()
    opened = typed(shop, "incident", "shop", "critical", "orders", "are", "lost")
    assert (opened.exit_code, "shop: Incident inc-1, sev1 (critical)" in opened.output) == (0, True)
    assert "“orders are lost”" in typed(shop, "incident").output
    assert "Incident inc-1" in typed(shop, "status", "shop").output
    (known,) = json.loads(typed(shop, "incident", "shop", "--json").output)
    assert (known["rollout"], known["severity"]) == (begun.id, "sev1")
    assert known["by"] == f"shell:{getpass.getuser()}"
    assert typed(shop, "incident", "shop", "end").exit_code == 0
    assert typed(shop, "incident").output == "No incident.\n"
    again = typed(shop, "incident", "shop", "end")
    assert (again.exit_code, "no open incident" in again.stderr) == (1, True)
    wrong = typed(shop, "incident", "shop", "orders are lost")
    assert (wrong.exit_code, "Say how bad it is" in wrong.stderr) == (2, True)
