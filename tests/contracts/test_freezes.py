"""What every store of freezes promises: each once, changed only as it was read, and never without its record."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.evidence import WORKSPACE, Entry, verify
from bot.domain.freezes import Freeze
from bot.domain.rollout import Person
from bot.ports import Change, Outgoing
from tests.contracts.stores import Store
from tests.storage.samples import NOW, seconds

pytestmark = pytest.mark.anyio

ANA = Person(id="U0ANA", name="Ana")


def a_freeze(id: str = "freeze-1", late: float = 0) -> Freeze:
    until = NOW + timedelta(hours=4)
    return Freeze(id=id, service="denis", why="ñ", owner=ANA, since=NOW + seconds(late), until=until, exempt=("shop",))


def told(kind: str) -> Change:
    """A record of the workspace and something to say."""
    return Change((Entry(kind, NOW, ANA.id, {"why": "ñ"}),), (Outgoing("freeze", key=f"{kind}:1", to="#canary-live"),))


async def kinds(store: Store) -> list[str]:
    return [record.kind for record in await store.rollouts.records(WORKSPACE)]


async def test_a_freeze_comes_back_as_it_was_kept_and_outlives_a_crash(store: Store) -> None:
    """Law 5."""
    assert await store.freezes.begin(a_freeze(), told("freeze")) is True
    after = await store.beside()
    assert await after.freezes.open() == [a_freeze()]


async def test_the_same_freeze_is_kept_once_with_one_record_and_one_message(store: Store) -> None:
    """Laws 4 and 6: also when the first one has ended since."""
    await store.freezes.begin(a_freeze(), told("freeze"))
    assert await store.freezes.begin(a_freeze(), told("freeze")) is False
    ended = a_freeze().model_copy(update={"ended_at": NOW + seconds(9), "ended_by": ANA})
    assert await store.freezes.replace(a_freeze(), ended, told("unfreeze")) is True
    assert await store.freezes.begin(a_freeze(), told("freeze")) is False
    assert await store.freezes.open() == []
    assert await kinds(store) == ["freeze", "unfreeze"]
    assert [queued.outgoing.key for queued in await store.outbox.due(NOW + seconds(99), 9)] == [
        "freeze:1",
        "unfreeze:1",
    ]


async def test_a_freeze_that_changed_meanwhile_is_not_changed_over(store: Store) -> None:
    exempting = a_freeze().model_copy(update={"exempt": ("shop", "other")})
    ended = a_freeze().model_copy(update={"ended_at": NOW + seconds(9)})
    await store.freezes.begin(a_freeze(), told("freeze"))
    assert await store.freezes.replace(a_freeze(), exempting, told("exempt")) is True
    assert await store.freezes.replace(a_freeze(), ended, told("unfreeze")) is False
    assert await store.freezes.open() == [exempting]
    assert await kinds(store) == ["freeze", "exempt"]


async def test_of_many_at_once_over_two_processes_one_begins_and_one_ends_it(store: Store) -> None:
    """Law 6, and the workspace's chain stays whole (law 9)."""
    other = await store.beside()
    begun = await asyncio.gather(*(one.freezes.begin(a_freeze(), told("freeze")) for one in (store, other) * 4))
    ended = a_freeze().model_copy(update={"ended_at": NOW + seconds(9)})
    over = await asyncio.gather(
        *(one.freezes.replace(a_freeze(), ended, told("unfreeze")) for one in (store, other) * 4)
    )
    assert (begun.count(True), over.count(True)) == (1, 1)
    assert await kinds(store) == ["freeze", "unfreeze"]
    records, head = await store.rollouts.records(WORKSPACE), await store.rollouts.head(WORKSPACE)
    assert verify(WORKSPACE, records, head) is None


async def test_they_come_oldest_first(store: Store) -> None:
    for freeze in (a_freeze("b", 1), a_freeze("c", 2), a_freeze("a", 0)):
        await store.freezes.begin(freeze, Change())
    assert [freeze.id for freeze in await store.freezes.open()] == ["a", "b", "c"]
