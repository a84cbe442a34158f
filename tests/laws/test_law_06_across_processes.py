"""Law 6 over processes, with laws 1, 2 and 7: nobody acts on what another has taken over, whatever the clocks say.

Two engines over one database, SQLite's and PostgreSQL's; with real processes in tests/process/test_replicas.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.laws import hands
from tests.rig import beside, rig

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("both_databases")]

Story = Callable[[Path], Awaitable[None]]


@pytest.mark.parametrize(
    "story",
    [
        hands.a_raise_is_one_process_s_at_a_time,
        hands.a_silent_raise_is_taken_over_and_recorded_once,
        hands.a_clock_a_day_ahead_holds_and_raises_nothing,
        hands.one_that_wakes_up_does_not_begin_what_was_taken_over,
        hands.a_way_down_waits_for_nobody,
        hands.a_look_that_slept_over_its_claim_decides_nothing,
        hands.a_rearm_that_lands_after_a_newer_kill_is_undone_and_told,
        hands.a_rearm_that_was_overtaken_calls_nobody,
        hands.a_rearm_that_meets_a_kill_in_the_spool_leaves_it_engaged,
    ],
    ids=lambda story: story.__name__,
)
async def test_it_holds_over_two_processes(story: Story, tmp_path: Path) -> None:
    await story(tmp_path)


async def test_a_clock_that_is_ahead_takes_over_early_and_harms_nothing(tmp_path: Path) -> None:
    """The first process is alive and well; the second one's clock is more than a minute ahead."""
    await hands.a_silent_raise_is_taken_over_and_recorded_once(tmp_path, ahead_s=90)


async def test_every_machine_has_the_kill_cards_of_what_the_others_raised(tmp_path: Path) -> None:
    """Law 2: with the database gone, each of them can go down. On SQLite all processes share the one folder."""
    async with rig(tmp_path) as a, beside(a, tmp_path, state="state-b") as b:
        rollout = await a.start()
        await b.engine.upkeep.once()
        mine, theirs = a.engine.files.card(rollout.id), b.engine.files.card(rollout.id)
        if a.engine.rollouts.one_machine:
            assert theirs is None
            return
        assert mine is not None
        assert theirs is not None
        assert theirs.operators == mine.operators
        assert (theirs.confirmed, theirs.back_to, theirs.tree) == (1.0, 0.0, mine.tree)
        await a.engine.desk.rollback(a.request("rollback"), rollout.id, "smoke")
        await a.engine.works.idle()
        assert (await a.load(rollout)).state is State.ROLLED_BACK
        await b.engine.upkeep.once()
        assert b.engine.files.card(rollout.id) is None


async def test_one_of_several_holds_what_was_restored(tmp_path: Path) -> None:
    """U8: the others wait until it's done."""
    async with rig(tmp_path) as a, beside(a, tmp_path, ahead_s=59) as b:
        assert await a.engine.rollouts.may_hold_restored(a.now)
        assert not await b.engine.rollouts.may_hold_restored(b.now)
