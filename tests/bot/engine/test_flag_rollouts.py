"""A whole rollout over a flag that Perch answers for itself (T10, R9, X6), and another process that answers as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sources import KINDS as SOURCES
from adapters.traffic import KILL, TRAFFIC
from bot.domain.flags import Variant
from bot.domain.machine import State
from bot.domain.units import ZERO, Weight
from bot.engine.flags import FlagTable
from bot.ports import Spooled
from storage.flags import SqlFlags
from storage.restore import mark_restored
from tests import rig
from tests.fakes.outage import no_database
from tests.rig import GOOD, Rig

pytestmark = pytest.mark.anyio

USERS = [f"user-{number}" for number in range(200)]


def a_plan(**changes: Any) -> dict[str, Any]:
    plan = rig.tree(
        traffic=[{"kind": "openfeature", "key": "search", "canary": "new", "stable": "old", "cohort": ["lisa"]}],
        kill_switch=[[{"kind": "openfeature", "key": "search"}]],
        killed_when=["served == 0 within 60s"],
        **changes,
    )
    plan["sources"]["flags"] = {"kind": "openfeature"}
    plan["metrics"]["share"] = {"source": "flags", "unit": "percent", "flag": "search"}
    plan["metrics"]["served"] = {"source": "flags", "unit": "count", "flag": "search", "show": "canary", "over": "10s"}
    return plan


@asynccontextmanager
async def town(folder: Path, plan: dict[str, Any] | None = None) -> AsyncIterator[Rig]:
    numbers = rig.Numbers(dict(GOOD))
    kinds = replace(
        rig._kinds(numbers, [], [], {"openfeature": SOURCES["openfeature"]}),
        traffic={"openfeature": TRAFFIC["openfeature"]},
        kill={"openfeature": KILL["openfeature"]},
    )
    people = rig.People({rig.ANA: {"@sre"}, rig.BEN: {"@sre", "@leads"}})
    plans = rig.OnePlan({"materializers": plan or a_plan()}, kinds)
    async with rig._wired(folder, numbers, [], [], people, plans, rig.START) as story:
        yield story


def served(table: FlagTable) -> set[str]:
    """Who of the users, and of the cohort, is on the canary."""
    asked = {user: table.answer("search", {"targetingKey": user}) for user in (*USERS, "lisa")}
    return {user for user, answer in asked.items() if answer.decided.variant is Variant.CANARY}


async def test_users_join_with_each_stage_and_all_are_freed_by_a_kill_that_is_measured(tmp_path: Path) -> None:
    async with town(tmp_path) as story, rig.beside(story, tmp_path, state="elsewhere") as other:
        here, there = story.engine.flags, other.engine.flags
        await here.refresh()
        assert served(here) == set()
        rollout = await story.start()
        seen = []
        for weight in ("1%", "10%"):
            assert str(rollout.confirmed) == weight
            await here.refresh()
            await there.refresh()
            assert served(here) == served(there)
            seen.append(served(here))
            if weight == "1%":
                rollout = await story.approve(await story.until_gate(rollout))
        assert "lisa" in seen[0] < seen[1]
        assert len(seen[1]) < 40
        await story.engine.desk.kill(story.request("kill"), rollout.id, "enough")
        await there.refresh()
        assert served(there) == set(), "a process on another machine, by the store"
        for _ in range(3):
            story.now += timedelta(seconds=15)
            other.now = story.now
            assert served(there) == set()
            await there.refresh()
            await story.settle()
        rollout = await story.load(rollout)
        assert rollout.state is State.KILLED
        assert rollout.kill is not None
        assert rollout.kill.measured_at is not None
        assert rollout.kill.met == {"served == 0 within 60s": 15}


async def test_the_measured_share_is_that_of_all_processes(tmp_path: Path) -> None:
    """X6."""
    async with town(tmp_path) as story, rig.beside(story, tmp_path) as other:
        rollout = await story.approve(await story.until_gate(await story.start()))
        for table in (story.engine.flags, other.engine.flags):
            await table.refresh()
            mine = len(served(table))
            await table.refresh()
        gear = story.engine.equipment.gear(await story.engine.ledger.plan_of(rollout))
        counted = await SqlFlags(story.engine.rollouts._database).counted("search", rig.START, story.now)
        assert counted == {Variant.CANARY: 2 * mine, Variant.STABLE: 2 * (201 - mine)}
        assert set(gear.sources) >= {"share", "served"}


async def frees_without_a_database(folder: Path) -> None:
    async with town(folder) as story:
        rollout = await story.approve(await story.until_gate(await story.start()))
        table = story.engine.flags
        await table.refresh()
        assert "lisa" in served(table)
        card = await story.engine.switch.card(rollout.id)
        with no_database():
            facts = {"rollout": rollout.id, "plan": rollout.plan, "environment": rollout.environment, "at": story.now}
            act = Spooled(key="k", what="kill", by="U1", by_name="", reason="enough", **facts)
            outcomes = await story.engine.switch.pull(act, card)
            await table.refresh()
            assert served(table) == set(), "a killed canary is still served"
        assert {outcome.read_back_at for outcome in outcomes} == {None}, "nothing was written, and nothing says so"
        for _ in range(20):
            await story.minutes(0.1, step_s=6)
            await table.refresh()
            assert served(table) == set(), "it came back on the way into the record"
        flag = await SqlFlags(story.engine.rollouts._database).get("search")
        assert flag is not None
        assert (flag.weight, flag.off) == (ZERO, True)


async def test_a_kill_without_a_database_frees_everybody_and_goes_on_record_afterwards(tmp_path: Path) -> None:
    """Law 2: the flag's own store is away, and the spool is enough."""
    await frees_without_a_database(tmp_path)


async def test_a_table_that_does_not_know_the_spool_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug of the test above."""
    monkeypatch.setattr(FlagTable, "_see_spool", lambda self, acts, now: None)
    with pytest.raises(AssertionError, match="a killed canary is still served"):
        await frees_without_a_database(tmp_path)


async def restored(folder: Path) -> None:
    async with town(folder) as story:
        rollout = await story.approve(await story.until_gate(await story.start()))
        database = story.engine.rollouts._database
        await mark_restored(database, story.now)
        await story.engine.flags.refresh()
        assert served(story.engine.flags) == set(), "what was approved then may have been taken back since"
        await story.minutes(1)
        fresh = await story.load(rollout)
        assert fresh.state is State.HELD
        (told,) = [each.body for each in await story.engine.rollouts.records(rollout.id) if each.kind == "drift"]
        assert (told["recorded"], told["real"]) == (10, 0)


async def test_a_restored_database_serves_no_weight_of_before(tmp_path: Path) -> None:
    """Law 10: the flag stands in the very database that is older than the world."""
    await restored(tmp_path)


async def test_the_next_rollout_of_a_flag_with_values_begins_where_the_last_one_ended(tmp_path: Path) -> None:
    async with town(tmp_path) as story:
        await SqlFlags(story.engine.rollouts._database).set_weight(
            TRAFFIC["openfeature"].routing(  # type: ignore[misc]
                TRAFFIC["openfeature"].options(key="search", canary="old", stable="older")
            ),
            Weight(100),
        )
        rollout = await story.start()
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(1))
