"""Tasks of a stage are stopped by every way down and wait for none; of several processes one carries them out (O6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.engine import tasks
from bot.ports import Spooled, StoreAway
from tests.bot.engine.task_stories import (
    BEGINS_S,
    BURST,
    Far,
    breached,
    frozen,
    held,
    killed,
    open_rig,
    outcomes,
    over,
    records,
    rolled_back,
    tick,
    under_way,
)
from tests.rig import again, beside

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (held, "the rollout is held"),
        (rolled_back, "the rollout rolls back"),
        (killed, "the rollout was killed"),
        (frozen, "the rollout is held"),
        (breached, "the rollout rolls back"),
    ],
)
async def test_whatever_ends_the_bake_stops_it(tmp_path: Path, act: Any, why: str) -> None:
    """O6: a kill before all."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)
        await act(story, rollout)
        await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("stopped", why)]
        assert await records(story, rollout, "load") == []


async def test_a_kill_by_another_process_stops_it_too(tmp_path: Path) -> None:
    """O6: what isn't saved here is looked for."""
    far = Far()
    async with open_rig(tmp_path, far) as story, beside(story, tmp_path) as other:
        rollout = await under_way(story, far)
        await killed(other, rollout)
        await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("stopped", "the rollout was killed")]


async def test_a_kill_in_the_spool_stops_it_where_there_is_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O6, law 2: the database hangs, and the kill is in a file."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)

        async def hangs(id: str) -> Rollout:
            await asyncio.Event().wait()
            raise AssertionError

        monkeypatch.setattr(story.engine.ledger.rollouts, "load", hangs)
        monkeypatch.setattr(tasks, "BLIND_S", 1000.0)
        act = Spooled(
            key="k", what="kill", rollout=rollout.id, plan=rollout.plan, environment=rollout.environment,
            by="shell:x", by_name="x", reason="no", at=story.now,
        )  # fmt: skip
        story.engine.files.begin(act)
        await far.until(lambda: far.under_way == 0)
        monkeypatch.undo()


async def test_where_nobody_can_say_whether_it_may_go_on_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill may have been ordered that this process can't hear of."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)

        async def away(id: str) -> Rollout:
            raise StoreAway("no route to the database")

        with monkeypatch.context() as patched:
            patched.setattr(story.engine.ledger.rollouts, "load", away)
            patched.setattr(tasks, "BLIND_S", 0.3)
            patched.setattr(tasks, "KEEP_EVERY_S", 0.05)
            await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        (found,) = await outcomes(story, rollout)
        assert found == ("stopped", "the database is away, so nobody can say whether it may go on")


async def test_what_cannot_be_watched_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with the watch, nothing runs without one."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)

        def broken() -> None:
            raise RuntimeError("the folder of acts is a file")

        with monkeypatch.context() as patched:
            patched.setattr(story.engine.files, "spooled", broken)
            await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("stopped", "nobody can see any more whether it may go on")]


async def test_of_several_processes_one_does_it(tmp_path: Path) -> None:
    """Law 6."""
    far = Far()
    async with open_rig(tmp_path, far) as story, beside(story, tmp_path) as other:
        rollout = await under_way(story, far)
        other.now = story.now + timedelta(seconds=20)
        other.engine.tasks.saw(await other.load(rollout))
        await other.engine.tasks.idle()
        await over(story, far)
        assert far.begun == 1
        assert [outcome for outcome, _ in await outcomes(story, rollout)] == ["passed"]


@pytest.mark.parametrize(("once_more", "begun"), [(False, 1), (True, 2)])
async def test_what_a_dead_process_began_has_no_result(tmp_path: Path, once_more: bool, begun: int) -> None:
    """R24, law 5: it isn't repeated, for it may have been what brought the process down; unless the plan says so."""
    far = Far()
    async with open_rig(tmp_path, far, {**BURST, "again": once_more}) as story:
        rollout = await under_way(story, far)
        await story.engine.tasks.aclose()
        async with again(story, tmp_path) as next_life:
            next_life.now += timedelta(minutes=1)
            for _ in range(3):
                await tick(next_life)
                far.clear.set()
                await next_life.engine.tasks.idle()
            found = await outcomes(next_life, rollout)
            assert found[0] == ("unfinished", "Perch was interrupted in the middle of it")
            assert far.begun == begun
            state = (await next_life.load(rollout)).state
            if once_more:
                assert [outcome for outcome, _ in found] == ["unfinished", "passed"]
            else:
                assert state is State.HELD
                hold = (await next_life.load(rollout)).hold
                assert hold is not None
                assert hold.cause == "task"


async def test_no_check_and_no_way_down_waits_for_it(tmp_path: Path) -> None:
    """Law 2: it hangs, even when it is told to stop, and traffic is down."""
    far = Far()

    async def deaf() -> None:
        far.under_way = 1
        try:
            await far.clear.wait()
        except asyncio.CancelledError:
            await far.clear.wait()

    far.carry_out = deaf  # type: ignore[method-assign]
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far) if far.begun else await story.start()
        await tick(story, 2)
        await far.until(lambda: far.under_way == 1, BEGINS_S)
        before = story.numbers.asked
        await tick(story)
        assert story.numbers.asked > before
        await rolled_back(story, rollout)
        await story.engine.ticker.idle()
        assert (await story.load(rollout)).state is State.ROLLED_BACK
        far.clear.set()


@pytest.mark.parametrize("ahead_s", [-7200, 0, 7200])
async def test_a_task_that_was_put_on_record_a_moment_ago_is_left_to_who_put_it_there(
    tmp_path: Path, ahead_s: float
) -> None:
    """R24: before it is taken up nobody holds it. Where nobody takes it up, the next process says so, and by a clock
    that is hours away too."""
    far = Far()
    async with open_rig(tmp_path, far, {**BURST, "at": "0s"}) as story:
        story.engine.ledger.on_saved.remove(story.engine.tasks.saw)
        rollout = await story.start()
        await tick(story)
        async with beside(story, tmp_path, ahead_s=ahead_s) as other:
            other.engine.tasks.saw(await other.load(rollout))
            await other.engine.tasks.idle()
            left = [each.outcome for each in (await story.load(rollout)).tasks]
            assert left == ([""] if ahead_s == 0 else ["unfinished"])
            other.now += timedelta(seconds=6)
            other.engine.tasks.saw(await other.load(rollout))
            await other.engine.tasks.idle()
            assert [each.outcome for each in (await story.load(rollout)).tasks] == ["unfinished"]
        assert far.begun == 0
