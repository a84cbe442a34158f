"""What a step asks for besides traffic, and what it takes back (R20, U9): the rules that no story needs to tell."""

from datetime import timedelta

import pytest

from bot.domain import acting, gates
from bot.domain.acting import Job
from bot.domain.actions import Act, Done
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.planning.actions import Lasts
from bot.domain.planning.parts import Part
from bot.domain.rollout import Intent, Rollout, Way
from bot.domain.steps import Step
from bot.domain.units import Weight
from tests.builders import BEN, MINUTE, START, a_plan, at_stage

PLAN = a_plan()


def an_act(**changes: object) -> Act:
    facts = {
        "key": "r-2-before-1",
        "stage": 1,
        "when": "before",
        "number": 0,
        "what": "the silence",
        "part": Part(kind="fake"),
        "lasts": Lasts.STAGE,
        "begun_at": START,
    }
    return Act.model_validate({**facts, **changes})


def raising(act: Act, intent: str = "i1") -> Rollout:
    up = Intent(id=intent, way=Way.RAISE, weight=Weight(10), before=Weight(1), made_at=START, reason="promoted")
    return at_stage(PLAN, 1, state=State.SHIFTING, intent=up, acts=(act,), confirmed=Weight(1))


def arrived(stage: int, *acts: Act, plan: Plan = PLAN) -> tuple[Act, ...]:
    before = at_stage(plan, stage, state=State.SHIFTING, acts=acts)
    return acting.follow(before, Step(before.but(state=State.BAKING)), plan).rollout.acts


@pytest.mark.parametrize("state", [State.ROLLING_BACK, State.KILLING, State.STUCK])
@pytest.mark.parametrize(("how", "way"), [(Done.OWED, "begin"), (Done.LEAVING, "end")])
def test_nobody_goes_on_with_a_call_while_it_goes_down(state: State, how: Done, way: str) -> None:
    """Law 2: it's stopped at once, and not only when the traffic is down; what is to leave is taken back then."""
    act = an_act(how=how)
    job = Job(act, "begin" if way == "begin" else "end")
    assert acting.wanted(at_stage(PLAN, 1, acts=(act,)), job)
    assert not acting.wanted(at_stage(PLAN, 1, state=state, acts=(act,)), job)


@pytest.mark.parametrize("state", [State.ROLLING_BACK, State.KILLING, State.STUCK])
def test_nothing_is_begun_while_it_goes_down(state: State) -> None:
    """Law 2: what follows a stage neither, and it isn't on record as begun."""
    act = an_act(begun_at=None, when="after")
    assert acting.began(at_stage(PLAN, 1, acts=(act,)), act.key, START) is not None
    assert acting.began(at_stage(PLAN, 1, state=state, acts=(act,)), act.key, START) is None


def test_nobody_goes_on_with_a_call_that_the_rollout_does_not_know() -> None:
    assert not acting.wanted(at_stage(PLAN, 1), Job(an_act(), "begin"))


def test_what_lasts_as_long_as_its_stage_stands_until_the_next_one_has_its_traffic() -> None:
    """U9: what was begun before this very stage isn't taken back when it is reached."""
    mine, former = an_act(how=Done.DONE), an_act(key="r-1-before-1", stage=0, how=Done.DONE)
    kept = {act.key: act.how for act in arrived(1, former, mine)}
    assert kept == {former.key: Done.LEAVING, mine.key: Done.DONE}


def test_a_live_rollouts_actions_are_not_given_up() -> None:
    """R20: a start that overrules what an ended one has left may not touch one that lives."""
    act = an_act(how=Done.LEAVING)
    assert acting.give_up(at_stage(PLAN, 1, acts=(act,)), "by hand", "OPS-1", BEN) is None
    ended = acting.give_up(at_stage(PLAN, 1, state=State.ROLLED_BACK, acts=(act,)), "by hand", "OPS-1", BEN)
    assert ended is not None
    assert [each.how for each in ended.rollout.acts] == [Done.GONE]


def test_what_failed_for_another_raise_stops_none() -> None:
    """Law 7: somebody held and resumed meanwhile; only the raise that it was done for is given up, and the present
    one has a try of its own."""
    act = an_act(how=Done.OWED)
    other = acting.failed(raising(act, "i2"), act.key, "refused", "i1", START, "n1")
    assert other is not None
    assert (other.rollout.state, other.rollout.acts[0].how) == (State.SHIFTING, Done.OWED)
    own = acting.failed(raising(act, "i1"), act.key, "refused", "i1", START, "n1")
    assert own is not None
    assert own.rollout.state is State.HELD


def test_pauses_grow_up_to_a_quarter_of_an_hour_and_end_in_time() -> None:
    """U9: for ever, and nobody is flooded."""
    rollout = at_stage(PLAN, 1, state=State.ROLLED_BACK, acts=(an_act(how=Done.LEAVING),))
    pauses, now = [], START
    for _ in range(12):
        step = acting.stands(rollout, rollout.acts[0].key, "refused", now)
        assert step is not None
        rollout, at = step.rollout, step.rollout.acts[0].next_at
        assert at is not None
        assert acting.job(rollout, at - timedelta(seconds=1)) is None
        assert acting.job(rollout, at) is not None
        pauses.append(at - now)
        now = at
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert pauses[-1] == 15 * MINUTE


def test_a_start_is_as_young_as_what_was_done_before_it() -> None:
    """R20, law 1: nobody expects the start of an hour ago, unless it was prepared for so long."""
    hour = 60 * MINUTE
    first = Intent(id="i1", way=Way.RAISE, weight=Weight(1), before=Weight(0), made_at=START, reason="first stage")
    starting = at_stage(PLAN, 0, state=State.SHIFTING, intent=first)
    assert not gates.may_still_begin(starting, PLAN, START + hour)
    prepared = an_act(stage=0, how=Done.DONE, done_at=START + hour - MINUTE)
    assert gates.may_still_begin(starting.but(acts=(prepared,)), PLAN, START + hour)
    after = an_act(stage=0, how=Done.DONE, done_at=START + hour - MINUTE, when="after")
    assert not gates.may_still_begin(starting.but(acts=(after,)), PLAN, START + hour)
