"""Law 2's checks are shown to fail against planted bugs; without that they would prove nothing."""

from pathlib import Path

import pytest

from tests.laws.kills import at_once, coming_back, meanwhile, told
from tests.laws.kills.story import Check
from tests.laws.mutants import law_02, planted

pytestmark = pytest.mark.anyio

PATIENCE_S = 0.7
"""What doesn't come while a bug is planted needn't be waited for long; to be late would only make it look found."""

BUGS: tuple[tuple[planted.Plant, Check], ...] = (
    (law_02.a_kill_waits_for_its_commit, at_once.a_kill_waits_for_no_commit),
    (law_02.a_kill_takes_its_turn_among_the_looks, at_once.a_kill_passes_checks_that_hang),
    (law_02.the_rollout_is_read_first, at_once.a_name_is_found_without_the_database),
    (law_02.methods_run_one_after_another, at_once.one_method_that_hangs_delays_no_other),
    (law_02.a_method_has_no_deadline, at_once.one_method_that_hangs_delays_no_other),
    (law_02.a_breach_kills_after_its_commit, at_once.a_breach_kills_every_tier_before_its_check_is_on_record),
    (law_02.a_spool_that_cannot_be_written_stops_the_kill, at_once.a_disk_that_refuses_the_spool_stops_no_kill),
    (law_02.what_was_applied_counts_as_off, told.done_is_read_back_and_not_ok),
    (law_02.a_partial_kill_is_done, told.what_is_still_on_is_said),
    (law_02.nobody_says_what_is_still_on, told.what_is_still_on_is_said),
    (law_02.the_next_tier_never_runs, told.the_next_tier_runs_when_one_misses_its_time),
    (law_02.the_next_tier_never_runs, told.the_next_tier_runs_without_a_database),
    (law_02.a_sick_source_is_a_late_kill, told.a_sick_source_widens_no_tier),
    (law_02.without_a_database_nobody_goes_on, told.the_next_tier_runs_without_a_database),
    (law_02.without_a_database_nobody_goes_on, told.a_process_that_finds_a_spool_goes_on_with_it),
    (law_02.the_spool_is_not_merged, meanwhile.a_spool_is_merged_when_the_database_is_back),
    (law_02.the_fence_does_not_look_into_the_spool, meanwhile.nobody_raises_while_a_spool_is_visible),
    (law_02.the_card_is_written_once, meanwhile.the_card_is_rewritten_before_each_raise),
    (law_02.a_kill_forgets_the_raise_under_way, meanwhile.a_raise_that_lands_after_the_kill_is_undone),
    (law_02.a_kill_is_rehearsed_once, meanwhile.a_kill_is_rehearsed_before_the_start_and_every_hour),
    (law_02.a_rehearsal_tries_for_real, meanwhile.a_kill_is_rehearsed_before_the_start_and_every_hour),
    (law_02.nobody_tries_the_spool, meanwhile.a_kill_that_cannot_be_rehearsed_stops_the_start),
    (law_02.a_failed_rehearsal_is_a_remark, meanwhile.nothing_rises_after_a_failed_rehearsal_until_one_goes_well),
    (law_02.rearm_puts_everything_back, coming_back.rearm_puts_back_what_was_engaged_and_only_that),
    (law_02.rearm_forgives_what_fails, coming_back.a_killed_plan_starts_only_once_it_is_rearmed),
    (law_02.a_killed_plan_may_start, coming_back.a_killed_plan_starts_only_once_it_is_rearmed),
    (law_02.a_killed_plan_may_start, coming_back.an_older_rollout_that_was_killed_keeps_its_plan_from_starting),
    (law_02.an_act_is_its_cards_own, coming_back.a_kill_by_an_older_card_kills_what_lives),
    (law_02.what_stood_once_stands, coming_back.a_switch_that_was_put_back_while_it_is_killed_is_engaged_again),
    (law_02.a_rearmed_rollout_stays_rearmed, coming_back.a_rearmed_plan_can_be_killed_again),
    (law_02.one_that_fails_ends_kill_all, at_once.everything_is_killed_each_with_its_own_outcome),
    (law_02.the_spool_forgets_keys, at_once.the_same_act_engages_once_and_a_second_kill_joins_the_first),
)


@pytest.mark.parametrize(("plant", "check"), BUGS, ids=[f"{plant.__name__}: {check.__name__}" for plant, check in BUGS])
async def test_a_planted_bug_is_found(
    plant: planted.Plant, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2."""
    plant(monkeypatch)
    with pytest.raises((*planted.FOUND, pytest.fail.Exception)):
        await check(tmp_path, PATIENCE_S)
