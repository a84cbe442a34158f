"""What notifiers hear comes in order: no end before its beginning, and nobody is woken for what is over (O4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import OutOfReach
from storage.keepings import DONE, DROPPED
from tests.bot.engine.notifying.story import Far, breached, down, taken, told
from tests.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.mark.usefixtures("both_databases")
async def test_a_resolve_never_overtakes_its_trigger(story: Rig, far: Far) -> None:
    """The page hangs; what ends it waits, and is told after it."""
    far.pager.hanging = asyncio.Event()
    id = await breached(story)
    await taken(story)
    assert await story.engine.keeping.begin()
    while not far.pager.tries:
        await asyncio.sleep(0.005)
    await down(story, id)
    await taken(story)
    await story.engine.keeping.begin()
    await asyncio.sleep(0.05)
    assert far.pager.tries == 1, "nothing overtook it"
    far.pager.hanging.set()
    await story.engine.keeping.idle()
    story.now += timedelta(seconds=5)
    await told(story)
    assert far.pager.heard == ["rolling_back opens", "rolled_back over"]


async def test_a_page_that_came_too_late_is_dropped_when_it_is_over(story: Rig, far: Far) -> None:
    """Nobody is woken for what has ended; the resolve is sent all the same, for the page may have arrived."""
    far.pager.fault = OutOfReach("no route to host")
    id = await breached(story)
    await told(story)
    far.pager.fault = None
    await down(story, id)
    await told(story)
    assert far.pager.heard == ["rolled_back over"]
    pages = [each for each in await story.engine.keepings.of(id) if each.job.whom == "oncall"]
    states = {each.job.says["facts"]["event"]: each.state for each in pages}
    assert states == {"rolling_back": DROPPED, "rolled_back": DONE}
    story.now += timedelta(days=1)
    await told(story)
    assert far.pager.heard == ["rolled_back over"]


async def test_a_page_that_is_taken_in_after_its_end_is_dropped(story: Rig, far: Far) -> None:
    """Another process took the later message in first."""
    id = await breached(story)
    await told(story)
    await down(story, id)
    await told(story)
    jobs = [each.job for each in await story.engine.keepings.of(id)]
    [opened] = [job for job in jobs if job.whom == "oncall" and job.says["facts"]["event"] == "rolling_back"]
    late = replace(opened, id="late", made_at=story.now, turn=opened.turn - 1)
    await story.engine.keepings.ask([late])
    await told(story)
    assert far.pager.heard == ["rolling_back opens", "rolled_back over"]


async def test_a_tracker_that_was_away_gets_all_of_it_in_order(tmp_path: Path, far: Far) -> None:
    """A ticket isn't a page: what is over is still to be read."""
    async with far.opened(tmp_path, notify={"breach": ["board"]}) as story:
        far.board.fault = OutOfReach("away")
        id = await breached(story)
        await told(story)
        await down(story, id)
        await told(story)
        far.board.fault = None
        for _ in range(3):
            story.now += timedelta(minutes=20)
            await told(story)
    assert far.board.heard == ["rolling_back opens", "rolled_back over"]


async def test_a_notice_knows_what_came_of_those_before_it(tmp_path: Path, far: Far) -> None:
    """So that a tracker finds its issue, however long its search lags."""
    async with far.opened(tmp_path, notify={"breach": ["board"]}) as story:
        id = await breached(story)
        await told(story)
        await down(story, id)
        await told(story)
    assert [each.earlier for each in far.board.told] == [(), ("told rolling_back",)]
