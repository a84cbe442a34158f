"""Who does what one process may do at a time, on both databases: two openings of a store are two processes (law 6)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from socket import gethostname
from typing import Any

import pytest
from sqlalchemy import text, update

from bot.domain.errors import Stale
from bot.domain.measurements import Missing, NoData
from bot.domain.rollout import Rollout
from bot.ports import Change, Delivery, NotOurs, Posted, Taken
from storage.database import Database, open_database
from storage.holder import a_name, is_gone
from storage.inbox import SqlInbox
from storage.leases import SqlLeases
from storage.outbox import SqlOutbox
from storage.pruning import prune
from storage.rollouts import SqlRollouts
from storage.tables import DeliveryRow, RolloutRow, table
from tests.storage.samples import LANDED, NOW, TREE, Hands, a_post, a_rollout, an_entry, seconds

pytestmark = pytest.mark.anyio


class Process:
    """One opening of the store, with a clock of its own."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, Hands()
        self.rollouts = SqlRollouts(database, self.clock)
        self.inbox = SqlInbox(database, self.clock)
        self.outbox = SqlOutbox(database)
        self.leases = SqlLeases(database)


@asynccontextmanager
async def two_over(address: str) -> AsyncIterator[tuple[Process, Process]]:
    async with AsyncExitStack() as opened:
        databases = [await open_database(address) for _ in range(2)]
        for database in databases:
            opened.push_async_callback(database.aclose)
        yield Process(databases[0]), Process(databases[1])


@pytest.fixture
async def two(database_address: str) -> AsyncIterator[tuple[Process, Process]]:
    async with two_over(database_address) as both:
        yield both


async def keys(process: Process) -> list[str]:
    return [delivery.key for delivery in await process.inbox.waiting()]


def a_delivery(key: str = "click:1") -> Delivery:
    return Delivery(key, NOW, {"verb": "approve"})


async def test_a_lease_is_one_process_s_until_it_lapses(two: tuple[Process, Process]) -> None:
    a, b = two
    assert await a.leases.take("x", NOW, 30) is Taken.NEW
    assert await b.leases.take("x", NOW + seconds(29.9), 30) is Taken.NO
    assert await a.leases.take("x", NOW + seconds(29.9), 30) is Taken.KEPT
    assert await b.leases.take("x", NOW + seconds(30), 30) is Taken.NO
    assert await b.leases.take("x", NOW + seconds(59.9), 30) is Taken.OVER
    assert await a.leases.take("x", NOW + seconds(60), 30) is Taken.NO
    assert await a.leases.take("y", NOW, 30) is Taken.NEW


async def test_after_an_orderly_stop_nothing_waits_for_a_lease(two: tuple[Process, Process]) -> None:
    a, b = two
    await a.rollouts.create(a_rollout(), TREE, Change())
    await a.rollouts.claim(NOW, f"{a.database.me}/7", 30, 9)
    await a.inbox.take(a_delivery())
    assert await a.outbox.may_send(NOW)
    await a.leases.let_go()
    assert [rollout.id for rollout in await b.rollouts.claim(NOW, "b/1", 30, 9)] == ["r1"]
    assert await keys(b) == ["click:1"]
    assert await b.outbox.may_send(NOW)


async def test_a_delivery_is_its_taker_s_and_another_s_when_that_one_is_silent_for_a_lease(
    two: tuple[Process, Process],
) -> None:
    a, b = two
    await a.inbox.take(a_delivery())
    assert (await keys(a), await keys(b)) == (["click:1"], [])
    a.clock.at = b.clock.at = NOW + seconds(25)
    assert await keys(a) == ["click:1"]  # Renewed: somebody may wait for a slow answer.
    b.clock.at = NOW + seconds(54)
    assert await keys(b) == []
    b.clock.at = a.clock.at = NOW + seconds(55)
    assert (await keys(b), await keys(a)) == (["click:1"], [])
    await a.inbox.done("click:1")
    assert await keys(b) == ["click:1"]
    await b.inbox.done("click:1")
    assert await keys(b) == []


