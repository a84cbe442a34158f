"""The table of moves: every pair either leads somewhere or is refused with what is possible."""

from itertools import product

import pytest

from bot.domain.errors import IllegalMove
from bot.domain.machine import ENDS, MOVES, Event, State, move


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_pair_moves_or_is_refused_with_the_legal_events(state: State, event: Event) -> None:
    if (state, event) in MOVES:
        assert move(state, event) is MOVES[state, event]
        return
    with pytest.raises(IllegalMove) as refused:
        move(state, event)
    legal = [each.value for at, each in MOVES if at is state]
    assert all(each in refused.value.next_step for each in legal)
    assert event.value in str(refused.value)


def test_every_state_is_reached() -> None:
    assert set(MOVES.values()) == set(State)


def test_every_live_state_leads_to_an_end() -> None:
    for state in State:
        reached, new = {state}, {state}
        while new:
            new = {to for (at, _), to in MOVES.items() if at in reached} - reached
            reached |= new
        assert reached & ENDS


def test_traffic_is_asked_for_only_after_preflight_or_a_gate() -> None:
    """Law 1, by the table alone."""
    from_where = {at for (at, _), to in MOVES.items() if to is State.SHIFTING}
    assert from_where == {State.PREFLIGHT, State.START_GATE, State.GATE}


def test_the_starts_gate_leads_nowhere_that_has_traffic_but_by_a_promotion() -> None:
    """Law 1: no bake begins there, nothing is rolled back, no verdict is overruled."""
    leads = {event: to for (at, event), to in MOVES.items() if at is State.START_GATE}
    assert leads == {
        Event.PROMOTE: State.SHIFTING,
        Event.GATE_CLOSED: State.PREFLIGHT,
        Event.ABORT: State.ABORTED,
        Event.HOLD: State.HELD,
        Event.KILL: State.KILLING,
    }


def test_an_end_is_left_by_a_kill_only() -> None:
    left = {(at, event) for at, event in MOVES if at in ENDS}
    assert left == {(end, Event.KILL) for end in ENDS - {State.OBSERVED}}


def test_only_what_has_moved_nothing_is_aborted() -> None:
    """After traffic has moved it is a rollback; what was only watched just ends."""
    aborted = {at for at, event in MOVES if event is Event.ABORT}
    assert aborted == {State.PREFLIGHT, State.START_GATE} == {state for state in State if state.unmoved}


def test_live_and_going_down_are_told_apart() -> None:
    assert {state for state in State if not state.live} == ENDS
    assert {state for state in State if state.going_down} == {State.ROLLING_BACK, State.KILLING, State.STUCK}
