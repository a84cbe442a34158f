"""What one check does when things go wrong: no data, breaches, drift (laws 3, 10)."""

from datetime import timedelta

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Way
from bot.domain.units import ZERO, Weight
from tests.builders import (
    BEN,
    BLIND,
    BREACHING,
    FAILING,
    Story,
    a_baseline,
    a_plan,
    a_stage,
    one_special_stage,
)

# ---- no data ---------------------------------------------------------------------------------------------------


def test_no_data_waits_says_what_is_missing_and_then_holds() -> None:
    """Law 3: `no_data: {after: 10m, then: hold}`."""
    story = Story.baking().check(1, **BLIND)
    assert "no_data" not in story.kinds(), "one look without data is no news"
    story.check(1, **BLIND)
    assert story.last("no_data").facts["missing"] == [
        "success < 90% (timeout: no answer in 10 s)",
        "success > 98% (timeout: no answer in 10 s)",
    ]
    story.check(8, **BLIND)
    assert (story.rollout.state, story.kinds().count("no_data")) == (State.BAKING, 1)
    story.check(1, **BLIND)
    assert story.rollout.state is State.HELD
    assert story.rollout.hold is not None
    assert "no data for longer than the plan allows: success < 90%, success > 98%" in story.rollout.hold.why


def test_one_answer_in_between_begins_the_wait_for_data_anew() -> None:
    story = Story.baking(one_special_stage(bake="4h")).check(9, **BLIND).check(1).check(9, **BLIND)
    assert story.rollout.state is State.BAKING


def test_no_data_rolls_back_only_where_the_plan_says_so() -> None:
    plan = a_plan(no_data={"after": "3m", "then": "rollback"})
    assert Story.baking(plan).check(4, **BLIND).rollout.state is State.ROLLING_BACK


def test_a_sick_source_never_rolls_back_by_itself() -> None:
    """Law 3."""
    plan = a_plan(no_data={"after": "3m", "then": "tell"})
    assert Story.baking(plan).check(60, success=None, errors=None, latency=None).rollout.state is State.BAKING


# ---- breach ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.BAKING, State.GATE, State.HELD, State.SHIFTING])
def test_a_breach_rolls_back_from_every_state_with_traffic(state: State) -> None:
    story = Story.at_gate() if state in (State.GATE, State.SHIFTING) else Story.baking()
    if state is State.SHIFTING:
        story.approve(BEN)
    if state is State.HELD:
        story.hold()
    assert story.rollout.state is state
    story.check(**BREACHING)
    assert (story.rollout.state, story.rollout.target) == (State.ROLLING_BACK, ZERO)
    assert (story.intent().way, story.rollout.reason) == (Way.LOWER, "errors > 5%")
    assert story.last("rolling_back").facts["lines"][0]["value"] == 9.0


def test_a_breach_may_be_an_emergency() -> None:
    story = Story.baking(one_special_stage(on_breach="kill")).check(**BREACHING)
    assert (story.emergency, story.rollout.state) == ("errors > 5%", State.BAKING)


def test_a_breach_may_hold() -> None:
    story = Story.baking(one_special_stage(on_breach="hold")).check(**BREACHING)
    assert story.rollout.hold is not None
    assert (story.rollout.state, story.rollout.hold.why) == (State.HELD, "errors > 5%")


def test_a_hold_keeps_its_deadline_while_a_breach_goes_on() -> None:
    """The default of a hold happens, most of all while it's bad."""
    plan = one_special_stage(on_fail="hold 1h then rollback", on_breach="hold")
    story = Story.baking(plan).check(4, **FAILING).check(every=timedelta(hours=1), **BREACHING)
    assert story.rollout.state is State.ROLLING_BACK


def test_a_breach_on_both_sides_holds_instead_of_rolling_back() -> None:
    story = Story.baking().check(stable={"errors": 8.0}, **BREACHING)
    assert story.rollout.hold is not None
    assert (story.rollout.state, story.rollout.hold.cause) == (State.HELD, "both_sides")
    story.check(stable={"errors": 8.0}, **BREACHING)
    assert (story.rollout.state, story.kinds().count("held")) == (State.HELD, 1)
    assert story.check(stable={"errors": 0.0}, **BREACHING).rollout.state is State.ROLLING_BACK


def test_a_breach_against_the_baseline_on_both_sides_holds_too() -> None:
    plan = one_special_stage(rollback_when=["latency > baseline + 30%"])
    story = Story.baking(plan, baselines={"latency": a_baseline(1.0)})
    assert story.check(latency=2.0, stable={"latency": 2.0}).rollout.state is State.HELD


def test_a_kill_that_the_plan_asks_for_does_not_wait_for_the_stable_side() -> None:
    story = Story.baking(one_special_stage(on_breach="kill")).check(stable={"errors": 8.0}, **BREACHING)
    assert story.emergency


# ---- drift (law 10) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("real", [0, 0.5, 2, 100])
def test_drift_is_held_and_told_with_before_and_after(real: float) -> None:
    story = Story.baking(a_plan(drift="hold")).check()
    story.world = Weight(real)
    story.check()
    facts = story.last("drift").facts
    assert (story.rollout.state, facts["recorded"], facts["real"]) == (State.HELD, 1, real)
    assert story.rollout.intent is None
    assert story.check(3).kinds().count("drift") == 1, "told once"


def test_drift_above_is_lowered_where_the_plan_says_so() -> None:
    story = Story.baking(a_plan(drift="lower")).check()
    story.world = Weight(30)
    story.check()
    assert (story.rollout.state, story.intent().way, story.intent().weight) == (State.HELD, Way.LOWER, Weight(1))
    assert story.lands().world == Weight(1)


def test_drift_below_is_never_repaired_upward() -> None:
    story = Story.baking(a_plan(drift="lower"), stage=1).check()
    story.world = Weight(3)
    assert story.check(5).rollout.intent is None


def test_a_rollback_after_drift_below_does_not_raise_what_is_left() -> None:
    """Back to 10 % would be upward from 3 %."""
    plan = a_plan(a_stage("1%"), a_stage("10%"), a_stage("50%", rollback_to="previous"))
    story = Story.baking(plan, stage=2).check()
    story.world = Weight(3)
    story.check().roll_back()
    assert story.intent().weight == Weight(3)


def test_drift_in_a_gate_closes_it() -> None:
    story = Story.at_gate()
    story.world = Weight(7)
    story.check()
    assert (story.rollout.state, story.rollout.gate) == (State.HELD, None)
    assert {"gate_closed", "drift"} <= set(story.kinds())


def test_drift_is_told_even_when_a_breach_goes_first() -> None:
    story = Story.baking().check()
    story.world = Weight(30)
    story.check(**BREACHING)
    assert story.rollout.state is State.ROLLING_BACK
    assert story.last("drift").facts["real"] == 30


def test_drift_is_lowered_while_a_breach_only_holds() -> None:
    story = Story.baking(a_plan(a_stage(on_breach="hold"), drift="lower")).check(**BREACHING)
    story.world = Weight(30)
    story.check(**BREACHING)
    assert (story.rollout.state, story.intent().weight) == (State.HELD, Weight(1))
