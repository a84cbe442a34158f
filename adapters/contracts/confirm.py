"""What `bot.ports.Confirmation` promises."""

from __future__ import annotations

import asyncio
from typing import Protocol

import pytest

from adapters.contracts.worlds import Place, Trouble, assert_safe, cut_short, trouble
from bot.domain.units import Weight
from bot.ports import Confirmation, Denied, Nonsense, OutOfReach

IN_TIME_S = 30.0


class ConfirmationWorld(Place, Protocol):
    """What is looked at shows a percentage, as a text; it begins with 0."""

    confirmation: Confirmation

    async def shown(self) -> str: ...

    async def show(self, text: str) -> None: ...


class ConfirmationContract:
    """Subclass it as `Test…` and give it a fixture `world`."""

    pytestmark = pytest.mark.anyio

    async def test_only_the_weight_that_is_shown_just_now_is_confirmed(self, world: ConfirmationWorld) -> None:
        """R10: asked anew each time, and 10 is neither 1 nor 100. Looking changes nothing."""
        for text, others in (("10", (1, 100)), ("12.5", (12, 2.5)), ("1", (10,))):
            await world.show(text)
            assert await world.confirmation.confirms(Weight(float(text)))
            for other in others:
                assert not await world.confirmation.confirms(Weight(other))
            assert await world.shown() == text

    @pytest.mark.parametrize(("kind", "fault"), [(Trouble.FAIL, OutOfReach), (Trouble.DENY, Denied)])
    async def test_trouble_is_a_fault_and_never_a_yes(
        self, world: ConfirmationWorld, kind: Trouble, fault: type[Exception]
    ) -> None:
        """Law 8: the far side may echo our credentials; the fault doesn't."""
        await trouble(world, kind)
        with pytest.raises(fault) as raised:
            await world.confirmation.confirms(Weight(0))
        assert_safe(raised.value, world)
        await world.get_into(None)
        assert await world.confirmation.confirms(Weight(0))

    async def test_garbage_is_never_a_yes(self, world: ConfirmationWorld) -> None:
        """Nonsense; or no, where the weight is looked for in a text that needn't hold one."""
        await trouble(world, Trouble.GARBAGE)
        try:
            assert not await world.confirmation.confirms(Weight(0))
        except Nonsense as raised:
            assert_safe(raised, world)

    async def test_a_look_that_hangs_ends_in_time_or_when_it_is_cancelled(self, world: ConfirmationWorld) -> None:
        await trouble(world, Trouble.HANG)
        async with asyncio.timeout(IN_TIME_S):
            with pytest.raises(OutOfReach) as raised:
                await world.confirmation.confirms(Weight(0))
        assert_safe(raised.value, world)
        await cut_short(world.confirmation.confirms(Weight(0)), world, IN_TIME_S)
        await world.get_into(None)
        assert await world.confirmation.confirms(Weight(0))
