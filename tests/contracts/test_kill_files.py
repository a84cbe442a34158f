"""What kill cards and the spool promise, in memory and in a folder (laws 2 and 6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.ports import KillFiles, StoreAway
from storage.spool import KillFolder
from tests.fakes.memory import MemoryKillFiles
from tests.storage.samples import NOW, a_card, an_act, seconds

Opened = Callable[[], KillFiles]
"""The same files as the next process finds them."""


def in_memory(_: Path) -> Opened:
    files = MemoryKillFiles()
    return lambda: files


def in_a_folder(path: Path) -> Opened:
    return lambda: KillFolder(path / ".perch")


@pytest.fixture(params=[in_memory, in_a_folder])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    made: Opened = request.param(tmp_path)
    return made


def test_the_cards_of_one_plan_are_found_without_those_whose_name_only_begins_like_it(opened: Opened) -> None:
    for rollout, plan in (("shop-1a", "shop"), ("shop-2b", "shop"), ("shop-eu-1a", "shop-eu"), ("bakery-1a", "bakery")):
        opened().keep_card(a_card(rollout).model_copy(update={"plan": plan}))
    assert sorted(card.rollout for card in opened().cards("shop")) == ["shop-1a", "shop-2b"]
    assert opened().cards("sho") == []


def test_a_card_is_kept_replaced_and_dropped(opened: Opened) -> None:
    opened().keep_card(a_card("r1"))
    opened().keep_card(a_card("r2"))
    opened().keep_card(a_card("r1", revision=9, confirmed=12.5))
    assert {card.rollout: card for card in opened().cards()} == {
        "r1": a_card("r1", revision=9, confirmed=12.5),
        "r2": a_card("r2"),
    }
    opened().drop_card("r1")
    opened().drop_card("r1")
    assert opened().cards() == [a_card("r2")]


def test_an_act_begins_once(opened: Opened) -> None:
    assert opened().begin(an_act("click:1")) is True
    assert opened().begin(an_act("click:1", reason="again")) is False
    assert opened().spooled() == [an_act("click:1")]


def test_outcomes_are_added_to_their_act(opened: Opened) -> None:
    opened().begin(an_act("a"))
    opened().begin(an_act("b", at=NOW - seconds(1)))
    opened().outcome("a", {"name": "redis flag", "fault": "line\u2028break\n"})
    opened().outcome("a", {"name": "http"})
    b, a = opened().spooled()
    assert (b.key, b.outcomes) == ("b", ())
    assert a.outcomes == ({"name": "redis flag", "fault": "line\u2028break\n"}, {"name": "http"})


def test_a_merged_act_is_gone_and_its_key_stays_done(opened: Opened) -> None:
    """Law 6: a redelivery of the same click acts no second time."""
    opened().begin(an_act("click:1"))
    opened().merged("click:1")
    assert opened().spooled() == []
    assert opened().begin(an_act("click:1")) is False
    assert opened().spooled() == []
    opened().merged("click:1")


def test_a_merged_act_is_remembered_whole(opened: Opened) -> None:
    """U8: a database that is restored from before it is told of it."""
    opened().begin(an_act("click:1", what="kill", reason="fire"))
    opened().outcome("click:1", {"name": "http"})
    opened().merged("click:1")
    [done] = opened().done()
    assert (done.what, done.reason, done.outcomes) == ("kill", "fire", ({"name": "http"},))


def test_an_outcome_without_its_act_is_refused(opened: Opened) -> None:
    with pytest.raises(StoreAway):
        opened().outcome("nothing", {"name": "http"})


def test_ids_and_keys_are_never_paths(opened: Opened, tmp_path: Path) -> None:
    for wicked in ("../../escaped", "/etc/perch", "a/b", "..", "", "ñ" * 300, "nul\0", "CON"):
        opened().keep_card(a_card(wicked))
        assert opened().begin(an_act(wicked))
        opened().outcome(wicked, {"name": "http"})
    assert len(opened().cards()) == len(opened().spooled()) == 8
    opened().drop_card("../../escaped")
    assert len(opened().cards()) == 7
    assert {path.name for path in tmp_path.iterdir()} <= {".perch"}
