"""The checks about several processes are shown to fail against planted bugs; without that they would prove nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.laws import hands
from tests.laws.mutants import replicas as planted
from tests.storage import test_leases as leases

pytestmark = pytest.mark.anyio

Plant = Callable[[pytest.MonkeyPatch], None]
BROKEN = (AssertionError, TimeoutError, pytest.fail.Exception)


@pytest.mark.parametrize(
    ("plant", "story"),
    [
        (planted.a_lease_is_given_to_everybody, hands.a_raise_is_one_process_s_at_a_time),
        (planted.a_lease_is_kept_for_ever, hands.a_silent_raise_is_taken_over_and_recorded_once),
        (planted.a_raise_is_taken_over_as_it_is, hands.one_that_wakes_up_does_not_begin_what_was_taken_over),
        (planted.a_look_needs_no_claim, hands.a_look_that_slept_over_its_claim_decides_nothing),
        (planted.a_rearm_doesnt_look_back, hands.a_rearm_that_lands_after_a_newer_kill_is_undone_and_told),
        (planted.a_rearm_doesnt_look_back, hands.a_rearm_that_meets_a_kill_in_the_spool_leaves_it_engaged),
        (planted.a_rearm_looks_once, hands.a_rearm_that_was_overtaken_calls_nobody),
    ],
    ids=lambda it: it.__name__,
)
async def test_a_planted_bug_in_the_engine_s_leases_is_found(
    plant: Plant, story: Callable[[Path], Awaitable[None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    monkeypatch.setattr(hands, "WITHIN_S", 2.0)
    with pytest.raises(BROKEN):
        await story(tmp_path)


@pytest.mark.parametrize(
    ("plant", "check"),
    [
        (planted.a_look_needs_no_claim, leases.test_a_look_is_worth_as_much_as_its_claim),
        (planted.an_effect_needs_no_delivery, leases.test_an_effect_is_committed_once_and_only_by_who_has_the_delivery),
        (planted.whoever_was_first_may_send, leases.test_one_process_sends_until_it_is_silent_for_a_lease),
        (
            planted.a_message_is_taken_in_hand_whatever_became_of_it,
            leases.test_what_another_process_said_meanwhile_is_neither_taken_in_hand_nor_put_back,
        ),
    ],
    ids=lambda it: it.__name__,
)
async def test_a_planted_bug_in_the_store_s_fences_is_found(
    plant: Plant, check: Callable[[Any], Awaitable[None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    async with leases.two_over(f"sqlite:///{tmp_path}/perch.db") as two:
        with pytest.raises(BROKEN):
            await check(two)
