"""How things stand around a real engine: what /metrics rests on, from the database, also after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.app import _log_end
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.ports import StoreAway
from bot.redaction import Redactor
from bot.standing import Look
from commands.slack.introduction import StartRefused
from tests.rig import Rig, again, rig

pytestmark = pytest.mark.anyio


def look(story: Rig) -> Look:
    return Look(story.engine, lambda: story.now, Redactor(["hunter2"]), lambda: "no connection")


@pytest.mark.usefixtures("both_databases")
async def test_what_is_live_and_what_ended_lately_is_told_by_whichever_process(tmp_path: Path) -> None:
    """A rollout that ended while nobody was asked counts as ended for the next process, for two days."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        standing = await look(story)()
        assert ([each.id for each in standing.live], [*standing.ended]) == ([rollout.id], [])
        assert (standing.slack, standing.database, standing.spooled) == ("no connection", "", 0)
        assert [far.name for far in standing.sources] == ["numbers"]
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "bad")
        await story.settle()
        assert (await story.load(rollout)).state is State.ROLLED_BACK
    async with again(story, tmp_path) as restarted:
        seen = look(restarted)
        assert [*(await seen()).ended] == [("materializers", "production")]
        restarted.now += timedelta(days=3)
        assert [*(await seen()).ended] == []


async def test_a_part_that_ends_by_a_fault_is_remembered_and_one_that_was_stopped_or_refused_is_not() -> None:
    """What /healthz asks a restart for; a token that Slack refuses isn't mended by one."""

    async def ends(fault: Exception | None) -> None:
        if fault is not None:
            raise fault

    broken: list[str] = []
    for name, fault in (("sender", ValueError("x")), ("doors", None), ("sockets", StartRefused("a revoked token"))):
        task = asyncio.create_task(ends(fault), name=name)
        task.add_done_callback(partial(_log_end, broken))
        await asyncio.wait({task})
    stopped = asyncio.create_task(asyncio.Event().wait())
    stopped.cancel()
    await asyncio.wait({stopped})
    _log_end(broken, stopped)  # type: ignore[arg-type]
    assert broken == ["sender"]


class Away:
    """Rollouts that can't be read."""

    async def live(self) -> Sequence[Rollout]:
        raise StoreAway("password hunter2 is refused")


async def test_a_database_that_is_away_leaves_out_what_it_would_tell_and_shows_no_secret(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        story.engine = replace(story.engine, rollouts=Away())  # type: ignore[arg-type]
        standing = await look(story)()
    assert "hunter2" not in standing.database
    assert standing.database.startswith("password")
    assert (standing.live, standing.spooled) == ((), None)