async def test_an_effect_is_committed_once_and_only_by_who_has_the_delivery(two: tuple[Process, Process]) -> None:
    """Law 6. A process that slept over its lease, or one that redoes what was done before a crash, changes nothing."""
    a, b = two
    created = await a.rollouts.create(a_rollout(), TREE, Change())
    await a.inbox.take(a_delivery())
    b.clock.at = NOW + seconds(30)
    await keys(b)
    mine = Change(evidence=(an_entry("approved"),), messages=(a_post("k"),), delivery="click:1")
    with pytest.raises(NotOurs):
        await a.rollouts.save(created, mine)
    assert await a.rollouts.records("r1") == []
    saved = await b.rollouts.save(created, mine)
    saved = await b.rollouts.save(saved, mine)  # One request may take several commits.
    a.clock.at = NOW + seconds(60)
    (left,) = await a.inbox.waiting()
    assert left.acted
    with pytest.raises(NotOurs):
        await a.rollouts.save(saved, mine)
    assert await a.rollouts.revision("r1") == saved.revision


async def test_a_look_is_worth_as_much_as_its_claim(two: tuple[Process, Process]) -> None:
    """Law 1. Its answers are from before it slept; also when nobody has taken its rollout meanwhile."""
    a, b = two
    created = await a.rollouts.create(a_rollout(), TREE, Change())
    await a.rollouts.claim(NOW, "a/1", 30, 9)
    a.clock.at = NOW + seconds(30)
    with pytest.raises(Stale):
        await a.rollouts.save(created, Change(claim="a/1"))
    await b.rollouts.claim(NOW + seconds(30), "b/1", 30, 9)
    a.clock.at = NOW + seconds(31)
    with pytest.raises(Stale):
        await a.rollouts.save(created, Change(claim="a/1"))
    b.clock.at = NOW + seconds(31)
    assert (await b.rollouts.save(created, Change(claim="b/1"))).revision == 2


async def test_a_claim_is_renewed_while_it_holds_and_not_after(two: tuple[Process, Process]) -> None:
    a, b = two
    created = await a.rollouts.create(a_rollout(), TREE, Change())
    await a.rollouts.claim(NOW, "a/1", 30, 9)
    await a.rollouts.renew(NOW + seconds(20), {"r1": "a/1"}, 30)
    assert await b.rollouts.claim(NOW + seconds(49), "b/1", 30, 9) == []
    await a.rollouts.renew(NOW + seconds(50), {"r1": "a/1"}, 30)
    assert await b.rollouts.claim(NOW + seconds(50), "b/1", 30, 9) == [created]
    await a.rollouts.renew(NOW + seconds(51), {"r1": "a/1"}, 300)
    assert await a.rollouts.claim(NOW + seconds(81), "a/2", 30, 9) == [created]


async def test_one_process_sends_until_it_is_silent_for_a_lease(two: tuple[Process, Process]) -> None:
    a, b = two
    assert await a.outbox.may_send(NOW)
    assert not await b.outbox.may_send(NOW + seconds(29))
    assert await a.outbox.may_send(NOW + seconds(29))
    assert not await b.outbox.may_send(NOW + seconds(58))
    assert await b.outbox.may_send(NOW + seconds(59))
    assert not await a.outbox.may_send(NOW + seconds(60))


async def test_what_another_process_said_meanwhile_is_neither_taken_in_hand_nor_put_back(
    two: tuple[Process, Process],
) -> None:
    a, b = two
    await a.outbox.add([a_post("k")], NOW, "r1")
    (queued,) = await a.outbox.due(NOW, 9)
    await b.outbox.sending(queued.number, LANDED)
    await b.outbox.said(queued.number, Posted("C1", "1.1"), NOW)
    with pytest.raises(NotOurs):
        await a.outbox.sending(queued.number, LANDED)
    await a.outbox.later(queued.number, NOW, "slept", uncertain=True)
    assert await a.outbox.due(NOW, 9) == []


async def test_an_edit_that_a_newer_one_has_dropped_ends_quietly(two: tuple[Process, Process]) -> None:
    """A bug once: under load two edits of one message were on their way, and the older one's end broke the sender's."""
    a, _ = two
    await a.outbox.add([a_post("status:2", edits="status")], NOW, "r1")
    (older,) = await a.outbox.due(NOW, 9)
    await a.outbox.sending(older.number, LANDED)
    await a.outbox.add([a_post("status:3", edits="status")], NOW, "r1")
    await a.outbox.said(older.number + 1, Posted("C1", "1.1"), NOW)
    await a.outbox.said(older.number, Posted("C1", "1.1"), NOW)
    await a.outbox.later(older.number, NOW, "broken off", uncertain=True)
    await a.outbox.gave_up(older.number, "too late", NOW)
    assert await a.outbox.due(NOW + seconds(60), 9) == []


