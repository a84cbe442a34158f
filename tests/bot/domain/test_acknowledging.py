"""Checkpoints that somebody is asked to have seen (S9), and gates that nobody answers (U3)."""

from typing import Any

from bot.domain.acknowledging import WITHIN, acknowledged
from bot.domain.escalations import escalations
from bot.domain.moments import scheduled
from bot.domain.steps import Happening, Step
from tests.builders import ANA, MINUTE, START, a_check, a_gate, a_plan, a_stage, at_stage

ASK = {"at": "15m", "acknowledge": ["@ana", "@sre"], "within": "20m"}


class Clock:
    """A rollout whose stage began at START, with an open gate where one is given."""

    def __init__(self, *checkpoints: Any, gated: bool = False, **changes: Any) -> None:
        first = a_stage(checkpoints=list(checkpoints), window=changes.pop("window", None))
        self.plan = a_plan(first, a_stage("10%"), roles={"approvers": ["@leads"]}, **changes)
        self.rollout = at_stage(self.plan, check=a_check(), gate=a_gate() if gated else None)

    def at(self, minutes: float, kind: str) -> list[Happening]:
        step = scheduled(Step(self.rollout), self.plan, START + minutes * MINUTE)
        self.rollout = step.rollout
        return [each for each in step.happenings if each.kind == kind]


def test_a_checkpoint_asks_whom_the_plan_names() -> None:
    """S9."""
    clock = Clock(ASK, "30m")
    [told] = clock.at(15, "acknowledgement_asked")
    assert told.facts == {"name": "T+15m", "of": ["@ana", "@sre"], "until": (START + 35 * MINUTE).timestamp()}
    assert clock.at(16, "acknowledgement_asked") == clock.at(30, "acknowledgement_asked") == []
    assert [each.name for each in clock.rollout.asked] == ["T+15m"]


def test_a_miss_is_told_once_and_can_still_be_made_good() -> None:
    clock = Clock(ASK)
    clock.at(15, "checkpoint")
    assert clock.at(34, "acknowledgement_missed") == []
    assert [each.facts["name"] for each in clock.at(35, "acknowledgement_missed")] == ["T+15m"]
    assert clock.at(36, "acknowledgement_missed") == []
    step = acknowledged(clock.rollout, clock.rollout.asked[0], ANA, START + 40 * MINUTE)
    assert step.happenings[0].facts == {"name": "T+15m", "by": ANA.id, "late": True}
    assert step.rollout.asked[0].by == ANA


def test_what_was_acknowledged_is_not_missed() -> None:
    clock = Clock(ASK)
    clock.at(15, "checkpoint")
    clock.rollout = acknowledged(clock.rollout, clock.rollout.asked[0], ANA, START + 16 * MINUTE).rollout
    assert clock.at(60, "acknowledgement_missed") == []


def test_without_a_time_half_an_hour_is_given() -> None:
    clock = Clock({"every": "8h", "acknowledge": "@sre"})
    clock.at(480, "checkpoint")
    assert clock.rollout.asked[0].until - clock.rollout.asked[0].at == WITHIN


def test_an_unanswered_gate_goes_to_the_approvers_and_then_further() -> None:
    """U3."""
    policy = {"expires": "4h", "escalate_after": "30m", "escalate_to": "@oncall"}
    clock, times = Clock(gated=True, gate=policy), (29, 30, 31, 60, 90, 120)
    asked = [[each.facts["to"] for each in clock.at(minutes, "gate_escalated")] for minutes in times]
    assert asked == [[], [["@leads"]], [], [["@oncall"]], [], []]


def test_nobody_is_woken_while_nobody_could_use_the_gate() -> None:
    policy = {"expires": "4h", "escalate_after": "30m"}
    clock = Clock(gated=True, window={"leave": "Mon-Fri 10:00-18:00"}, gate=policy)
    assert clock.at(45, "gate_escalated") == []
    assert len(clock.at(60, "gate_escalated")) == 1


def test_nothing_is_promised_for_after_the_end_of_the_gate() -> None:
    policy = {"expires": "45m", "escalate_after": "30m", "escalate_to": "@oncall"}
    plan = a_plan(gate=policy, roles={"approvers": ["@leads"]})
    gate = a_gate(expires_at=START + 45 * MINUTE)
    assert [step.to for step in escalations(gate, plan, "")] == [("@leads",)]


def test_whoever_watches_is_asked_before_the_approvers() -> None:
    """U3 and X12."""
    policy = {"expires": "4h", "escalate_after": "30m", "escalate_to": "@oncall"}
    plan = a_plan(gate=policy, roles={"approvers": ["@leads"]})
    gate = a_gate(expires_at=START + 240 * MINUTE)
    assert [step.to for step in escalations(gate, plan, "U0BEN")] == [("U0BEN",), ("@leads",), ("@oncall",)]
