"""The whole report: the four ways in which rollouts end, hostile words, its size, its languages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.chronicle import Chronicle
from bot.domain.evidence import Broken
from bot.domain.machine import State
from bot.domain.overrides import Override
from bot.domain.rollout import Person
from bot.domain.signatures import Signing
from bot.wording.report.files import as_html, as_markdown, files
from bot.wording.report.story import story
from tests.bot.wording.report import played
from tests.bot.wording.report.invented import chronicle, every, long_and_wide, records, where
from tests.builders import START, a_plan

ENDS = {"completed": played.completed, "rolled_back": played.rolled_back, "killed": played.killed}
ENDS |= {"aborted": played.aborted}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chronicle]:
    """Each end once, as the engine plays it."""
    folder = tmp_path_factory.mktemp("played")
    return {name: asyncio.run(_one(folder / name, play)) for name, play in ENDS.items()}


async def _one(folder: Path, play: played.Play) -> Chronicle:
    folder.mkdir()
    return await played.chronicle(folder, play)


def sections(of: Chronicle) -> list[str]:
    return [section.title for section in story(of).sections]


def test_a_completed_rollout_is_kept_and_what_was_odd_is_named(told: Mapping[str, Chronicle]) -> None:
    """E6: outcome, who approved, the hold, the blind minute, the warning."""
    text = as_markdown(told["completed"])
    assert "is complete at 100%" in text
    assert "U0BEN, U0CLEO approved it" in text
    assert "- Keep it at 100%, but look at what follows." in text
    assert "latency \\<= baseline + 30% didn't always hold; at worst it was 2.69 s." in text
    assert "| 10:07:00 | 09:07:00 | U0BEN | approver | 1% → 10% | button | no warnings |" in text
    assert "held: the deploy of the search runs" in text
    assert re.search(r"baking: 1\d min .*\n- waiting at gates: \d min .*\n- on hold: 6 min", text)
    assert "`toggle_success` | ≥ 99.5% |" in text
    assert "2026-03-02 10:00:00 CET (09:00:00 UTC)" in text


def test_a_rollback_says_which_condition_how_far_over_and_what_to_look_at(told: Mapping[str, Chronicle]) -> None:
    text = as_markdown(told["rolled_back"])
    assert "was rolled back from 10% to 0%" in text
    assert "Perch decided that by the plan's rules." in text
    assert "errors \\> 5%: 6.8%, 1.8 pp over the limit of 5%" in text
    assert "Look at: the error log of the new path" in text
    assert "Try: drain the queue, then restart the workers" in text
    assert "Cooldown until 2026-03-03" in text
    assert "afterwards all is well again" in text
    assert "| 100% | – | – | – | 4 min | not reached |" in text


def test_a_kill_says_to_rearm_first_and_what_nobody_measured(told: Mapping[str, Chronicle]) -> None:
    text = as_markdown(told["killed"])
    assert "- Rearm it first, or nothing can start: /canary rearm materializers" in text
    assert "Why it was killed: jobs are lost" in text
    assert "U0ANA decided that." in text
    assert "Nobody measured that it is off" in text


def test_an_abort_says_what_preflight_found(told: Mapping[str, Chronicle]) -> None:
    text = as_markdown(told["aborted"])
    assert "was aborted before any traffic moved." in text
    assert "metric errors: unreachable: refused the connection" in text
    assert "there is no cooldown" in text
    assert "Never judged, and so neither good nor bad" in text


def test_both_renderings_say_the_same(told: Mapping[str, Chronicle]) -> None:
    """Two renderers of one value: every cell and sentence of it is in both."""
    report = story(told["completed"])
    page, text = _Text.of(as_html(told["completed"])), as_markdown(told["completed"]).replace("\\", "")
    for words in (report.summary, report.seal.text, *(cell.text for cell in report.advice)):
        assert words in page
        assert words.replace("&", "&amp;") in text


def test_an_unsigned_record_is_said_loudly_and_a_broken_one_louder(told: Mapping[str, Chronicle]) -> None:
    of = told["killed"]
    signed = replace(of, signing=Signing(signed=11))
    unchecked = replace(of, signing=Signing(unchecked=11))
    broken = replace(signed, broken=Broken("m", 7, "its content doesn't match its hash"))
    assert "⚠️ UNSIGNED: " in as_html(of)
    assert "is UNSIGNED, and ends with" in as_markdown(of)
    assert "✅ Signed and whole: 11 records" in as_html(signed)
    assert "UNSIGNED" not in as_html(signed)
    assert "NOT CHECKED" in as_html(unchecked)
    assert "🛑 THE RECORD IS NOT WHOLE: record 7" in as_html(broken)
    assert "✅ Signed" not in as_html(broken)


def test_too_little_data_is_never_called_good() -> None:
    """Law 3: completed, but the one hard condition was blind half of the time."""
    line = {"role": "hard", "condition": "success > 98%", "metric": "success", "unit": "percent", "threshold": 98.0}
    good, blind = {**line, "met": True, "value": 99.0}, {**line, "met": None, "value": None}
    looks = [(place, "snapshot", where(State.BAKING, lines=[good if place % 2 else blind])) for place in range(1, 12)]
    advice = story(chronicle(records((0, "stage_confirmed", where(State.BAKING)), *looks))).advice
    assert advice[0].text == "Don't call it good yet: there is not enough data."
    assert story(chronicle()).advice[0].text.startswith("Don't call it good yet")


def test_a_clean_rollout_is_simply_kept_and_one_with_an_override_is_not() -> None:
    line = {"role": "hard", "condition": "success > 98%", "metric": "success", "met": True, "value": 99.0}
    told = records((0, "stage_confirmed", where(State.BAKING)), (5, "snapshot", where(State.BAKING, lines=[line])))
    clean = chronicle(told)
    assert story(clean).advice[0].text == "Keep it at 50%: every condition held, and nobody overruled anything."
    used = Override(what="bake", by="U0BEN", at=START, stage=0, weight=1, reason="hotfix", used_at=START)
    overruled = replace(clean, rollout=clean.rollout.but(overrides=(used,)))
    assert [cell.text for cell in story(overruled).advice][:2] == [
        "Keep it at 50%, but look at what follows.",
        "An override carried it: hotfix",
    ]
    assert "the rest of the bake was skipped" in as_markdown(overruled)


def test_incidents_by_hand_diagnoses_and_false_alarms_are_told() -> None:
    """E10, R14, X9: as far as others put them on record."""
    began, ended = START + timedelta(minutes=5), START + timedelta(minutes=25)
    step = {"what": "select count(*) from jobs", "ok": True, "answer": "1,204 jobs wait", "took_s": 0.12}
    failed = {"what": "curl /health", "ok": False, "answer": "timeout", "took_s": 3.0}
    body = {"metric": "queue", "at": began.isoformat(), "steps": [step, failed], "remedies": ["drain it"], "link": ""}
    incident = {"id": "i1", "severity": "SEV2", "what": "jobs lost", "at": began.isoformat()}
    told = records(
        (5, "incident", incident),
        (25, "incident", {**incident, "ended_at": ended.isoformat()}),
        (6, "diagnosis", body),
        (7, "held", where(State.HELD, why="queue odd", cause="person")),
        (8, "false_alarm", {"by": "U0ANA", "reason": "a test", "of": 4}),
    )
    text = as_markdown(chronicle(told))
    assert text.count("| SEV2 | incident (SEV2): jobs lost | 20 min |") == 1
    assert "| `select count(*) from jobs` | 1,204 jobs wait | 120 ms |" in text
    assert "❔ failed: timeout" in text
    assert "- drain it" in text
    assert "held: queue odd (marked as a false alarm: a test)" in text


def test_tasks_are_told_with_their_numbers_and_what_never_ended_is_no_success() -> None:
    """O6, R24, law 3."""
    numbers = [
        {"name": "success_rate", "value": 91.0, "unit": "percent"},
        {"name": "p95", "value": 0.2, "unit": "seconds"},
    ]
    burst = {"id": "1", "task": "burst", "outcome": "failed", "why": "success_rate > 99% (91)", "numbers": numbers}
    told = records(
        (5, "task_begun", {"id": "1", "task": "burst"}),
        (6, "task_ended", {**burst, "took_s": 60.0}),
        (7, "task_begun", {"id": "2", "task": "crash <injection>"}),
        (8, "task_ended", {"id": "3", "task": 7, "outcome": ["x"], "numbers": 3, "took_s": 1e300}),
    )
    text = as_markdown(chronicle(told)).replace("\\", "")
    assert "| burst | failed: success_rate > 99% (91) | success_rate 91%, p95 200 ms | 1 min |" in text
    assert "| crash <injection> | no result | – | – |" in text
    assert "task 'burst' failed: success_rate > 99% (91)" in text


def test_a_gap_is_drawn_as_a_gap_and_told() -> None:
    values: list[float | None] = [99.0] * 20 + [None] * 10 + [99.0] * 20
    told = chronicle(records((0, "stage_confirmed", where(State.BAKING))), {"success": every(60, values)})
    page = as_html(told)
    assert 'class="band-gap"' in page
    assert "10 looks without data" in page


def test_four_hours_with_ten_metrics_stay_under_300_kb() -> None:
    """One page to mail: bounded however often was measured."""
    html, markdown = files(long_and_wide())
    assert len(html.content.encode()) < 300_000
    assert html.content.count('role="img"') == 12  # ten metrics, the weight, the bar
    assert len(markdown.content.encode()) < 60_000
    assert html.name == "report-materializers-1.html"


def test_the_page_needs_nothing_but_itself(told: Mapping[str, Chronicle]) -> None:
    """No script, no address to be fetched, and a policy that forbids both."""
    for of in told.values():
        page = as_html(of)
        names, attributes = _Tags.of(page)
        assert not {"script", "link", "img", "iframe", "object", "form", "a", "base"} & names
        assert not {"src", "href", "action", "xlink:href"} & {name for name, _ in attributes}
        assert not [name for name, _ in attributes if name.startswith("on")]
        assert "default-src 'none'" in page
        assert "@import" not in page
        assert "url(" not in page


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "</style><script>x</script>",
            "| a | b |\n---|---",
            "`code` **bold** [x](javascript:alert(1))",
            "$title ${body} {brace} %s",
            "\u202etxet\u202c \u0000\u0007",
        ]
    ),
)


@settings(max_examples=60, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_words_stay_text(version: str, reason: str, name: str) -> None:
    """Names, reasons, answers and conditions come from outside; none of them becomes markup."""
    line = {"role": "hard", "condition": f"success > 98% {reason}", "metric": "success", "met": False, "value": 1.0}
    told = records(
        (0, "started", where(State.PREFLIGHT, reason=reason)),
        (1, "stage_confirmed", where(State.BAKING)),
        (2, "verdict_changed", where(State.BAKING, verdict=name, lines=[line])),
        (3, "held", where(State.HELD, why=reason)),
        (4, "incident", {"severity": name, "what": reason}),
        (5, "diagnosis", {"metric": name, "steps": [{"what": reason, "ok": True, "answer": name}], "link": reason}),
        (6, "promoted", where(State.SHIFTING, approvals=[_approval(name)], warnings=[reason], **{"from": 1, "to": 2})),
        (7, name or "odd", where(State.HELD, why=reason)),
    )
    of = chronicle(
        told,
        {name or "x": every(60, [1.0, 2.0])},
        version=version,
        reason=reason,
        requester=Person(id=name or "U1", name=reason),
        state=State.ROLLED_BACK,
    )
    expected = _Tags.of(as_html(chronicle(state=State.ROLLED_BACK)))[0] | {
        "ul",
        "li",
        "i",
        "figure",
        "figcaption",
        "h3",
    }
    page = as_html(of)
    names, attributes = _Tags.of(page)
    assert names <= expected | {"rect", "text", "path", "code", "table", "td", "tr", "th", "thead", "tbody", "b", "div"}
    assert not [key for key, _ in attributes if key.startswith("on") or key in ("src", "href")]
    assert "\u202e" not in page
    text = as_markdown(of)
    assert not re.search(r"(?<!\\)<[a-zA-Z/]", re.sub(r"`[^`\n]*`", "", text))
    tables = [row for row in text.splitlines() if row.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) >= 3 for row in tables)


def _approval(name: str) -> dict[str, Any]:
    return {"person": {"id": name, "name": name}, "at": START.isoformat(), "how": name, "groups": [name]}


def test_a_report_is_told_in_its_plans_language() -> None:
    """The same value, in Spanish: headings, sentences and all."""
    plan = a_plan(language="es")
    told = chronicle(
        records((0, "stage_confirmed", where(State.BAKING))), {"success": every(60, [99.0] * 9)}, plan=plan
    )
    text, page = as_markdown(told), as_html(told)
    for words in ("## Recomendación", "## En qué se fue el tiempo", "SIN FIRMAR", "está completo al 50%"):
        assert words in text
    assert '<html lang="es">' in page
    assert "Recommendation" not in page


def test_a_zone_that_is_not_known_here_is_utc() -> None:
    told = chronicle(plan=a_plan(timezone="Mars/Olympus"))
    assert "2026-03-02 09:00:00 UTC" in as_markdown(told)


def test_an_empty_record_makes_a_report_that_says_so() -> None:
    text = as_markdown(chronicle(minutes=0))
    assert "The record tells nothing." in text
    assert "UNSIGNED: there is no record to be signed" in text


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs

    @classmethod
    def of(cls, page: str) -> tuple[set[str], list[tuple[str, str | None]]]:
        parser = cls()
        parser.feed(page)
        return parser.names, parser.attributes


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @classmethod
    def of(cls, page: str) -> str:
        parser = cls()
        parser.feed(page)
        return "".join(parser.words)
