"""A flag that Perch answers for, as traffic and as a kill switch (T10): what it begins from, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.sources import KINDS as SOURCES
from adapters.sources.openfeature import Ask
from adapters.traffic import KILL, TRAFFIC
from bot.domain.flags import Routing, Variant
from bot.domain.measurements import Missing, NoData
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Question, Sample
from tests.fakes.flags import MemoryFlags

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FULL = Weight(100)


def flag(flags: MemoryFlags, stable: Any = "v1", canary: Any = "v2", **more: Any) -> Any:
    kind = TRAFFIC["openfeature"]
    return kind.build(kind.options(key="m", stable=stable, canary=canary, **more), {}, flags)


def mirror(flags: MemoryFlags) -> Any:
    kind = TRAFFIC["openfeature"]
    assert kind.mirror is not None
    return kind.mirror(kind.options(key="m", stable="v1", canary="v2"), {}, flags)


async def test_a_flag_that_no_rollout_has_touched_is_at_0_also_after_a_kill() -> None:
    flags = MemoryFlags()
    assert (await flag(flags).read()).weight == ZERO
    await flags.switch("m", off=True)
    assert (await flag(flags).read()).weight == ZERO


async def test_the_next_release_begins_at_0_where_the_last_one_has_ended_at_100() -> None:
    """v2 serves everybody: to the plan that calls it stable, nobody is on its v3 yet."""
    flags = MemoryFlags()
    await flag(flags).apply(FULL)
    following = flag(flags, stable="v2", canary="v3")
    assert (await following.read()).weight == ZERO
    await following.apply(Weight(1))
    assert (await following.read()).weight == Weight(1)
    found = await flags.get("m")
    assert found is not None
    assert found.for_all == ("v2", "v3")


@pytest.mark.parametrize(
    ("at", "stable"),
    [
        (ZERO, "v2"),
        (Weight(50), "v1"),
        (Weight(50), "v2"),
        (FULL, "v1"),
    ],
)
async def test_a_raise_never_changes_what_those_are_answered_who_are_to_stay_as_they_are(
    at: Weight, stable: str
) -> None:
    """Law 1: 1 % of v3 mustn't be 99 % of something else that nobody has seen."""
    flags = MemoryFlags()
    await flag(flags).apply(at)
    other = flag(flags, stable=stable, canary="v3")
    for call in (other.read(), other.rehearse(), other.apply(Weight(1))):
        with pytest.raises(Denied, match="write it as its stable"):
            await call
    found = await flags.get("m")
    assert found is not None
    assert (found.weight, found.routing.canary) == (at, "v2")


async def test_the_way_down_is_refused_by_nothing() -> None:
    flags = MemoryFlags()
    await flag(flags, stable="v2", canary="v3").apply(Weight(50))
    await flag(flags).apply(ZERO)
    found = await flags.get("m")
    assert found is not None
    assert found.for_all == ("v1",)


async def test_what_is_switched_off_reads_as_0_and_says_so() -> None:
    """Law 10: what is in force is what counts."""
    flags = MemoryFlags()
    await flag(flags).apply(Weight(50))
    await mirror(flags).apply(FULL)
    await KILL["openfeature"].build(KILL["openfeature"].options(key="m"), {}, flags).engage()
    state = await flag(flags).read()
    assert (state.weight, state.shown) == (ZERO, "switched off (its weight is 50%)")
    assert (await mirror(flags).read()).weight == ZERO


async def test_a_mirror_is_set_and_read_beside_the_weight() -> None:
    flags = MemoryFlags()
    await flag(flags).apply(ZERO)
    await mirror(flags).apply(Weight(40))
    assert (await mirror(flags).read()).weight == Weight(40)
    assert (await flag(flags).read()).weight == ZERO
    assert mirror(flags).target != flag(flags).target


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"canary": "a", "stable": "a"}, "the same value"),
        ({"canary": "new"}, "a flag has one type"),
        ({"canary": 1, "stable": "1"}, "a flag has one type"),
        ({"key": ""}, "at least 1 character"),
        ({"cohort": "lisa"}, "valid tuple"),
        ({"weight": "5%"}, "not permitted"),
    ],
)
def test_options_that_cannot_be_meant_are_mistakes(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TRAFFIC["openfeature"].options(**({"key": "m"} | options))


def test_a_cohort_of_numbers_is_taken_as_it_is_spelled() -> None:
    kind = TRAFFIC["openfeature"]
    assert kind.routing is not None
    assert kind.routing(kind.options(key="m", cohort=[7, "lisa"])).cohort == {"7", "lisa"}


# ---- how it was answered, as a source (X6) --------------------------------------------------------------------------


async def asked(flags: MemoryFlags, **ask: Any) -> Any:
    source = SOURCES["openfeature"].build(SOURCES["openfeature"].options(), {}, flags)
    return await source.ask(Question(Ask.model_validate({"flag": "m", **ask})), NOW)


@pytest.mark.parametrize(("show", "value"), [("share", 25.0), ("canary", 2.0), ("stable", 6.0), ("all", 8.0)])
async def test_a_source_tells_how_a_flag_was_answered_lately(show: str, value: float) -> None:
    flags = MemoryFlags()
    await flags.count({("m", Variant.CANARY): 2, ("m", Variant.STABLE): 6}, NOW - timedelta(seconds=50))
    await flags.count({("m", Variant.CANARY): 99}, NOW - timedelta(seconds=70))
    assert await asked(flags, show=show) == (Sample(value, NOW),)


async def test_a_flag_that_nobody_asks_for_and_a_store_that_is_away_are_no_data() -> None:
    """Law 3: no decision isn't a share of 0, nor a kill that was seen to work."""
    flags = MemoryFlags()
    await flags.set_weight(Routing(key="m"), ZERO)
    for show in ("share", "canary"):
        found = await asked(flags, show=show)
        assert isinstance(found, NoData)
        assert found.missing is Missing.EMPTY
    flags.away = True
    found = await asked(flags)
    assert isinstance(found, NoData)
    assert found.missing is Missing.UNREACHABLE


@pytest.mark.parametrize("over", ["5s", "2h"])
def test_decisions_are_counted_over_10_seconds_to_an_hour(over: str) -> None:
    with pytest.raises(ValidationError, match="10s to 1h"):
        Ask.model_validate({"flag": "m", "over": over})
