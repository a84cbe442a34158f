"""Each law's test is shown to fail against planted bugs; without that it would prove nothing."""

import pytest

from tests.laws.driven import UNSHRUNK, Driven, drive
from tests.laws.mutants import planted
from tests.laws.mutants.planted import FOUND
from tests.laws.test_law_01_rises_only_through_a_gate import RisesOnlyThroughAGate
from tests.laws.test_law_03_no_data_is_never_a_pass import NoDataIsNeverAPass
from tests.laws.test_law_06_twice_is_once import TwiceIsOnce
from tests.laws.test_law_07_down_beats_up import DownBeatsUp
from tests.laws.test_law_10_drift_is_seen import DriftIsSeen

BUGS: dict[type[Driven], tuple[planted.Plant, ...]] = {
    RisesOnlyThroughAGate: (
        planted.a_verdict_stays_fresh_for_hours,
        planted.who_asked_may_approve,
        planted.nobody_has_to_approve,
        planted.nobody_has_to_tick,
        planted.an_item_that_was_seen_once_stays_ticked,
        planted.a_failed_check_does_not_void_a_gate,
        planted.an_unread_weight_is_good_enough,
        planted.a_check_of_before_the_resume_will_do,
        planted.an_expired_gate_is_still_open,
        planted.a_promotion_skips_a_stage,
        planted.a_retreat_keeps_what_was_approved,
    ),
    NoDataIsNeverAPass: (
        planted.no_data_counts_as_a_pass,
        planted.no_data_counts_as_a_failure,
        planted.a_gate_opens_without_data,
        planted.a_rollout_completes_without_data,
        planted.no_data_rolls_back,
        planted.no_data_resets_clean_time,
    ),
    TwiceIsOnce: (planted.two_clicks_are_two_people, planted.a_repeated_kill_begins_anew),
    DownBeatsUp: (
        planted.a_rollback_leaves_the_raise_standing,
        planted.a_kill_leaves_the_gate_open,
        planted.a_rolled_back_rollout_goes_up_again,
        planted.a_way_down_leads_up,
    ),
    DriftIsSeen: (
        planted.nobody_looks_at_the_weight,
        planted.drift_is_repaired_upward,
        planted.drift_is_seen_and_not_told,
        planted.drift_is_told_and_not_held,
        planted.drift_above_what_was_approved_stays,
    ),
    Driven: (planted.a_hold_has_no_deadline, planted.an_ended_rollout_can_be_held),
}


@pytest.mark.parametrize(
    ("law", "plant"),
    [pytest.param(law, plant, id=f"law {law.law}: {plant.__name__}") for law, bugs in BUGS.items() for plant in bugs],
)
def test_a_planted_bug_is_found(law: type[Driven], plant: planted.Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(FOUND):
        drive(law, UNSHRUNK)
