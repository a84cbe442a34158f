"""A gate's checklist: every item is needed, ticked by people at this gate or by the newest check (R19, law 1)."""

from typing import Any

import pytest

from bot.domain.checklists import checklist, cleared, ticked, unticked
from bot.domain.checks import Moment, judge
from bot.domain.gates import promotion_waits_for
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.planning.reading import environments_of
from bot.domain.rollout import Gate
from bot.domain.units import Weight
from tests.bot.domain.plan_trees import report, spoiled, told
from tests.builders import ANA, BEN, MINUTE, START, Story, a_gate, a_plan, a_stage, facts_of

LIST = ["dashboard looked at", {"item": "customers told", "by": "@support"}, {"auto": "queue < 50"}]


def listed(*items: Any) -> Plan:
    return a_plan(a_stage("1%", checklist=list(items or LIST)), a_stage("10%"))


def at_gate(*items: Any) -> Story:
    return Story.at_gate(listed(*items))


def tick(story: Story, *items: str) -> Story:
    """Ticked by ana, who started it: four eyes are for approvals."""
    for item in items:
        assert story.rollout.gate is not None
        story.rollout = story.rollout.but(gate=ticked(story.rollout.gate, item, ANA, story.now))
    return story


def waits(story: Story) -> list[str]:
    return [each.what for each in promotion_waits_for(story.rollout, story.plan, story.now)]


def test_an_approved_gate_waits_for_every_item() -> None:
    """Law 1: approvals and a passing check are not enough."""
    story = at_gate().approve(BEN)
    assert story.rollout.state is State.GATE
    assert waits(story) == ["'dashboard looked at' to be ticked", "'customers told' to be ticked"]
    tick(story, "dashboard looked at").check()
    assert story.rollout.state is State.GATE
    tick(story, "customers told").check()
    assert (story.rollout.state, story.rollout.target) == (State.SHIFTING, Weight(10))


def test_an_automatic_item_is_ticked_by_the_newest_check_and_by_nobody_else() -> None:
    story = tick(at_gate("seen", {"auto": "queue < 50"}), "seen", "queue < 50")
    story.check(queue=80.0).approve(BEN)
    assert waits(story) == ["queue < 50 (not met)"]
    story.check(queue=None)
    assert waits(story) == ["queue < 50 (timeout: no answer in 10 s)"]
    assert story.check(queue=10.0).rollout.state is State.SHIFTING


def test_an_automatic_item_is_no_part_of_the_verdict() -> None:
    """A long queue doesn't close the gate, and holds no bake."""
    story = at_gate().check(3, queue=80.0)
    assert story.rollout.state is State.GATE
    assert story.rollout.check is not None
    assert story.rollout.check.verdict.promotable


def test_a_gate_that_closes_and_opens_again_starts_without_ticks() -> None:
    """X2: they belonged to what was shown."""
    story = tick(at_gate("seen"), "seen").check()
    assert waits(story) == ["1 of 1 approvals"]
    story.check(success=97.0)
    assert story.rollout.gate is None
    assert story.until(State.GATE).approve(BEN).rollout.state is State.GATE
    assert waits(story) == ["'seen' to be ticked"]


def test_who_ticked_first_stays_and_a_tick_can_be_taken_back() -> None:
    gate = ticked(ticked(a_gate(), "seen", ANA, START), "seen", BEN, START + MINUTE)
    assert [(each.person, each.at) for each in gate.ticks] == [(ANA, START)]
    assert cleared(gate, "seen") == cleared(a_gate(), "seen") == a_gate()


def test_two_people_at_once_tick_two_items() -> None:
    gate = ticked(ticked(a_gate(), "one", ANA, START), "two", BEN, START)
    stage = listed("one", "two").stages[0]
    assert [item.done for item in checklist(gate, stage, None)] == [True, True]


@pytest.mark.parametrize("items", [(), None])
def test_a_check_of_another_stage_ticks_nothing(items: object) -> None:
    plan = a_plan(a_stage("1%"), a_stage("10%", checklist=[{"auto": "queue < 50"}]))
    check, _ = judge(plan, 1, facts_of(), {}, Moment(START, START, 0 * MINUTE, MINUTE))
    gate: Gate = a_gate(stage=1)
    stage = plan.stages[1]
    assert unticked(gate, stage, check) == []
    other = check.model_copy(update={"stage": 0}) if items is None else check.model_copy(update={"items": items})
    assert [item.number for item in unticked(gate, stage, other)] == [1]


def test_an_items_condition_may_wait_for_its_time() -> None:
    plan = listed({"auto": "queue < 50 after 10m"})
    early, _ = judge(plan, 0, facts_of(), {}, Moment(START + MINUTE, START, 0 * MINUTE, MINUTE))
    assert unticked(a_gate(), plan.stages[0], early) != []
    late, _ = judge(plan, 0, facts_of(), {}, Moment(START + 10 * MINUTE, START, 0 * MINUTE, MINUTE))
    assert unticked(a_gate(), plan.stages[0], late) == []


@pytest.mark.parametrize(
    ("items", "mistake"),
    [
        ([7], 'stages[0].checklist[0]: a checklist\'s item is a text, not the number 7 — as: "dashboard looked at"'),
        ([{"by": "@sre"}], "the item doesn't say what is to be ticked"),
        ([{"auto": "queue < 5", "by": "@sre"}], "an item with 'auto' is ticked by the checks, so it takes no 'by'"),
        ([{"auto": "quue < 5"}], "stages[0].checklist[0].auto:0: there is no metric 'quue' — did you mean queue?"),
        ([{"auto": "queue < 5 for 5m"}], "'for' works in rollback_when only"),
        (["seen", "seen"], "stages[0].checklist[1]: 'seen' stands in this checklist twice — keep one of the two"),
        ([{"auto": "queue < 5"}, {"auto": "queue < 5"}], "'queue < 5' stands here twice"),
        ([{"item": "seen", "by": "sre"}], "'sre' is neither a person nor a user group — @sre, or an id"),
        ([{"Grafana": "looked at"}], "unknown key 'Grafana'"),
        ([f"item {number}" for number in range(21)], "21 items don't fit into one message — at most 20"),
    ],
)
def test_a_mistake_in_a_checklist_is_told_where_it_stands(items: Any, mistake: str) -> None:
    found = [told(each) for each in report(spoiled("stages.0.checklist", items)).mistakes]
    assert len(found) == 1
    assert mistake in found[0]


def test_what_people_tick_names_no_environment() -> None:
    """`told @support` is prose, and `queue < 5 @lab` is not."""
    items = ["told @support", {"auto": "queue < 9 @production, 5 @lab"}]
    assert report(spoiled("stages.0.checklist", items)).mistakes == ()
    tree = spoiled("stages.0.checklist", items)
    assert {"production", "lab"} <= environments_of(tree)
    assert "support" not in environments_of(tree)


def test_a_checklist_that_nobody_would_be_asked_for_is_noted() -> None:
    tree = spoiled("stages.1.checklist", ["seen"])
    last = len(tree["stages"]) - 1
    notes = [told(note) for note in report(spoiled(f"stages.{last}.checklist", ["seen"])).notes]
    assert any("the last stage has no gate" in note for note in notes)
