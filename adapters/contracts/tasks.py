"""What `bot.ports.Exercise` promises."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Protocol

import pytest

from adapters.contracts.worlds import Place, Trouble, assert_no_secret, assert_safe, trouble
from bot.ports import Attempt, Denied, Exercise

IN_TIME_S = 20.0


class ExerciseWorld(Place, Protocol):
    """Something to do that lasts until it is stopped.

    `begun` is how often it was begun, `going_on` whether anything of it is under way on the far side.
    """

    exercise: Exercise

    def begun(self) -> int: ...

    def going_on(self) -> bool: ...


class ExerciseContract:
    """Subclass it as `Test…` and give it a fixture `world`."""

    pytestmark = pytest.mark.anyio

    async def test_cancelled_it_leaves_nothing_behind_and_may_be_done_again(self, world: ExerciseWorld) -> None:
        """O6: a kill stops it. What it has brought by then can still be asked for."""
        for times in (1, 2):
            attempt = world.exercise.attempt()
            await _stopped(attempt, world, times)
            async with asyncio.timeout(IN_TIME_S):
                while world.going_on():
                    await asyncio.sleep(0.005)
            assert_shown(attempt, world)
        assert world.begun() == 2

    async def test_neither_a_rehearsal_nor_an_attempt_that_is_not_carried_out_does_anything(
        self, world: ExerciseWorld
    ) -> None:
        """X5."""
        assert_safe(await world.exercise.rehearse(), world)
        attempt = world.exercise.attempt()
        await asyncio.sleep(0.02)
        assert world.begun() == 0
        assert attempt.result().fault == ""
        assert_shown(attempt, world)
        assert_safe(world.exercise.about, world)
        assert world.exercise.takes.total_seconds() > 0
        await world.exercise.aclose()

    async def test_what_may_not_be_done_is_denied_when_it_is_rehearsed_and_when_it_is_done(
        self, world: ExerciseWorld
    ) -> None:
        await trouble(world, Trouble.DENY)
        with pytest.raises(Denied) as rehearsed:
            await world.exercise.rehearse()
        with pytest.raises(Denied) as done:
            await world.exercise.attempt().carry_out()
        for raised in (rehearsed, done):
            assert_safe(raised.value, world)
        assert world.begun() == 0


def assert_shown(attempt: Attempt, world: ExerciseWorld) -> None:
    """What an attempt has brought is fit to be shown."""
    ran = attempt.result()
    assert ran.fault == "" or ran.fault.isprintable()
    assert_no_secret(str(asdict(ran)), world)


async def _stopped(attempt: Attempt, world: ExerciseWorld, times: int) -> None:
    doing = asyncio.create_task(attempt.carry_out())
    async with asyncio.timeout(IN_TIME_S):
        while world.begun() < times or not world.going_on():
            await asyncio.sleep(0.005)
    doing.cancel()
    (came,) = await asyncio.gather(doing, return_exceptions=True)
    assert isinstance(came, asyncio.CancelledError)
