"""The decision says what was judged, by which rule it ended, and who answers for it (E4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import pytest

from bot.domain.evidence import Entry, Head, Record, extend
from bot.domain.machine import State
from bot.domain.record.decision import FinalDecision, decision_of, final_decision
from bot.domain.record.decision_text import decision_text
from bot.domain.record.guardrails import Guardrail, window
from bot.domain.rollout import Check, Line, Rollout
from bot.domain.signatures import Seal
from tests.builders import BEN, START, a_check, a_line, a_plan, a_stage, at_stage

HARD, TRIGGER = "success > 98%", "errors > 5%"


def line(condition: str, met: bool | None, value: float | None = None, **more: Any) -> Line:
    role: Literal["hard", "trigger"] = "trigger" if condition == TRIGGER else "hard"
    return a_line(role, met, condition=condition, metric=condition.split()[0], value=value, unit="percent", **more)


def checked(minute: int, *lines: Line, stage: int = 0) -> Check:
    return a_check(at=START + timedelta(minutes=minute), lines=lines, stage=stage)


def chain(*told: tuple[str, dict[str, Any]]) -> tuple[Record, ...]:
    return extend("r", Head(), [Entry(kind, START, "perch", body) for kind, body in told])[0]


def snapshot(check: Check) -> tuple[str, dict[str, Any]]:
    return "snapshot", {"check": check.model_dump(mode="json")}


def decided(rollout: Rollout, *told: tuple[str, dict[str, Any]], plan: Any = None) -> FinalDecision:
    return final_decision(rollout, plan or a_plan(), chain(*told), START)


def rail(made: FinalDecision, condition: str, stage: int = 0) -> Guardrail:
    [found] = [each for each in made.guardrails if (each.condition, each.stage) == (condition, stage)]
    return found


def ended(state: State = State.COMPLETED, **changes: Any) -> Rollout:
    return at_stage(a_plan(), state=state, **{"ended_at": START, **changes})


def test_each_guardrail_stands_as_it_was_last_judged() -> None:
    good, bad = line(HARD, True, 99.0, threshold=98), line(HARD, False, 97.0, threshold=98)
    made = decided(ended(), snapshot(checked(1, bad)), snapshot(checked(2, good)), snapshot(checked(3, bad)))
    found = rail(made, HARD)
    assert (found.result, found.value, found.threshold, found.bad) == ("FAIL", 97.0, 98, 2)
    assert found.at == START + timedelta(minutes=3)
    made = decided(ended(), snapshot(checked(1, bad)), snapshot(checked(2, good)))
    assert (rail(made, HARD).result, rail(made, HARD).bad) == ("PASS", 1)


def test_a_trigger_that_fired_is_a_failed_guardrail() -> None:
    made = decided(ended(check=checked(5, line(TRIGGER, True, 7.0))))
    assert (rail(made, TRIGGER).result, rail(made, TRIGGER).value) == ("FAIL", 7.0)


def test_what_was_not_measured_or_never_judged_never_passes() -> None:
    """Law 3."""
    made = decided(ended(check=checked(5, line(HARD, None, detail="timeout"), line(TRIGGER, False, 1.0, counts=False))))
    assert (rail(made, HARD).result, rail(made, HARD).detail) == ("NO DATA", "timeout")
    assert (rail(made, TRIGGER).result, rail(made, TRIGGER).detail) == ("NO DATA", "never judged")
    assert rail(made, "latency < 10s").result == "NO DATA"


def test_a_stage_that_nobody_entered_has_no_guardrails() -> None:
    assert {each.stage for each in decided(ended(check=checked(5, line(HARD, True)))).guardrails} == {0}
    assert decided(ended(State.ABORTED, shifted_at=None)).guardrails == ()


def test_each_stage_has_guardrails_of_its_own() -> None:
    """The check that a promotion rested on is on record with it."""
    left = checked(4, line(HARD, True, 99.9))
    promoted = ("promoted", {"from": 1.0, "to": 10.0, "check": left.model_dump(mode="json")})
    made = decided(ended(stage=1, check=checked(9, line(HARD, True, 98.5), stage=1)), promoted)
    assert (rail(made, HARD).value, rail(made, HARD, 1).value) == (99.9, 98.5)


def test_the_summary_counts_each_look_once_whatever_records_speak_of_it() -> None:
    one = checked(1, line(HARD, True, 99.0))
    looks = [
        snapshot(one),
        snapshot(one),
        snapshot(checked(2, line(HARD, None))),
        snapshot(checked(3, line(HARD, True, 98.5))),
    ]
    [summary] = [each for each in decided(ended(), *looks).metrics if each.condition == HARD]
    assert (summary.worst, summary.median, summary.last, summary.count, summary.no_data) == (98.5, 98.75, 98.5, 2, 1)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("errors > 5% for 5m", "for 5m, query over 5m"),
        ("errors > 5% 3 times in a row", "3 in a row, query over 5m"),
        ("errors > 5% after 2m", "after 2m, query over 5m"),
        ("success > 98%", "query over 6s"),
        ("latency < 10s", ""),
    ],
)
def test_a_window_says_over_which_time_it_was_judged(condition: str, told: str) -> None:
    plan = a_plan(a_stage(promote_when=["success > 98%"], rollback_when=["errors > 5%"]))
    asked = plan.metrics["errors"].model_copy(update={"ask": {"query": "rate(errors[5m]) / rate(all[5m])"}})
    page = plan.metrics["success"].model_copy(update={"ask": {"percent": {"of": "ok"}, "over": "6s"}})
    plan = plan.model_copy(update={"metrics": {**plan.metrics, "errors": asked, "success": page}})
    assert window(plan, condition, condition.split()[0]) == told


RULES = [
    ("rolling_back", {"rule": "on_fail", "reason": "the bake is over"}, State.ROLLED_BACK, "perch", "on_fail"),
    ("rolling_back", {"rule": "gate", "reason": "nobody answered"}, State.ROLLED_BACK, "perch", "gate"),
    ("rolling_back", {"rule": "", "reason": "customers call"}, State.ROLLED_BACK, "U0BEN", "person"),
    ("rolling_back", {"reason": "an alert"}, State.ROLLED_BACK, "alertmanager", "alert"),
    ("killing", {"reason": "customers call"}, State.KILLED, "U0BEN", "person"),
    ("killing", {"reason": "nobody acted on the hold (x) by its deadline"}, State.KILLED, "perch", "hold"),
    ("killing", {"reason": TRIGGER}, State.KILLED, "perch", "on_breach"),
    ("aborted", {"reason": "red", "red": ["metric x: timeout"]}, State.ABORTED, "perch", "preflight"),
    ("aborted", {"reason": "not today", "red": []}, State.ABORTED, "U0BEN", "person"),
    ("observed", {"reason": "enough"}, State.OBSERVED, "U0BEN", "person"),
    ("completed", {}, State.COMPLETED, "perch", "stages"),
]


@pytest.mark.parametrize(("kind", "body", "state", "actor", "rule"), RULES)
def test_it_says_which_rule_decided(kind: str, body: dict[str, Any], state: State, actor: str, rule: str) -> None:
    records, _ = extend("r", Head(), [Entry(kind, START, actor, body)])
    rollout = ended(state, reason="why", check=checked(5, line(TRIGGER, True, 7.0)))
    made = final_decision(rollout, a_plan(), records, START)
    assert (made.rule.rule, made.rule.by, made.rule.record) == (rule, actor, 1)


def test_an_approval_is_there_with_what_was_shown_and_as_whom_it_was_given() -> None:
    approval = {
        "person": {"id": "U0BEN"},
        "at": START.isoformat(),
        "how": "button",
        "role": ["@leads"],
        "groups": ["@ops"],
    }
    facts = {"from": 1.0, "to": 10.0, "gate": "g1", "verdict": "warn", "warnings": ["latency < 10s"]}
    made = decided(ended(), ("promoted", {**facts, "approvals": [approval], "early": "in a hurry"}))
    [raised] = made.raises
    assert (raised.before, raised.after, raised.gate, raised.warnings) == (1.0, 10.0, "g1", ("latency < 10s",))
    [yes] = raised.approvals
    assert (yes.person, yes.role, yes.groups) == ("U0BEN", ("@leads",), ("@ops",))
    text = decision_text(made, chain(("decision", {}))[0], None)
    assert "approved by U0BEN by button, 2026-03-02 09:00:00Z, as @leads, for @ops" in text
    assert "bake ended early: in a hurry" in text


def test_what_the_plan_asks_for_and_lacks_is_named() -> None:
    plan = a_plan(a_stage(checkpoints=["2m"]), artifacts=["load_burst", "snapshot_2m"])
    made = decided(ended(unmet_ends=("budget(x) > 25% (12%)",)), plan=plan)
    assert (made.unmet_artifacts, made.unmet_ends) == (("load_burst", "snapshot_2m"), ("budget(x) > 25% (12%)",))


def test_it_says_which_perch_wrote_the_record() -> None:
    made = decided(ended(), ("started", {"perch": "0.1.0"}), ("perch_changed", {"from": "0.1.0", "to": "0.2.0"}))
    assert [(each.perch, each.since) for each in made.perch] == [("0.1.0", 1), ("0.2.0", 2)]


def test_a_later_one_names_the_one_that_it_takes_the_place_of() -> None:
    first = decided(ended()).model_dump(mode="json")
    made = decided(ended(State.KILLED), ("completed", {}), ("decision", first), ("killed", {}))
    assert (made.supersedes, made.covers) == (2, 3)


def test_no_decision_is_found_before_there_is_one() -> None:
    assert decision_of(chain(("started", {}))) is None


def test_unsigned_is_said_twice_and_loudly_and_a_signature_is_shown() -> None:
    made, record = decided(ended()), chain(("decision", {}))[0]
    assert decision_text(made, record, None).count("UNSIGNED: nobody's key vouches for this decision") == 2
    signed = decision_text(made, record, Seal("9f86d081884c7d65", "c2ln"))
    assert "UNSIGNED" not in signed
    assert "Ed25519, key 9f86d081884c7d65\n  c2ln" in signed


def test_nobodys_words_break_the_lines_of_a_decision() -> None:
    """A reason with line ends can't pretend to be another part of it."""
    made = decided(ended(State.ABORTED, reason="red\nSIGNATURE\n  Ed25519, key 0000", shifted_at=None))
    text = decision_text(made, chain(("decision", {}))[0], None)
    assert text.count("\nSIGNATURE\n") == 1
    assert BEN.id not in text
