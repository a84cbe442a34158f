"""The decision matrix: every pair present, the plan's cells filled, the document's four rows (R7, R18)."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.domain.decisions import MATRIX, Decision, Do, Plans, Position, decide
from bot.domain.plan import Action, Plan
from bot.domain.rollout import Check, Line, Verdict
from tests.builders import Story, a_check, a_line, a_plan, a_stage

ALL = list(product(Position, Verdict))


@pytest.mark.parametrize(("position", "verdict"), ALL)
def test_every_pair_has_a_decision(position: Position, verdict: Verdict) -> None:
    assert isinstance(decide(position, a_check(verdict), a_plan()), Decision)


def test_the_matrix_has_every_pair_and_nothing_else() -> None:
    assert set(MATRIX) == set(ALL)


@pytest.mark.parametrize(("position", "verdict"), ALL)
def test_only_a_pass_or_a_warning_leads_up(position: Position, verdict: Verdict) -> None:
    """Law 3: nothing else opens a gate, promotes or completes."""
    cell = MATRIX[position, verdict]
    if cell in (Do.OPEN_GATE, Do.PROMOTE, Do.COMPLETE):
        assert verdict in (Verdict.PASS, Verdict.WARN)


@pytest.mark.parametrize("position", [each for each in Position if each is not Position.GOING_DOWN])
def test_a_breach_always_has_the_answer_of_the_plan(position: Position) -> None:
    """A hold stops progress, not protection."""
    assert MATRIX[position, Verdict.BREACH] is Plans.ON_BREACH


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_goes_down_keeps_on_whatever_a_check_says(verdict: Verdict) -> None:
    """Law 7."""
    assert MATRIX[Position.GOING_DOWN, verdict] is Do.KEEP_ON


# ---- the cells that the plan fills -----------------------------------------------------------------------------


def failed(*conditions: str) -> Check:
    return a_check(Verdict.FAIL, lines=tuple(a_line("hard", met=False, condition=each) for each in conditions))


def breached(*conditions: str) -> Check:
    return a_check(Verdict.BREACH, lines=tuple(a_line("trigger", met=True, condition=each) for each in conditions))


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ("hold", Decision(Do.HOLD)),
        ("hold 24h", Decision(Do.HOLD, timedelta(hours=24))),
        ("hold 24h then rollback", Decision(Do.HOLD, timedelta(hours=24), Action.ROLLBACK)),
        ("extend 2h", Decision(Do.EXTEND, timedelta(hours=2))),
        ("retry", Decision(Do.RETRY)),
        ("rollback", Decision(Do.ROLL_BACK)),
        ("kill", Decision(Do.KILL)),
    ],
)
def test_on_fail_says_what_a_failed_bake_leads_to(said: str, decision: Decision) -> None:
    plan = a_plan(a_stage(on_fail=said))
    for position in (Position.BAKED, Position.LAST_BAKED):
        assert decide(position, failed("success > 98%"), plan) == decision


@pytest.mark.parametrize(("said", "do"), [("rollback", Do.ROLL_BACK), ("kill", Do.KILL), ("hold", Do.HOLD)])
def test_on_breach_says_what_a_trigger_leads_to(said: str, do: Do) -> None:
    plan = a_plan(a_stage(on_breach=said))
    assert decide(Position.BAKING, breached("errors > 5%"), plan).do is do


def test_a_breach_that_holds_leaves_a_hold_as_it_is() -> None:
    plan = a_plan(a_stage(on_breach="hold"))
    assert decide(Position.HELD, breached("errors > 5%"), plan).do is Do.STAY


def test_of_several_triggers_the_most_cautious_answer_wins() -> None:
    """R18."""
    killing = {"condition": "errors > 5%", "on_breach": "kill"}
    plan = a_plan(a_stage(rollback_when=["success < 90%", killing]))
    assert decide(Position.BAKING, breached("success < 90%", "errors > 5%"), plan).do is Do.KILL
    assert decide(Position.BAKING, breached("success < 90%"), plan).do is Do.ROLL_BACK


def test_of_several_failures_the_most_cautious_answer_wins() -> None:
    strict = {"condition": "success > 95%", "on_fail": "rollback"}
    plan = a_plan(a_stage(promote_when=["success > 98%", strict], on_fail="hold"))
    assert decide(Position.BAKED, failed("success > 98%"), plan).do is Do.HOLD
    assert decide(Position.BAKED, failed("success > 98%", "success > 95%"), plan).do is Do.ROLL_BACK


@pytest.mark.parametrize(("then", "do"), [("hold", Do.HOLD), ("rollback", Do.ROLL_BACK), ("tell", Do.WAIT)])
def test_no_data_waits_and_then_does_what_the_plan_says(then: str, do: Do) -> None:
    """Law 3."""
    plan = a_plan(no_data={"after": "10m", "then": then})
    for position in (Position.SETTLING, Position.BAKING, Position.BAKED, Position.LAST_BAKED):
        check = a_check(Verdict.NO_DATA)
        assert decide(position, check, plan, waited_for_data=timedelta(minutes=9, seconds=59)).do is Do.WAIT
        assert decide(position, check, plan, waited_for_data=timedelta(minutes=10)).do is do


# ---- the matrix of the materializers document ------------------------------------------------------------------

HELD_A_DAY = (Do.HOLD, timedelta(hours=24))
ROWS: list[tuple[int, dict[str, tuple[Do, timedelta | None]]]] = [
    (0, {"good": (Do.OPEN_GATE, None), "low": (Do.HOLD, None), "errors": (Do.ROLL_BACK, None)}),
    (1, {"good": (Do.OPEN_GATE, None), "low": HELD_A_DAY, "errors": (Do.ROLL_BACK, None)}),
    (2, {"good": (Do.OPEN_GATE, None), "low": (Do.ROLL_BACK, None), "errors": (Do.ROLL_BACK, None)}),
    (3, {"good": (Do.COMPLETE, None), "low": (Do.ROLL_BACK, None), "errors": (Do.KILL, None)}),
]
FOUND: dict[str, dict[str, Any]] = {
    "good": {"success": 99.5, "errors": 0.05},
    "low": {"success": 97.5, "errors": 0.05},
    "exactly": {"success": 98.0, "errors": 0.05},
    "errors": {"success": 99.5, "errors": 5.1},
}


def of_the_document() -> Plan:
    """Its four rows: > 98 % | < 98 % | error > 5 %."""
    rows: list[dict[str, Any]] = [
        {"weight": "1%", "on_fail": "hold"},
        {"weight": "10%", "on_fail": "hold 24h then rollback"},
        {"weight": "50%", "on_fail": "rollback"},
        {"weight": "100%", "on_fail": "rollback", "on_breach": "kill"},
    ]
    return a_plan(*(a_stage(**row, rollback_when=["errors > 5%"], warn_unless=[]) for row in rows))


def decided(plan: Plan, stage: int, found: str) -> Decision:
    """What is decided when this stage's bake is over and a check finds such values."""
    check = Story.baking(plan, stage).look(**FOUND[found]).check
    last = stage == len(plan.stages) - 1
    return decide(Position.LAST_BAKED if last else Position.BAKED, check, plan)


