"""Law 7: down beats up in every race, whichever came first."""

import pytest

from bot.domain import kills, moves
from bot.domain.errors import IllegalMove
from bot.domain.machine import MOVES, Event, State
from bot.domain.rollout import Rollout, Way
from bot.domain.units import ZERO
from tests.builders import BEN, START, Story
from tests.laws.driven import Driven, drive


class DownBeatsUp(Driven):
    """After a way down has begun nothing rises, until a person resumes what was held half way."""

    law = 7

    def judge(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        if {"rolling_back", "killing"} & set(kinds):
            self._turned(before, after)
        if self.downward:
            assert self.raised is None, "a raise was asked for after a way down had begun"
            assert after.target <= max(before.target, before.confirmed), "the weight wanted rose on the way down"
            assert after.intent is None or after.intent.way is Way.LOWER, "the raise is still wanted on the way down"
        if before.state.going_down:
            assert after.confirmed <= before.confirmed, "the weight rose on the way down"

    def _turned(self, before: Rollout, after: Rollout) -> None:
        assert after.target <= before.confirmed, "a way down that leads up"
        assert after.approved <= before.approved, "a way down approves more"
        assert after.gate is None, "a gate stays open on the way down"
        if before.intent is not None and after.intent is not None and not before.state.going_down:
            assert after.intent.id != before.intent.id, "the raise keeps its fence"


def test_down_beats_up() -> None:
    """Law 7, over whole rollouts."""
    drive(DownBeatsUp)


def test_no_event_leads_up_from_a_state_that_goes_down() -> None:
    """By the table alone."""
    up = {State.SHIFTING, State.BAKING, State.GATE}
    assert not [(state, event) for (state, event), to in MOVES.items() if state.going_down and to in up]


def test_a_way_down_is_open_from_every_state_that_has_traffic() -> None:
    """Laws 2, 7."""
    for state in (State.SHIFTING, State.BAKING, State.GATE, State.HELD):
        assert (state, Event.ROLL_BACK) in MOVES
    for state in {*State} - {State.OBSERVED}:
        assert (state, Event.KILL) in MOVES


def test_a_rollback_in_the_middle_of_a_raise_takes_its_fence_away() -> None:
    story = Story.at_gate().approve(BEN)
    raising = story.intent()
    story.roll_back()
    assert (story.intent().id != raising.id, story.intent().way, story.rollout.target) == (True, Way.LOWER, ZERO)


def test_a_kill_in_the_middle_of_a_raise_leaves_no_intent_to_carry_out() -> None:
    story = Story.at_gate().approve(BEN)
    killed = kills.begin(story.rollout, START, BEN, "now", START, 1).rollout
    assert (killed.intent, killed.target, killed.approved) == (None, ZERO, ZERO)


def test_a_raise_that_arrives_after_the_way_down_began_is_refused() -> None:
    story = Story.at_gate().approve(BEN).roll_back()
    with pytest.raises(IllegalMove):
        moves.arrive(story.rollout, START)


def test_a_hold_in_the_middle_of_a_raise_goes_back_to_the_weight_before() -> None:
    story = Story.at_gate().approve(BEN).hold()
    assert (story.intent().way, story.intent().weight) == (Way.LOWER, story.plan.stage_weight(0))
    assert story.rollout.stage == 0
