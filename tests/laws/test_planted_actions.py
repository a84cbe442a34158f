"""The stories of actions and of several traffic targets are shown to fail against planted bugs (laws 1, 2, 5, 6, 7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.bot.engine import test_effects as acted
from tests.bot.engine import test_effects_taken_back as taken_back
from tests.bot.engine import test_several_targets as several
from tests.laws.mutants import actions
from tests.laws.mutants.planted import FOUND

pytestmark = pytest.mark.anyio

Check = Callable[[Path], Awaitable[None]]
Plant = Callable[[pytest.MonkeyPatch], None]

CAUGHT_BY: tuple[tuple[Check, Plant], ...] = (
    (
        taken_back.test_on_the_way_back_all_is_taken_back_in_reverse_once_the_traffic_is_down,
        actions.what_is_taken_back_goes_in_the_order_of_doing,
    ),
    (
        taken_back.test_on_the_way_back_all_is_taken_back_in_reverse_once_the_traffic_is_down,
        actions.it_is_taken_back_before_the_traffic_is_down,
    ),
    (
        taken_back.test_a_crash_before_anything_was_taken_back_takes_it_back_afterwards,
        actions.a_crash_forgets_what_was_to_be_taken_back,
    ),
    (
        acted.test_a_before_that_fails_stops_the_raise_and_it_is_held_and_told,
        actions.the_raise_goes_on_though_its_before_failed,
    ),
    (acted.test_a_stage_is_not_entered_while_its_before_is_under_way, actions.the_raise_waits_for_nothing),
    (taken_back.test_a_kill_takes_all_of_it_back, actions.a_kill_takes_nothing_back),
    (taken_back.test_a_preflight_that_turns_red_takes_back_what_was_begun, actions.an_abort_takes_nothing_back),
    (acted.test_after_a_hold_what_is_done_is_not_done_twice, actions.a_hold_does_it_all_again),
    (acted.test_final_actions_come_when_all_is_completed_and_stay, actions.a_silence_outlives_a_completed_rollout),
    (acted.test_a_crash_in_the_middle_of_a_before, actions.what_nobody_knows_of_is_thought_done),
    (taken_back.test_a_begin_that_lands_after_it_was_taken_back_is_taken_back_again, actions.what_lands_late_stays),
    (acted.test_a_rollback_wins_over_a_before_that_takes_long, actions.a_call_under_way_is_waited_for),
    (acted.test_two_processes_do_each_action_once, actions.every_process_does_it),
    (
        several.test_up_goes_in_the_plan_s_order_and_down_in_reverse,
        actions.targets_come_down_in_the_order_of_rising,
    ),
    (
        several.test_where_the_second_fails_the_first_goes_back_and_each_is_told_by_name,
        actions.the_first_target_stays_up_where_the_second_fails,
    ),
    (several.test_drift_of_one_target_is_told_with_where_each_stands, actions.drift_is_told_without_whose_it_is),
)


@pytest.mark.parametrize(
    ("check", "plant"), [pytest.param(check, plant, id=plant.__name__) for check, plant in CAUGHT_BY]
)
async def test_a_planted_bug_is_caught(
    check: Check, plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(FOUND):
        await check(tmp_path)
