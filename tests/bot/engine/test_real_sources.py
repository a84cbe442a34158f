"""Files that the runbooks look at, through the whole engine: a manifest in SQLite and a log (M3, M8, M9, M11)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sources import KINDS
from bot.domain.machine import State
from bot.domain.rollout import Line
from tests.rig import START, Rig, rig, tree

pytestmark = pytest.mark.anyio


class World:
    """A pipeline's database and log, and a plan that watches them."""

    def __init__(self, folder: Path) -> None:
        self.manifest, self.log = folder / "manifest.db", folder / "pipeline.log"
        self.log.touch()
        self.does("CREATE TABLE jobs (id, state, finished)", "CREATE TABLE worker (name, seen)")

    def does(self, *statements: str, **values: Any) -> None:
        with closing(sqlite3.connect(self.manifest)) as connection:
            for statement in statements:
                connection.execute(statement, values)
            connection.commit()

    def seen(self, name: str, at: datetime) -> None:
        self.does("DELETE FROM worker WHERE name = :name", name=name)
        self.does("INSERT INTO worker VALUES (:name, :at)", name=name, at=f"{at:%Y-%m-%d %H:%M:%S}")

    def logs(self, at: datetime, text: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{at:%Y-%m-%dT%H:%M:%SZ} {text}\n")

    def plan(self) -> dict[str, Any]:
        sources = {
            **tree()["sources"],
            "manifest": {"kind": "sql", "url": f"sqlite:///{self.manifest}"},
            "log": {"kind": "log", "path": str(self.log)},
        }
        since = "SELECT count(*) FROM jobs WHERE state = 'FINALIZED' AND finished >= :stage_start"
        seen = "SELECT name, seen FROM worker"
        grouped = "SELECT state, count(*) FROM jobs WHERE finished >= :stage_start GROUP BY state"
        states = {"source": "manifest", "query": grouped, "by": ["state"]}
        metrics = {
            **tree()["metrics"],
            "finished": {"source": "manifest", "unit": "count", "query": since},
            "worker_seen": {
                "source": "manifest",
                "unit": "timestamp",
                "series": "each",
                "query": seen,
                "by": ["name"],
                "as": "timestamp",
            },
            "crashes": {"source": "log", "unit": "count", "matches": "CRITICAL", "runbook": {"diagnose": [states]}},
        }
        promote_when = ["success > 98%", "finished never decreases", "age_of(worker_seen) < 2m"]
        watched = {"promote_when": promote_when, "rollback_when": ["crashes > 1"]}
        return tree(sources=sources, metrics=metrics, stages=[{**each, **watched} for each in tree()["stages"]])


def line(here: Rig, lines: tuple[Line, ...], condition: str) -> Line:
    return next(each for each in lines if each.condition == condition)


async def test_a_pipeline_is_judged_by_its_database_and_its_log(tmp_path: Path) -> None:
    """What was before the stage isn't the stage's; the worker that is late is named; two crashes roll it back, and a
    table by state is kept as evidence."""
    world = World(tmp_path)
    world.logs(START - timedelta(hours=1), "CRITICAL of yesterday's run")
    for name in ("w1", "w2"):
        world.seen(name, START)
    async with rig(tmp_path, world.plan(), sources=KINDS) as here:
        rollout = await here.start()
        assert rollout.state is State.BAKING, rollout.preflight
        world.does("INSERT INTO jobs VALUES (1, 'FINALIZED', :at)", at=f"{here.now:%Y-%m-%d %H:%M:%S}")
        await here.minutes(1)
        check = (await here.load(rollout)).check
        assert check is not None
        assert line(here, check.lines, "finished never decreases").value == 1
        assert line(here, check.lines, "crashes > 1").value == 0

        world.seen("w1", here.now + timedelta(minutes=2))
        await here.minutes(2)
        check = (await here.load(rollout)).check
        assert check is not None
        late = line(here, check.lines, "age_of(worker_seen) < 2m")
        assert (late.met, late.value, late.detail) == (False, 180, "name=w2")

        world.does("UPDATE jobs SET state = 'STREAMING'")
        world.logs(here.now, "CRITICAL lost the lease of job 7")
        await here.minutes(1)
        check = (await here.load(rollout)).check
        assert check is not None
        fell = line(here, check.lines, "finished never decreases")
        assert (fell.met, fell.detail[:5]) == (False, "1 → 0")
        crashed = line(here, check.lines, "crashes > 1")
        assert (crashed.met, crashed.value) == (False, 1)
        assert "lost the lease of job 7" in crashed.detail

        world.logs(here.now, "CRITICAL lost the lease of job 8")
        await here.minutes(1)
        assert (await here.load(rollout)).state in (State.ROLLING_BACK, State.ROLLED_BACK)
        records = await here.engine.rollouts.records(rollout.id)
        (looked,) = [record.body for record in records if record.kind == "diagnosis"]
        assert looked["steps"][0]["answer"] == "state=STREAMING: 1"
        await here.engine.equipment.aclose()
