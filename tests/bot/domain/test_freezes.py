"""What a freeze covers, what it holds, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.freezes import EVERYWHERE, Freeze, covering, refused, under
from bot.domain.gates import promotion_waits_for
from bot.domain.machine import State
from bot.domain.rollout import Person, Way
from bot.domain.units import ZERO, Weight
from tests.builders import ANA, BEN, MINUTE, START, Story, a_plan, a_rollout, at_stage

HOUR = timedelta(hours=1)


def a_freeze(**changes: Any) -> Freeze:
    facts: dict[str, Any] = {
        "id": "freeze-1",
        "service": "denis",
        "why": "incident",
        "owner": BEN,
        "since": START,
        "until": START + 4 * HOUR,
    }
    return Freeze(**{**facts, **changes})


def frozen(story: Story, *freezes: Freeze) -> bool:
    """Put a story under freezes; whether that changed anything."""
    step = under(story.rollout, story.plan, freezes, story.now, story.new_id())
    if step is None:
        return False
    story.take(step)
    return True


@pytest.mark.parametrize("state", [State.BAKING, State.GATE])
def test_a_rollout_that_would_rise_is_held_with_the_freezes_owner_and_deadline(state: State) -> None:
    """X11."""
    story = Story.baking().until(state)
    assert frozen(story, a_freeze())
    hold = story.rollout.hold
    assert hold is not None
    assert (story.rollout.state, hold.cause, hold.owner, hold.then) == (State.HELD, "freeze", BEN.id, "hold")
    assert (hold.until, hold.why) == (START + 4 * HOUR, "denis is frozen: incident")
    assert story.rollout.gate is None
    assert {"frozen", "held"} <= set(story.kinds())


def test_a_raise_under_way_goes_back_to_the_weight_before() -> None:
    """Law 7, X11."""
    story = Story.at_gate().approve(BEN)
    assert frozen(story, a_freeze())
    assert (story.rollout.state, story.intent().way, story.intent().weight) == (State.HELD, Way.LOWER, Weight(1))


def test_a_start_that_has_moved_nothing_is_aborted() -> None:
    story = Story(a_plan(), a_rollout())
    frozen(story, a_freeze())
    assert (story.rollout.state, story.rollout.reason) == (State.ABORTED, "denis is frozen: incident")


def test_a_rollout_at_its_last_stage_goes_on_for_it_rises_no_more() -> None:
    story = Story.baking(stage=2)
    frozen(story, a_freeze())
    assert (story.rollout.state, story.rollout.hold) == (State.BAKING, None)
    assert story.rollout.frozen is not None


def test_a_rollout_that_a_person_held_stays_theirs() -> None:
    story = Story.baking().hold(ANA)
    frozen(story, a_freeze())
    assert story.rollout.hold is not None
    assert (story.rollout.hold.cause, story.rollout.hold.owner) == ("person", ANA.id)
    theirs = story.rollout.hold
    assert frozen(story)
    assert (story.rollout.hold, story.rollout.frozen) == (theirs, None), "with its deadline, when the freeze ends"


@pytest.mark.parametrize("state", [State.ROLLING_BACK, State.KILLING, State.STUCK, State.ROLLED_BACK, State.COMPLETED])
def test_what_goes_down_or_has_ended_is_left_alone(state: State) -> None:
    """Law 2."""
    rollout = at_stage(a_plan(), state=state)
    assert under(rollout, a_plan(), [a_freeze()], START, "i1") is None


@pytest.mark.parametrize(
    "other",
    [
        {"service": "billing"},
        {"exempt": ("materializers",)},
        {"until": START},
        {"ended_at": START, "ended_by": ANA},
        {"service": EVERYWHERE, "exempt": ("other", "materializers")},
    ],
)
def test_a_freeze_of_something_else_or_that_is_over_changes_nothing(other: dict[str, Any]) -> None:
    story = Story.baking()
    assert not frozen(story, a_freeze(**other))


def test_the_same_freeze_twice_is_one_hold() -> None:
    """Law 6."""
    story = Story.baking()
    assert frozen(story, a_freeze())
    told = len(story.told)
    assert not frozen(story, a_freeze())
    assert len(story.told) == told


def test_of_several_freezes_the_one_that_stands_longest_is_named() -> None:
    short, long = a_freeze(), a_freeze(id="freeze-2", service=EVERYWHERE, until=None)
    assert covering([long, short], "denis", "materializers", START) == long
    story = Story.baking()
    frozen(story, short)
    assert frozen(story, short, long)
    assert story.rollout.frozen == long.mark
    assert story.kinds().count("held") == 1


def test_when_it_ends_what_it_held_stays_held_and_may_be_resumed() -> None:
    story = Story.baking()
    frozen(story, a_freeze())
    story.now = START + 4 * HOUR
    assert frozen(story, a_freeze())
    assert (story.rollout.state, story.rollout.frozen, story.kinds()[-1]) == (State.HELD, None, "unfrozen")
    hold = story.rollout.hold
    assert hold is not None
    assert (hold.owner, hold.until) == (story.rollout.requester.id, story.now + 24 * HOUR)
    assert story.resume().rollout.state is State.BAKING


def test_the_deadline_of_a_freezes_hold_is_told_with_the_end_of_the_freeze_and_not_twice() -> None:
    story = Story.baking()
    frozen(story, a_freeze())
    story.now = START + 4 * HOUR
    story.check(2)
    assert "hold_over" not in story.kinds()


def test_a_gate_lists_the_freeze_among_what_it_waits_for() -> None:
    """X1, X11."""
    story = Story.at_gate()
    story.rollout = story.rollout.but(frozen=a_freeze().mark)
    waits = {wait.what: wait.until for wait in promotion_waits_for(story.rollout, story.plan, story.now)}
    assert waits["the freeze of denis to end (incident)"] == START + 4 * HOUR
    story.approve(BEN)
    assert story.rollout.state is State.GATE


def test_a_freeze_that_ran_out_keeps_no_gate() -> None:
    story = Story.at_gate()
    story.rollout = story.rollout.but(frozen=a_freeze(until=story.now + MINUTE).mark)
    story.check(2)
    assert not [w for w in promotion_waits_for(story.rollout, story.plan, story.now) if "freeze" in w.what]


def test_a_refusal_says_who_why_until_when_and_what_to_type() -> None:
    refusal = refused(a_freeze(owner=Person(id="U0BEN", name="Ben")).mark)
    assert "denis is frozen by Ben until 2026-03-02 13:00 UTC (incident)" in str(refusal)
    assert refusal.next_step == "/canary unfreeze denis"
    everywhere = refused(a_freeze(service=EVERYWHERE, until=None).mark)
    assert "everything is frozen by U0BEN until somebody lifts it" in str(everywhere)
    assert everywhere.next_step == "/canary unfreeze all"


freezes = st.builds(
    a_freeze,
    id=st.sampled_from(["a", "b"]),
    service=st.sampled_from(["denis", "billing", EVERYWHERE]),
    until=st.one_of(st.none(), st.integers(-60, 60).map(lambda minutes: START + minutes * MINUTE)),
    exempt=st.lists(st.sampled_from(["materializers", "other"]), max_size=1).map(tuple),
)


@given(st.lists(freezes, max_size=3), st.sampled_from([s for s in State if s is not State.GATE]), st.integers(0, 2))
def test_under_freezes_no_rollout_is_ever_left_rising(given: list[Freeze], state: State, stage: int) -> None:
    """Either none covers it or it isn't on its way up; and once is as good as twice (laws 6, 7)."""
    plan = a_plan()
    rollout = at_stage(plan, stage, state)
    step = under(rollout, plan, given, START, "i1")
    after = step.rollout if step else rollout
    if covering(given, "denis", "materializers", START) is not None and after.live:
        assert after.state is not State.SHIFTING
        assert after.target <= rollout.confirmed
        assert after.intent is None or after.intent.way is Way.LOWER
    assert after.confirmed >= ZERO
    assert under(after, plan, given, START, "i2") is None
