"""The decision matrix: where we are × verdict → decision. Every pair is present; a test walks them all.

Cells that depend on the plan (`on_fail`, `on_breach`, `no_data.then`) are filled from the stage at the end. Where
several rules speak at once, the most cautious one wins (R18).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.checks import fired, unmet
from bot.domain.plan import Action, Plan, Response, Stage
from bot.domain.rollout import Check, Verdict


class Position(StrEnum):
    """Where a rollout is, as far as a verdict matters."""

    SHIFTING = "shifting"
    SETTLING = "settling"
    BAKING = "baking"
    BAKED = "baked"
    LAST_BAKED = "last stage baked"
    GATE = "gate"
    HELD = "held"
    GOING_DOWN = "going down"


class Do(StrEnum):
    """What Perch does about a verdict (R7; MONITOR is WAIT in the last stage, EMERGENCY is KILL)."""

    WAIT = "wait"
    OPEN_GATE = "open gate"
    PROMOTE = "promote"
    CLOSE_GATE = "close gate"
    COMPLETE = "complete"
    STAY = "stay"
    HOLD = "hold"
    EXTEND = "extend"
    RETRY = "retry"
    ROLL_BACK = "roll back"
    KILL = "kill"
    KEEP_ON = "keep on"


class Plans(StrEnum):
    """A cell that the plan fills."""

    ON_FAIL = "on_fail"
    ON_BREACH = "on_breach"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and for HOLD and EXTEND for how long, and what then."""

    do: Do
    lasting: timedelta | None = None
    then: Action | None = None


_P, _V = Position, Verdict
_ALL = tuple(Verdict)


def _row(position: Position, cells: dict[Verdict, Do | Plans]) -> dict[tuple[Position, Verdict], Do | Plans]:
    return {(position, verdict): cell for verdict, cell in cells.items()}


def _good(cell: Do) -> dict[Verdict, Do | Plans]:
    return {_V.PASS: cell, _V.WARN: cell}


MATRIX: dict[tuple[Position, Verdict], Do | Plans] = {
    **_row(_P.SHIFTING, {**_good(Do.WAIT), _V.FAIL: Do.WAIT, _V.NO_DATA: Do.WAIT, _V.BREACH: Plans.ON_BREACH}),
    **_row(_P.SETTLING, {**_good(Do.WAIT), _V.FAIL: Do.WAIT, _V.NO_DATA: Plans.NO_DATA, _V.BREACH: Plans.ON_BREACH}),
    **_row(_P.BAKING, {**_good(Do.WAIT), _V.FAIL: Do.WAIT, _V.NO_DATA: Plans.NO_DATA, _V.BREACH: Plans.ON_BREACH}),
    **_row(
        _P.BAKED,
        {**_good(Do.OPEN_GATE), _V.FAIL: Plans.ON_FAIL, _V.NO_DATA: Plans.NO_DATA, _V.BREACH: Plans.ON_BREACH},
    ),
    **_row(
        _P.LAST_BAKED,
        {**_good(Do.COMPLETE), _V.FAIL: Plans.ON_FAIL, _V.NO_DATA: Plans.NO_DATA, _V.BREACH: Plans.ON_BREACH},
    ),
    **_row(
        _P.GATE,
        {**_good(Do.PROMOTE), _V.FAIL: Do.CLOSE_GATE, _V.NO_DATA: Do.CLOSE_GATE, _V.BREACH: Plans.ON_BREACH},
    ),
    **_row(_P.HELD, {**_good(Do.STAY), _V.FAIL: Do.STAY, _V.NO_DATA: Do.STAY, _V.BREACH: Plans.ON_BREACH}),
    **_row(_P.GOING_DOWN, dict.fromkeys(_ALL, Do.KEEP_ON)),
}

_CAUTION = {Action.KILL: 5, Action.ROLLBACK: 4, Action.HOLD: 3, Action.RETRY: 2, Action.EXTEND: 1, Action.TELL: 0}
_DO = {
    Action.KILL: Do.KILL,
    Action.ROLLBACK: Do.ROLL_BACK,
    Action.HOLD: Do.HOLD,
    Action.RETRY: Do.RETRY,
    Action.EXTEND: Do.EXTEND,
    Action.TELL: Do.WAIT,
}


def decide(position: Position, check: Check, plan: Plan, *, waited_for_data: timedelta | None = None) -> Decision:
    """What to do about a check. `waited_for_data`: how long there has been no data, None when there is."""
    cell = MATRIX[position, check.verdict]
    stage = plan.stages[check.stage]
    match cell:
        case Plans.ON_FAIL:
            return _respond(_most_cautious(_failures(check, stage)))
        case Plans.ON_BREACH:
            return _respond(_most_cautious(_breaches(check, stage)), held=position is Position.HELD)
        case Plans.NO_DATA:
            return _without_data(plan, waited_for_data)
        case _:
            return Decision(cell)


def _failures(check: Check, stage: Stage) -> list[Response]:
    return [rule.on_fail or stage.on_fail for rule in unmet(check, stage)] or [stage.on_fail]


def _breaches(check: Check, stage: Stage) -> list[Response]:
    actions = [rule.on_breach or stage.on_breach for rule in fired(check, stage)] or [stage.on_breach]
    return [Response(action=action) for action in actions]


def _most_cautious(responses: Iterable[Response]) -> Response:
    def caution(response: Response) -> tuple[int, int]:
        return _CAUTION[response.action], _CAUTION[response.then] if response.then else -1

    return max(responses, key=caution)


def _respond(response: Response, *, held: bool = False) -> Decision:
    if held and response.action is Action.HOLD:
        return Decision(Do.STAY)
    return Decision(_DO[response.action], response.lasting, response.then)


def _without_data(plan: Plan, waited: timedelta | None) -> Decision:
    if waited is None or waited < plan.no_data.after:
        return Decision(Do.WAIT)
    return Decision(_DO[plan.no_data.then])
