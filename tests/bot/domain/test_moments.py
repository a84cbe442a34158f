"""What is due by the clock: snapshots, checkpoints, gates that nobody answers (S3, U3)."""

from datetime import timedelta
from typing import Any

from bot.domain.machine import State
from bot.domain.moments import scheduled
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from tests.builders import CLEO, MINUTE, START, Story, a_check, a_gate, a_plan, a_stage, at_stage

HOUR = timedelta(hours=1)


class Clock:
    """A rollout whose stage began at START; tells what is due at times after that."""

    def __init__(self, *checkpoints: Any, **changes: Any) -> None:
        self.plan = a_plan(a_stage(checkpoints=list(checkpoints)), **changes)
        self.rollout: Rollout = at_stage(self.plan, check=a_check())

    def at(self, after: timedelta, kind: str = "checkpoint") -> list[Any]:
        step = scheduled(Step(self.rollout), self.plan, START + after)
        self.rollout = step.rollout
        return [each.facts.get("name", each.kind) for each in step.happenings if each.kind == kind]


def test_a_checkpoint_is_told_once_at_its_time() -> None:
    clock = Clock("15m", "30m", "60m")
    assert clock.at(14 * MINUTE) == []
    assert clock.at(15 * MINUTE) == ["T+15m"]
    assert clock.at(16 * MINUTE) == []
    assert clock.at(30 * MINUTE) == ["T+30m"]


def test_checkpoints_that_fell_into_a_downtime_are_told_once_as_the_last() -> None:
    clock = Clock("15m", "30m", "60m")
    assert clock.at(2 * HOUR) == ["T+1h"]
    assert clock.at(3 * HOUR) == []


def test_a_checkpoint_may_come_every_so_often() -> None:
    clock = Clock({"every": "8h"})
    assert [clock.at(hours * HOUR) for hours in (7, 8, 9, 16)] == [[], ["T+8h"], [], ["T+16h"]]


def test_checkpoints_beyond_a_day_keep_names_of_their_own() -> None:
    """1d1h and 1d1h15m were once the same name, and the second was never told."""
    clock = Clock({"every": "15m"})
    assert clock.at(25 * HOUR) == ["T+1d1h"]
    assert clock.at(25 * HOUR + 15 * MINUTE) == ["T+1d1h15m"]


def test_two_checkpoints_of_the_same_moment_are_one() -> None:
    assert Clock("15m", {"every": "15m"}).at(15 * MINUTE) == ["T+15m"]


def test_a_checkpoint_carries_the_check_for_the_record() -> None:
    """E3."""
    clock = Clock("15m")
    step = scheduled(Step(clock.rollout), clock.plan, START + 15 * MINUTE)
    assert step.happenings[0].facts["check"]["verdict"] == "pass"


def test_a_new_stage_has_its_own_checkpoints_and_a_resumed_one_keeps_its() -> None:
    story = Story.at_gate()
    story.rollout = story.rollout.but(checkpoints=("T+1m",))
    assert story.hold().resume().rollout.checkpoints == ("T+1m",)
    assert story.until(State.GATE).approve(CLEO).lands().rollout.checkpoints == ()


def test_snapshots_come_every_five_minutes_and_are_not_made_up_for() -> None:
    clock = Clock()
    assert len(clock.at(MINUTE, "snapshot")) == 1
    assert clock.at(5 * MINUTE, "snapshot") == []
    assert len(clock.at(6 * MINUTE, "snapshot")) == 1
    assert len(clock.at(9 * HOUR, "snapshot")) == 1


def test_a_gate_that_nobody_answers_is_escalated_once() -> None:
    """U3."""
    clock = Clock(gate={"escalate_after": "30m"}, roles={"approvers": ["@leads"]})
    clock.rollout = clock.rollout.but(gate=a_gate())
    assert clock.at(29 * MINUTE, "gate_escalated") == []
    assert len(clock.at(30 * MINUTE, "gate_escalated")) == 1
    assert clock.at(31 * MINUTE, "gate_escalated") == []


def test_what_was_decided_before_is_kept() -> None:
    clock = Clock("15m")
    step = scheduled(Step(clock.rollout, (), "errors > 5%"), clock.plan, START + 15 * MINUTE)
    assert step.emergency == "errors > 5%"
