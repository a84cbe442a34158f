"""Law 2: down is always open. Rollback and kill wait for nothing, say what is still on, and come back in good order."""

from pathlib import Path

import pytest

from tests.laws.kills import at_once, coming_back, meanwhile, told
from tests.laws.kills.story import Check
from tests.laws.pressure import GENEROUS_S

pytestmark = pytest.mark.anyio

CHECKS: tuple[Check, ...] = (
    at_once.a_kill_waits_for_no_commit,
    at_once.a_name_is_found_without_the_database,
    at_once.one_method_that_hangs_delays_no_other,
    at_once.a_breach_kills_every_tier_before_its_check_is_on_record,
    at_once.a_disk_that_refuses_the_spool_stops_no_kill,
    told.what_is_still_on_is_said,
    told.done_is_read_back_and_not_ok,
    told.the_three_times_are_on_record,
    told.a_sick_source_widens_no_tier,
    told.the_next_tier_runs_when_one_misses_its_time,
    told.the_next_tier_runs_without_a_database,
    told.a_process_that_finds_a_spool_goes_on_with_it,
    meanwhile.a_spool_is_merged_when_the_database_is_back,
    meanwhile.nobody_raises_while_a_spool_is_visible,
    meanwhile.the_card_is_rewritten_before_each_raise,
    meanwhile.a_raise_that_lands_after_the_kill_is_undone,
    meanwhile.a_kill_is_rehearsed_before_the_start_and_every_hour,
    meanwhile.a_kill_that_cannot_be_rehearsed_stops_the_start,
    meanwhile.nothing_rises_after_a_failed_rehearsal_until_one_goes_well,
    coming_back.rearm_puts_back_what_was_engaged_and_only_that,
    coming_back.a_killed_plan_starts_only_once_it_is_rearmed,
    coming_back.an_older_rollout_that_was_killed_keeps_its_plan_from_starting,
    coming_back.a_rearmed_plan_can_be_killed_again,
    coming_back.a_kill_by_an_older_card_kills_what_lives,
    coming_back.a_switch_that_was_put_back_while_it_is_killed_is_engaged_again,
    at_once.everything_is_killed_each_with_its_own_outcome,
    at_once.the_same_act_engages_once_and_a_second_kill_joins_the_first,
)


async def test_a_kill_passes_a_thousand_checks_that_hang(tmp_path: Path) -> None:
    """Law 2, P4: by verb and by button; no queue, no semaphore, no commit is between the click and the far sides."""
    await at_once.a_kill_passes_checks_that_hang(tmp_path, GENEROUS_S, count=1000)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_down_is_open(check: Check, tmp_path: Path) -> None:
    """Law 2, T9, X3, X4."""
    await check(tmp_path, GENEROUS_S)
