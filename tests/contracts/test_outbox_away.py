"""What every outbox promises for the time when nothing, or one channel, can be reached."""

from __future__ import annotations

import pytest

from bot.ports import SECOND_WAY, Lane, Posted
from tests.contracts.stores import Store
from tests.storage.samples import LANDED, NOW, a_post, seconds

pytestmark = pytest.mark.anyio

URGENT = Lane.URGENT
ROOT = "status:r1"


async def due(store: Store) -> list[str]:
    return [queued.outgoing.key for queued in await store.outbox.due(NOW, 99)]


async def number(store: Store, key: str) -> int:
    (found,) = [one for one in await store.outbox.due(NOW, 99) if one.outgoing.key == key]
    return found.number


async def test_what_goes_into_a_thread_waits_for_as_long_as_what_begins_it(store: Store) -> None:
    """An hour without Slack at the very start, and the thread is whole afterwards; other places don't wait."""
    thread = [a_post("routine", thread=True), a_post("urgent", lane=URGENT, thread=True)]
    await store.outbox.add([a_post(ROOT, lane=URGENT), *thread, a_post("eng", to="#eng")], NOW, "r1")
    assert await due(store) == [ROOT, "eng"]
    root = await number(store, ROOT)
    await store.outbox.sending(root, LANDED)
    await store.outbox.later(root, NOW + seconds(60), "away", uncertain=False)
    assert await due(store) == ["eng"]
    await store.outbox.said(root, Posted("C1", "1.1"), NOW)
    assert await due(store) == ["urgent", "routine", "eng"]


async def test_a_thread_whose_beginning_was_given_up_waits_no_longer(store: Store) -> None:
    await store.outbox.add([a_post(ROOT, lane=URGENT), a_post("1", thread=True)], NOW, "r1")
    await store.outbox.gave_up(await number(store, ROOT), "refused", NOW)
    assert await due(store) == ["1"]


async def test_a_message_that_goes_elsewhere_keeps_its_key_and_stands_alone(store: Store) -> None:
    """Law 6: it is the same message, so it is never said in both places."""
    said = a_post("card", lane=URGENT, thread=True, broadcast=True)
    await store.outbox.add([said, a_post("next", lane=URGENT)], NOW, "r1")
    card = await number(store, "card")
    await store.outbox.sending(card, LANDED)
    await store.outbox.readdress(card, "#second")
    (moved, _) = await store.outbox.due(NOW, 9)
    shape = (moved.outgoing.key, moved.outgoing.to, moved.outgoing.thread, moved.outgoing.broadcast, moved.uncertain)
    assert shape == ("card", "#second", False, False, False)
    assert await due(store) == ["card", "next"]
    await store.outbox.said(card, Posted("C2", "2.2"), NOW)
    assert await store.outbox.place("r1", "card") == Posted("C2", "2.2")


async def test_what_waits_is_found_by_its_kind_without_edits_answers_and_the_second_way(store: Store) -> None:
    await store.outbox.add(
        [
            a_post("1", say="held"),
            a_post("2", say="snapshot"),
            a_post("card:2", say="held", edits="card"),
            a_post("hush", say="held", only_for="U1"),
            a_post("3", say="killed"),
        ],
        NOW,
        "r1",
    )
    await store.outbox.add([a_post("told:1", say="held", to=SECOND_WAY)], NOW)
    kinds = {"held", "killed"}
    assert [one.outgoing.key for one in await store.outbox.waiting(kinds)] == ["1", "3"]
    first = await number(store, "1")
    await store.outbox.sending(first, LANDED)
    assert [one.outgoing.key for one in await store.outbox.waiting(kinds)] == ["1", "3"]
    await store.outbox.said(first, None, NOW)
    assert [one.outgoing.key for one in await store.outbox.waiting(kinds)] == ["3"]


async def test_the_newest_message_to_a_place_is_known_after_it_was_said_too(store: Store) -> None:
    assert await store.outbox.newest(SECOND_WAY) is None
    await store.outbox.add([a_post("told:1", to=SECOND_WAY), a_post("told:2", to=SECOND_WAY), a_post("x")], NOW)
    last = await number(store, "told:2")
    await store.outbox.said(last, None, NOW)
    assert await store.outbox.newest(SECOND_WAY) == (last, "told:2")
