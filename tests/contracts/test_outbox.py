"""What every outbox promises: in order, once, and nothing lost (laws 4 to 6)."""

from __future__ import annotations

import pytest

from bot.ports import Lane, Posted, Queued
from tests.contracts.stores import Store
from tests.storage.samples import LANDED, NOW, a_post, seconds

pytestmark = pytest.mark.anyio

URGENT = Lane.URGENT
HERE = Posted("C1", "1.1")


async def due(store: Store, at: float = 0, limit: int = 99) -> list[str]:
    return [queued.outgoing.key for queued in await store.outbox.due(NOW + seconds(at), limit)]


async def queued(store: Store, key: str) -> Queued:
    (found,) = [one for one in await store.outbox.due(NOW, 99) if one.outgoing.key == key]
    return found


async def say(store: Store, key: str, posted: Posted | None = HERE) -> None:
    number = (await queued(store, key)).number
    await store.outbox.sending(number, LANDED)
    await store.outbox.said(number, posted, NOW)


async def test_a_message_comes_out_as_it_was_put_in(store: Store) -> None:
    everything = a_post(
        "k", facts={"values": [1, None, "ñ"]}, lane=URGENT, to="#eng", thread=True, broadcast=True, only_for="U1"
    )
    await store.outbox.add([everything], NOW, "r1")
    (found,) = await store.outbox.due(NOW, 9)
    assert (found.outgoing, found.rollout, found.tries, found.uncertain, found.at) == (everything, "r1", 0, False, NOW)


async def test_a_known_key_is_ignored_even_after_it_was_said(store: Store) -> None:
    """Law 6: never posted twice."""
    await store.outbox.add([a_post("k"), a_post("k", say="held")], NOW, "r1")
    await store.outbox.add([a_post("k")], NOW, "r1")
    assert [one.outgoing.say for one in await store.outbox.due(NOW, 9)] == ["promoted"]
    await say(store, "k")
    await store.outbox.add([a_post("k")], NOW, "r1")
    assert await due(store) == []


async def test_urgent_goes_before_routine_and_older_before_newer(store: Store) -> None:
    for rollout, key, lane in (
        ("a", "1", Lane.ROUTINE),
        ("b", "2", URGENT),
        ("c", "3", Lane.ROUTINE),
        ("d", "4", URGENT),
    ):
        await store.outbox.add([a_post(key, lane=lane)], NOW, rollout)
    assert await due(store) == ["2", "4", "1", "3"]
    assert await due(store, limit=3) == ["2", "4", "1"]


async def test_a_thread_is_told_in_order_even_when_its_first_message_has_to_wait(store: Store) -> None:
    await store.outbox.add([a_post("1"), a_post("2"), a_post("now", lane=URGENT)], NOW, "r1")
    await store.outbox.add([a_post("else")], NOW, "r2")
    assert await due(store) == ["now", "1", "else"]
    first = await queued(store, "1")
    await store.outbox.sending(first.number, LANDED)
    assert await due(store) == ["now", "else"]
    await store.outbox.later(first.number, NOW + seconds(30), "asked to wait", uncertain=False)
    assert await due(store, 29) == ["now", "else"]
    assert await due(store, 30) == ["now", "1", "else"]
    await store.outbox.said(first.number, HERE, NOW)
    assert await due(store) == ["now", "2", "else"]


async def test_a_message_that_was_given_up_holds_nobody_back(store: Store) -> None:
    await store.outbox.add([a_post("1"), a_post("2")], NOW, "r1")
    await store.outbox.gave_up((await queued(store, "1")).number, "channel is archived", NOW)
    assert await due(store) == ["2"]


async def test_another_channel_and_answers_to_people_wait_for_no_thread(store: Store) -> None:
    await store.outbox.add([a_post("1"), a_post("eng", to="#eng"), a_post("hush", only_for="U1")], NOW, "r1")
    await store.outbox.add([a_post("a", to="user:U1"), a_post("b", to="user:U1")], NOW)
    assert await due(store) == ["1", "eng", "hush", "a", "b"]


async def test_of_several_edits_of_one_message_only_the_newest_is_due(store: Store) -> None:
    await store.outbox.add([a_post("status:2", edits="status"), a_post("status:3", edits="status")], NOW, "r1")
    await store.outbox.add([a_post("status:4", edits="status", facts={"n": 4})], NOW, "r1")
    await store.outbox.add([a_post("other:2", edits="status")], NOW, "r2")
    assert await due(store) == ["status:4", "other:2"]
    await say(store, "status:4", None)
    assert await due(store) == ["other:2"]


