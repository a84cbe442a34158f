"""What is different between two plans, as people read it who approve the change."""

from __future__ import annotations

from typing import Any

from bot.domain.plan import Plan
from bot.domain.planning.diff import differences
from bot.domain.planning.reading import thaw_plan
from tests.bot.domain.plan_trees import KINDS, a_tree

CHECKPOINTS = [{"at": "15m"}, {"at": "30m"}]


def plan(checkpoints: list[dict[str, Any]]) -> Plan:
    first, *rest = a_tree()["stages"]
    return thaw_plan({**a_tree(), "stages": [{**first, "checkpoints": checkpoints}, *rest]}, "", KINDS)


def told(old: Plan, new: Plan) -> list[str]:
    return [str(each) for each in differences(old, new)]


def test_of_as_many_things_as_before_only_what_is_different_is_told_with_its_place() -> None:
    changed = [{"at": "15m"}, {"at": "45m"}]
    assert told(plan(CHECKPOINTS), plan(changed)) == ["stage 1% checkpoints 2.at: 30m → 45m"]


def test_of_more_or_fewer_those_that_came_and_went_are_told() -> None:
    assert told(plan(CHECKPOINTS), plan([*CHECKPOINTS, {"at": "1h"}])) == ["stage 1% checkpoints: + {at: 1h}"]
    assert told(plan(CHECKPOINTS), plan(CHECKPOINTS[1:])) == ["stage 1% checkpoints: - {at: 15m}"]


def test_another_order_is_a_difference() -> None:
    assert len(told(plan(CHECKPOINTS), plan(CHECKPOINTS[::-1]))) == 2
