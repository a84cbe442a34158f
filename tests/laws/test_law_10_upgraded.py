"""Law 10 and U8: this Perch takes up what each released one left, in whatever state, and brings it to its end.

`tests/data/released/` keeps what a release left behind, made by that release's own code (`make.py` there says how).
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

import pytest

from bot.assembly import all_kinds
from bot.domain.errors import PerchError
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.planning.reading import thaw_plan
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.requests import Start
from bot.ports import StoreAway
from storage.database import open_database
from storage.schema import CURRENT
from storage.verifying import verify_all
from tests.data.released.make import NAMES
from tests.fakes.traffic import FakeKill, FakeTraffic
from tests.rig import BEN, CLEO, GOOD, Numbers, OnePlan, People, Rig, _kinds, _wired

pytestmark = pytest.mark.anyio

RELEASED = sorted((Path(__file__).parents[1] / "data/released").glob("*/"))
LIVE = ("bakes", "at-gate", "on-hold", "shifting", "stuck", "killing")


@pytest.fixture(
    params=[folder for folder in RELEASED if (folder / "database.sql").exists()], ids=lambda each: each.name
)
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder as a released Perch left it: the database, the kill's files, and what the world held."""
    released: Path = request.param
    with closing(sqlite3.connect(tmp_path / "perch.db")) as connection:
        connection.executescript((released / "database.sql").read_text())
    world = json.loads((released / "world.json").read_text())
    for name, text in world["state"].items():
        file = tmp_path / "state" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "world.json").write_text(json.dumps(world))
    return tmp_path


@asynccontextmanager
async def taken_up(folder: Path) -> AsyncIterator[Rig]:
    """This version over it, in the world as it was."""
    world = json.loads((folder / "world.json").read_text())
    traffic = [FakeTraffic(f"fake traffic {n}", Weight(weight)) for n, weight in enumerate(world["weights"])]
    switches = [FakeKill(f"fake switch {n}", standing) for n, standing in enumerate(world["switches"])]
    numbers, people = (
        Numbers(dict(GOOD)),
        People({"U0ANA": {"@sre"}, BEN: {"@sre", "@leads"}, CLEO: {"@sre", "@leads"}}),
    )
    plans = OnePlan(world["plans"], _kinds(numbers, traffic, switches))
    now = datetime.fromisoformat(world["now"])
    async with _wired(folder, numbers, traffic, switches, people, plans, now) as story:
        await story.engine.rollouts.free_leases()
        yield story


async def of(story: Rig, name: str) -> Rollout:
    return (await story.engine.rollouts.latest(name, 1))[0]


