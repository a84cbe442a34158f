"""Deadlines of holds, gates and stages, each with its default (U3, X12)."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.machine import State
from bot.domain.rollout import HoldThen
from bot.domain.units import Weight
from tests.builders import BEN, CLEO, Story, a_plan, a_stage

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("then", "state"), [("hold", State.HELD), ("rollback", State.ROLLING_BACK)])
def test_a_gate_that_nobody_answers_expires_into_the_default_of_the_plan(then: str, state: State) -> None:
    story = Story.at_gate(a_plan(gate={"expires": "4h", "then": then}))
    story.check(every=4 * HOUR)
    assert (story.rollout.state, story.rollout.gate) == (state, None)
    assert "gate_expired" in story.kinds()


def test_a_gate_is_open_until_the_very_moment_it_expires() -> None:
    story = Story.at_gate(a_plan(gate={"expires": "4h"}))
    assert story.check(every=4 * HOUR - timedelta(seconds=1)).rollout.state is State.GATE


def test_approvals_keep_while_the_window_is_shut_and_count_when_it_opens() -> None:
    """Windows limit upward acts only: at the end of one the weight stays, checks go on, approvals keep."""
    plan = a_plan(a_stage("1%", window={"leave": "daily 09:00-10:00"}), a_stage("10%"))
    story = Story.at_gate(plan)
    story.now = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    story.check().approve(BEN)
    assert story.rollout.state is State.GATE, "the window is shut"
    story.check(20, every=HOUR)
    assert (story.rollout.state, story.rollout.confirmed) == (State.GATE, Weight(1))
    story.now = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert story.check().rollout.state is State.SHIFTING


def test_a_window_does_not_keep_anything_from_going_down() -> None:
    plan = a_plan(a_stage("1%", window={"leave": "daily 09:00-10:00"}), a_stage("10%"))
    story = Story.baking(plan)
    story.now = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert story.check(errors=9.0).rollout.state is State.ROLLING_BACK


def test_a_hold_of_a_person_stays_after_its_deadline() -> None:
    story = Story.baking().check().hold(lasting=HOUR).check(every=5 * HOUR)
    assert story.rollout.state is State.HELD


def test_a_hold_whose_deadline_passes_is_told_once_and_gets_a_new_one() -> None:
    """It used to pass silently, and the hold was forgotten for weeks."""
    story = Story.baking().check().hold(lasting=HOUR).check(every=HOUR)
    assert story.rollout.hold is not None
    assert story.rollout.hold.until == story.now + 24 * HOUR
    story.check(5, every=HOUR)
    assert story.kinds().count("hold_over") == 1
    assert story.check(every=25 * HOUR).kinds().count("hold_over") == 2


@pytest.mark.parametrize(("then", "state"), [("hold", State.HELD), ("rollback", State.ROLLING_BACK)])
def test_a_stage_that_takes_too_long_ends_as_the_plan_says(then: str, state: State) -> None:
    """R3: a maximum, with what happens then."""
    limit = {"at_most": "10m", "then": then}
    story = Story.baking(a_plan(a_stage("1%", bake_limit=limit, clean_for="1h"), a_stage("10%")))
    assert story.check(9).rollout.state is State.BAKING
    assert story.check(1).rollout.state is state


def test_a_person_who_resumes_gives_the_stage_its_time_again() -> None:
    limit = {"at_most": "10m", "then": "hold"}
    story = Story.baking(a_plan(a_stage("1%", bake_limit=limit, clean_for="1h"), a_stage("10%"))).check(10)
    story.resume().check(9)
    assert story.rollout.state is State.BAKING
    assert story.check(1).rollout.state is State.HELD


def test_every_default_of_a_hold_is_carried_out_or_stays() -> None:
    ends: dict[HoldThen, State] = {"hold": State.HELD, "rollback": State.ROLLING_BACK, "kill": State.HELD}
    for then, state in ends.items():
        story = Story.baking().check().hold(CLEO)
        assert story.rollout.hold is not None
        story.rollout = story.rollout.but(hold=story.rollout.hold.model_copy(update={"then": then}))
        story.check(every=25 * HOUR)
        assert (story.rollout.state, bool(story.emergency)) == (state, then == "kill")
