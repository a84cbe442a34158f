"""What `bot.ports.KillMethod` promises."""

from __future__ import annotations

import asyncio

import pytest

from adapters.contracts.worlds import KillWorld, Lack, Trouble, cut_short, lacks, trouble
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

IN_TIME_S = 30.0


class KillContract:
    """Subclass it as `Test…` and give it a fixture `world`."""

    pytestmark = pytest.mark.anyio

    async def test_what_was_engaged_reads_as_off_and_before_it_did_not(self, world: KillWorld) -> None:
        assert not await world.kill.engaged()
        await world.kill.engage()
        assert await world.kill.engaged()

    async def test_engaging_twice_is_the_same_as_once(self, world: KillWorld) -> None:
        await world.kill.engage()
        once = await world.switch()
        await world.kill.engage()
        assert await world.switch() == once
        assert await world.kill.engaged()

    async def test_restore_puts_back_exactly_what_stood_there(self, world: KillWorld) -> None:
        before = await world.switch()
        assert before == world.on
        former = await world.kill.former()
        await world.kill.engage()
        await world.kill.restore(former)
        assert await world.switch() == before
        assert not await world.kill.engaged()

    async def test_restore_puts_back_that_nothing_stood_there(self, world: KillWorld) -> None:
        if lacks(world, Lack.ABSENT):
            pytest.skip("something always stands there")
        await world.set_switch(None)
        former = await world.kill.former()
        assert not await world.kill.engaged()
        await world.kill.engage()
        assert await world.kill.engaged()
        await world.kill.restore(former)
        assert await world.switch() is None

    async def test_restore_keeps_off_what_was_off_before(self, world: KillWorld) -> None:
        """A second kill, or one of something that was off: rearming mustn't switch it on."""
        await world.kill.engage()
        former = await world.kill.former()
        await world.kill.engage()
        await world.kill.restore(former)
        assert await world.kill.engaged()

    async def test_restore_may_be_repeated(self, world: KillWorld) -> None:
        former = await world.kill.former()
        await world.kill.engage()
        await world.kill.restore(former)
        await world.kill.restore(former)
        assert await world.switch() == world.on

    @pytest.mark.parametrize("garbage", ["", "???", "{}", '{"value": 1, "absent": true}', "[]"])
    async def test_a_former_value_that_nobody_wrote_is_nonsense_and_changes_nothing(
        self, world: KillWorld, garbage: str
    ) -> None:
        await world.kill.engage()
        with pytest.raises(Nonsense):
            await world.kill.restore(garbage)
        assert await world.kill.engaged()

    async def test_former_values_hold_no_secret(self, world: KillWorld) -> None:
        former = await world.kill.former()
        assert not [secret for secret in world.secrets if secret in former]
        assert former.isascii()

    async def test_a_lie_is_visible_in_the_read_back(self, world: KillWorld) -> None:
        """T9: done is read-back, not "ok"."""
        await trouble(world, Trouble.LIE)
        await world.kill.engage()
        await world.get_into(None)
        assert not await world.kill.engaged()

    async def test_an_order_whose_answer_is_lost_is_a_fault_and_safe_to_repeat(self, world: KillWorld) -> None:
        await trouble(world, Trouble.HALF)
        with pytest.raises(OutsideFault):
            await world.kill.engage()
        await world.get_into(None)
        await world.kill.engage()
        assert await world.kill.engaged()

    async def test_a_hanging_far_side_is_out_of_reach_in_time(self, world: KillWorld) -> None:
        await trouble(world, Trouble.HANG)
        async with asyncio.timeout(IN_TIME_S):
            with pytest.raises(OutOfReach):
                await world.kill.engage()
        await world.get_into(None)
        await world.kill.engage()
        assert await world.kill.engaged()

    async def test_a_cancelled_kill_is_safe_to_repeat(self, world: KillWorld) -> None:
        await trouble(world, Trouble.HANG)
        await cut_short(world.kill.engage(), world, IN_TIME_S)
        await world.get_into(None)
        await world.kill.engage()
        assert await world.kill.engaged()

    async def test_a_refusal_is_denied_and_shows_no_secret(self, world: KillWorld) -> None:
        await trouble(world, Trouble.DENY)
        for call in (world.kill.engage(), world.kill.engaged(), world.kill.former(), world.kill.rehearse()):
            with pytest.raises(Denied) as raised:
                await call
            assert str(raised.value).isprintable()
            assert not [secret for secret in world.secrets if secret in str(raised.value)]
        await world.get_into(None)
        assert await world.switch() == world.on

    async def test_the_target_is_stable_and_holds_no_secret(self, world: KillWorld) -> None:
        assert world.kill.target == world.kill.target != ""
        assert not [secret for secret in world.secrets if secret in world.kill.target]

    async def test_a_rehearsal_changes_nothing_and_says_what_it_tried(self, world: KillWorld) -> None:
        """X3: the kill switch is rehearsed before anything moves."""
        before = await world.switch()
        said = await world.kill.rehearse()
        assert said
        assert said.isprintable()
        assert await world.switch() == before
