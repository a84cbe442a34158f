"""Railway (T6) by `command`: the script and the plan's parts in the docs, with a program that answers as 004 shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.traffic import KILL, TRAFFIC
from bot.domain.units import Weight
from storage.plan_text import read_text

pytestmark = pytest.mark.anyio

SECTION = (Path(__file__).parents[3] / "docs" / "adapters-traffic.md").read_text().partition("\n## Railway\n")[2]
SECTION = SECTION.partition("\n## ")[0]
RAILWAY = """#!/bin/sh
test "$RAILWAY_TOKEN" = a-token || exit 1
case "$1 $2 $3 $4" in
"service list relay ") cat "$0.split" ;;
"service update relay --traffic-split")
  echo "$5" | sed -E 's/(.*):(.*),(.*):(.*)/\\2% \\1\\n\\4% \\3/' > "$0.split" ;;
*) exit 2 ;;
esac
"""


def block(language: str, number: int = 0) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    return found[number]


async def test_the_runbooks_cli_moves_traffic_and_switches_off(tmp_path: Path) -> None:
    for name, text in (("railway", RAILWAY), ("set-canary.sh", block("sh"))):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    stands = tmp_path / "railway.split"
    stands.write_text("0% main\n100% r0.5-hotfix\n")
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "PERCH_ALLOWED_COMMANDS": "set-canary.sh",
        "LB_API_KEY": "a-token",
    }
    [part] = read_text(block("yaml")).tree["traffic"]
    [[switch]] = read_text(block("yaml", 1)).tree["kill_switch"]
    traffic = TRAFFIC[part.pop("kind")].build(TRAFFIC["command"].options(**part), environment)
    kill = KILL[switch.pop("kind")].build(KILL["command"].options(**switch), environment)
    await traffic.apply(Weight(5))
    assert stands.read_text() == "5% main\n95% r0.5-hotfix\n"
    assert (await traffic.read()).weight == Weight(5)
    former = await kill.former()
    assert not await kill.engaged()
    await kill.engage()
    assert await kill.engaged()
    assert (await traffic.read()).weight == Weight(0)
    await kill.restore(former)
    assert (await traffic.read()).weight == Weight(5)
