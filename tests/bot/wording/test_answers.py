"""Answers, refusals and dialogs: within Slack's limits, and with a way on."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain import errors
from bot.domain.evidence import Broken, Entry, Head, extend
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.ports import Said
from bot.wording import answers, modals, refusals
from bot.wording.telling import Telling
from tests.bot.wording.limits import broken_limits
from tests.bot.wording.stories import NOW, a_check, a_plan, a_rollout, lines

NASTY = some.text(max_size=400) | some.sampled_from(["<!channel>", "x" * 5000, "`*_~>\n"])
REFUSALS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.PerchError) and kind.__init__ is not errors.PerchError.__init__
]


def rollouts(text: str, count: int) -> list[Rollout]:
    states = [*State]
    return [
        a_rollout(states[number % len(states)], id=f"r-{number}", version=text, reason=text, environment=text)
        for number in range(count)
    ]


@settings(max_examples=30, deadline=None)
@given(text=NASTY, count=some.integers(0, 60))
def test_every_answer_stays_within_slacks_limits(text: str, count: int) -> None:
    there = rollouts(text, count)
    telling = Telling(
        {}, a_rollout(check=a_check(lines=lines(text or "m > 1%", text) * 20), reason=text), a_plan(), NOW
    )
    records, head = extend("r", Head(), [Entry(text or "kind", NOW, text, {"a": text})] * count)
    broken = Broken("r", 3, text)
    said = [
        answers.listing(there, NOW),
        answers.history(there, NOW),
        answers.why(telling),
        answers.details(telling),
        answers.done("Done.", telling),
        answers.plan_list([f"plan-{number}" for number in range(count)]),
        answers.plan_table(a_plan(tuple(range(1, 41)), what=text)),
        answers.evidence(a_rollout(), records, head, None),
        answers.evidence(a_rollout(), records, head, broken),
        answers.usages({str(number): (f"verb{number} NAME", "What it does.") for number in range(count)}),
    ]
    assert [broken_limits(each) for each in said] == [[]] * len(said)
    assert "<!channel>" not in str(said)


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_every_refusal_says_what_happened_and_what_to_do_next(kind: type[errors.PerchError]) -> None:
    asked = list(inspect.signature(kind).parameters.values())
    values = [1 if "int" in str(each.annotation) else f"<{each.name}> & more" for each in asked]
    said = refusals.refusal(kind(*values))  # type: ignore[arg-type]
    assert broken_limits(said) == []
    assert "Next: " in said.text
    assert "&lt;" in said.text or all(isinstance(value, int) for value in values) or kind is errors.UnitMismatch


def test_a_corrected_command_stands_alone_ready_to_copy() -> None:
    said = refusals.refusal(errors.WrongStage("materializers", "5%", "1%"))
    assert "```/canary start materializers 1%```" in said.blocks[0]["text"]["text"]
    assert said.text.endswith("Next: /canary start materializers 1%")


def test_the_command_goes_by_its_own_name() -> None:
    said = refusals.refusal(errors.WrongStage("materializers", "5%", "1%"), "/perch")
    assert "/perch start materializers 1%" in said.text
    assert "/canary" not in said.text


@pytest.mark.parametrize(
    "said",
    [
        refusals.fault("ab12"),
        refusals.memory_away(downward=True),
        refusals.memory_away(downward=False),
        refusals.too_late("start", 5),
        refusals.no_longer_active(),
        refusals.modal_failed("kill", "x" * 300),
    ],
)
def test_every_fault_has_a_way_on(said: Said) -> None:
    assert broken_limits(said) == []
    assert "/canary" in said.text or "perch" in said.text or "read here" in said.text


@pytest.mark.parametrize("build", [modals.reject_modal, modals.kill_modal])
def test_dialogs_fit_slacks_narrow_titles(build: object) -> None:
    view = build("materializers-with-a-very-long-name-7", "m")  # type: ignore[operator]
    assert len(view["title"]["text"]) <= 24
    assert view["private_metadata"] == "m"


def test_a_broken_record_is_said_loudly() -> None:
    """Law 9."""
    said = answers.evidence(a_rollout(), (), Head(5, "ab" * 32), Broken("r", 3, "its content doesn't match its hash"))
    assert "NOT whole" in said.text
    assert "record 3" in said.text
