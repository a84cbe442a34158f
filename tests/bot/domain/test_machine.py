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
    assert {at for (at, _), to in MOVES.items() if to is State.SHIFTING} == {State.PREFLIGHT, State.GATE}


def test_an_end_is_left_by_a_kill_only() -> None:
    left = {(at, event) for at, event in MOVES if at in ENDS}
    assert left == {(end, Event.KILL) for end in ENDS - {State.OBSERVED}}


def test_only_a_preflight_is_aborted() -> None:
    """After traffic has moved it is a rollback; what was only watched just ends."""
    assert [at for at, event in MOVES if event is Event.ABORT] == [State.PREFLIGHT]


def test_live_and_going_down_are_told_apart() -> None:
    assert {state for state in State if not state.live} == ENDS
    assert {state for state in State if state.going_down} == {State.ROLLING_BACK, State.KILLING, State.STUCK}
