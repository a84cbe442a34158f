"""Whom a happening concerns: by kind of event, by severity, by the class of the breach (S8, O4, R22)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import moves
from bot.domain.audiences import act_of, classes_of, everybody, never_again, told_of, urgency_of
from bot.domain.machine import State
from bot.domain.rollout import PERCH, Check, Line, Person, Rollout, Verdict
from bot.domain.steps import Happening
from bot.domain.urgencies import Act, Urgency
from tests.builders import ANA, START, a_plan, a_rollout, a_stage

PAGER, BOARD, LOW = "oncall", "board", "#low"
ROUTES = {"page": [PAGER], "ticket": [BOARD], "warning": [LOW]}
NOTIFIERS = {PAGER: {"kind": "pagerduty"}, BOARD: {"kind": "jira"}}
ALERTMANAGER = Person(id="webhook:alertmanager")
SHELL = Person(id="shell:ana")


def plan(**changes: Any) -> Any:
    return a_plan(notifiers=NOTIFIERS, routes=ROUTES, **changes)


def happened(kind: str, by: Person = PERCH, **facts: Any) -> Happening:
    return Happening(kind, facts, by)


@pytest.mark.parametrize(
    ("happening", "live", "act"),
    [
        (happened("rolling_back"), True, Act.OPENS),
        (happened("rolling_back", ALERTMANAGER), True, Act.OPENS),
        (happened("killing"), True, Act.OPENS),
        (happened("stuck"), True, Act.OPENS),
        (happened("held", cause="on_fail"), True, Act.OPENS),
        (happened("held", cause="freeze"), True, Act.NEWS),
        (happened("held", ANA, cause="person"), True, Act.TAKEN),
        (happened("rolling_back", SHELL), True, Act.TAKEN),
        (happened("killing", ANA), True, Act.TAKEN),
        (happened("rolled_back"), False, Act.OVER),
        (happened("rolled_back"), True, Act.NEWS),
        (happened("killed"), False, Act.OVER),
        (happened("resumed", ANA), True, Act.OVER),
        (happened("completed"), False, Act.OVER),
        (happened("promoted", ANA), True, Act.NEWS),
        (happened("started", ANA), True, Act.NEWS),
    ],
)
def test_what_a_happening_does_to_the_trouble_that_people_hear_of(happening: Happening, live: bool, act: Act) -> None:
    after = a_rollout(state=State.HELD if live else State.ROLLED_BACK)
    assert act_of(happening, after) is act


@pytest.mark.parametrize(
    ("event", "happening", "urgency"),
    [
        ("breach", happened("rolling_back"), Urgency.PAGE),
        ("breach", happened("rolling_back", ANA), None),
        ("breach", happened("killing"), Urgency.PAGE),
        ("stuck", happened("stuck"), Urgency.PAGE),
        ("held", happened("held", cause="breach"), Urgency.PAGE),
        ("held", happened("held", cause="both_sides"), Urgency.PAGE),
        ("held", happened("held", cause="no_data"), Urgency.WARNING),
        ("held", happened("held", cause="freeze"), None),
        ("held", happened("held", ANA, cause="person"), None),
        ("rolled_back", happened("rolled_back"), Urgency.TICKET),
        ("killed", happened("killed"), Urgency.TICKET),
        ("completed", happened("completed"), None),
        ("promoted", happened("promoted", ANA), None),
    ],
)
def test_how_urgent_an_event_is(event: str, happening: Happening, urgency: Urgency | None) -> None:
    """What a person brings about wakes nobody; holding because both sides are as bad does (DESIGN's breach rule)."""
    assert urgency_of(event, happening, a_rollout(), plan()) is urgency


def test_everybody_is_told_once_however_often_they_are_named() -> None:
    told = plan(
        notify={"breach": ["#eng", PAGER, "#eng"]},
        classes={"security": {"severity": "page", "notify": ["#security", PAGER]}},
    )
    breached = a_rollout(dangers=("security",))
    assert told_of("breach", happened("rolling_back"), breached, told) == ("#eng", PAGER, "#security")


def test_the_worst_class_sets_the_severity_and_each_has_its_audience() -> None:
    """R22: also of what the breach ends in, and of nothing else."""
    classes = {
        "capacity": {"severity": "warning", "notify": ["#capacity"]},
        "security": {"severity": "ticket", "notify": ["#security"], "retry": "never"},
    }
    breached, told = a_rollout(dangers=("capacity", "security")), plan(classes=classes)
    assert told_of("breach", happened("rolling_back"), breached, told) == (BOARD, "#capacity", "#security")
    assert told_of("rolled_back", happened("rolled_back"), breached, told) == (BOARD, "#capacity", "#security")
    assert told_of("held", happened("held", cause="no_data"), breached, told) == (LOW,)
    assert never_again(breached, told) == ("security",)


def test_a_class_that_the_plan_says_nothing_about_pages_and_may_be_retried() -> None:
    breached = a_rollout(dangers=("odd",))
    assert urgency_of("breach", happened("rolling_back"), breached, plan()) is Urgency.PAGE
    assert never_again(breached, plan()) == ()


def test_what_is_announced_by_no_name_is_told_to_nobody() -> None:
    assert told_of("", happened("aborted"), a_rollout(), plan()) == ()


def test_the_classes_of_all_triggers_that_fired_are_kept_until_somebody_resumes() -> None:
    rule = {"condition": "errors > 5%", "class": "security"}
    other = {"condition": "queue > 500", "class": "capacity"}
    told = a_plan(a_stage("1%", rollback_when=["success < 90%", rule, other]), a_stage("50%"))
    check = _check("errors > 5%", "success < 90%")
    first = classes_of(check, a_rollout(), told)
    assert first == ("security",)
    both = classes_of(_check("queue > 500"), a_rollout(dangers=first), told)
    assert both == ("security", "capacity")
    assert classes_of(_check(), a_rollout(dangers=both), told) == both
    held = a_rollout(state=State.HELD, dangers=both, shifted_at=START)
    assert moves.resume(held, START, ANA).rollout.dangers == ()


def _check(*fired: str) -> Check:
    lines = [Line(condition=each, role="trigger", met=True, counts=True) for each in fired]
    return Check(at=START, stage=0, verdict=Verdict.BREACH if fired else Verdict.PASS, lines=tuple(lines))


def test_everybody_whom_a_plan_names_is_found_with_the_place() -> None:
    told = plan(notify={"breach": ["#eng"]}, classes={"security": {"notify": ["mail:a@b.org"]}})
    found = {target: place for place, target in everybody(told)}
    assert found["#eng"] == ("notify", "breach", 0)
    assert found[BOARD] == ("routes", "ticket", 0)
    assert found["mail:a@b.org"] == ("classes", "security", "notify", 0)


def test_a_rollout_of_before_has_no_classes() -> None:
    """Rows of an older version load."""
    body = a_rollout().model_dump(mode="json")
    del body["dangers"]
    assert Rollout.model_validate(body).dangers == ()
