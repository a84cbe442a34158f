"""What follows from an error budget: told once for each level, held when it's used up, overruled for a stage (R13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import budgets
from bot.domain.budget_levels import level, levels, worse
from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.overruling import turned_out, why_not
from bot.domain.record.outcomes import judged
from bot.domain.rollout import Rollout
from bot.domain.slos import Figure, SloLevel, SloSeen
from bot.domain.units import Weight
from tests.bot.domain.test_slos import an_slo_seen, plan_with
from tests.builders import ANA, BEN, Story, Value, a_plan, a_stage

SLOS = {"toggle": {"metric": "success", "target": "99.9%", "window": "30d"}}
PLAN = a_plan(slos=SLOS)
LEFT = st.none() | st.floats(0, 100)


def at(left: Value) -> dict[str, Any]:
    return {"slos": (an_slo_seen(left=left),)}


def low(story: Story) -> list[str]:
    """The levels that were told."""
    return [str(each.facts["level"]) for each in story.told if each.kind == "budget"]


# ---- levels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "found"),
    [
        (100.0, ""),
        (25.0, ""),
        (24.9, "warning"),
        (10.0, "warning"),
        (9.9, "critical"),
        (0.1, "critical"),
        (0.0, "exhausted"),
    ],
)
def test_a_budget_warns_under_25_percent_and_is_critical_under_10(left: float, found: str) -> None:
    """000: `Alert: < 25% remaining = warning, < 10% = critical`."""
    assert level(left) == found


def test_each_level_is_told_once_and_again_only_after_it_has_recovered() -> None:
    story = Story.baking(PLAN)
    for left in (60.0, 24.0, 23.0, 25.1, 24.0, 9.0, 11.0, 9.0, 31.0, 24.0):
        story.check(**at(left))
    assert low(story) == ["warning", "critical", "warning"]
    assert story.last("budget").facts == {
        "slo": "toggle",
        "left": 24.0,
        "window": "30d",
        "burns": {},
        "level": "warning",
    }


@given(st.lists(LEFT, max_size=12))
def test_a_level_is_told_only_when_it_is_worse_than_the_one_told_before(course: list[float | None]) -> None:
    known: dict[str, str] = {}
    order = ["", "warning", "critical", "exhausted"]
    for left in course:
        now = levels(known, (an_slo_seen(left=left),))
        told, before, after = worse(known, now), known.get("toggle", ""), now.get("toggle", "")
        assert bool(told) is (order.index(after) > order.index(before))
        assert left is not None or after == before
        assert left is None or order.index(after) >= order.index(level(left))
        known = now


def test_an_slo_that_a_changed_plan_no_longer_has_is_forgotten() -> None:
    assert levels({"gone": "exhausted"}, (an_slo_seen(),)) == {}


# ---- the hold -------------------------------------------------------------------------------------------------------


def held(**changes: Any) -> Story:
    """On hold for a used-up budget."""
    return Story.baking(PLAN, **changes).check(**at(0.0))


def test_a_used_up_budget_holds_and_says_whose_turn_it_is() -> None:
    story = held()
    hold = story.rollout.hold
    assert story.rollout.state is State.HELD
    assert hold is not None
    assert (hold.cause, hold.owner) == ("budget", ANA.id)
    assert hold.why == "the error budget of toggle (30d) is used up"
    assert story.kinds()[-2:] == ["budget", "held"]
    assert low(story.check(3, **at(0.0))) == ["exhausted"]


def test_an_open_gate_closes_when_the_budget_is_used_up() -> None:
    story = Story.at_gate(PLAN).check(**at(0.0))
    assert (story.rollout.state, story.rollout.gate) == (State.HELD, None)


def test_a_raise_under_way_is_given_up() -> None:
    story = Story.at_gate(PLAN).approve(BEN).check(**at(0.0))
    assert story.rollout.state is State.HELD
    assert story.intent().weight == Weight(1)


def test_a_breach_comes_before_a_used_up_budget() -> None:
    """Down beats everything else."""
    assert Story.baking(PLAN).check(success=80.0, **at(0.0)).rollout.state is State.ROLLING_BACK


def test_a_budget_that_is_not_known_holds_nothing_by_itself() -> None:
    """A sick source is never a sick canary; conditions on the budget have no data meanwhile."""
    assert Story.baking(PLAN).check(3, **at(None)).rollout.state is State.BAKING


def test_what_was_used_up_has_not_come_back_because_nobody_can_see_it() -> None:
    """Law 3: a plain resume goes on only when the budget was seen to have recovered."""
    story = held().check(**at(None))
    assert budgets.held_for_it(story.rollout) == ["toggle"]
    assert budgets.held_for_it(story.check(**at(3.0)).rollout) == ["toggle"]
    assert budgets.held_for_it(story.check(**at(6.0)).rollout) == []


def test_a_plain_resume_is_held_again_by_the_next_check() -> None:
    """Whatever way it got going: only an override goes on with it."""
    assert held().resume().check(**at(0.0)).rollout.state is State.HELD


# ---- the override ---------------------------------------------------------------------------------------------------


def overruled() -> Story:
    story = held()
    return story.take(budgets.go_on(story.rollout, story.now, "the outage was ours, INC-7", BEN))


def test_an_override_goes_on_for_this_stage_with_its_reason_on_record() -> None:
    story = overruled()
    [given] = story.rollout.overrides
    assert (given.what, given.by, given.reason) == ("budget", BEN.id, "the outage was ours, INC-7")
    assert [each.condition for each in given.overruled] == ["budget(toggle) > 0%"]
    assert story.kinds()[-1] == "overspent"
    assert BEN.id in story.rollout.involved
    assert story.check(2, **at(0.0)).rollout.state is State.BAKING


def test_who_overruled_it_may_not_approve_the_gate_after_it() -> None:
    story = overruled()
    for _ in range(6):
        story.check(**at(0.0))
    assert story.rollout.state is State.GATE
    story.approve(BEN)
    assert story.rollout.state is State.GATE, "who overruled may not approve"
    story.approve(ANA)
    assert story.rollout.state is State.GATE, "nor who started it"


def test_a_stage_that_is_reached_on_it_holds_again() -> None:
    story = Story.at_gate(PLAN)
    story.rollout = story.rollout.but(budgets={"toggle": "exhausted"}, overspent=("toggle",))
    story.approve(BEN)
    story.lands()
    assert story.rollout.overspent == ()
    assert story.check(**at(0.0)).rollout.state is State.HELD


def test_another_budget_is_not_overruled_with_it() -> None:
    plan = a_plan(slos={**SLOS, "jobs": SLOS["toggle"]})
    story = Story.baking(plan).check(**at(0.0))
    story.take(budgets.go_on(story.rollout, story.now, "known", BEN))
    story.check(slos=(an_slo_seen(left=0.0), an_slo_seen("jobs", left=0.0)))
    assert budgets.held_for_it(story.rollout) == ["jobs"]


def test_an_override_of_a_verdict_does_not_lift_a_used_up_budget() -> None:
    story = held()
    assert "another reason" in str(why_not(story.rollout, PLAN, story.now))


def test_whether_it_was_right_is_judged_like_every_override() -> None:
    story = overruled()
    [given] = story.rollout.overrides
    assert turned_out(given, story.rollout) is Outcome.OPEN
    done = story.rollout.but(state=State.COMPLETED, ended_at=story.now)
    assert turned_out(given, done) is Outcome.RIGHT
    assert judged(done, ())[0].kind == "budget"


def test_older_rollouts_load_without_budgets() -> None:
    kept = Story.baking(PLAN).rollout.model_dump(mode="json", exclude={"budgets", "overspent"})
    assert Rollout.model_validate(kept).budgets == {}


# ---- watching, and what it may cost ---------------------------------------------------------------------------------


def test_the_most_that_a_stage_may_cost() -> None:
    """5 % for 30 min, all bad, of the 43.2 min that 99.9 % of 30 days leave: 1.5 min, 3.47 %."""
    plan = plan_with(toggle={}, errors={"metric": "errors", "target": "< 1%", "warning": None, "critical": None})
    assert budgets.cost(plan, "toggle", Weight(5), timedelta(minutes=30)) == pytest.approx(100 * 1.5 / 43.2)
    assert budgets.cost(plan, "errors", Weight(5), timedelta(minutes=30)) == pytest.approx(10 * 1.5 / 43.2)


def test_what_is_no_share_of_the_traffic_has_no_cost_that_can_be_told() -> None:
    plan = a_plan(slos={"slow": {"metric": "latency", "target": "<= 1s", "window": "7d", "error_budget": "1%"}})
    assert budgets.cost(plan, "slow", Weight(5), timedelta(minutes=30)) is None


@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 10_000))
def test_more_weight_and_more_time_never_cost_less(one: float, other: float, minutes: int) -> None:
    plan, bake = plan_with(toggle={}), timedelta(minutes=minutes)
    less, more = (budgets.cost(plan, "toggle", Weight(each), bake) or 0.0 for each in sorted((one, other)))
    assert 0 <= less <= more
    longer = budgets.cost(plan, "toggle", Weight(other), bake * 2)
    assert longer is not None
    assert longer >= (budgets.cost(plan, "toggle", Weight(other), bake) or 0.0)


def test_a_condition_on_the_budget_rolls_back_before_it_is_used_up() -> None:
    plan = a_plan(a_stage(rollback_when=["budget(toggle) < 20%"]), slos=SLOS)
    assert Story.baking(plan).check(**at(19.0)).rollout.state is State.ROLLING_BACK


def test_a_fast_burn_in_two_windows_rolls_back() -> None:
    plan = a_plan(a_stage(rollback_when=["burn(toggle, 1h, 5m) > 14.4"]), slos=SLOS)

    def burning(hour: float, minutes: float) -> SloSeen:
        burns = {"1h": Figure(value=hour), "5m": Figure(value=minutes)}
        return an_slo_seen().model_copy(update={"burns": burns})

    assert Story.baking(plan).check(2, slos=(burning(20, 2),)).rollout.state is State.BAKING
    assert Story.baking(plan).check(2, slos=(burning(20, 16),)).rollout.state is State.ROLLING_BACK


def test_slos_violated_three_times_in_a_row_roll_back() -> None:
    """001: `max_violations = 3`."""
    plan = a_plan(a_stage(bake="1h", rollback_when=["slos violated 3 times in a row"]), slos=SLOS)
    story, (bad, good) = Story.baking(plan), (an_slo_seen(level=each) for each in (SloLevel.VIOLATED, SloLevel.PASS))
    story.check(2, slos=(bad,)).check(1, slos=(good,)).check(2, slos=(bad,))
    assert story.rollout.state is State.BAKING
    assert story.check(slos=(bad,)).rollout.state is State.ROLLING_BACK
