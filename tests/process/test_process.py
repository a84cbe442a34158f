"""The harness itself: a Perch of its own process, a clock that is moved from here, faults where they are ordered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.process.points import Fault
from tests.process.town import new_town

pytestmark = pytest.mark.anyio


async def test_a_story_goes_to_its_end_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Real sockets, real files, the ordinary parts; SIGTERM ends it in good order."""
    async with new_town(tmp_path) as town:
        perch = town.new_perch()
        await perch.ready()
        await town.to_gate()
        await town.clicks("ben", await town.gate(), "approve")
        await town.until(State.COMPLETED)
        assert town.far.raised("materializers") == [1.0, 50.0]
        assert await town.whole()
        perch.stop()
        assert await perch.ends() == 0


async def test_faults_happen_at_the_point_and_the_pass_that_were_ordered(tmp_path: Path) -> None:
    """Killed between the outside call and everything after it; the next process goes on."""
    async with new_town(tmp_path) as town:
        perch = town.new_perch(Fault("after traffic.apply *"))
        await perch.ready()
        await town.types("ana", "start materializers 1%")
        assert await perch.ends() is None
        assert perch.passed[-2:] == ["after traffic.apply 1%", "kill at after traffic.apply 1%"]
        await town.new_perch().ready()
        await town.until(State.BAKING)


async def test_a_shell_command_is_a_process_too(tmp_path: Path) -> None:
    """Its exit code and its words."""
    async with new_town(tmp_path) as town:
        await town.new_perch().ready()
        await town.start()
        killing = town.shell("kill", "materializers", "--reason", "smoke")
        assert await killing.ends() == 0, killing.last_words()
        await town.until(State.KILLED)
