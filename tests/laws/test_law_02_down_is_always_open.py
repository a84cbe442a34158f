"""Law 2: down is always open. Rollback and kill wait for nothing, say what is still on, and come back in good order."""

from pathlib import Path

import pytest

from tests.laws import kills
from tests.laws.pressure import GENEROUS_S

pytestmark = pytest.mark.anyio

CHECKS: tuple[kills.Check, ...] = (
    kills.a_kill_waits_for_no_commit,
    kills.a_name_is_found_without_the_database,
    kills.one_method_that_hangs_delays_no_other,
    kills.a_breach_kills_every_tier_before_its_check_is_on_record,
    kills.a_disk_that_refuses_the_spool_stops_no_kill,
    kills.what_is_still_on_is_said,
    kills.done_is_read_back_and_not_ok,
    kills.the_three_times_are_on_record,
    kills.a_sick_source_widens_no_tier,
    kills.the_next_tier_runs_when_one_misses_its_time,
    kills.the_next_tier_runs_without_a_database,
    kills.a_process_that_finds_a_spool_goes_on_with_it,
    kills.a_spool_is_merged_when_the_database_is_back,
    kills.nobody_raises_while_a_spool_is_visible,
    kills.the_card_is_rewritten_before_each_raise,
    kills.a_raise_that_lands_after_the_kill_is_undone,
    kills.a_kill_is_rehearsed_before_the_start_and_every_hour,
    kills.a_kill_that_cannot_be_rehearsed_stops_the_start,
    kills.nothing_rises_after_a_failed_rehearsal_until_one_goes_well,
    kills.rearm_puts_back_what_was_engaged_and_only_that,
    kills.a_killed_plan_starts_only_once_it_is_rearmed,
    kills.an_older_rollout_that_was_killed_keeps_its_plan_from_starting,
    kills.a_rearmed_plan_can_be_killed_again,
    kills.a_kill_by_an_older_card_kills_what_lives,
    kills.a_switch_that_was_put_back_while_it_is_killed_is_engaged_again,
    kills.everything_is_killed_each_with_its_own_outcome,
    kills.the_same_act_engages_once_and_a_second_kill_joins_the_first,
)


async def test_a_kill_passes_a_thousand_checks_that_hang(tmp_path: Path) -> None:
    """Law 2, P4: by verb and by button; no queue, no semaphore, no commit is between the click and the far sides."""
    await kills.a_kill_passes_checks_that_hang(tmp_path, GENEROUS_S, count=1000)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_down_is_open(check: kills.Check, tmp_path: Path) -> None:
    """Law 2, T9, X3, X4."""
    await check(tmp_path, GENEROUS_S)