@pytest.mark.parametrize(("stage", "row"), ROWS)
def test_the_four_rows_of_the_document_hold(stage: int, row: dict[str, tuple[Do, timedelta | None]]) -> None:
    """1 %: PROMOTE/HOLD/ROLLBACK; 10 %: …/HOLD (24h)/…; 50 %: …/ROLLBACK/…; 100 %: MONITOR/ROLLBACK/EMERGENCY."""
    for found, expected in row.items():
        decision = decided(of_the_document(), stage, found)
        assert (decision.do, decision.lasting) == expected


@pytest.mark.parametrize("stage", range(4))
def test_exactly_98_percent_is_treated_as_below_it(stage: int) -> None:
    """R18: the document leaves the gap; the most cautious reading fills it."""
    assert decided(of_the_document(), stage, "exactly") == decided(of_the_document(), stage, "low")


def test_the_last_stage_is_monitored_while_it_bakes() -> None:
    """MONITOR: good values change nothing until the validation is over."""
    story = Story.baking(of_the_document(), 3)
    assert decide(Position.BAKING, story.look(**FOUND["good"]).check, story.plan).do is Do.WAIT


def test_a_line_keeps_its_condition_as_the_plan_spells_it() -> None:
    lines: tuple[Line, ...] = Story.baking(of_the_document()).look().check.lines
    assert {line.condition for line in lines} == {"errors > 5%", "success > 98%"}
