"""After a way down: what must be true again, each thing with its time (R12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.domain.kills import note_met
from bot.domain.plan import Plan
from bot.domain.rollout import Kill, Rollout
from bot.domain.steps import Step
from bot.domain.verifying import looked
from tests.builders import ANA, START, a_plan, a_rollout, facts_of

ERRORS, CHAT = "errors < 1% within 30s", "chat up within 5m"
WANTED = {"rollback": [ERRORS, CHAT], "kill": ["queue == 0 within 1m"]}


def the_plan(**wanted: Any) -> Plan:
    return a_plan(verify_after=wanted or WANTED)


def down(plan: Plan, after: str = "rollback") -> Rollout:
    left = [each.text for each in getattr(plan.verify_after, after)]
    return a_rollout(verify_after=after, verify_since=START, verify_left=tuple(left))


def look(rollout: Rollout, plan: Plan, seconds: float, **values: float | None) -> Step:
    now = START + timedelta(seconds=seconds)
    return looked(rollout, plan, facts_of(values, now), now)


def test_each_condition_is_on_record_with_how_long_it_took() -> None:
    plan = the_plan()
    step = look(down(plan), plan, 2, errors=7.0, chat=1.0)
    assert (step.rollout.verify_left, step.happenings) == ((ERRORS,), ())
    step = look(step.rollout, plan, 12, errors=0.2, chat=0.0)
    (told,) = step.happenings
    assert (told.kind, told.facts["after"]) == ("verified", "rollback")
    results = [(each["condition"], each["says"], each["took_s"]) for each in told.facts["results"]]
    assert results == [(CHAT, "PASS", 2.0), (ERRORS, "PASS", 12.0)]
    assert (told.facts["took_s"], told.facts["failed"], step.rollout.verify_left) == (12.0, [], ())


def test_what_is_not_met_in_its_time_is_told_at_once_while_the_rest_is_looked_for() -> None:
    plan = the_plan()
    step = look(down(plan), plan, 30, errors=7.0, chat=0.0)
    (told,) = step.happenings
    assert (told.kind, told.facts["failed"], told.facts["results"][0]["value"]) == ("verify_missed", [ERRORS], 7.0)
    assert step.rollout.verify_left == (CHAT,)
    step = look(step.rollout, plan, 300, errors=0.1, chat=0.0)
    (told,) = step.happenings
    assert (told.kind, told.facts["failed"]) == ("verified", [ERRORS, CHAT]), "what was late stays late"


def test_no_data_is_not_met() -> None:
    """Law 3."""
    plan = the_plan(rollback=[ERRORS])
    step = look(down(plan), plan, 30, errors=None)
    (result,) = step.happenings[0].facts["results"]
    assert (result["says"], result["took_s"]) == ("FAIL", None)
    assert "no answer in 10 s" in result["detail"]


def test_what_nobody_saw_in_its_time_was_not_met_in_time() -> None:
    """A restart in between: who knows what it was like."""
    plan = the_plan(rollback=[ERRORS])
    (result,) = look(down(plan), plan, 600, errors=0.1).happenings[0].facts["results"]
    assert (result["says"], result["took_s"]) == ("FAIL", 600.0)
    assert "only after its time" in result["detail"]
    (just,) = look(down(plan), plan, 33, errors=0.1).happenings[0].facts["results"]
    assert just["says"] == "PASS", "as near as looks are apart"


def test_the_next_look_comes_with_the_next_time_that_runs_out() -> None:
    plan = the_plan()
    rollout = look(down(plan), plan, 27, errors=7.0, chat=0.0).rollout
    assert rollout.due_at == START + timedelta(seconds=30)


def test_after_a_kill_its_own_conditions_are_looked_at() -> None:
    plan = the_plan()
    (told,) = look(down(plan, "kill"), plan, 4, queue=0.0).happenings
    assert (told.facts["after"], told.facts["passed"]) == ("kill", ["queue == 0 within 1m"])


def test_a_kill_remembers_when_each_condition_was_first_true() -> None:
    kill = Kill(by=ANA, reason="", asked_at=START)
    rollout = note_met(a_rollout(kill=kill), ["a"], START + timedelta(seconds=3))
    rollout = note_met(rollout, ["a", "b"], START + timedelta(seconds=9))
    assert rollout.kill is not None
    assert rollout.kill.met == {"a": 3.0, "b": 9.0}