async def test_a_start_on_the_same_machine_frees_what_a_dead_process_left(two: tuple[Process, Process]) -> None:
    """Law 5. On SQLite all processes are here; on PostgreSQL another machine may be meant, and leases lapse."""
    a, _ = two
    created: Rollout = await a.rollouts.create(a_rollout(), TREE, Change())
    await a.inbox.take(a_delivery())
    dead = f"{gethostname()}:{_a_number_of_nobody()}:12345678"
    living = f"{gethostname()}:{os.getppid()}:12345678"
    await a.rollouts.claim(NOW, f"{dead}/3", 30, 9)
    await _own(a, table(DeliveryRow), living)
    await a.rollouts.free_leases()
    claimed = await a.rollouts.claim(NOW, "a/1", 30, 9)
    assert claimed == ([created] if a.database.one_machine else [])
    assert await keys(a) == []
    await _own(a, table(RolloutRow), living)
    await a.rollouts.free_leases()
    assert await a.rollouts.claim(NOW, "a/1", 30, 9) == []


async def _own(process: Process, rows: Any, owner: str) -> None:
    lease = {"lease_owner": owner, "lease_until": NOW + seconds(30)}
    await process.database.write(lambda connection: connection.execute(update(rows).values(lease)))


def _a_number_of_nobody() -> int:
    """A pid above the kernel's limit."""
    return 1 << 23


def test_a_name_says_whose_it_is_and_whether_that_process_has_ended() -> None:
    assert a_name() != a_name()
    assert is_gone(a_name())  # Our own number, in another opening: this process was begun anew.
    assert not is_gone(f"{gethostname()}:{os.getppid()}:1")
    assert not is_gone(f"elsewhere:{_a_number_of_nobody()}:1")
    assert not is_gone("me")


async def test_what_is_long_over_is_forgotten_and_what_is_open_stays(two: tuple[Process, Process]) -> None:
    a, _ = two
    for key in ("old", "open"):
        await a.inbox.take(a_delivery(key))
    await a.inbox.done("old")
    await a.outbox.add([a_post("said"), a_post("waits")], NOW, "r1")
    (first, *_) = await a.outbox.due(NOW, 9)
    await a.outbox.said(first.number, Posted("C1", "1.1"), NOW)
    await a.leases.take("raise:i1", NOW, 30)
    assert await prune(a.database, NOW) == 0
    assert await prune(a.database, NOW + seconds(31)) == 3
    assert await keys(a) == ["open"]
    assert [queued.outgoing.key for queued in await a.outbox.due(NOW, 9)] == ["waits"]
    assert await a.outbox.place("r1", "said") == Posted("C1", "1.1")


async def test_two_notes_at_once_follow_each_other_in_the_chain(two: tuple[Process, Process]) -> None:
    """Law 9. Each would otherwise link to the same record, and one would break."""
    a, b = two
    await asyncio.gather(*(one.rollouts.note("workspace", [an_entry("refused")]) for one in (a, b) for _ in range(5)))
    records = await a.rollouts.records("workspace")
    assert [record.number for record in records] == list(range(1, 11))
    assert len({record.previous for record in records}) == 10


async def test_a_text_with_a_nul_byte_is_kept_all_the_same(two: tuple[Process, Process]) -> None:
    """A sick source may say anything; PostgreSQL keeps no NUL in a text."""
    a, _ = two
    created = await a.rollouts.create(a_rollout(), TREE, Change())
    sick = NoData(Missing.UNREACHABLE, "garbage \0 from outside", NOW)
    await a.rollouts.save(created, Change(measured={"m": sick}, evidence=(an_entry("x", why="a \0 b"),)))
    found = await a.database.read(lambda connection: connection.scalar(text("SELECT detail FROM measurements")))
    assert found == "garbage \N{REPLACEMENT CHARACTER} from outside"
    assert [record.body for record in await a.rollouts.records("r1")] == [{"why": "a \0 b"}]
