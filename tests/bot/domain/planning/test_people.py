"""Whoever a plan has told can be told: notifiers, addresses and classes that exist (S8, O4, R22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from bot.domain.kinds import Kind
from bot.domain.planning.reading import report_on
from bot.domain.urgencies import Hears
from tests.bot.domain.plan_trees import KINDS, a_tree, told


class Options(BaseModel, extra="forbid"):
    key_env: str


def _nothing(options: Any, environment: Any) -> None: ...


WITH = replace(
    KINDS,
    notifiers={"pagerduty": Kind(Options, _nothing, hears=Hears.PAGES), "hook": Kind(Options, _nothing)},
)
ONCALL = {"oncall": {"kind": "pagerduty", "key_env": "K"}}
TRIGGER = {"condition": "latency > 30s", "class": "security"}


def findings(**changes: Any) -> tuple[list[str], list[str]]:
    """Mistakes and notes of the good plan with other parts."""
    report = report_on({**a_tree(), **changes}, "", WITH)
    return [told(each) for each in report.mistakes], [told(each) for each in report.notes]


def with_class(**changes: Any) -> dict[str, Any]:
    stages = [{**each, "rollback_when": [TRIGGER]} for each in a_tree()["stages"]]
    return {"stages": stages, **changes}


@pytest.mark.parametrize("place", ["notify", "routes", "classes"])
def test_a_notifier_may_stand_wherever_a_channel_may(place: str) -> None:
    named = {
        "notify": {"notify": {"breach": ["oncall", "#eng", "mail:a@b.org"]}},
        "routes": {"routes": {"page": ["oncall"]}},
        "classes": with_class(classes={"security": {"notify": ["oncall"]}}),
    }
    mistakes, notes = findings(notifiers=ONCALL, **named[place])
    assert mistakes == []
    assert [note for note in notes if "oncall" in note or "class" in note] == []


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        (
            {"notify": {"breach": ["pagerduty"]}},
            "notify.breach[0]: there is no notifier 'pagerduty' — add: notifiers: {pagerduty: {kind: pagerduty, …}}",
        ),
        (
            {"notifiers": ONCALL, "routes": {"page": ["#x", "onkall"]}},
            "routes.page[1]: there is no notifier 'onkall' — did you mean oncall?",
        ),
        (
            {"notify": {"completed": ["mail:not an address"]}},
            "notify.completed[0]: 'mail:not an address' isn't one mail address — as: mail:deployment-lead@example.com",
        ),
        (
            {"notifiers": ONCALL, "notify": {"promoted": ["oncall"], "breach": ["oncall"]}},
            "notify.promoted[0]: 'promoted' is no reason to wake anybody: the pager 'oncall' isn't told of it — "
            "name it for breach, stuck or held; that it's over it hears by itself",
        ),
    ],
)
def test_who_cannot_be_told_is_a_mistake_with_the_mending(changes: dict[str, Any], mistake: str) -> None:
    """Silence would be taken for having been told."""
    mistakes, _ = findings(**changes)
    assert mistakes == [mistake]


@pytest.mark.parametrize(
    ("notifiers", "where"),
    [
        ({"Oncall": ONCALL["oncall"]}, "notifiers"),
        ({"#x": ONCALL["oncall"]}, "notifiers"),
        ({"oncall": {"kind": "pager", "key_env": "K"}}, "notifiers.oncall.kind"),
        ({"oncall": {"kind": "pagerduty"}}, "notifiers.oncall"),
        ({"oncall": {"kind": "pagerduty", "key_env": "K", "routing_key": "abc"}}, "notifiers.oncall.routing_key"),
    ],
)
def test_a_notifier_is_checked_like_every_part(notifiers: dict[str, Any], where: str) -> None:
    mistakes, _ = findings(notifiers=notifiers)
    assert mistakes
    assert any(each.startswith(where) for each in mistakes), mistakes


def test_what_is_named_for_nothing_is_noted() -> None:
    _, notes = findings(notifiers=ONCALL, classes={"security": {}})
    assert any(note.startswith("notifiers.oncall: nothing is told to 'oncall'") for note in notes)
    assert any(note.startswith("classes.security: no trigger has the class 'security'") for note in notes)


def test_a_class_that_the_plan_says_nothing_about_is_noted_with_what_it_means() -> None:
    mistakes, notes = findings(**with_class())
    assert mistakes == []
    assert any("it pages, and may be retried — add: classes: {security: " in note for note in notes), notes


@pytest.mark.parametrize("danger", [{"severity": "loud"}, {"retry": "sometimes"}, {"audience": []}, []])
def test_a_class_says_nothing_else(danger: Any) -> None:
    mistakes, _ = findings(**with_class(classes={"security": danger}))
    assert mistakes
