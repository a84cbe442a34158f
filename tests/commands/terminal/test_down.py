"""Rollback and kill from a shell, in processes of their own: law 2, X4."""

from __future__ import annotations

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.commands.terminal.shop import Shop
from tests.waiting import HANGS_S


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_kill_throws_the_switch_brings_traffic_to_zero_and_is_on_record(shop: Shop) -> None:
    rollout = shop.begin()
    killed = shop.perch("kill", "shop", "--reason", "on fire")
    assert (killed.returncode, killed.stderr) == (0, "")
    assert "shop is being killed, at 10%." in killed.stdout
    assert killed.stdout.count("✓") == 2
    assert (shop.percent(), shop.enabled()) == (0, False)
    assert shop.load(rollout.id).state is State.KILLING
    [record] = [record for record in shop.records(rollout.id) if record.kind == "killing"]
    assert record.actor.startswith("shell:")
    assert record.body["reason"] == "on fire"


def test_a_kill_works_without_a_database_and_joins_the_evidence_when_it_is_back(shop: Shop) -> None:
    """Law 2"""
    rollout = shop.begin()
    kept = {file: file.read_bytes() for file in shop.folder.glob("perch.db*")}
    shop.lose_the_database()
    killed = shop.perch("kill", "shop", "--reason", "no database")
    assert (killed.returncode, killed.stderr) == (0, "")
    assert "kept in the spool" in killed.stdout
    assert (shop.percent(), shop.enabled()) == (0, False)
    assert [act["reason"] for act in shop.spooled] == ["no database"]
    for file, content in kept.items():
        file.write_bytes(content)
    assert "killing" in [record.kind for record in shop.records(rollout.id)]
    assert shop.load(rollout.id).state is State.KILLING
    assert shop.spooled == []


def test_a_kill_does_not_wait_for_a_database_that_another_program_holds(shop: Shop) -> None:
    """Law 2"""
    shop.begin()
    with sqlite3.connect(shop.database) as greedy:
        greedy.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        killed = shop.perch("kill", "shop")
        assert time.monotonic() - began < HANGS_S
    assert killed.returncode == 0, killed.stderr
    assert (shop.percent(), shop.enabled()) == (0, False)


def test_a_damaged_database_does_not_stop_a_kill(shop: Shop) -> None:
    """Law 2"""
    shop.begin()
    shop.lose_the_database()
    shop.database.write_text("this is no database " * 500)
    killed = shop.perch("kill", "shop-1")
    assert killed.returncode == 0, killed.stderr
    assert (shop.percent(), shop.enabled()) == (0, False)


def test_everything_is_killed_with_one_command_without_a_database(shop: Shop) -> None:
    """U4, law 2"""
    names = ("shop", "cart", "search")
    for name in names:
        shop.begin(name)
    shop.lose_the_database()
    killed = shop.perch("kill", "--all", "--reason", "all of it", "--json")
    assert killed.returncode == 0, killed.stderr
    told = sorted(each["plan"] for each in json.loads(killed.stdout))
    assert told == sorted(f"{name} in production" for name in names)
    assert [(shop.percent(name), shop.enabled(name)) for name in names] == [(0, False)] * 3


def test_what_is_still_on_is_tried_on_named_and_stops_no_other(shop: Shop) -> None:
    """Law 2, T9: it ends with 1 when the last tier has had its time too; the other plan is off at once."""
    shop.begin()
    shop.begin("cart")
    (shop.folder / "shop-switch.json").write_text("not JSON")
    killed = shop.perch("kill", "--all")
    assert killed.returncode == 1
    assert "✗ flag_file" in killed.stdout
    assert "STILL ON: flag_file" in killed.stdout
    assert shop.percent() == 0
    assert (shop.percent("cart"), shop.enabled("cart")) == (0, False)


def test_two_kills_from_two_shells_at_once_are_one_kill(shop: Shop) -> None:
    """Laws 2, 6: both are answered, and the record has one."""
    rollout = shop.begin()
    with ThreadPoolExecutor(2) as shells:
        came = list(shells.map(lambda why: shop.perch("kill", "shop", "--reason", why), ("one", "two")))
    assert [(each.returncode, each.stderr) for each in came] == [(0, ""), (0, "")]
    assert (shop.percent(), shop.enabled()) == (0, False)
    assert [record.kind for record in shop.records(rollout.id)].count("killing") == 1


def test_a_rollback_waits_until_the_traffic_is_down(shop: Shop) -> None:
    rollout = shop.begin()
    back = shop.perch("rollback", "shop", "--reason", "odd answers")
    assert (back.returncode, back.stderr) == (0, "")
    assert "shop is rolled back, at 0%." in back.stdout
    assert (shop.percent(), shop.enabled()) == (0, True)
    assert shop.load(rollout.id).reason == "odd answers"


def test_a_rollback_works_without_a_database(shop: Shop) -> None:
    """Law 2"""
    shop.begin()
    shop.lose_the_database()
    back = shop.perch("rollback", "shop", "--json")
    assert back.returncode == 0, back.stderr
    [told] = json.loads(back.stdout)
    assert (told["plan"], told["state"], told["recorded"], told["good"]) == ("shop", None, False, True)
    assert (shop.percent(), shop.enabled()) == (0, True)


def test_without_a_database_an_unknown_name_is_told_with_the_cards_that_there_are(shop: Shop) -> None:
    shop.begin()
    shop.lose_the_database()
    killed = shop.perch("kill", "shoop")
    assert (killed.returncode, killed.stdout) == (1, "")
    assert killed.stderr.count("\n") == 1
    assert "there is no kill card of 'shoop' here (cards: shop)" in killed.stderr
    assert shop.percent() == 10


def test_with_a_database_an_unknown_name_gets_a_suggestion(shop: Shop) -> None:
    shop.begin()
    killed = shop.perch("kill", "shoop")
    assert killed.returncode == 1
    assert "did you mean shop?" in killed.stderr


def test_a_kill_by_nobody_in_particular_is_wrong_usage(shop: Shop) -> None:
    for words in (("kill",), ("kill", "shop", "--all")):
        asked = shop.perch(*words)
        assert asked.returncode == 2
        assert asked.stderr.count("\n") == 1
        assert "perch kill NAME, or perch kill --all" in asked.stderr


def test_without_any_card_a_kill_of_everything_says_so(shop: Shop) -> None:
    killed = shop.perch("kill", "--all")
    assert killed.returncode == 0
    assert "no kill card here" in killed.stdout


def test_a_state_folder_that_cannot_be_used_is_one_line(shop: Shop) -> None:
    (shop.folder / "state").write_text("a file in its place")
    killed = shop.perch("kill", "shop")
    assert (killed.returncode, killed.stdout) == (1, "")
    assert killed.stderr.count("\n") == 1
    assert str(shop.folder / "state") in killed.stderr
