"""M9: lines of a log that match: placed by their own time, over rotation, truncation, restarts, and a lot of bytes."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.sources.log import tail
from adapters.sources.log.source import KIND, Ask, Log, LogOptions
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question
from tests.adapters.sources.answers import why
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

STAGE = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
NOW = STAGE + timedelta(minutes=10)


def line(minute: int, text: str = "ERROR chat failed", second: int = 0) -> str:
    return f"{STAGE + timedelta(minutes=minute, seconds=second):%Y-%m-%dT%H:%M:%SZ} {text}\n"


class App:
    """A log, who writes it, and a source that reads it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "app.log"
        self.file.touch()
        self.sources: list[Log] = []
        self.source = self.opened()

    def opened(self, **options: Any) -> Log:
        given = LogOptions.model_validate({"path": str(self.file), **options})
        self.sources.append(KIND.build(given, {"API_TOKEN": "s3cret-token"}))
        return self.sources[-1]

    def writes(self, *lines: str) -> None:
        with self.file.open("a") as log:
            log.writelines(lines)

    def rotated(self, name: str = "app.log.1") -> Path:
        kept = self.file.rename(self.file.with_name(name))
        self.file.touch()
        return kept

    async def count(self, at: datetime = NOW, since: datetime = STAGE, **ask: Any) -> float:
        answer = await self.asked(at, since, **ask)
        assert not isinstance(answer, NoData), answer
        return answer[0].value

    async def asked(self, at: datetime = NOW, since: datetime = STAGE, **ask: Any) -> Answer:
        question = Question(Ask.model_validate({"matches": "ERROR", **ask}), values=(("stage_start", since),))
        return await self.source.ask(question, at)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    app = App(tmp_path)
    yield app
    for source in app.sources:
        await source.aclose()


async def test_lines_since_the_stage_began_are_counted_with_the_newest_as_an_example(app: App) -> None:
    """M9: before the stage is before the stage, wherever Perch was then."""
    app.writes(line(-5), line(1), line(2, "INFO fine"), line(3, "ERROR worker lost s3cret-token " + "x" * 300))
    answer = await app.asked()
    assert not isinstance(answer, NoData)
    assert answer[0].value == 2
    assert "ERROR worker lost [redacted]" in answer[0].labels
    assert len(answer[0].labels) <= 120


async def test_it_reads_on_where_it_was(app: App) -> None:
    app.writes(line(1))
    assert await app.count() == 1
    app.writes(line(2), line(3)[:20])
    assert await app.count() == 2
    app.writes(line(3)[20:])
    assert await app.count() == 3


async def test_after_a_restart_of_perch_the_count_is_the_same(app: App) -> None:
    app.writes(line(-1), line(1), line(2))
    before = await app.count()
    await app.source.aclose()
    app.source = app.opened()
    assert await app.count() == before == 2


async def test_a_count_over_a_time_and_its_rate(app: App) -> None:
    app.writes(*(line(minute) for minute in range(10)))
    assert await app.count(over="5m") == 5
    assert await app.count(over="5m", rate=True) == 5 / 300
    assert await app.count(at=NOW - timedelta(minutes=5), over="5m") == 6


async def test_exceptions_are_left_out_and_a_traceback_belongs_to_its_line(app: App) -> None:
    app.writes(line(-1, "ERROR old"), "  Traceback ERROR of the old one\n", line(1, "ERROR new"), "  ERROR inside\n")
    assert await app.count() == 2
    assert await app.count(unless="new") == 1


async def test_rotation_loses_nothing(app: App) -> None:
    """Renamed between two looks: the old one is read to its end, then the new one."""
    app.writes(line(1))
    assert await app.count() == 1
    app.writes(line(2), line(3).rstrip("\n"))
    app.rotated()
    app.writes(line(4))
    assert await app.count() == 4


async def test_rotated_files_are_read_after_a_restart(app: App) -> None:
    app.writes(line(-90), line(1))
    os.utime(app.rotated("app.log.2"), (0, (STAGE + timedelta(minutes=1)).timestamp()))
    app.writes(line(2))
    os.utime(app.rotated("app.log-20261130"), (0, (STAGE + timedelta(minutes=2)).timestamp()))
    app.writes(line(3))
    assert await app.count() == 3


async def test_what_was_packed_since_is_told_and_not_left_out(app: App) -> None:
    """Law 3: a part of the stage can't be read any more; an hour later the last five minutes can."""
    packed = app.file.with_name("app.log.1.gz")
    packed.write_bytes(gzip.compress(line(1).encode()))
    os.utime(packed, (0, (STAGE + timedelta(minutes=2)).timestamp()))
    app.writes(line(3))
    missing, said = why(await app.asked())
    assert (missing, "back to 2026-11-30 08:02:00" in said) == (Missing.PARTIAL, True)
    assert await app.count(over="5m", at=NOW) == 0
    assert await app.count(over="7m", at=NOW) == 1


