"""What a clock leaves behind that was set back by hours: nothing waits for the old time to come again."""

from datetime import timedelta

import pytest

from bot.domain import kills
from bot.domain.clocks import in_time, set_right
from bot.domain.gates import may_still_begin, promotion_waits_for
from bot.domain.machine import State
from bot.domain.rehearsals import due
from bot.domain.rollout import Intent, Kill, Streak, Verdict, Way
from bot.domain.steps import Step
from bot.domain.units import ZERO, Weight
from bot.domain.waits import Wait
from tests.builders import BEN, MINUTE, START, Story, a_check, a_gate, a_plan, a_rollout, a_stage, at_stage

BACK = timedelta(hours=3)
NOW = START - BACK
PLAN = a_plan()


def test_what_began_later_than_now_begins_now() -> None:
    """Law 3: data that is away, a settling stage and a resume don't last until the old time comes again."""
    names = ("shifted_at", "entered_at", "counted_at", "resumed_at", "no_data_since", "unread_since", "verify_since")
    rollout = at_stage(PLAN).but(**dict.fromkeys(names, START))
    right = set_right(rollout, PLAN, NOW)
    assert {getattr(right, name) for name in names} == {NOW}
    assert set_right(rollout, PLAN, START) == rollout


def test_machines_that_disagree_by_a_moment_are_left_alone() -> None:
    rollout = at_stage(PLAN, shifted_at=START + timedelta(seconds=2), streaks={"x": Streak(since=START, times=2)})
    assert set_right(rollout, PLAN, START - timedelta(seconds=1)) == rollout


def test_a_trigger_that_lasts_begins_anew_and_fires_in_time() -> None:
    """Laws 2 and 3: `queue > 500 for 5m` fires five minutes after the clock was set back, not three hours later."""
    plan = a_plan(a_stage(rollback_when=["queue > 500 for 5m"]), a_stage("10%"))
    story = Story.baking(plan).check(3, queue=600.0)
    story.now -= BACK
    story.rollout = set_right(story.rollout, plan, story.now)
    story.check(6, queue=600.0)
    assert story.rollout.state is State.ROLLING_BACK


def test_what_is_counted_in_a_row_stays_counted() -> None:
    streak = Streak(since=START, last=START, looked=START, times=2)
    assert set_right(at_stage(PLAN, streaks={"x": streak}), PLAN, NOW).streaks == {"x": Streak(times=2)}


def test_a_rehearsal_of_later_than_now_is_repeated() -> None:
    """Law 2: nothing rises on one that is older than two hours, whatever its time says."""
    assert due(set_right(at_stage(PLAN, rehearsed_at=START), PLAN, NOW), NOW)


def test_a_verdict_of_later_than_now_is_not_fresh() -> None:
    """Law 1."""
    rollout = at_stage(PLAN, state=State.GATE, gate=a_gate(), check=a_check(Verdict.PASS, START))
    assert Wait.FRESH_CHECK in [each.about for each in promotion_waits_for(rollout, PLAN, NOW)]
    slightly = START - MINUTE
    assert Wait.FRESH_CHECK not in [each.about for each in promotion_waits_for(rollout, PLAN, slightly)]


def test_a_raise_that_was_asked_for_later_than_now_waits_for_a_check() -> None:
    """Law 1: nobody knows how long ago it was approved."""
    intent = Intent(id="i", way=Way.RAISE, weight=Weight(10), before=Weight(1), made_at=START, reason="promoted")
    rising = at_stage(PLAN, 1, state=State.SHIFTING, intent=intent)
    assert not may_still_begin(rising, PLAN, NOW)
    assert not may_still_begin(rising.but(check=a_check(Verdict.PASS, START)), PLAN, NOW)
    assert may_still_begin(rising.but(check=a_check(Verdict.PASS, NOW)), PLAN, NOW)


def test_a_kill_under_way_has_its_tiers_in_time() -> None:
    """Law 2: the wider tier runs ten seconds after the clock was set back, and a raise lands in its own time."""
    kill = Kill(by=BEN, reason="", asked_at=START, tier=1, lands_by=START + timedelta(minutes=1))
    killing = a_rollout(state=State.KILLING, kill=kill)
    right = set_right(killing, PLAN, NOW).kill
    assert right is not None
    assert right.lands_by is not None
    assert right.lands_by <= NOW + PLAN.confirm.within
    assert not kills.out_of_time(right, NOW + timedelta(seconds=9))
    assert kills.out_of_time(right, NOW + timedelta(seconds=11))
    assert kills.waited(right, NOW + timedelta(seconds=11)) == timedelta(seconds=11)
    assert kills.waited(kill, START + MINUTE) == MINUTE


@pytest.mark.parametrize("state", [State.BAKING, State.HELD, State.SHIFTING])
def test_nothing_that_lives_is_looked_at_later_than_a_check_interval(state: State) -> None:
    """Law 10: whoever saves it by an older value, with a time of the other clock."""
    step = Step(at_stage(PLAN, state=state, due_at=START))
    assert in_time(step, PLAN, NOW).rollout.due_at == NOW + MINUTE
    assert in_time(step, PLAN, START - MINUTE) == step


def test_what_failed_is_tried_again_in_a_quarter_of_an_hour_at_the_latest() -> None:
    """U9: a silence isn't taken back three hours later."""
    ended = Step(at_stage(PLAN, state=State.ROLLED_BACK, due_at=START, confirmed=ZERO))
    assert in_time(ended, PLAN, NOW).rollout.due_at == NOW + timedelta(minutes=15)


def test_a_preflight_that_was_green_later_than_now_starts_nothing() -> None:
    """Law 1: at a start's gate it stands for the verdict."""
    starting = a_rollout(state=State.START_GATE, gate=a_gate(stage=None), green_at=START)
    assert Wait.PREFLIGHT in [each.about for each in promotion_waits_for(starting, PLAN, NOW)]
    assert Wait.PREFLIGHT not in [each.about for each in promotion_waits_for(starting, PLAN, START - MINUTE)]
