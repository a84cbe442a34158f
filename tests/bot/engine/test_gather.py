"""A long line at a source is no timeout, and a source that has gone silent holds nobody up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.domain.kinds import Kind, Kinds
from bot.domain.measurements import Measured, Missing, NoData
from bot.domain.plan import Plan
from bot.engine.gather import Round
from bot.ports import Answer, Question, Sample
from tests.builders import a_plan
from tests.fakes.hours import in_no_time
from tests.rig import Nothing

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENCE_S = 0.4
NAMES = ("success", "errors", "latency", "queue", "chat")


@dataclass
class OneByOne:
    """Answers one question at a time, each after `takes_s`; those in `hangs` never."""

    takes_s: float
    hangs: set[int] = field(default_factory=set)
    asked: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, question: Question, at: datetime) -> Answer:
        async with self.turn:
            self.asked += 1
            if self.asked in self.hangs:
                await asyncio.Event().wait()
            await asyncio.sleep(self.takes_s)
            return (Sample(1.0, at),)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return await self.ask(question, end)

    async def aclose(self) -> None: ...


def a_round() -> tuple[Round, Plan]:
    kinds = Kinds(sources={"numbers": Kind(Nothing, lambda options, environment: None, ask=Nothing)})
    metrics: dict[str, Any] = {name: {"source": "numbers", "unit": "count", "number": name} for name in NAMES}
    return Round(NOW, kinds, PATIENCE_S), a_plan(metrics=metrics)


def test_a_question_may_wait_its_turn_as_long_as_others_are_answered() -> None:
    """A thousand rollouts at one busy source: the last in line waits for longer than the deadline, and is served."""
    round, plan = a_round()
    source = OneByOne(takes_s=PATIENCE_S / 2)
    found = in_no_time(round.metrics(plan, dict.fromkeys(NAMES, source), NAMES))
    assert found == dict.fromkeys(NAMES, Measured(1.0, NOW))
    assert source.asked == len(NAMES)


def test_a_source_that_falls_silent_is_given_up_for_everybody_in_line() -> None:
    """Law 3: what wasn't answered is no data, with the reason."""
    round, plan = a_round()
    found = in_no_time(round.metrics(plan, dict.fromkeys(NAMES, OneByOne(takes_s=0.01, hangs={2})), NAMES))
    assert found["success"] == Measured(1.0, NOW)
    for name in NAMES[1:]:
        assert found[name] == NoData(Missing.TIMEOUT, "no answer in 0.4 s", NOW)


def test_a_silent_source_does_not_hold_up_another() -> None:
    """Each source has its own patience."""
    round, plan = a_round()
    silent, well = OneByOne(takes_s=0.01, hangs={1}), OneByOne(takes_s=0.01)
    found = in_no_time(round.metrics(plan, {**dict.fromkeys(NAMES, well), "errors": silent}, NAMES))
    assert isinstance(found["errors"], NoData)
    assert all(isinstance(found[name], Measured) for name in NAMES if name != "errors")


@dataclass
class Mistaken(OneByOne):
    """An adapter with a mistake in it: its first answer is an exception that no port knows."""

    async def ask(self, question: Question, at: datetime) -> Answer:
        self.asked += 1
        if self.asked == 1:
            raise RecursionError("maximum recursion depth exceeded")
        return (Sample(1.0, at),)


def test_an_adapters_mistake_is_no_data_for_its_metric_and_the_others_go_on_guarding() -> None:
    """Law 3: whatever comes out of a source, a check ends with a verdict."""
    round, plan = a_round()
    source = Mistaken(0.0)
    found = in_no_time(round.metrics(plan, dict.fromkeys(NAMES, source), NAMES))
    broken = [each for each in found.values() if isinstance(each, NoData)]
    assert [each.missing for each in broken] == [Missing.GARBAGE]
    assert "RecursionError" in str(broken[0])
    assert sum(isinstance(each, Measured) for each in found.values()) == len(NAMES) - 1
