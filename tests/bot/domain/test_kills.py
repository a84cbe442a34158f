"""A kill: three times, tiers each with its own time, stuck, rearmed (T9, X3)."""

from datetime import datetime, timedelta

import pytest

from bot.domain import kills
from bot.domain.kills import TIER_TIME
from bot.domain.machine import State
from bot.domain.rollout import MethodOutcome, Rollout
from bot.domain.steps import Step
from bot.domain.units import ZERO
from tests.builders import BEN, CLEO, START, Story, a_plan, a_rollout

SECOND = timedelta(seconds=1)
LATE = START + TIER_TIME + SECOND


def killing(tier: int = 1, state: State = State.BAKING) -> Rollout:
    return kills.begin(Story.baking().rollout.but(state=state), START, BEN, "errors", START, tier).rollout


def outcome(name: str = "switch", applied: int | None = 2, read: int | None = 3, fault: str = "") -> MethodOutcome:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else START + seconds * SECOND

    return MethodOutcome(name=name, tier=1, applied_at=at(applied), read_back_at=at(read), fault=fault)


def watched(
    rollout: Rollout, *outcomes: MethodOutcome, at: datetime = START + 5 * SECOND, tiers: int = 2, late: str = ""
) -> Step:
    known = kills.note_outcomes(rollout, outcomes)
    unmet = (late,) if late else ()
    return kills.watch(known, a_plan(), at, tiers, unmet, unmet)


@pytest.mark.parametrize("state", [each for each in State if each not in (State.KILLED, State.OBSERVED)])
def test_a_kill_begins_from_every_state(state: State) -> None:
    """Law 2. From aborted too: the switch is thrown before anybody looks, and only a kill on record can be rearmed."""
    rollout = kills.begin(a_rollout(state=state), START, BEN, "now", START, 1).rollout
    assert (rollout.state, rollout.target, rollout.approved, rollout.intent) == (State.KILLING, ZERO, ZERO, None)


def test_a_kill_again_is_the_same_kill_and_a_wider_one_widens_it() -> None:
    """Law 6."""
    rollout = killing()
    assert kills.begin(rollout, LATE, CLEO, "again", LATE, 1) == Step(rollout)
    wider = kills.begin(rollout, LATE, CLEO, "again", LATE, 2).rollout.kill
    assert wider is not None
    assert (wider.tier, wider.by, wider.asked_at, wider.widened_at) == (2, BEN, START, LATE)


def test_a_stuck_kill_that_is_delivered_again_stays_stuck_at_its_tier() -> None:
    stuck = watched(killing(2), outcome(read=None), at=LATE).rollout
    assert stuck.state is State.STUCK
    assert kills.begin(stuck, LATE, BEN, "errors", START, 1) == Step(stuck)


def test_three_times_are_reported() -> None:
    plan = a_plan(killed_when=["queue == 0 within 5m"])
    known = kills.note_outcomes(killing(), [outcome("one", 2, 3), outcome("two", 4, 7)])
    waiting = kills.watch(known, plan, START + 8 * SECOND, 1, ("queue == 0 within 5m",), ())
    assert waiting.rollout.state is State.KILLING, "read back everywhere, but not measured 0 yet"
    done = kills.watch(waiting.rollout, plan, START + 9 * SECOND, 1, (), ())
    facts = done.happenings[-1].facts
    assert (facts["applied_s"], facts["read_back_s"], facts["measured_s"]) == (4, 7, 9)


def test_a_kill_without_a_measurement_says_why() -> None:
    done = watched(killing(), outcome())
    facts = done.happenings[-1].facts
    assert (facts["measured_s"], facts["not_measured"]) == (None, "the plan has no killed_when")


def test_done_is_read_back_of_every_target() -> None:
    step = watched(killing(), outcome("one"), outcome("two", read=None))
    assert step.rollout.state is State.KILLING
    done = watched(step.rollout, outcome("two")).rollout
    assert (done.state, done.confirmed, done.cooldown_until) == (
        State.KILLED,
        ZERO,
        START + 5 * SECOND + timedelta(hours=24),
    )


