"""What the shell says of flags: who may ask for them, and how a plan of one stands (T10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.assembly import all_kinds
from bot.domain.flags import Routing
from bot.domain.plan import Plan
from bot.domain.planning.reading import read_plan
from bot.domain.units import Weight
from bot.settings import read_settings
from commands.terminal.doctor.findings import Grade
from commands.terminal.doctor.plans import flags
from commands.terminal.live import problems
from storage.database import open_database
from storage.flags import SqlFlags

pytestmark = pytest.mark.anyio


def a_plan(stable: str = "old") -> Plan:
    tree = {
        "name": "search",
        "service": "shop",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@leads"]},
        "sources": {"flags": {"kind": "openfeature"}},
        "metrics": {"share": {"source": "flags", "unit": "percent", "flag": "search"}},
        "traffic": [{"kind": "openfeature", "key": "search", "canary": "new", "stable": stable}],
        "kill_switch": [[{"kind": "openfeature", "key": "search"}]],
        "stages": [
            {"weight": weight, "mirror": mirror, "bake": "1m", "promote_when": ["share < 50%"]}
            for weight, mirror in (("0%", "100%"), ("100%", "0%"))
        ],
    }
    return read_plan(tree, "production", all_kinds())


async def test_a_plan_of_a_flag_has_no_problem_before_there_is_a_database_and_none_is_made(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'perch.db'}"
    assert await problems(a_plan(), {"DATABASE_URL": address}) == []
    assert list(tmp_path.iterdir()) == []


async def test_a_flag_that_answers_something_else_now_is_a_problem(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'perch.db'}"
    database = await open_database(address)
    await SqlFlags(database).set_weight(Routing(key="search", canary="v2", stable="v1"), Weight(50))
    await database.aclose()
    (found,) = await problems(a_plan(), {"DATABASE_URL": address})
    assert 'flag search answers "v1" or "v2" now' in found
    assert await problems(a_plan(), {"DATABASE_URL": "sqlite:////nowhere/at/all/perch.db"}) == []


async def test_a_database_that_cannot_be_opened_is_said() -> None:
    found = await problems(a_plan(), {"DATABASE_URL": "mysql://db/perch"})
    assert found
    assert all("flags stand in Perch's database, which isn't open here" in line for line in found)


@pytest.mark.parametrize(("token", "grade"), [("s3cret-of-the-tests", Grade.OK), ("", Grade.NOTE)])
def test_the_doctor_says_who_may_ask_for_flags(token: str, grade: Grade) -> None:
    (found,) = flags(read_settings({"PERCH_OFREP_TOKEN": token, "PORT": "8123"}), [a_plan()], all_kinds())
    assert found.grade is grade
    assert "PERCH_OFREP_TOKEN" in found.said
    assert ("port 8123" in found.said) is (grade is Grade.NOTE)
    assert token == "" or token not in found.said


def test_the_doctor_says_nothing_of_flags_where_no_plan_has_one() -> None:
    assert list(flags(read_settings({}), [], all_kinds())) == []
