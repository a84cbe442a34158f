"""The table that flags are answered from (T10): fresh within a second, and safe while the store is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.traffic import KILL, TRAFFIC
from bot.domain.flags import Reason, Routing, Variant
from bot.domain.kinds import Kinds
from bot.domain.units import ZERO, Weight
from bot.engine.flags import AWAY, LINGERS, FlagTable, NotReady, UnknownFlag
from bot.ports import Card, Spooled
from storage.spool import KillFolder
from tests import rig
from tests.fakes.flags import MemoryFlags

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KINDS = Kinds(
    sources={"numbers": rig._kinds(rig.Numbers(), [], []).sources["numbers"]},
    traffic={"openfeature": TRAFFIC["openfeature"]},
    kill={"openfeature": KILL["openfeature"]},
)
FLAG = {"kind": "openfeature", "key": "m", "canary": "new", "stable": "old", "cohort": ["lisa"]}
TREE = rig.tree(traffic=[FLAG], kill_switch=[[{"kind": "openfeature", "key": "m"}]])
ROUTING = Routing(key="m", canary="new", stable="old", cohort=frozenset({"lisa"}))
LISA = {"targetingKey": "lisa"}


class Town:
    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.flags, self.files = MemoryFlags(), KillFolder(folder)
        self.plans = rig.OnePlan({"materializers": TREE}, KINDS)
        self.table = self.another()

    def another(self, **environment: str) -> FlagTable:
        """As another process sees it."""
        return FlagTable(self.flags, self.plans, KINDS, environment, self.files, lambda: self.now)

    async def later(self, by: timedelta = timedelta(seconds=1)) -> None:
        self.now += by
        await self.table.refresh()

    def answered(self, context: dict[str, Any] = LISA) -> tuple[Any, Reason]:
        answer = self.table.answer("m", context)
        return answer.decided.value(answer.routing), answer.decided.reason

    def keep_card(self, back_to: float = 0) -> None:
        facts = {"revision": 1, "confirmed": 50, "operators": (), "former": {}, "made_at": NOW}
        self.files.keep_card(
            Card(rollout="r1", plan="materializers", environment="production", tree=TREE, back_to=back_to, **facts)
        )

    def spool(self, what: str = "kill") -> None:
        facts = {"rollout": "r1", "plan": "materializers", "environment": "production", "at": self.now}
        self.files.begin(Spooled(key="k1", what=what, by="U1", by_name="", reason="", **facts))


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path / "state")


async def test_a_flag_of_a_plan_that_no_rollout_has_touched_answers_the_stable_side(town: Town) -> None:
    await town.table.refresh()
    assert town.answered() == ("old", Reason.STATIC)
    with pytest.raises(UnknownFlag):
        town.table.answer("other", LISA)


async def test_before_the_store_was_read_once_nothing_is_answered(town: Town) -> None:
    town.flags.away = True
    await town.table.refresh()
    for ask in (town.table.names, lambda: town.table.answer("m", LISA)):
        with pytest.raises(NotReady):
            ask()


async def test_a_change_is_answered_after_the_next_look(town: Town) -> None:
    await town.table.refresh()
    await town.flags.set_weight(ROUTING, Weight(50))
    assert town.answered()[0] == "old"
    await town.later()
    assert town.answered() == ("new", Reason.TARGETING_MATCH)
    await town.flags.switch("m", off=True)
    await town.later()
    assert town.answered() == ("old", Reason.DISABLED)


async def test_asking_touches_no_store(town: Town) -> None:
    await town.table.refresh()
    town.flags.away = True
    assert town.answered()[0] == "old"


async def test_a_flag_that_only_a_kill_has_touched_answers_what_its_plan_calls_stable(town: Town) -> None:
    await town.flags.switch("m", off=True)
    await town.table.refresh()
    assert town.answered() == ("old", Reason.DISABLED)


# ---- the store away -------------------------------------------------------------------------------------------------


async def test_while_the_store_is_away_the_last_that_was_known_stays_and_then_the_stable_side_answers(
    town: Town,
) -> None:
    """Nobody guards a canary meanwhile, and whether it was taken back can't be known; back again, all is as before."""
    await town.flags.set_weight(ROUTING, Weight(50))
    await town.flags.set_mirror(ROUTING, Weight(100))
    await town.table.refresh()
    town.flags.away = True
    await town.later(AWAY)
    assert town.answered()[0] == "new"
    town.now += timedelta(seconds=1)
    answer = town.table.answer("m", LISA)
    assert (answer.decided.variant, answer.decided.reason, answer.decided.mirror) == (
        Variant.STABLE,
        Reason.STALE,
        False,
    )
    town.flags.away = False
    await town.later()
    assert town.answered()[0] == "new"


