"""The states, and the table of moves. The picture in the docs is drawn from this same table."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.errors import IllegalMove


class State(StrEnum):
    """Where a rollout stands. Continuous forms are work going on, past forms are ends."""

    PREFLIGHT = "preflight"
    START_GATE = "start_gate"
    """Preflight is green, and the start waits for the approvals that its plan asks for."""
    SHIFTING = "shifting"
    BAKING = "baking"
    GATE = "gate"
    HELD = "held"
    ROLLING_BACK = "rolling_back"
    KILLING = "killing"
    STUCK = "stuck"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"
    KILLED = "killed"
    ABORTED = "aborted"
    OBSERVED = "observed"
    """An observation is over; what was watched goes on without Perch."""

    @property
    def live(self) -> bool:
        return self not in ENDS

    @property
    def unmoved(self) -> bool:
        """Nothing of it has moved yet, so it ends by an abort: there is nothing to roll back."""
        return self in (State.PREFLIGHT, State.START_GATE)

    @property
    def at_gate(self) -> bool:
        """A gate is open, before the first stage or after one."""
        return self in (State.START_GATE, State.GATE)

    @property
    def going_down(self) -> bool:
        """Traffic is on its way down; nothing but an end leads out of it."""
        return self in (State.ROLLING_BACK, State.KILLING, State.STUCK)

    @property
    def brought_down(self) -> bool:
        """It ended below: who asks for it once more has what he wants."""
        return self in (State.ROLLED_BACK, State.KILLED, State.ABORTED)


class Event(StrEnum):
    """What moves a rollout from one state to another."""

    PREFLIGHT_GREEN = "preflight green"
    START_ASKED = "start approvals asked for"
    ADOPT = "weight adopted"
    OBSERVE = "traffic seen"
    STOP_OBSERVING = "observation over"
    CONFIRMED = "weight confirmed"
    BAKED = "bake over"
    OVERRULE = "verdict overruled"
    GATE_CLOSED = "gate closed"
    PROMOTE = "promote"
    HOLD = "hold"
    RESUME = "resume"
    PREFLIGHT_AGAIN = "preflight again"
    ROLL_BACK = "roll back"
    KILL = "kill"
    DOWN_CONFIRMED = "lower weight confirmed"
    PARTLY_DOWN = "down to an earlier stage"
    DOWN_FAILED = "lower weight not confirmed"
    KILL_CONFIRMED = "kill confirmed"
    COMPLETE = "complete"
    ABORT = "abort"


ENDS = frozenset({State.COMPLETED, State.ROLLED_BACK, State.KILLED, State.ABORTED, State.OBSERVED})

_S, _E = State, Event

MOVES: dict[tuple[State, Event], State] = {
    (_S.PREFLIGHT, _E.PREFLIGHT_GREEN): _S.SHIFTING,
    (_S.PREFLIGHT, _E.START_ASKED): _S.START_GATE,
    (_S.PREFLIGHT, _E.ADOPT): _S.BAKING,
    (_S.PREFLIGHT, _E.OBSERVE): _S.BAKING,
    (_S.PREFLIGHT, _E.ABORT): _S.ABORTED,
    (_S.PREFLIGHT, _E.HOLD): _S.HELD,
    (_S.PREFLIGHT, _E.KILL): _S.KILLING,
    (_S.START_GATE, _E.PROMOTE): _S.SHIFTING,
    # Nothing baked yet: what voids this gate is looked at by a preflight of its own.
    (_S.START_GATE, _E.GATE_CLOSED): _S.PREFLIGHT,
    (_S.START_GATE, _E.ABORT): _S.ABORTED,
    (_S.START_GATE, _E.HOLD): _S.HELD,
    (_S.START_GATE, _E.KILL): _S.KILLING,
    **{(state, _E.STOP_OBSERVING): _S.OBSERVED for state in (_S.PREFLIGHT, _S.BAKING, _S.HELD)},
    (_S.SHIFTING, _E.CONFIRMED): _S.BAKING,
    (_S.BAKING, _E.BAKED): _S.GATE,
    (_S.BAKING, _E.COMPLETE): _S.COMPLETED,
    (_S.BAKING, _E.OVERRULE): _S.GATE,
    (_S.HELD, _E.OVERRULE): _S.GATE,
    (_S.GATE, _E.GATE_CLOSED): _S.BAKING,
    (_S.GATE, _E.PROMOTE): _S.SHIFTING,
    (_S.HELD, _E.RESUME): _S.BAKING,
    (_S.HELD, _E.HOLD): _S.HELD,
    (_S.HELD, _E.PREFLIGHT_AGAIN): _S.PREFLIGHT,
    (_S.ROLLING_BACK, _E.PARTLY_DOWN): _S.HELD,
    (_S.STUCK, _E.PARTLY_DOWN): _S.HELD,
    (_S.ROLLING_BACK, _E.DOWN_CONFIRMED): _S.ROLLED_BACK,
    (_S.ROLLING_BACK, _E.DOWN_FAILED): _S.STUCK,
    (_S.STUCK, _E.DOWN_CONFIRMED): _S.ROLLED_BACK,
    (_S.STUCK, _E.DOWN_FAILED): _S.STUCK,
    (_S.STUCK, _E.KILL_CONFIRMED): _S.KILLED,
    (_S.KILLING, _E.KILL_CONFIRMED): _S.KILLED,
    (_S.KILLING, _E.DOWN_FAILED): _S.STUCK,
    (_S.KILLING, _E.KILL): _S.KILLING,
    **{(state, _E.HOLD): _S.HELD for state in (_S.SHIFTING, _S.BAKING, _S.GATE)},
    **{(state, _E.ROLL_BACK): _S.ROLLING_BACK for state in (_S.SHIFTING, _S.BAKING, _S.GATE, _S.HELD)},
    **{(state, _E.KILL): _S.KILLING for state in (_S.SHIFTING, _S.BAKING, _S.GATE, _S.HELD, _S.ROLLING_BACK, _S.STUCK)},
    # A kill also works on a rollout that has ended: the switch belongs to the thing, not to the rollout.
    # From killed only once it was rearmed (kills.begin): before, it's the same kill.
    **{(state, _E.KILL): _S.KILLING for state in (_S.COMPLETED, _S.ROLLED_BACK, _S.KILLED, _S.ABORTED)},
}


def move(state: State, event: Event) -> State:
    """The state after `event`. Raises IllegalMove, which lists the legal events."""
    try:
        return MOVES[state, event]
    except KeyError:
        legal = ", ".join(event.value for at, event in MOVES if at is state)
        raise IllegalMove(state.value, event.value, legal) from None