async def test_truncation_begins_anew(app: App) -> None:
    """copytruncate: what was counted stays counted."""
    app.writes(line(1), line(2))
    assert await app.count() == 2
    os.truncate(app.file, 0)
    app.writes(line(3))
    assert await app.count() == 3


async def test_bytes_that_are_no_text_and_endless_lines_stop_nothing(app: App) -> None:
    with app.file.open("ab") as log:
        log.write(b"\xff\xfe" + line(1).encode() + b"\0\x80 ERROR?\n" + b"y" * 200_000 + b" ERROR\n")
    app.writes(line(2))
    assert await app.count() == 3


async def test_a_huge_file_is_read_from_its_end_and_says_how_far(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "MOST_BYTES", 4000)
    app.writes(*(line(minute) for minute in range(-200, 10)))
    missing, said = why(await app.asked(since=STAGE - timedelta(minutes=190)))
    assert (missing, "can be read back to" in said) == (Missing.PARTIAL, True)
    assert await app.count(over="10m") == 10


async def test_what_takes_longer_than_its_deadline_goes_on_at_the_next_question(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "PIECE", 64)
    app.writes(*(line(minute) for minute in range(10)))
    app.source = app.opened(deadline="1ms")
    async with asyncio.timeout(HANGS_S):
        while isinstance(answer := await app.asked(), NoData):
            assert answer.missing in (Missing.PARTIAL, Missing.TIMEOUT), answer
    assert answer[0].value == 10


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("2026-11-30 08:01:00,123 ERROR", {}),
        ("2026-11-30 09:01:00 ERROR", {"timezone": "Europe/Madrid"}),
        ("[2026-11-30T09:01:00+01:00] ERROR", {}),
        ('{"level":"ERROR","ts":1796025660.5}', {}),
        ('{"level":"ERROR","time":1796025660500}', {}),
        (
            '10.0.0.1 - - [30/Nov/2026:09:01:00 +0100] "GET /" 500 ERROR',
            {"time": r"\[([^\]]+)\]", "time_format": "%d/%b/%Y:%H:%M:%S %z"},
        ),
    ],
)
async def test_times_are_read_as_logs_write_them(app: App, said: str, options: dict[str, Any]) -> None:
    app.source = app.opened(**options)
    app.writes(said + "\n")
    assert await app.count() == 1
    assert await app.count(since=STAGE + timedelta(minutes=2)) == 0


async def test_a_log_without_times_is_no_data(app: App) -> None:
    """It can't be said what belongs to the stage, so nothing is."""
    app.writes(*["ERROR without a time\n"] * 60)
    missing, said = why(await app.asked())
    assert (missing, "say where it is with time" in said) == (Missing.GARBAGE, True)


async def test_a_log_that_is_not_there_is_no_data(app: App) -> None:
    app.file.unlink()
    assert why(await app.asked())[0] is Missing.UNREACHABLE
    os.mkfifo(app.file)
    assert why(await app.asked())[0] is Missing.REFUSED
    app.file.unlink()
    app.writes(line(1))
    assert await app.count() == 1


async def test_an_empty_log_has_no_error(app: App) -> None:
    assert await app.count() == 0


async def test_a_baseline_is_a_count_over_a_time(app: App) -> None:
    """R5: at twelve times; what counts since the stage has no past."""
    app.writes(*(line(minute) for minute in range(-60, 10)))
    question = Question(Ask.model_validate({"matches": "ERROR", "over": "5m"}))
    answer = await app.source.history(question, STAGE - timedelta(minutes=30), STAGE)
    assert not isinstance(answer, NoData)
    assert {sample.value for sample in answer} <= {5.0, 6.0}
    assert len(answer) == 12
    assert why(await app.source.history(Question(Ask(matches="x")), STAGE, NOW))[0] is Missing.NO_BASELINE
    assert why(await app.source.ask(Question(Ask(matches="x")), NOW))[0] is Missing.NOT_ASKED


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        (LogOptions, {"path": "x", "time": "no group"}, "exactly one group"),
        (LogOptions, {"path": "x", "time_format": "%H"}, "reads what time finds"),
        (LogOptions, {"path": "x", "timezone": "Mars/Base"}, "no time zone"),
        (Ask, {"matches": "("}, "can't be read"),
        (Ask, {"matches": "(a+)+b"}, "too long or too deep"),
        (Ask, {"matches": "x", "rate": True}, "add over|over a time"),
        (Ask, {"matches": "x", "over": "0s"}, "a length"),
    ],
)
def test_options_and_questions_are_checked_with_a_hint(model: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        model.model_validate(given)
