"""What nobody can overrule, whatever their role (law 1, X9)."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.moves import lowering
from bot.domain.overruling import why_not
from bot.domain.rollout import Hold, Rollout
from bot.domain.units import Weight
from bot.domain.verdicts import Verdict
from tests.builders import ANA, MINUTE, START, a_check, a_line, a_plan, at_stage

PLAN = a_plan()
FAILED = a_check(Verdict.FAIL, lines=(a_line(met=False),))


def failed(**changes: Any) -> Rollout:
    """A rollout whose bake is over, and whose newest check failed."""
    return at_stage(PLAN).but(**{"baked": timedelta(hours=1), "check": FAILED, **changes})


def held(cause: str) -> Hold:
    return Hold.model_validate(
        {"why": "w", "owner": ANA.id, "since": START, "until": None, "then": "hold", "cause": cause}
    )


def test_what_was_seen_to_fail_can_be_overruled() -> None:
    assert not why_not(failed(), PLAN, START)
    assert not why_not(failed(state=State.HELD, hold=held("on_fail")), PLAN, START)


@pytest.mark.parametrize(
    "changes",
    [
        {"check": None},
        {"check": FAILED.model_copy(update={"settling": True})},
        {"check": FAILED.model_copy(update={"stage": 1})},
        {"check": FAILED.model_copy(update={"verdict": Verdict.BREACH})},
        {"check": FAILED.model_copy(update={"verdict": Verdict.PASS})},
        {"check": FAILED.model_copy(update={"lines": (a_line(met=False), a_line("trigger", None))})},
        {"check": FAILED.model_copy(update={"at": START - 3 * MINUTE})},
        {"check": FAILED.model_copy(update={"at": START + timedelta(hours=3)})},
        {"resumed_at": START},
        {"baked": timedelta(0)},
        {"stage": 2, "check": FAILED.model_copy(update={"stage": 2})},
        {"state": State.GATE},
        {"state": State.SHIFTING},
        {"state": State.ROLLING_BACK},
        {"state": State.HELD, "hold": held("drift")},
        {"state": State.HELD, "hold": held("freeze")},
        {"state": State.HELD, "hold": held("person")},
        {
            "state": State.HELD,
            "hold": held("on_fail"),
            "intent": lowering(at_stage(PLAN), START, "i", Weight(1), Weight(10), "x"),
        },
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_nothing_else_can(changes: dict[str, Any]) -> None:
    """No check, none that is fresh, judged, or of this stage and resume; a breach; a trigger that can't see; a bake
    that isn't over; a hold that is somebody's; a weight that moves."""
    assert why_not(failed(**changes), PLAN, START)
