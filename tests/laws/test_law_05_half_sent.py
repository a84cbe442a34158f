"""Law 5 for words: Slack was slow, Perch died meanwhile, and what it had sent lands after the next one is up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.laws.mutants import law_05
from tests.process.processes import Process
from tests.process.town import Town, new_town
from tests.scenarios.story import CHANNEL, PLAN, buttons, eventually

pytestmark = pytest.mark.anyio
BUG = law_05.what_was_half_sent_is_looked_for_at_once


async def status_messages(folder: Path, until: Callable[[Town, Process], Awaitable[object]], *bugs: str) -> int:
    """How many there are in the end, when the first one's post hung at Slack while Perch was killed and came back.

    It lands `until` then. Clock time passes as real time does, for the next process may look once its time is over.
    """
    async with new_town(folder, rate=1.0) as town:
        slack = town.workspace
        first = town.new_perch(bugs=bugs)
        await first.ready()
        slack.hang("chat.postMessage")
        await slack.command("ana", CHANNEL, f"/canary start {PLAN} 1%")
        await town.seen(lambda: slack.hanging("chat.postMessage") or None)
        await first.kill()
        second = town.new_perch(bugs=bugs)
        await second.ready()
        await until(town, second)
        slack.release("chat.postMessage")

        async def all_said() -> bool | None:
            town.clock.forward(5)
            return True if not await town.eyes.unposted() else None

        await eventually(all_said, "everything is said")
        return sum("more" in buttons(each) for each in town.messages())


async def it_works_and_answers(town: Town, process: Process) -> None:
    await town.until(State.BAKING)
    await town.types("ana", f"status {PLAN}")


async def it_has_posted_too(town: Town, process: Process) -> None:
    await town.seen(lambda: town.workspace.hanging("chat.postMessage") > 1 or None)


async def test_what_lands_late_is_not_posted_again(tmp_path: Path) -> None:
    """One status message, one thread; meanwhile automation goes on and people are answered."""
    assert await status_messages(tmp_path, it_works_and_answers) == 1


async def test_looking_for_it_at_once_would_post_it_again(tmp_path: Path) -> None:
    """The planted bug: an unlucky second process finds nothing yet."""
    assert await status_messages(tmp_path, it_has_posted_too, f"law_05.{BUG.__name__}") == 2
