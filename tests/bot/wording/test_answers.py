"""Answers, refusals and dialogs: within Slack's limits, and with a way on."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain import errors, obstacles
from bot.domain.evidence import Broken, Entry, Head, extend
from bot.domain.machine import State
from bot.domain.measurements import Measured
from bot.domain.overrides import Override, Overruled
from bot.domain.record import refusals as refusals_of_the_past
from bot.domain.record.alarms import Alarm, Cause, FalseAlarm
from bot.domain.record.durations import Phase
from bot.domain.record.summary import Summary, summed_up
from bot.domain.record.trends_of_plans import trends as added_up
from bot.domain.record.waits_of_people import Wait
from bot.domain.rollout import Rollout
from bot.domain.trends import History
from bot.ports import Said
from bot.wording import answers, modals, refusals
from bot.wording.history import history, one
from bot.wording.judging import ledger
from bot.wording.language import speaking
from bot.wording.languages import LANGUAGES
from bot.wording.manual import Manual, manual, usages
from bot.wording.metrics_table import metrics_table
from bot.wording.rosters import listing
from bot.wording.snapshots import measured_now
from bot.wording.start_modal import Offer, start_modal
from bot.wording.telling import Telling
from bot.wording.trends import trends
from tests.bot.wording.limits import broken_limits, broken_view
from tests.bot.wording.stories import NOW, a_check, a_plan, a_rollout, lines
from tests.builders import a_line
from tests.builders import a_plan as built_plan

NASTY = some.text(max_size=400) | some.sampled_from(["<!channel>", "x" * 5000, "`*_~>\n"])
REFUSALS = [
    kind
    for module in (errors, obstacles, refusals_of_the_past)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, errors.PerchError) and kind.__init__ is not errors.PerchError.__init__
]


def rollouts(text: str, count: int) -> list[Rollout]:
    states = [*State]
    return [
        a_rollout(states[number % len(states)], id=f"r-{number}", version=text, reason=text, environment=text)
        for number in range(count)
    ]


def an_override(text: str) -> Override:
    what = (Overruled(condition=text, measured=False, detail=text), Overruled(condition=text, measured=True))
    return Override(what="verdict", by=text, at=NOW, stage=0, weight=1, reason=text, overruled=what * 9)


def summed(rollout: Rollout, text: str) -> Summary:
    """With waits, alarms and words of all sorts besides what the rollout itself says."""
    wait = Wait(kind="gate", since=NOW, of=(text,) * 3, by=(text,), ended="rejected", why=text, weight=1, to=10)
    hold = Wait(kind="hold", since=NOW, of=(text,), ended="resumed", by=(text,), why=text, cause="person")
    mark = FalseAlarm(number=9, of=3, kind="held", by=text, at=NOW, reason=text, conditions=(text,) * 5)
    made = summed_up(rollout, None, (), NOW + timedelta(hours=2))
    return made.model_copy(
        update={
            "waits": (wait, hold) * 9,
            "false_alarms": (mark,) * 3,
            "causes": (Cause(kind="condition", what=text), Cause(kind="person", what=text)),
            "alarms": (Alarm(number=3, kind="held", at=NOW, conditions=(text,)),),
            "to_zero_s": 12.0,
            "spent_s": dict.fromkeys(Phase, 60.0),
        }
    )


@settings(max_examples=30, deadline=None)
@given(text=NASTY, count=some.integers(0, 60), language=some.sampled_from([*LANGUAGES]))
def test_every_answer_stays_within_slacks_limits(text: str, count: int, language: str) -> None:
    with speaking(LANGUAGES[language]):
        said = every_answer(text, count)
    assert [broken_limits(each) for each in said] == [[]] * len(said)
    assert "<!channel>" not in str(said)


def every_answer(text: str, count: int) -> list[Said]:
    there = rollouts(text, count)
    telling = Telling(
        {}, a_rollout(check=a_check(lines=lines(text or "m > 1%", text) * 20), reason=text), a_plan(), NOW
    )
    past = [summed(each.but(overrides=(an_override(text),), ended_at=NOW), text) for each in there]
    records, head = extend("r", Head(), [Entry(text or "kind", NOW, text, {"a": text})] * count)
    broken = Broken("r", 3, text)
    return [
        listing(there, NOW),
        history(past, [], NOW, total=count, pending=count, links=dict.fromkeys(["r-1"], "https://slack.example/p1")),
        ledger(past, NOW),
        *(one(each, NOW) for each in past[:3]),
        trends(added_up(past, plan=text, pending=count), NOW, [text] * count),
        answers.why(telling),
        answers.details(telling),
        answers.done("Done.", telling),
        answers.plan_list([f"plan-{number}" for number in range(count)]),
        answers.plan_table(a_plan(tuple(range(1, 41)), what=text)),
        answers.evidence(a_rollout(), records, head, None),
        answers.evidence(a_rollout(), records, head, broken),
        usages({str(number): Manual(f"verb{number} NAME", "What it does.", "all", ()) for number in range(count)}),
        manual(text, Manual(text, text, "all", [text] * count)),
    ]


def test_what_has_ended_is_bad_for_as_long_as_it_was_checked() -> None:
    """`for 50 s` an hour after a rollback that came two seconds after the break: it went on counting."""
    measured = {"condition": "latency_p99 > 5s", "metric": "latency_p99", "value": 27.6, "unit": "seconds"}
    line = a_line("trigger", True, threshold=5.0, since=NOW - timedelta(seconds=20), **measured)
    ended = a_rollout(State.ROLLED_BACK, check=a_check(lines=(line,)))
    told = answers.why(Telling({}, ended, a_plan(), NOW + timedelta(hours=1)))
    assert "for 20 s" in str(told.blocks)
    assert "for 1 h" not in str(told.blocks)


def test_a_table_of_metrics_says_age_and_up_as_people_do() -> None:
    plan = built_plan(
        metrics={"seen": {"source": "numbers", "unit": "timestamp"}, "chat": {"source": "numbers", "unit": "count"}}
    )
    lines = (
        a_line("hard", True, condition="age_of(seen) < 10s", metric="seen", value=2.0, unit="seconds", threshold=10.0),
        a_line("trigger", False, condition="chat down", metric="chat", value=1.0, unit="count"),
    )
    rollout = a_rollout(check=a_check(lines=lines))
    assert "'age of seen'" in str(metrics_table(lines, History(), rollout, plan))
    found = {"seen": Measured(NOW.timestamp(), NOW), "chat": Measured(1.0, NOW, "200 in 10 ms")}
    told = measured_now(Telling({}, rollout, plan, NOW), rollout.check or a_check(), found).text
    assert "chat: up (200 in 10 ms)" in told
    assert f"seen: {NOW:%Y-%m-%d}" in told


def fifty() -> list[Rollout]:
    states = [State.BAKING] * 46 + [State.GATE, State.HELD, State.SHIFTING, State.STUCK]
    return [
        a_rollout(state, id=f"r-{number}", plan=f"service-{number:02}-schema") for number, state in enumerate(states)
    ]


def test_fifty_live_rollouts_are_all_listed_with_those_that_wait_for_a_person_first() -> None:
    said = listing(fifty(), NOW)
    shown = "\n".join(block["text"]["text"] for block in said.blocks).splitlines()
    assert shown[0] == "*50 live rollouts; 3 wait for a person.*"
    assert [line.split("`")[1] for line in shown[1:4]] == [
        "service-49-schema",
        "service-47-schema",
        "service-46-schema",
    ]
    assert len(shown) == 51
    assert "… and 40 more; /canary list WORD" in said.text
    assert broken_limits(said) == []


def test_what_has_no_room_is_counted_with_how_to_see_it() -> None:
    long = [each.but(version="<" * 40, environment="&" * 40) for each in fifty()]
    *_, last = listing(long, NOW).blocks
    rows = sum(block["text"]["text"].count("• ") for block in listing(long, NOW).blocks if block["type"] == "section")
    assert last["elements"][0]["text"].startswith(f"… and {50 - rows} more; `/canary list WORD` shows")
    past = [summed(each.but(state=State.COMPLETED, ended_at=NOW), "m > 1%") for each in fifty()[:20]]
    *_, last = history(past, [], NOW, total=50).blocks
    assert last["elements"][0]["text"].startswith("… and 30 older; `/canary history NAME since=90d` narrows it")


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
        refusals.modal_failed(f"/canary kill {'x' * 300} REASON"),
    ],
)
def test_every_fault_has_a_way_on(said: Said) -> None:
    assert broken_limits(said) == []
    assert "/canary" in said.text or "perch" in said.text or "read here" in said.text


@settings(max_examples=40, deadline=None)
@given(name=NASTY, text=NASTY, count=some.integers(1, 130), stages=some.integers(1, 40))
def test_every_dialog_stays_within_slacks_limits(name: str, text: str, count: int, stages: int) -> None:
    plan = a_plan(tuple(range(1, stages + 1)), what=text, environment=text or "lab")
    names = [f"plan-{number}-{'x' * number}" for number in range(count)]
    changed = {"since": name, "lines": [(text, text, text)] * count, "more": 3}
    in_the_way = [errors.BadRequest(text or "No.", "/canary help")] * count
    known = [f"environment-{number}" for number in range(count)]
    views = [
        modals.reject_modal(name),
        modals.kill_modal(name),
        modals.no_plans_modal(),
        start_modal(Offer(names, names[-1], plan, known, changed, in_the_way)),
        start_modal(Offer(names, names[0], None, broken=text)),
    ]
    assert [broken_view(view) for view in views] == [[]] * len(views)


def test_a_narrow_title_keeps_what_it_asks() -> None:
    assert modals.kill_modal("materializers-with-a-long-name-0a1b2c")["title"]["text"] == "Kill materializers-wit…?"


def test_a_broken_record_is_said_loudly() -> None:
    """Law 9."""
    said = answers.evidence(a_rollout(), (), Head(5, "ab" * 32), Broken("r", 3, "its content doesn't match its hash"))
    assert "NOT whole" in said.text
    assert "record 3" in said.text