async def test_an_edit_takes_over_the_turn_and_the_lane_of_the_one_it_replaces(store: Store) -> None:
    """A message that changes all the time would never get its turn otherwise."""
    await store.outbox.add([a_post("status:2", edits="status")], NOW, "r1")
    await store.outbox.add([a_post("x")], NOW, "r2")
    await store.outbox.add([a_post("status:3", edits="status")], NOW, "r1")
    assert await due(store) == ["status:3", "x"]
    await store.outbox.add([a_post("card:2", edits="card", lane=URGENT)], NOW, "r2")
    await store.outbox.add([a_post("card:3", edits="card")], NOW, "r2")
    assert await due(store) == ["card:3", "status:3", "x"]


async def test_an_edit_keeps_the_wait_that_the_far_side_asked_for(store: Store) -> None:
    await store.outbox.add([a_post("status:2", edits="status")], NOW, "r1")
    asked = (await queued(store, "status:2")).number
    await store.outbox.later(asked, NOW + seconds(30), "asked to wait", uncertain=False)
    await store.outbox.add([a_post("status:3", edits="status")], NOW, "r1")
    assert await due(store, 29) == []
    assert await due(store, 30) == ["status:3"]


async def test_an_edit_waits_for_its_message_and_for_an_edit_on_its_way(store: Store) -> None:
    await store.outbox.add([a_post("status"), a_post("status:2", edits="status", lane=URGENT)], NOW, "r1")
    assert await due(store) == ["status"]
    await say(store, "status")
    on_its_way = (await queued(store, "status:2")).number
    await store.outbox.sending(on_its_way, LANDED)
    await store.outbox.add([a_post("status:3", edits="status")], NOW, "r1")
    assert await due(store) == []
    await store.outbox.later(on_its_way, NOW, "broken off", uncertain=True)
    assert await due(store) == ["status:3"]


async def test_edits_and_posts_do_not_wait_for_each_other(store: Store) -> None:
    await store.outbox.add([a_post("1"), a_post("card:2", edits="card"), a_post("2")], NOW, "r1")
    assert await due(store) == ["1", "card:2"]


async def test_what_a_crash_left_in_the_middle_comes_back_as_uncertain(store: Store) -> None:
    """Law 5 and 6: look for its mark before repeating."""
    await store.outbox.add([a_post("1"), a_post("2")], NOW, "r1")
    await store.outbox.sending((await queued(store, "1")).number, LANDED)
    assert await due(store) == []
    after = await store.beside()
    assert await due(after, 23) == []
    (left,) = await after.outbox.due(LANDED, 9)
    assert (left.outgoing.key, left.uncertain, left.tries) == ("1", True, 1)


async def test_an_edit_waits_for_an_older_one_that_a_crash_left_on_its_way(store: Store) -> None:
    """It could still land, and what it says would stay."""
    await store.outbox.add([a_post("status:2", edits="status")], NOW, "r1")
    await store.outbox.sending((await queued(store, "status:2")).number, LANDED)
    after = await store.beside()
    await after.outbox.add([a_post("status:3", edits="status")], NOW, "r1")
    assert await due(after, 23) == []
    assert await due(after, 24) == ["status:3"]


async def test_an_uncertain_try_is_remembered_as_such(store: Store) -> None:
    await store.outbox.add([a_post("1")], NOW, "r1")
    number = (await queued(store, "1")).number
    await store.outbox.sending(number, LANDED)
    await store.outbox.later(number, NOW, "broken off", uncertain=True)
    assert (await queued(store, "1")).uncertain


async def test_a_place_is_kept_under_the_key_of_the_post_and_found_both_ways(store: Store) -> None:
    await store.outbox.add([a_post("status"), a_post("status:2", edits="status")], NOW, "r1")
    assert await store.outbox.place("r1", "status") is None
    await say(store, "status", Posted("C1", "1.1"))
    await say(store, "status:2", Posted("C1", "1.1"))
    after = await store.beside()
    assert await after.outbox.place("r1", "status") == Posted("C1", "1.1")
    assert await after.outbox.place("r1", "status:2") is None
    assert await after.outbox.at_place(Posted("C1", "1.1")) == ("r1", "status")
    assert await after.outbox.at_place(Posted("C2", "1.1")) is None
