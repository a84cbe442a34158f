"""What `bot.ports.Effect` promises, and what more where the far side keeps what was begun by its key."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Protocol

import pytest

from adapters.contracts.worlds import Place, Trouble, assert_safe, cut_short, trouble
from bot.ports import Denied, Effect, Nonsense, OutOfReach, OutsideFault

KEY, OTHER = "materializers-a1b2c3-1-before-1", "materializers-a1b2c3-1-before-2"
IN_TIME_S = 30.0
FAULTS: dict[Trouble, type[OutsideFault]] = {
    Trouble.HALF: OutsideFault,
    Trouble.FAIL: OutOfReach,
    Trouble.DENY: Denied,
}


class EffectWorld(Place, Protocol):
    """`stands` tells what really stands there: `before` at first, `done` while the effect is begun with `KEY`.

    Where things are kept by key, `stands` is the list of the keys, in order.
    """

    effect: Effect
    before: Any
    done: Any

    async def stands(self) -> Any: ...


class EffectContract:
    """Subclass it as `Test…` and give it a fixture `world`."""

    pytestmark = pytest.mark.anyio

    async def test_what_was_begun_stands_and_is_taken_back_and_both_may_be_repeated(self, world: EffectWorld) -> None:
        """Ending what never began, or is over, is good; a rehearsal changes nothing; it begins anew after its end."""
        assert await world.stands() == world.before
        told = [await world.effect.rehearse()]
        assert await world.stands() == world.before
        told.append(await world.effect.end(KEY))
        assert await world.stands() == world.before
        for _ in range(2):
            told.append(await world.effect.begin(KEY))
            assert await world.stands() == world.done
        for _ in range(2):
            told.append(await world.effect.end(KEY))
            assert await world.stands() == world.before
        told.append(await world.effect.begin(KEY))
        assert await world.stands() == world.done
        for line in (*told, world.effect.target):
            assert_safe(line, world)

    async def test_a_far_side_in_trouble_is_a_fault_and_what_came_of_it_is_taken_back(self, world: EffectWorld) -> None:
        """A lost answer is safe to repeat; a lie shows only where something can be read back."""
        for kind in sorted(world.troubles & set(FAULTS)):
            await world.get_into(kind)
            with pytest.raises(FAULTS[kind]) as fault:
                await world.effect.begin(KEY)
            assert_safe(fault.value, world)
            await world.get_into(None)
            await world.effect.end(KEY)
            assert await world.stands() == world.before
            await world.effect.begin(KEY)
            assert await world.stands() == world.done
            await world.effect.end(KEY)

    async def test_a_call_that_hangs_ends_in_time_or_when_it_is_cancelled(self, world: EffectWorld) -> None:
        await trouble(world, Trouble.HANG)
        async with asyncio.timeout(IN_TIME_S):
            with pytest.raises(OutOfReach) as fault:
                await world.effect.begin(KEY)
        assert_safe(fault.value, world)
        await cut_short(world.effect.begin(KEY), world, IN_TIME_S)
        await world.get_into(None)
        await world.effect.begin(KEY)
        assert await world.stands() == world.done


class KeyedEffectContract(EffectContract):
    """For a far side that keeps what was begun by its key (a silence, a job): it can be read back, and told apart."""

    async def test_its_end_takes_back_nobody_elses(self, world: EffectWorld) -> None:
        await world.effect.begin(KEY)
        await world.effect.begin(OTHER)
        assert await world.stands() == [KEY, OTHER]
        await world.effect.end(KEY)
        assert await world.stands() == [OTHER]

    async def test_a_begin_whose_answer_is_lost_does_it_once_when_it_is_repeated(self, world: EffectWorld) -> None:
        await trouble(world, Trouble.HALF)
        with pytest.raises(OutsideFault):
            await world.effect.begin(KEY)
        await world.get_into(None)
        await world.effect.begin(KEY)
        assert await world.stands() == [KEY]

    async def test_an_end_whose_answer_is_lost_has_ended_it(self, world: EffectWorld) -> None:
        """It may be known by looking, which is as good as an answer."""
        await world.effect.begin(KEY)
        await trouble(world, Trouble.HALF)
        with suppress(OutsideFault):
            await world.effect.end(KEY)
        await world.get_into(None)
        assert await world.stands() == []
        await world.effect.end(KEY)

    async def test_a_far_side_that_only_says_so_is_nonsense(self, world: EffectWorld) -> None:
        await trouble(world, Trouble.LIE)
        with pytest.raises(Nonsense):
            await world.effect.begin(KEY)
        await world.get_into(None)
        await world.effect.begin(KEY)
        await world.get_into(Trouble.LIE)
        with pytest.raises(Nonsense):
            await world.effect.end(KEY)

    @pytest.mark.parametrize(
        ("kind", "fault"), [(Trouble.HANG, OutOfReach), (Trouble.DENY, Denied), (Trouble.GARBAGE, Nonsense)]
    )
    async def test_every_call_tells_trouble_in_our_words_in_time(
        self, world: EffectWorld, kind: Trouble, fault: type[OutsideFault]
    ) -> None:
        """Law 8: a far side that refuses may repeat what it was sent."""
        await trouble(world, kind)
        calls = (world.effect.begin(KEY), world.effect.end(KEY), world.effect.rehearse())
        async with asyncio.timeout(IN_TIME_S):
            told = await asyncio.gather(*calls, return_exceptions=True)
        for each in told:
            assert isinstance(each, fault)
            assert_safe(each, world)