async def test_an_older_database_is_brought_up_to_date_with_everything_in_it(left: Path) -> None:
    async with taken_up(left) as story:
        assert {rollout.plan for rollout in await story.engine.rollouts.live()} == set(LIVE)
        assert [each.key for each in await story.engine.inbox.waiting()] == ["click:1"]
        unsaid, _ = await story.engine.outbox.unsaid()
        assert unsaid > 50
        assert {card.plan for card in story.engine.files.cards()} == {*LIVE, "completed"}
        for card in story.engine.files.cards():
            assert story.engine.ledger.thaw(card.tree, card.environment).name == card.plan
    with closing(sqlite3.connect(left / "perch.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(CURRENT,)]
    database = await open_database(f"sqlite:///{left / 'perch.db'}")
    assert await verify_all(database) == []
    await database.aclose()


async def test_each_rollout_under_way_is_brought_to_its_end(left: Path) -> None:
    """A half approved gate is used with its old approval; a raise under way lands; a stuck way down comes down."""
    async with taken_up(left) as story:
        desk, weights = story.engine.desk, dict(zip(NAMES, story.traffic, strict=True))
        gate = (await of(story, "at-gate")).gate
        assert gate is not None
        assert [approval.person.id for approval in gate.approvals] == [BEN]
        await story.minutes(0.3, step_s=3)
        assert (await of(story, "shifting")).confirmed == Weight(10)
        assert (await of(story, "stuck")).state is State.ROLLED_BACK
        assert weights["stuck"].weight == ZERO
        used = story.request("approve", CLEO, surface="button", gate=gate.id)
        await story.minutes(1)
        await desk.approve(used, (await of(story, "at-gate")).id)
        await story.engine.ticker.idle()
        assert (await of(story, "at-gate")).confirmed == Weight(10)
        await desk.resume(story.request("resume"), (await of(story, "on-hold")).id, "")
        rising = ("bakes", "at-gate", "on-hold", "shifting")
        for _ in range(25):
            await story.minutes(1)
            for name in rising:
                if (await of(story, name)).state is State.GATE:
                    await story.approve(await of(story, name), BEN)
                    await story.approve(await of(story, name), CLEO)
        for name in rising:
            rollout = await of(story, name)
            assert (rollout.state, weights[name].weight) == (State.COMPLETED, Weight(100)), name
            assert await desk.verify(rollout) is None
        assert story.traffic[NAMES.index("rolled-back")].weight == ZERO


async def test_what_an_older_perch_killed_stays_killed_until_it_is_rearmed(left: Path) -> None:
    async with taken_up(left) as story:
        killed, switch = await of(story, "killed"), story.kills[NAMES.index("killed")]
        with pytest.raises(PerchError, match="kill switch"):
            await story.engine.desk.start(story.request("start"), Start(plan="killed", weight=Weight(1), version="v3"))
        await story.engine.desk.rearm(story.request("rearm"), killed.id)
        assert switch.standing == "on"


async def test_a_kill_that_an_older_perch_had_under_way_is_brought_to_its_end(left: Path) -> None:
    async with taken_up(left) as story:
        assert (await of(story, "killing")).state in (State.KILLING, State.STUCK)
        await story.minutes(0.5, step_s=3)
        number = NAMES.index("killing")
        assert (story.traffic[number].weight, story.kills[number].standing) == (ZERO, "off")
        killed = await of(story, "killing")
        assert killed.state is State.KILLED
        await story.engine.desk.rearm(story.request("rearm"), killed.id)
        assert story.kills[number].standing == "on"


async def test_what_an_older_perch_completed_can_still_be_killed(left: Path) -> None:
    async with taken_up(left) as story:
        await story.engine.desk.kill(story.request("kill"), (await of(story, "completed")).id, "it went bad")
        number = NAMES.index("completed")
        assert (story.traffic[number].weight, story.kills[number].standing) == (ZERO, "off")
        await story.minutes(0.2, step_s=3)
        assert (await of(story, "completed")).state is State.KILLED


def test_frozen_plans_of_real_adapters_still_thaw(left: Path) -> None:
    """U8: no option of a released adapter is forgotten."""
    with closing(sqlite3.connect(left / "perch.db")) as connection:
        rows = connection.execute(
            "SELECT r.plan, r.environment, p.tree FROM rollouts r JOIN frozen_plans p ON p.digest = r.plan_digest "
            "WHERE r.plan LIKE 'real-%'"
        ).fetchall()
    assert len(rows) == 2
    thawed: list[Plan] = [thaw_plan(json.loads(tree), environment, all_kinds()) for _, environment, tree in rows]
    assert all(plan.stages for plan in thawed)


async def test_a_database_of_a_newer_perch_is_refused_in_one_line_and_left_alone(left: Path) -> None:
    with closing(sqlite3.connect(left / "perch.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = (left / "perch.db").read_bytes()
    with pytest.raises(StoreAway, match="written by a newer Perch; start that one, or restore a backup") as newer:
        await open_database(f"sqlite:///{left / 'perch.db'}")
    assert "\n" not in str(newer.value)
    with closing(sqlite3.connect(left / "perch.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
        assert connection.execute("SELECT count(*) FROM pragma_table_info('evidence')").fetchall() == [(8,)]
    assert len(before) > 0


async def test_two_databases_are_brought_up_to_date_side_by_side(left: Path, tmp_path: Path) -> None:
    """Alembic keeps what it works on in the process; one waits for the other."""
    other = tmp_path / "other.db"
    other.write_bytes((left / "perch.db").read_bytes())
    opened = await asyncio.gather(*(open_database(f"sqlite:///{file}") for file in (left / "perch.db", other)))
    for database in opened:
        assert await verify_all(database) == []
        await database.aclose()