def test_the_next_tier_runs_when_a_method_misses_its_time() -> None:
    slow = outcome(read=None, fault="no answer in 10 s")
    assert watched(killing(), slow, at=START + TIER_TIME).rollout.kill == kills.note_outcomes(killing(), [slow]).kill
    step = watched(killing(), slow, at=LATE)
    assert (step.happenings[0].kind, step.happenings[0].facts["tier"]) == ("kill_tier", 2)


def test_the_next_tier_runs_when_a_condition_misses_its_time() -> None:
    step = watched(killing(), outcome(), at=START + 31 * SECOND, late="materializer_new == 0 within 30s")
    assert step.rollout.kill is not None
    assert step.rollout.kill.tier == 2
    assert "materializer_new" in step.happenings[0].facts["why"]


def test_each_tier_has_its_own_time() -> None:
    """A condition that is late widens by one tier, not by all of them at once."""
    at, late = START + 31 * SECOND, "materializer_new == 0 within 30s"
    wider = watched(killing(), outcome(), at=at, tiers=3, late=late).rollout
    soon = watched(wider, outcome(), at=at + SECOND, tiers=3, late=late).rollout
    assert soon.kill is not None
    assert soon.kill.tier == 2
    later = watched(soon, outcome(), at=at + TIER_TIME + SECOND, tiers=3, late=late).rollout
    assert later.kill is not None
    assert later.kill.tier == 3


def test_the_last_tier_that_misses_its_time_is_stuck_told_and_still_tried() -> None:
    step = watched(killing(2), outcome(read=None, fault="refused"), at=LATE)
    assert (step.rollout.state, step.happenings[0].kind) == (State.STUCK, "stuck")
    assert step.happenings[0].facts["still_on"] == "switch: refused"
    again = watched(step.rollout, outcome(read=None, fault="refused"), at=LATE + SECOND)
    assert (again.rollout.state, again.happenings) == (State.STUCK, ())
    assert watched(again.rollout, outcome(), at=LATE + 2 * SECOND).rollout.state is State.KILLED


def test_a_method_that_fails_later_keeps_the_time_it_was_first_applied() -> None:
    known = kills.note_outcomes(killing(), [outcome(applied=2, read=None)])
    known = kills.note_outcomes(known, [outcome(applied=None, read=None, fault="refused")])
    assert known.kill is not None
    assert known.kill.outcomes[0].applied_at == START + 2 * SECOND


def test_a_done_kill_is_not_watched_any_more() -> None:
    done = watched(killing(), outcome()).rollout
    assert watched(done, outcome(read=None), at=LATE).happenings == ()
    assert kills.watch(a_rollout(), a_plan(), START, 1, (), ()) == Step(a_rollout())


def test_outcomes_without_a_kill_change_nothing() -> None:
    assert kills.note_outcomes(a_rollout(), [outcome()]) == a_rollout()


def test_rearming_is_on_record_with_what_was_put_back() -> None:
    step = kills.rearm(a_rollout(state=State.KILLED), LATE, CLEO, ["switch"])
    assert (step.rollout.rearmed_at, step.happenings[0].facts["restored"]) == (LATE, ["switch"])


def test_what_stood_and_cannot_be_asked_now_widens_no_tier() -> None:
    """Law 3: a far side that is sick says nothing of the canary; one that says it is on again does."""
    stood = kills.note_outcomes(killing(), [outcome()])
    sick = watched(stood, outcome(applied=None, read=None, fault="no answer"), at=LATE, late="queue == 0")
    assert sick.rollout.kill is not None
    assert not kills.missed(sick.rollout.kill.outcomes)
    assert sick.rollout.kill.outcomes[0].fault == "no answer"
    on_again = watched(stood, outcome(applied=8, read=None, fault="applied, but doesn't read back"), at=LATE)
    assert on_again.rollout.kill is not None
    assert on_again.rollout.kill.tier == 2


def test_a_kill_is_not_done_while_a_raise_may_still_land() -> None:
    """Law 7: to the very second until which it may."""
    kill = killing().kill
    assert kill is not None
    landing = killing().but(kill=kill.model_copy(update={"lands_by": LATE}))
    assert watched(landing, outcome(), at=LATE - SECOND).rollout.state is State.KILLING
    assert watched(landing, outcome(), at=LATE).rollout.state is State.KILLED
