"""What `bot.ports.Diagnosis` promises."""

from __future__ import annotations

import asyncio
from typing import Protocol

import pytest

from adapters.contracts.worlds import Place, Trouble, assert_no_secret, assert_safe, cut_short, trouble
from bot.ports import Denied, Diagnosis, OutOfReach

IN_TIME_S = 30.0


class DiagnosisWorld(Place, Protocol):
    """Something to look at. `looks` is how often it was, `going_on` whether a look is under way on the far side."""

    diagnosis: Diagnosis

    async def show(self, text: str) -> None: ...

    def looks(self) -> int: ...

    def going_on(self) -> bool: ...


class DiagnosisContract:
    """Subclass it as `Test…` and give it a fixture `world`."""

    pytestmark = pytest.mark.anyio

    async def test_a_look_brings_what_is_there_just_now_as_text_for_people(self, world: DiagnosisWorld) -> None:
        """Lines, and no colours, no control characters of a terminal, no secrets (law 8)."""
        for jobs in (812, 3):
            await world.show(f"jobs {jobs}\nlocks \x1b[31m4\x1b[0m {' '.join(world.secrets)}\n")
            seen = await world.diagnosis.look()
            assert f"jobs {jobs}\nlocks 4" in seen.text
            assert all(line.isprintable() for line in seen.text.splitlines())
            assert_no_secret(seen.text, world)
            assert not seen.cut

    async def test_of_too_much_the_rest_is_cut_and_it_says_so(self, world: DiagnosisWorld) -> None:
        await world.show("0123456789abcdef\n" * 100_000)
        seen = await world.diagnosis.look()
        assert seen.cut
        assert 0 < len(seen.text) < 1_000_000

    @pytest.mark.parametrize(("kind", "fault"), [(Trouble.FAIL, OutOfReach), (Trouble.DENY, Denied)])
    async def test_trouble_is_a_fault_in_one_line_without_secrets(
        self, world: DiagnosisWorld, kind: Trouble, fault: type[Exception]
    ) -> None:
        await trouble(world, kind)
        with pytest.raises(fault) as raised:
            await world.diagnosis.look()
        assert_safe(raised.value, world)
        await world.get_into(None)
        await world.show("jobs 1")
        assert (await world.diagnosis.look()).text == "jobs 1"

    async def test_a_look_that_hangs_ends_in_time_or_when_it_is_cancelled(self, world: DiagnosisWorld) -> None:
        """And nothing of it goes on."""
        await trouble(world, Trouble.HANG)
        async with asyncio.timeout(IN_TIME_S):
            with pytest.raises(OutOfReach) as raised:
                await world.diagnosis.look()
        assert_safe(raised.value, world)
        await cut_short(world.diagnosis.look(), world, IN_TIME_S)
        async with asyncio.timeout(IN_TIME_S):
            while world.going_on():
                await asyncio.sleep(0.005)
        await world.get_into(None)
        await world.show("jobs 1")
        assert (await world.diagnosis.look()).text == "jobs 1"

    async def test_a_rehearsal_looks_at_nothing(self, world: DiagnosisWorld) -> None:
        """X5."""
        assert_safe(await world.diagnosis.rehearse(), world)
        assert world.looks() == 0