async def test_a_flag_at_100_percent_stays_there_for_nothing_may_serve_on_the_other_side(town: Town) -> None:
    await town.flags.set_weight(ROUTING, Weight(100))
    await town.table.refresh()
    town.flags.away = True
    await town.later(timedelta(days=1))
    assert town.answered() == ("new", Reason.STATIC)


async def test_a_table_that_is_not_refreshed_any_more_falls_back_as_well(town: Town) -> None:
    """Whatever stopped it: a loop that hangs in a dead disk, for one."""
    await town.flags.set_weight(ROUTING, Weight(50))
    await town.table.refresh()
    town.now += AWAY + timedelta(seconds=1)
    assert town.answered() == ("old", Reason.STALE)


# ---- law 2: down without a store ------------------------------------------------------------------------------------


@contextmanager
def without_store(town: Town) -> Iterator[None]:
    town.flags.away = True
    try:
        yield
    finally:
        town.flags.away = False


@pytest.mark.parametrize("weight", [Weight(1), Weight(50), Weight(100)])
@pytest.mark.parametrize("card", [True, False])
async def test_a_kill_in_the_spool_frees_every_key_and_the_cohort_without_the_store(
    town: Town, weight: Weight, card: bool
) -> None:
    await town.flags.set_weight(ROUTING, weight)
    await town.flags.set_mirror(ROUTING, Weight(100))
    await town.table.refresh()
    assert town.answered()[0] == "new"
    if card:
        town.keep_card()
    town.spool()
    with without_store(town):
        await town.later()
        for context in (LISA, {"targetingKey": "ana"}, {}):
            answer = town.table.answer("m", context)
            assert (answer.decided.variant, answer.decided.mirror) == (Variant.STABLE, False)


async def test_a_rollback_in_the_spool_lowers_to_where_the_card_says(town: Town) -> None:
    await town.flags.set_weight(ROUTING, Weight(100))
    await town.table.refresh()
    town.keep_card(back_to=10)
    town.spool("rollback")
    with without_store(town):
        await town.later()
    shares = [town.answered({"targetingKey": str(key)})[0] for key in range(500)]
    assert 20 < shares.count("new") < 90


async def test_a_kill_that_left_the_spool_counts_until_the_store_shows_it(town: Town) -> None:
    """It goes on record first, and reaches the flag a moment later: nobody is put back on the canary in between."""
    await town.flags.set_weight(ROUTING, Weight(50))
    await town.table.refresh()
    town.keep_card()
    town.spool()
    await town.later()
    town.files.merged("k1")
    await town.later()
    assert town.answered()[0] == "old"
    await town.flags.set_weight(ROUTING, ZERO)
    await town.later()
    await town.flags.set_weight(ROUTING, Weight(1))
    await town.later()
    assert town.answered()[0] == "new"


async def test_a_way_down_that_led_nowhere_does_not_count_for_ever(town: Town) -> None:
    await town.flags.set_weight(ROUTING, Weight(50))
    town.keep_card()
    town.spool()
    await town.table.refresh()
    town.files.merged("k1")
    await town.later()
    await town.later(LINGERS + timedelta(seconds=1))
    assert town.answered()[0] == "new"


# ---- counts ---------------------------------------------------------------------------------------------------------


async def test_decisions_are_counted_per_variant_and_kept_also_after_the_store_was_away(town: Town) -> None:
    await town.flags.set_weight(ROUTING, Weight(100))
    await town.table.refresh()
    for _ in range(3):
        town.answered()
    with without_store(town):
        await town.later()
    town.answered()
    await town.later()
    since = NOW - timedelta(minutes=1)
    assert await town.flags.counted("m", since, town.now) == {Variant.CANARY: 4, Variant.STABLE: 0}
    assert town.table.totals == {("m", Variant.CANARY): 4}


async def test_a_flag_whose_options_the_environment_fills_in_is_known_once_it_does(town: Town) -> None:
    town.plans.trees["materializers"] = rig.tree(traffic=[{**FLAG, "key": "m-${REGION}"}], kill_switch=[])
    for environment, known in (({}, []), ({"REGION": "eu"}, ["m-eu"])):
        table = town.another(**environment)
        await table.refresh()
        assert table.names() == known
