"""Moves: what each leaves behind, and what it tells (laws 1, 7; R11, R15, R16)."""

from datetime import timedelta

import pytest

from bot.domain import gates, moves, rollbacks
from bot.domain.errors import IllegalMove
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout, Way
from bot.domain.units import ZERO, Weight
from tests.builders import ANA, BEN, CLEO, MINUTE, START, Story, a_plan, a_rollout, a_stage, at_stage


def backwards(to: str) -> Plan:
    return a_plan(*(a_stage(weight, rollback_to=to) for weight in ("1%", "10%", "50%")))


# ---- up --------------------------------------------------------------------------------------------------------


def test_a_green_preflight_asks_for_the_first_weight() -> None:
    plan = a_plan()
    step = moves.enter_first_stage(a_rollout(), plan, START, "i1")
    intent = step.rollout.intent
    assert intent is not None
    assert (step.rollout.state, intent.way, intent.weight, intent.before) == (
        State.SHIFTING,
        Way.RAISE,
        Weight(1),
        ZERO,
    )
    assert step.rollout.approved == Weight(1)


def test_the_bake_clock_starts_when_the_weight_is_confirmed() -> None:
    story = Story.at_gate().approve(BEN)
    story.now += timedelta(seconds=40)
    story.lands()
    assert (story.rollout.state, story.rollout.shifted_at, story.rollout.baked) == (
        State.BAKING,
        story.now,
        timedelta(0),
    )
    assert story.last("stage_confirmed").facts == {"stage": 1, "weight": 10, "before": 1, "mirror": 0, "took_s": 40}


def test_a_raise_that_is_not_confirmed_goes_back_and_is_held() -> None:
    """Raise not confirmed within its time: back to the previous weight, then held, told."""
    story = Story.at_gate().approve(BEN).gives_up()
    rollout = story.rollout
    assert (rollout.state, rollout.stage, rollout.approved, rollout.confirmed) == (State.HELD, 0, Weight(1), Weight(1))
    assert (story.intent().way, story.intent().weight, story.intent().before) == (Way.LOWER, Weight(1), Weight(10))
    assert story.kinds()[-1] == "held"


def test_a_first_raise_that_is_not_confirmed_starts_with_preflight_again() -> None:
    plan = a_plan()
    story = Story(plan).take(moves.enter_first_stage(a_rollout(), plan, START, "i1")).gives_up().lands()
    assert (story.rollout.state, story.world, story.rollout.stage) == (State.HELD, ZERO, 0)
    assert story.resume().rollout.state is State.PREFLIGHT


# ---- hold and resume -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lasting", [None, timedelta(hours=2)])
def test_every_hold_has_an_owner_a_deadline_and_a_default(lasting: timedelta | None) -> None:
    """X12."""
    hold = Story.baking().hold(BEN, lasting).rollout.hold
    assert hold is not None
    assert (hold.owner, hold.until, hold.then) == (BEN.id, START + (lasting or timedelta(days=1)), "hold")


def test_a_hold_closes_a_gate_and_says_so() -> None:
    story = Story.at_gate().hold()
    assert (story.rollout.gate, story.kinds()[-2:]) == (None, ["gate_closed", "held"])


def test_a_resume_goes_on_with_the_bake_and_needs_a_new_gate() -> None:
    story = Story.at_gate()
    baked = story.rollout.baked
    story.hold().resume()
    assert (story.rollout.state, story.rollout.baked, story.rollout.gate) == (State.BAKING, baked, None)
    assert story.check().rollout.state is State.GATE


def test_who_resumes_is_involved_for_this_stage_and_not_for_the_next() -> None:
    """Requester is who started, resumed or overrode in this stage."""
    story = Story.at_gate().hold(BEN).resume(BEN).until(State.GATE).approve(BEN)
    assert story.rollout.state is State.GATE, "BEN resumed, so BEN may not approve"
    story.approve(CLEO).lands()
    assert story.rollout.involved == (ANA.id,)
    assert story.until(State.GATE).approve(BEN).rollout.state is State.SHIFTING


def test_who_started_never_approves_any_stage_with_four_eyes() -> None:
    story = Story.at_gate().approve(BEN).lands().until(State.GATE).approve(ANA)
    assert (story.rollout.stage, story.rollout.state) == (1, State.GATE)


def test_an_early_reason_ends_with_its_gate() -> None:
    """A gate that was opened early and failed doesn't colour the promotion that comes later."""
    story = Story.at_gate()
    story.rollout = story.rollout.but(early="in a hurry")
    assert story.check(success=97.0).rollout.early == ""


def test_a_start_can_be_held_before_any_traffic_and_preflight_runs_again_then() -> None:
    hold = moves.a_hold("asked for", BEN.id, START, "person")
    held = moves.hold(a_rollout(), START, hold, "i", BEN).rollout
    assert (held.state, held.confirmed, held.intent) == (State.HELD, Weight(0), None)
    assert moves.resume(held, START, BEN).rollout.state is State.PREFLIGHT


@pytest.mark.parametrize("state", [State.ROLLING_BACK, State.COMPLETED])
def test_what_cannot_be_held_says_what_is_possible(state: State) -> None:
    hold = moves.a_hold("asked for", BEN.id, START, "person")
    with pytest.raises(IllegalMove):
        moves.hold(a_rollout(state=state), START, hold, "i", BEN)


