"""Law 10's own checks are shown to fail against planted bugs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.bot.engine import test_drift as drift
from tests.laws import test_law_10_restored as restored
from tests.laws.driven import UNSHRUNK, drive
from tests.laws.mutants import law_10 as bugs
from tests.laws.mutants.planted import FOUND
from tests.laws.test_law_10_drift_is_seen import DriftIsSeen

Check = Callable[[Path], Awaitable[None]]


async def lowered_and_told(folder: Path) -> None:
    await drift.test_a_moved_weight_is_told_within_one_check_and_only_ever_lowered(
        folder, State.BAKING, "lower", 50, 1, "lowered"
    )


async def one_of_two_lowered(folder: Path) -> None:
    await drift.test_each_of_several_targets_is_looked_at(folder, (0, 1), (0, 1))


async def no_way_down_leads_up(folder: Path) -> None:
    await drift.test_a_way_down_never_raises_what_stands_lower_already(folder, "rollback")


async def a_restored_bake(folder: Path) -> None:
    await restored.test_nothing_rises_by_itself_after_a_restore(folder, restored.bakes, restored.nothing)


async def a_restored_raise(folder: Path) -> None:
    await restored.test_nothing_rises_by_itself_after_a_restore(folder, restored.is_shifting, restored.nothing)


async def a_restored_kill(folder: Path) -> None:
    await restored.test_nothing_rises_by_itself_after_a_restore(folder, restored.bakes, restored.killed)


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        (lowered_and_told, bugs.drift_is_lowered_without_a_word),
        (one_of_two_lowered, bugs.only_the_highest_target_is_looked_at),
        (no_way_down_leads_up, bugs.a_way_down_asks_whatever_stands_there),
        (
            drift.test_one_unreadable_target_of_several_stops_the_bake_and_hides_no_drift_of_the_other,
            bugs.an_unreadable_target_is_taken_for_the_recorded_one,
        ),
        (
            drift.test_a_weight_that_cannot_be_read_is_told_and_nothing_goes_on_unseen,
            bugs.nobody_says_that_it_cannot_be_seen,
        ),
        (
            drift.test_an_adapter_that_says_lowered_and_changes_nothing_is_not_believed,
            bugs.what_was_asked_for_is_what_stands,
        ),
        (a_restored_bake, bugs.a_restored_database_is_taken_at_its_word),
        (restored.test_an_old_gate_and_its_approvals_are_of_no_use, bugs.a_restored_gate_stays_open),
        (a_restored_raise, bugs.a_restored_raise_lands),
        (a_restored_kill, bugs.a_kill_since_the_backup_is_forgotten),
        (
            restored.test_what_was_pending_in_the_backup_is_neither_done_nor_said_again,
            bugs.what_was_pending_is_taken_up_again,
        ),
        (
            restored.test_a_database_put_back_by_hand_is_noticed_by_its_kill_cards,
            bugs.nobody_compares_kill_cards,
        ),
    ],
)
def test_a_planted_bug_is_found(
    check: Check, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Law 10."""
    plant(monkeypatch)

    async def checked() -> None:
        await check(tmp_path)

    with pytest.raises((AssertionError, pytest.fail.Exception)):
        asyncio.run(checked())


@pytest.mark.parametrize("plant", [bugs.nobody_says_that_it_cannot_be_seen])
def test_a_planted_bug_is_found_by_driving_at_random(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 10."""
    plant(monkeypatch)
    with pytest.raises(FOUND):
        drive(DriftIsSeen, UNSHRUNK)
