"""What `bot.ports.Traffic` promises."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contracts.worlds import Lack, TrafficWorld, Trouble, assert_safe, cut_short, lacks, trouble
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

IN_TIME_S = 30.0
WEIGHTS = st.integers(0, 10_000).map(lambda hundredths: Weight(hundredths / 100))


class TrafficContract:
    """Subclass it as `Test…` and give it a fixture `world`."""

    pytestmark = pytest.mark.anyio

    async def test_a_weight_that_was_applied_is_read_back(self, world: TrafficWorld) -> None:
        await world.traffic.apply(Weight(12.5))
        assert (await world.traffic.read()).weight == Weight(12.5)
        assert await world.split() == "12.5"

    async def test_a_whole_weight_is_written_without_a_fraction(self, world: TrafficWorld) -> None:
        await world.traffic.apply(Weight(10))
        assert await world.split() == "10"

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(weight=WEIGHTS)
    async def test_any_weight_with_two_decimals_survives_apply_and_read(
        self, world: TrafficWorld, weight: Weight
    ) -> None:
        try:
            await world.traffic.apply(weight)
        except Denied:
            if lacks(world, Lack.EVERY_WEIGHT):
                return
            raise
        assert (await world.traffic.read()).weight == weight

    async def test_applying_twice_is_the_same_as_once(self, world: TrafficWorld) -> None:
        await world.traffic.apply(Weight(1))
        once = await world.split()
        await world.traffic.apply(Weight(1))
        assert await world.split() == once == "1"

    async def test_read_shows_what_somebody_else_did(self, world: TrafficWorld) -> None:
        """Law 10: drift can only be seen if reading asks the far side each time."""
        await world.traffic.apply(Weight(1))
        await world.set_split("40")
        state = await world.traffic.read()
        assert state.weight == Weight(40)
        assert "40" in state.shown

    async def test_a_lie_is_visible_in_the_next_read(self, world: TrafficWorld) -> None:
        """R10: "ok" is not a read-back."""
        await trouble(world, Trouble.LIE)
        await world.traffic.apply(Weight(10))
        await world.get_into(None)
        assert (await world.traffic.read()).weight == ZERO

    async def test_an_order_whose_answer_is_lost_is_a_fault_and_safe_to_repeat(self, world: TrafficWorld) -> None:
        await trouble(world, Trouble.HALF)
        with pytest.raises(OutsideFault):
            await world.traffic.apply(Weight(10))
        await world.get_into(None)
        await world.traffic.apply(Weight(10))
        assert (await world.traffic.read()).weight == Weight(10)

    async def test_a_hanging_far_side_is_out_of_reach_in_time(self, world: TrafficWorld) -> None:
        await trouble(world, Trouble.HANG)
        async with asyncio.timeout(IN_TIME_S):
            with pytest.raises(OutOfReach) as raised:
                await world.traffic.apply(Weight(10))
        assert_safe(raised.value, world)
        await world.get_into(None)
        await world.traffic.apply(Weight(3))
        assert (await world.traffic.read()).weight == Weight(3)

    async def test_a_far_side_that_cannot_do_it_now_is_out_of_reach(self, world: TrafficWorld) -> None:
        await trouble(world, Trouble.FAIL)
        with pytest.raises(OutOfReach) as raised:
            await world.traffic.apply(Weight(10))
        assert_safe(raised.value, world)
        await world.get_into(None)
        assert await world.split() == "0"

    async def test_a_refusal_is_denied_and_shows_no_secret(self, world: TrafficWorld) -> None:
        """Law 8: the far side may echo our credentials; the fault doesn't."""
        await trouble(world, Trouble.DENY)
        for call in (world.traffic.read(), world.traffic.apply(Weight(10)), world.traffic.rehearse()):
            with pytest.raises(Denied) as raised:
                await call
            assert_safe(raised.value, world)
        await world.get_into(None)
        assert await world.split() == "0"

    async def test_garbage_is_nonsense(self, world: TrafficWorld) -> None:
        await trouble(world, Trouble.GARBAGE)
        with pytest.raises(Nonsense) as raised:
            await world.traffic.read()
        assert_safe(raised.value, world)

    async def test_a_weight_out_of_range_is_nonsense(self, world: TrafficWorld) -> None:
        if lacks(world, Lack.OUT_OF_RANGE):
            pytest.skip("this far side has no such weight")
        await world.set_split("101")
        with pytest.raises(Nonsense):
            await world.traffic.read()

    async def test_a_cancelled_order_to_a_hanging_far_side_is_safe_to_repeat(self, world: TrafficWorld) -> None:
        await trouble(world, Trouble.HANG)
        await cut_short(world.traffic.apply(Weight(50)), world, IN_TIME_S)
        await world.get_into(None)
        await world.traffic.apply(Weight(1))
        assert (await world.traffic.read()).weight == Weight(1)
        assert await world.split() == "1"

    @pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 21])
    async def test_a_raise_cancelled_at_any_step_never_lands_after_the_lowering(
        self, world: TrafficWorld, steps: int
    ) -> None:
        """Law 7: down beats up, also when the raise was under way."""
        order = asyncio.create_task(world.traffic.apply(Weight(50)))
        for _ in range(steps):
            await asyncio.sleep(0)
        order.cancel()
        await asyncio.gather(order, return_exceptions=True)
        await world.traffic.apply(Weight(1))
        assert await world.split() == "1"

    async def test_several_at_once_leave_one_of_them_standing_whole(self, world: TrafficWorld) -> None:
        asked = [Weight(percent) for percent in (1, 10, 50, 100)]
        async with asyncio.TaskGroup() as group:
            for weight in asked:
                group.create_task(world.traffic.apply(weight))
        assert (await world.traffic.read()).weight in asked

    async def test_the_target_is_stable_and_holds_no_secret(self, world: TrafficWorld) -> None:
        assert world.traffic.target == world.traffic.target != ""
        assert not [secret for secret in world.secrets if secret in world.traffic.target]

    async def test_what_is_shown_holds_no_secret(self, world: TrafficWorld) -> None:
        state = await world.traffic.read()
        assert not [secret for secret in world.secrets if secret in state.shown]

    async def test_a_rehearsal_changes_nothing_and_says_what_it_tried(self, world: TrafficWorld) -> None:
        """X5."""
        before = await world.split()
        said = await world.traffic.rehearse()
        assert said
        assert said.isprintable()
        assert not [secret for secret in world.secrets if secret in said]
        assert await world.split() == before
