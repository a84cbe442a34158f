"""A live rollout's plan changes only where nothing moves, and what was judged by the old one counts no more (R21)."""

from bot.domain import replanning
from bot.domain.machine import State
from bot.domain.moves import lowering
from bot.domain.replans import Replan
from bot.domain.units import Weight
from tests.builders import ANA, BEN, START, a_check, a_gate, a_plan, a_stage, at_stage

OLD = a_plan()
NEW = a_plan(a_stage("1%", promote_when=["success > 90%"]), a_stage("10%"), a_stage("50%"))
ASKED = Replan(id="p1", by=ANA.id, reason="a guess", at=START, before="d1", after="d2", lines=(), need=1, approvals=())


def test_a_plan_does_not_change_while_a_weight_moves() -> None:
    """Laws 1 and 7: held on the way back down it still moves, and the way down goes by the old plan."""
    held = at_stage(OLD, state=State.HELD)
    moving = held.but(intent=lowering(held, START, "i1", Weight(1), Weight(10), "not confirmed"))
    assert replanning.why_not(held, OLD, NEW) is None
    assert replanning.why_not(moving, OLD, NEW) is not None
    assert replanning.why_not(at_stage(OLD, state=State.SHIFTING), OLD, NEW) is not None


def test_a_verdict_by_the_old_plan_opens_nothing_under_the_new_one() -> None:
    """Law 1, X2: ending a bake early and an override ask for a check, and it must be the new plan's."""
    rollout = at_stage(OLD, state=State.GATE, gate=a_gate(), check=a_check(), early="hurry")
    changed = replanning.approve(rollout, ASKED, START, BEN).rollout
    assert (changed.state, changed.gate, changed.check, changed.early) == (State.BAKING, None, None, "")
    assert changed.plan_digest == "d2"
    assert ANA.id in changed.involved


def test_the_present_stage_keeps_its_weight() -> None:
    """Law 1: what is in force was approved as it is."""
    other = a_plan(a_stage("2%"), a_stage("10%"), a_stage("50%"))
    assert replanning.why_not(at_stage(OLD), OLD, other) is not None
    later = a_plan(a_stage("1%"), a_stage("20%"), a_stage("50%"))
    assert replanning.why_not(at_stage(OLD), OLD, later) is None
    assert replanning.why_not(at_stage(OLD, 1), OLD, later) is not None
