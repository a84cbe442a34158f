"""M6: numbers that commands say: how they are read, how commands end, and what is never let through (laws 3, 8)."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.sources.command import KIND, Ask, Options
from bot.domain.measurements import Missing
from bot.ports import Answer, Question
from tests.adapters.sources.answers import values, why
from tests.programs import runs
from tests.waiting import until

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
INSPECT = """-> celery@w1: OK
    active: 3
-> celery@w2: OK
    active: 12
"""


class Script:
    """A program on PATH that Perch may run, of which each test says what it does."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "celery"
        self.environment = {"PERCH_ALLOWED_COMMANDS": "celery", "PATH": f"{folder}:{os.environ['PATH']}"}

    def does(self, body: str) -> None:
        self.file.write_text(f"#!/bin/bash\n{body}\n")
        self.file.chmod(0o755)

    async def asked(self, values: dict[str, Any] | None = None, **ask: Any) -> Answer:
        options = {"deadline": "30s", **ask.pop("options", {})}
        source = KIND.build(Options.model_validate(options), self.environment)
        question = Question(Ask.model_validate({"argv": ["celery"], **ask}), values=tuple((values or {}).items()))
        answer = await source.ask(question, NOW)
        await source.aclose()
        return answer


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


@pytest.mark.parametrize(
    ("says", "ask", "found"),
    [
        ("7", {}, {"": 7}),
        ("queue depth: 12.5 jobs", {"regex": r"depth: ([\d.]+)"}, {"": 12.5}),
        (INSPECT, {"regex": r"celery@(?P<worker>\w+).*\n\s+active: (?P<value>\d+)"}, {"worker=w1": 3, "worker=w2": 12}),
        ('{"w1": {"active": 3}}', {"path": "w1.active"}, {"": 3}),
        ('{"w1": {"active": 3}, "w2": {"active": 5}}', {"path": "*.active"}, {"w1": 3, "w2": 5}),
        ("2026-11-30T08:00:00Z", {"as": "timestamp"}, {"": 1796025600.0}),
        ("ok\nERROR one\nERROR two\n", {"lines": "ERROR"}, {"ERROR two": 2}),
        ("all well\n", {"lines": "ERROR"}, {"": 0}),
    ],
)
async def test_a_number_is_read_from_what_it_says(
    script: Script, says: str, ask: dict[str, Any], found: dict[str, float]
) -> None:
    """M6, M8, M9: plain, by expression, one for each match, by a place in JSON, a time, lines of a pod's log."""
    script.does(f"cat <<'END'\n{says}\nEND")
    assert values(await script.asked(**ask)) == found


@pytest.mark.parametrize(("body", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", -15)])
async def test_how_it_ended_may_be_the_number(script: Script, body: str, code: int) -> None:
    script.does(body)
    assert values(await script.asked(exit_code=True)) == {"": code}


@pytest.mark.parametrize(
    ("body", "ask", "missing", "said"),
    [
        ("echo 'no broker' >&2; exit 1", {}, Missing.REFUSED, "exit code 1: no broker"),
        ("exit 75", {}, Missing.UNREACHABLE, "exit code 75"),
        ("true", {}, Missing.EMPTY, "said nothing"),
        ("echo many", {}, Missing.GARBAGE, "“many”, not a number"),
        ("echo 1; echo 2", {}, Missing.GARBAGE, "not a number"),
        ("echo nothing here", {"regex": r"active: (\d+)"}, Missing.EMPTY, "nothing that fits: nothing here"),
        ("echo active: lots", {"regex": r"active: (\w+)"}, Missing.GARBAGE, "“lots”"),
        ("echo '{\"a\": '", {"path": "a"}, Missing.GARBAGE, "isn't JSON"),
        ("echo '{}'", {"path": "a"}, Missing.EMPTY, "nothing stands at a"),
        ("head -c 100000 /dev/zero | tr '\\0' x", {"lines": "x"}, Missing.GARBAGE, "more than 64 KiB"),
        ("head -c 50 /dev/urandom", {}, Missing.GARBAGE, "not a number"),
    ],
)
async def test_what_is_no_number_is_no_data_with_its_reason(
    script: Script, body: str, ask: dict[str, Any], missing: Missing, said: str
) -> None:
    """Law 3: garbage, half an answer, nothing, and a command that failed."""
    script.does(body)
    found, detail = why(await script.asked(**ask))
    assert (found, said in detail) == (missing, True), detail


async def test_one_that_takes_too_long_is_ended_with_all_that_it_started(script: Script, tmp_path: Path) -> None:
    """Its whole process group: no orphan goes on asking the broker."""
    script.does(f"sleep 60 & echo $! >{tmp_path}/child; wait")
    missing, said = why(await script.asked(options={"deadline": "2s"}))
    assert (missing, "was stopped" in said) == (Missing.TIMEOUT, True)
    child = int((tmp_path / "child").read_text())
    await until(lambda: not runs(child))


async def test_only_what_the_operator_allows_is_run(script: Script) -> None:
    script.does("echo 7")
    missing, said = why(await script.asked(argv=["cypher-shell", "-c", "x"]))
    assert (missing, "not in PERCH_ALLOWED_COMMANDS" in said) == (Missing.REFUSED, True)


async def test_secrets_go_by_the_environment_and_come_back_redacted(script: Script) -> None:
    """Law 8: in what it says, and in what it complains of."""
    script.environment["BROKER_PASSWORD"] = "hunter2-hunter2"
    script.does('echo "$PW" >&2; exit 1')
    _, said = why(await script.asked(options={"env": {"PW": "BROKER_PASSWORD"}}))
    assert "hunter2" not in said
    assert "[redacted]" in said
    script.does('echo "login hunter2-hunter2 failed"')
    assert values(await script.asked(lines="failed", options={"env": {"PW": "BROKER_PASSWORD"}})) == {
        "login [redacted] failed": 1
    }


async def test_arguments_name_values_of_the_rollout(script: Script) -> None:
    """M9: `kubectl logs --since-time={stage_start}`; a version can't become an option."""
    script.does('echo "$1"')
    since = datetime(2026, 11, 30, 8, tzinfo=UTC)
    answer = await script.asked(
        argv=["celery", "--since-time={stage_start}"], lines="since-time", values={"stage_start": since}
    )
    assert values(answer) == {"--since-time=2026-11-30T08:00:00Z": 1}
    missing, _ = why(await script.asked(argv=["celery", "{version}"], lines="x", values={"version": "--all"}))
    assert missing is Missing.GARBAGE
    assert KIND.names is not None
    assert KIND.names(Ask(argv=("celery", "{version}", "{at}", "-o=jsonpath={.spec}"))) == {"version"}


def test_it_has_no_past() -> None:
    assert KIND.reach is not None
    assert KIND.reach(Ask(argv=("celery",))) == timedelta(0)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({"argv": []}, "at least 1 item"),
        ({"argv": ["bash", "-c", "x"]}, "without a shell"),
        ({"argv": ["x", "{secret}"]}, "not a placeholder here"),
        ({"argv": ["x"], "regex": "a"}, "one group around the number"),
        ({"argv": ["x"], "regex": "("}, "can't be read"),
        ({"argv": ["x"], "regex": "(a)", "path": "b"}, "by regex and by path"),
        ({"argv": ["x"], "lines": "(a+)+"}, "too long or too deep"),
    ],
)
def test_questions_are_checked_with_a_hint(ask: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Ask.model_validate(ask)


def test_a_deadline_is_short() -> None:
    with pytest.raises(ValidationError, match="at most 1m"):
        Options.model_validate({"deadline": "5m"})
