"""The shipped `materializers` plan decides as its document does, success of exactly 98 % included (R7, R18)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import all_kinds
from bot.domain.checks import Facts, Moment, judge
from bot.domain.decisions import Decision, Do, Position, decide
from bot.domain.plan import Action, Plan
from bot.domain.rollout import Tally, Verdict
from storage.plans import PlanFolder
from tests.builders import START, a_baseline, measured

FILE = Path(__file__).parents[2] / "plans" / "materializers.yaml"
FINE: dict[str, float] = {
    "success_rate": 99.9,
    "error_rate": 0.05,
    "latency_p99": 2.0,
    "chat_p99": 1.0,
    "queue_depth": 10.0,
    "worker_seen": START.timestamp(),
    "decisiontrace_drops": 0.0,
    "graph_write_p99": 0.1,
    "memory_api": 40.0,
    "memory_workers": 40.0,
    "memory": 40.0,
    "worker_oom": 0.0,
    "chat": 1.0,
}
A_DAY = timedelta(hours=24)


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = PlanFolder(FILE.parent, all_kinds()).read_file(FILE).report.plan
    assert found is not None
    return found


def decided(plan: Plan, stage: int, **values: float) -> Decision:
    """What is decided when a stage's bake is over and these values differ from fine ones."""
    moment = Moment(START, START - timedelta(days=9), timedelta(0), plan.every.check)
    facts = Facts(
        canary=measured({**FINE, **values}),
        baselines={"chat_p99": a_baseline(1.0)},
        tallies={"chat": Tally(good=1000, total=1000)},
    )
    check, _ = judge(plan, stage, facts, {}, moment)
    last = stage == len(plan.stages) - 1
    if check.verdict is Verdict.PASS:
        assert decide(Position.BAKING, check, plan).do is Do.WAIT, "MONITOR while it bakes"
    return decide(Position.LAST_BAKED if last else Position.BAKED, check, plan)


HOLD, HOLD_A_DAY = Decision(Do.HOLD), Decision(Do.HOLD, A_DAY, Action.ROLLBACK)
BACK, KILLED = Decision(Do.ROLL_BACK), Decision(Do.KILL)
ROWS: list[Any] = [
    pytest.param(0, Do.OPEN_GATE, HOLD, BACK, id="1%"),
    pytest.param(1, Do.OPEN_GATE, HOLD_A_DAY, BACK, id="10%"),
    pytest.param(2, Do.OPEN_GATE, BACK, BACK, id="50%"),
    pytest.param(3, Do.COMPLETE, BACK, KILLED, id="100%"),
]


@pytest.mark.parametrize(("stage", "good", "low", "errors"), ROWS)
def test_each_row_of_the_matrix_is_the_documents(
    plan: Plan, stage: int, good: Do, low: Decision, errors: Decision
) -> None:
    """SUCCESS > 98 % | SUCCESS < 98 % | ERROR > 5 %."""
    assert decided(plan, stage).do is good
    assert decided(plan, stage, success_rate=97.9) == low
    assert decided(plan, stage, error_rate=5.1) == errors


@pytest.mark.parametrize(("stage", "good", "low", "errors"), ROWS)
def test_success_of_exactly_98_percent_takes_the_cautious_way(
    plan: Plan, stage: int, good: Do, low: Decision, errors: Decision
) -> None:
    """The document leaves it open; it is treated as below."""
    assert decided(plan, stage, success_rate=98.0) == low


def test_the_stages_own_table_is_stricter_where_it_says_rollback(plan: Plan) -> None:
    """At 1 % the text wants a rollback at 95 % and below; the matrix holds above that."""
    assert decided(plan, 0, success_rate=95.0).do is Do.ROLL_BACK
    assert decided(plan, 0, error_rate=2.0).do is Do.ROLL_BACK
    assert decided(plan, 1, success_rate=97.0).do is Do.ROLL_BACK
