"""What one check does to a rollout: gates, clocks, holds and ways down, told as small stories."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.domain.decisions import Position
from bot.domain.machine import State
from bot.domain.progress import position, progress
from bot.domain.rollout import Verdict, Way
from bot.domain.units import ZERO, Weight
from tests.builders import (
    BEN,
    BLIND,
    BREACHING,
    CLEO,
    FAILING,
    MINUTE,
    SLOW,
    START,
    Story,
    a_check,
    a_plan,
    a_stage,
    one_special_stage,
)

# ---- the way up ------------------------------------------------------------------------------------------------


def test_a_gate_opens_when_the_bake_is_over_and_not_before() -> None:
    story = Story.baking().check(3)
    assert story.rollout.state is State.BAKING
    story.check()
    assert (story.rollout.state, story.kinds()[-1]) == (State.GATE, "gate")


def test_an_approved_gate_asks_for_the_next_weight() -> None:
    """Law 1: a fresh pass, an approval of this gate, a confirmed weight."""
    story = Story.at_gate().approve(BEN)
    assert (story.rollout.state, story.intent().way, story.intent().weight) == (State.SHIFTING, Way.RAISE, Weight(10))
    assert story.last("promoted").facts["by"] == [BEN.id]


def test_a_gate_with_a_warning_lists_it_and_may_be_promoted() -> None:
    """`warn` is promotable; the gate lists the warnings."""
    story = Story.baking().until(State.GATE, **SLOW)
    assert story.last("gate").facts["warnings"] == ["latency < 10s"]
    assert story.check(**SLOW).approve(BEN).rollout.state is State.SHIFTING


def test_an_approval_given_early_promotes_with_the_next_passing_check() -> None:
    story = Story.at_gate(a_plan(a_stage("1%", approvals={"need": 2}), a_stage("10%")))
    story.now += timedelta(minutes=3)
    story.approve(BEN, CLEO)
    assert story.rollout.state is State.GATE, "the last check is stale"
    assert story.check().rollout.state is State.SHIFTING


def test_the_approvals_of_one_gate_are_not_those_of_the_next() -> None:
    """X2: a gate that closed takes its approvals with it."""
    story = Story.at_gate(a_plan(a_stage("1%", approvals={"need": 2}), a_stage("10%")))
    story.approve(BEN).check(**FAILING).until(State.GATE).approve(CLEO)
    assert (story.rollout.state, story.kinds().count("gate")) == (State.GATE, 2)


@pytest.mark.parametrize("found", [FAILING, BLIND])
def test_a_gate_that_fails_goes_back_to_baking_with_the_bake_kept(found: dict[str, Any]) -> None:
    story = Story.at_gate()
    baked = story.rollout.baked
    story.check(**found)
    assert (story.rollout.state, story.rollout.gate, story.rollout.baked) == (State.BAKING, None, baked)
    assert "gate_closed" in story.kinds()
    assert story.check().rollout.state is State.GATE, "a new gate opens with the next pass"


def test_a_new_warning_closes_a_gate_and_a_shown_one_does_not() -> None:
    story = Story.at_gate().check(**SLOW)
    assert (story.rollout.state, story.kinds()[-1]) == (State.BAKING, "gate_closed")
    shown = Story.baking().until(State.GATE, **SLOW)
    assert shown.check(**SLOW).rollout.state is State.GATE


def test_nobody_promotes_while_the_weight_cannot_be_read() -> None:
    """Law 1: a confirmed current weight."""
    story = Story.at_gate().check(unread=True).approve(BEN)
    assert story.rollout.state is State.GATE
    assert story.check().rollout.state is State.SHIFTING


def test_the_last_bake_ends_in_completion_and_keeps_the_weight() -> None:
    """R16."""
    story = Story.baking(stage=2).check(4)
    assert (story.rollout.state, story.rollout.confirmed) == (State.COMPLETED, Weight(50))
    assert story.rollout.ended_at == story.now


def test_completion_waits_for_its_own_conditions() -> None:
    story = Story.baking(stage=2).check(6, complete_fails=("success > 99% (98.5)",))
    assert story.rollout.state is State.BAKING
    assert story.check().rollout.state is State.COMPLETED


def test_a_fresh_stage_starts_with_fresh_clocks_and_counts() -> None:
    """A retry counter that never resets rolls a healthy canary back after three blips."""
    story = Story.baking(one_special_stage(on_fail="retry")).check(4, **FAILING)
    assert story.rollout.retries == 1
    story.until(State.GATE).approve(BEN).lands()
    rollout = story.rollout
    assert (rollout.stage, rollout.retries, rollout.baked, rollout.streaks) == (1, 0, timedelta(0), {})
    assert rollout.involved == (rollout.requester.id,)


# ---- clocks ----------------------------------------------------------------------------------------------------


def test_a_bake_does_not_count_a_downtime_of_perch() -> None:
    story = Story.baking().check(2).check(every=timedelta(hours=3))
    assert story.rollout.baked == 2 * MINUTE


def test_a_bake_does_not_count_while_held() -> None:
    story = Story.baking().check(2).hold().check(5).resume().check()
    assert story.rollout.baked == 3 * MINUTE


def test_a_bake_counts_only_confirmed_time() -> None:
    story = Story.baking().check(2).check(3, unread=True)
    assert story.rollout.baked == 2 * MINUTE


def test_clean_time_restarts_at_a_failure_and_stops_without_data() -> None:
    story = Story.baking(one_special_stage(clean_for="10m")).check(3)
    assert story.check(2, **BLIND).rollout.clean == 3 * MINUTE
    assert story.check(1).rollout.clean == 4 * MINUTE
    assert story.check(1, **FAILING).rollout.clean == timedelta(0)


def test_clean_time_restarts_at_a_failure_in_a_hold_too() -> None:
    story = Story.baking(one_special_stage(clean_for="10m")).check(3).hold().check(**FAILING)
    assert story.rollout.clean == timedelta(0)


def test_unjudged_time_is_not_clean_time() -> None:
    story = Story.baking(one_special_stage(clean_for="10m", settle="3m")).check(5)
    assert story.rollout.clean == 3 * MINUTE


def test_a_settling_stage_opens_no_gate() -> None:
    story = Story.baking(one_special_stage(bake="1m", settle="5m")).check(4)
    assert story.rollout.state is State.BAKING
    assert story.check().rollout.state is State.GATE


# ---- failed bakes ----------------------------------------------------------------------------------------------


def test_a_failed_bake_holds_for_the_stated_time_and_then_rolls_back() -> None:
    """`on_fail: hold 24h then rollback`."""
    story = Story.baking(one_special_stage(on_fail="hold 24h then rollback")).check(4, **FAILING)
    hold = story.rollout.hold
    assert hold is not None
    assert (hold.until, hold.then, hold.owner) == (story.now + timedelta(hours=24), "rollback", "U0ANA")
    story.check(every=timedelta(hours=23), **FAILING)
    assert story.rollout.state is State.HELD
    story.check(every=timedelta(hours=1))
    assert (story.rollout.state, story.rollout.target) == (State.ROLLING_BACK, ZERO)


def test_a_hold_that_ends_in_a_kill_pulls_the_switch() -> None:
    story = Story.baking(one_special_stage(on_fail="hold 1h then kill")).check(4, **FAILING)
    assert story.check(every=timedelta(hours=1)).emergency.startswith("nobody acted on the hold")


def test_extend_bakes_longer_once_and_then_holds() -> None:
    story = Story.baking(one_special_stage(on_fail="extend 3m")).check(4, **FAILING)
    assert (story.rollout.state, story.kinds()[-1]) == (State.BAKING, "extended")
    assert story.check(2, **FAILING).rollout.state is State.BAKING
    assert story.check(**FAILING).rollout.state is State.HELD


@pytest.mark.parametrize(("then", "state"), [("rollback", State.ROLLING_BACK), ("hold", State.HELD)])
def test_extend_has_an_end_of_its_own(then: str, state: State) -> None:
    story = Story.baking(one_special_stage(on_fail=f"extend 3m then {then}")).check(7, **FAILING)
    assert story.rollout.state is state


def test_extend_may_end_in_a_kill() -> None:
    assert Story.baking(one_special_stage(on_fail="extend 3m then kill")).check(7, **FAILING).emergency


def test_extend_lets_a_stage_pass_in_the_added_time() -> None:
    story = Story.baking(one_special_stage(on_fail="extend 3m")).check(4, **FAILING).check(3)
    assert story.rollout.state is State.GATE


def test_retry_bakes_again_from_the_start_once() -> None:
    story = Story.baking(one_special_stage(on_fail="retry")).check(4, **FAILING)
    assert (story.kinds()[-1], story.rollout.baked) == ("retried", timedelta(0))
    assert story.check(3, **FAILING).rollout.state is State.BAKING
    assert story.check(**FAILING).rollout.state is State.HELD


def test_a_failed_bake_may_roll_back_or_kill_at_once() -> None:
    rolled = Story.baking(one_special_stage(on_fail="rollback")).check(4, **FAILING)
    assert rolled.rollout.state is State.ROLLING_BACK
    assert rolled.rollout.reason == "the bake is over and these don't hold: success > 98%"
    assert Story.baking(one_special_stage(on_fail="kill")).check(4, **FAILING).emergency


def test_a_failure_before_the_bake_is_over_only_waits() -> None:
    story = Story.baking(one_special_stage(on_fail="rollback")).check(3, **FAILING)
    assert story.rollout.state is State.BAKING


# ---- news ------------------------------------------------------------------------------------------------------


def test_a_verdict_is_told_when_it_or_what_fails_changes() -> None:
    story = Story.baking(one_special_stage(bake="4h")).check(3).check(2, **FAILING).check(2, **FAILING, **SLOW)
    told = [each.facts["verdict"] for each in story.told if each.kind == "verdict_changed"]
    assert told == ["pass", "fail", "fail"]


def test_a_settling_stage_is_quiet_and_its_first_verdict_is_told() -> None:
    story = Story.baking(one_special_stage(settle="3m")).check(2)
    assert "verdict_changed" not in story.kinds()
    story.check()
    assert story.last("verdict_changed").facts["verdict"] == "pass"


# ---- every position meets every verdict ------------------------------------------------------------------------

STANDING = {
    Position.SHIFTING: lambda: Story.at_gate().approve(BEN),
    Position.SETTLING: lambda: Story.baking(one_special_stage(settle="9m")),
    Position.BAKING: lambda: Story.baking(),
    Position.BAKED: lambda: Story.baking(baked=timedelta(hours=9)),
    Position.LAST_BAKED: lambda: Story.baking(stage=2, baked=timedelta(hours=9)),
    Position.GATE: lambda: Story.at_gate(),
    Position.HELD: lambda: Story.baking().check().hold(),
    Position.GOING_DOWN: lambda: Story.baking().check().roll_back(),
}
FOUND: dict[Verdict, dict[str, Any]] = {
    Verdict.BREACH: BREACHING,
    Verdict.NO_DATA: BLIND,
    Verdict.FAIL: FAILING,
    Verdict.WARN: SLOW,
    Verdict.PASS: {},
}


@pytest.mark.parametrize(("where", "verdict"), list(product(Position, Verdict)))
def test_every_verdict_is_answered_in_every_position(where: Position, verdict: Verdict) -> None:
    """Nothing raises, nothing is forgotten, and only a promotable verdict leads up."""
    story = STANDING[where]()
    story.now += MINUTE
    look = story.look(**FOUND[verdict])
    assert position(story.rollout, story.plan, look.check) is where
    step = progress(story.rollout, story.plan, look)
    if verdict is Verdict.BREACH and where is not Position.GOING_DOWN:
        assert step.rollout.state is State.ROLLING_BACK
    elif where is Position.GOING_DOWN:
        assert step.rollout.intent == story.rollout.intent
    elif step.rollout.state in (State.GATE, State.COMPLETED):
        assert verdict.promotable or where is Position.SHIFTING
    assert step.rollout.target <= max(story.rollout.target, story.rollout.approved)


def test_a_look_is_pure() -> None:
    """The same look at the same rollout is always the same step."""
    story = Story.baking(baked=timedelta(hours=9))
    story.now += MINUTE
    look = story.look()
    assert progress(story.rollout, story.plan, look) == progress(story.rollout, story.plan, look)


def test_a_check_of_before_the_resume_opens_no_gate() -> None:
    story = Story.baking(baked=timedelta(hours=9)).check(**FAILING)
    assert story.rollout.state is State.HELD
    story.now += MINUTE
    older = story.look()
    story.resume()
    assert progress(story.rollout, story.plan, older).rollout.state is State.BAKING
    assert story.check().rollout.state is State.GATE


def test_a_stale_clock_never_counts_backwards() -> None:
    story = Story.baking().check(3)
    story.check(every=-timedelta(minutes=2))
    assert story.rollout.baked == 3 * MINUTE
    assert a_check().at == START