# ---- down ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("to", "weight"), [("0%", 0), ("previous", 10), ("10%", 10), ("1%", 1), ("5%", 5)])
def test_a_rollback_goes_where_the_stage_says(to: str, weight: float) -> None:
    """R15."""
    assert Story.baking(backwards(to), stage=2).roll_back().intent().weight == Weight(weight)


def test_a_rollback_never_goes_above_what_is_confirmed() -> None:
    story = Story.baking(backwards("50%"), stage=1)
    assert story.roll_back().intent().weight == Weight(10)
    assert Story.baking(backwards("previous")).roll_back().intent().weight == ZERO


def test_a_rollback_in_the_middle_of_a_raise_goes_below_both_weights() -> None:
    story = Story.at_gate(backwards("previous"), stage=1).approve(BEN).roll_back()
    assert (story.intent().weight, story.intent().before) == (Weight(10), Weight(50))


def test_a_rollback_to_zero_ends_the_rollout_and_starts_the_cooldown() -> None:
    """R11."""
    story = Story.baking(stage=1).roll_back(reason="errors > 5%")
    story.now += MINUTE
    story.lands()
    assert (story.rollout.state, story.rollout.confirmed) == (State.ROLLED_BACK, ZERO)
    assert story.rollout.cooldown_until == story.now + timedelta(hours=24)
    assert story.last("rolled_back").facts["reason"] == "errors > 5%"


def test_the_end_of_a_rollback_says_who_asked_and_keeps_the_numbers_that_it_was_for() -> None:
    """Both used to be lost: the record named Perch, and a part of the way down had no check any more."""
    asked = Story.baking().check().roll_back(BEN)
    asked.lands()
    assert asked.last("rolled_back").facts["by"] == BEN.id
    breached = Story.baking(backwards("previous"), 2).check(errors=9.0)
    breached.lands()
    told = breached.last("rolled_back").facts
    assert (told["by"], [line["value"] for line in told["lines"]]) == ("perch", [9.0])


@pytest.mark.parametrize(("to", "stage"), [("previous", 1), ("1%", 0), ("5%", 0), ("0.5%", 0)])
def test_a_rollback_to_part_of_the_way_is_held_there_with_fresh_clocks(to: str, stage: int) -> None:
    """`rollback_to` previous or a weight: held there for a person, no cooldown."""
    story = Story.baking(backwards(to), stage=2).check(3).roll_back().lands()
    rollout = story.rollout
    assert (rollout.state, rollout.stage, rollout.confirmed, rollout.approved) == (
        State.HELD,
        stage,
        story.world,
        story.world,
    )
    assert (rollout.baked, rollout.check, rollout.cooldown_until) == (timedelta(0), None, None)
    assert rollout.hold is not None
    assert rollout.hold.then == "rollback"


def test_a_rollback_never_leads_above_what_was_last_read() -> None:
    """Law 10: somebody has taken it lower; what couldn't be read counts as it was confirmed."""
    plan = backwards("previous")
    rollout = at_stage(plan, 2)
    assert rollbacks.back_to(rollout, plan) == Weight(10)
    assert rollbacks.back_to(rollout.but(seen_weight=Weight(3)), plan) == Weight(3)
    assert rollbacks.back_to(rollout.but(seen_weight=None), plan) == Weight(10)
    assert rollbacks.back_to(rollout.but(confirmed=Weight(1)), plan) == Weight(1)


def test_after_a_rollback_to_a_weight_between_stages_the_next_gate_leads_on() -> None:
    story = Story.baking(backwards("5%"), stage=2).roll_back().lands().resume().until(State.GATE)
    assert gates.stands_confirmed(story.rollout)
    assert story.approve(CLEO).intent().weight == Weight(10)


def test_what_does_not_come_down_is_stuck_told_once_and_tried_for_ever() -> None:
    """`stuck` never pretends."""
    story = Story.baking().roll_back()
    for _ in range(3):
        story.take(rollbacks.not_coming_down(story.rollout, story.now, "refused", "1%", MINUTE))
    assert (story.rollout.state, story.kinds().count("stuck")) == (State.STUCK, 1)
    assert story.rollout.intent is not None
    assert story.rollout.due_at == story.now + MINUTE
    assert story.lands().rollout.state is State.ROLLED_BACK


def test_an_abort_before_any_traffic_has_no_cooldown() -> None:
    ended = moves.abort(a_rollout(), START, "preflight found problems", red=["prometheus: refused"]).rollout
    assert (ended.state, ended.cooldown_until, ended.ended_at) == (State.ABORTED, None, START)


def test_a_completed_rollout_keeps_its_weight_and_has_no_cooldown() -> None:
    ended = Story.baking(stage=2).check(4).rollout
    assert (ended.state, ended.confirmed, ended.cooldown_until, ended.live) == (
        State.COMPLETED,
        Weight(50),
        None,
        False,
    )


def test_the_record_of_a_promotion_names_only_the_approvals_that_counted() -> None:
    story = Story.at_gate().approve(ANA, BEN)
    facts = story.last("promoted").facts
    assert (facts["by"], len(facts["approvals"])) == ([BEN.id], 1)


def test_a_rollout_reads_back_from_its_row_as_it_was() -> None:
    """Law 5: what was committed is all there is after a crash."""
    for story in (Story.baking().check(2), Story.at_gate().approve(BEN), Story.baking().roll_back().lands()):
        assert Rollout.model_validate_json(story.rollout.model_dump_json()) == story.rollout


def test_an_intent_that_is_not_there_cannot_arrive() -> None:
    with pytest.raises(ValueError, match="no intent"):
        moves.arrive(a_rollout(state=State.SHIFTING), START)
