"""What every store promises about ended rollouts summed up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.record.summary import Summary, Wanted, summed_up
from bot.domain.rollout import Rollout
from bot.ports import Change
from tests.contracts.stores import Store
from tests.storage.samples import NOW, TREE, a_rollout, an_entry, seconds

pytestmark = pytest.mark.anyio


async def ended(store: Store, id: str, after_s: float = 60, state: State = State.COMPLETED, **more: Any) -> Rollout:
    over = a_rollout(id, state=state, ended_at=NOW + seconds(after_s), **more)
    return await store.rollouts.create(over, TREE, Change(evidence=(an_entry(), an_entry("completed"))))


async def summed(store: Store, ids: Sequence[str]) -> None:
    told = await store.summaries.chronicles(ids)
    await store.summaries.keep([(summed_up(each.rollout, None, each.records, NOW), each.head) for each in told])


def ids(summaries: Sequence[Summary]) -> list[str]:
    return [each.rollout for each in summaries]


async def test_what_has_ended_is_behind_until_it_is_summed_up_newest_first(store: Store) -> None:
    await ended(store, "r1", 60)
    await ended(store, "r2", 120)
    await store.rollouts.create(a_rollout("r3"), TREE, Change())
    assert await store.summaries.behind() == ["r2", "r1"]
    assert await store.summaries.behind("plan-r1") == ["r1"]
    await summed(store, ["r1", "r2"])
    assert await store.summaries.behind() == []


async def test_a_record_that_grows_after_the_end_makes_its_summary_out_of_date(store: Store) -> None:
    """False alarms and words on overrides come later."""
    await ended(store, "r1")
    await summed(store, ["r1"])
    await store.rollouts.note("r1", [an_entry("false_alarm")])
    assert await store.summaries.behind() == ["r1"]
    await summed(store, ["r1"])
    assert await store.summaries.behind() == []
    assert len(await store.summaries.kept(Wanted())) == 1


async def test_a_chronicle_has_the_whole_record_in_order(store: Store) -> None:
    await ended(store, "r1")
    (told,) = await store.summaries.chronicles(["r1", "nobody"])
    assert ([record.kind for record in told.records], told.head) == (["created", "completed"], 2)
    assert told.rollout.id == "r1"


async def test_a_summary_comes_back_as_it_was(store: Store) -> None:
    await ended(store, "r1", version="2.4.1 ñ", reason="all stages held")
    (told,) = await store.summaries.chronicles(["r1"])
    made = summed_up(told.rollout, None, told.records, NOW)
    await store.summaries.keep([(made, told.head)])
    assert list(await store.summaries.kept(Wanted())) == [made]


async def test_only_what_is_asked_for_comes_back(store: Store) -> None:
    await ended(store, "r1", 60, State.ROLLED_BACK, plan="a")
    await ended(store, "r2", 120, plan="a", environment="lab")
    await ended(store, "r3", 180, plan="b")
    await summed(store, ["r1", "r2", "r3"])
    kept, count = store.summaries.kept, store.summaries.count
    assert ids(await kept(Wanted())) == ["r3", "r2", "r1"]
    assert ids(await kept(Wanted(), 2)) == ["r3", "r2"]
    assert ids(await kept(Wanted(plan="a"))) == ["r2", "r1"]
    assert ids(await kept(Wanted(plan="a", environment="lab"))) == ["r2"]
    assert ids(await kept(Wanted(outcomes=frozenset({State.ROLLED_BACK, State.KILLED})))) == ["r1"]
    assert ids(await kept(Wanted(since=NOW + seconds(100)))) == ["r3", "r2"]
    assert await count(Wanted(plan="a")) == 2
    assert await store.summaries.plans() == ["a", "b"]


async def test_a_summary_without_its_record_takes_the_place_of_none_that_had_it(store: Store) -> None:
    """E8: when a chain is archived, what was read from it stays."""
    over = await ended(store, "r1")
    await summed(store, ["r1"])
    (before,) = await store.summaries.kept(Wanted())
    poorer = summed_up(over, None, (), NOW)
    await store.rollouts.note("r1", [an_entry("archived")])
    await store.summaries.keep([(poorer, 3)])
    assert list(await store.summaries.kept(Wanted())) == [before]
    assert await store.summaries.behind() == []
    await ended(store, "r2")
    await store.summaries.keep([(poorer.model_copy(update={"rollout": "r2"}), 2)])
    assert [each.whole for each in await store.summaries.kept(Wanted())].count(False) == 1


async def test_two_processes_that_sum_up_the_same_keep_it_once(store: Store) -> None:
    await ended(store, "r1")
    other = await store.beside()
    await summed(store, ["r1"])
    await summed(other, ["r1"])
    assert ids(await other.summaries.kept(Wanted())) == ["r1"]
