"""What `bot.ports.Source` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question, Sample, Source

DEADLINE_S = 0.5
"""Of those tests that wait for it."""
PATIENT_S = 20.0
"""Of all others: a busy machine is no far side that hangs."""
_WAITING = (
    "test_a_far_side_that_hangs_is_given_up_at_the_deadline",
    "test_after_a_hang_it_answers_again",
    "test_a_cancelled_question_leaves_nothing_open",
)
AT_ONCE = 3
"""Which `at_once` the source is built with."""


def deadline_for(request: pytest.FixtureRequest) -> float:
    """Which `deadline` the source is built with, in seconds, by the test that asks for its bench."""
    return DEADLINE_S if request.node.originalname in _WAITING else PATIENT_S


class Breakable(Protocol):
    """The fake, or the wire to a far side: how many are on it, and how it hangs."""

    open: int
    most: int
    swallowed: int

    def hang(self) -> None: ...
    def recover(self) -> None: ...


def is_missing(missing: Missing) -> Callable[[Answer], bool]:
    return lambda answer: isinstance(answer, NoData) and answer.missing is missing


NO_ANSWER = is_missing(Missing.TIMEOUT)


@dataclass(frozen=True)
class Bench:
    """A source with its far side. `four` is a question that is answered `value`; `nothing` is one that has no series.

    `far` is what is between, None where nothing is (a local file); `no_answer` knows what is said of a far side that
    hangs.
    """

    source: Source
    four: Question
    value: float = 4.0
    far: Breakable | None = None
    nothing: Question | None = None
    no_answer: Callable[[Answer], bool] = NO_ANSWER


def _silent(answer: Answer) -> bool:
    return answer == () or is_missing(Missing.EMPTY)(answer)


class SourceContract:
    """Subclass it as `Test…` and give it a fixture `bench`."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def on_wire(self, bench: Bench) -> Bench:
        """Those with a far side that can hang."""
        if bench.far is None:
            pytest.skip("a local file: nothing is between that could hang")
        return bench

    async def test_a_number_comes_with_its_time(self, bench: Bench) -> None:
        """M1, M2, M5: one sample, and a time that is aware and about the one asked for."""
        at = _now()
        answer = await bench.source.ask(bench.four, at)
        await bench.source.aclose()
        assert not isinstance(answer, NoData), answer
        (sample,) = answer
        assert isinstance(sample, Sample)
        assert sample.value == bench.value
        assert abs(sample.at - at) < timedelta(seconds=5)

    async def test_no_series_is_an_empty_answer(self, bench: Bench) -> None:
        """Law 3: nothing is nothing, not 0. A probe always has something to say; where counting is all, 0 is data."""
        if bench.nothing is not None:
            assert _silent(await bench.source.ask(bench.nothing, _now()))
        await bench.source.aclose()

    async def test_a_far_side_that_hangs_is_given_up_at_the_deadline(self, on_wire: Bench) -> None:
        """No data (timeout) for a source; down for a probe, whose far side is the canary itself."""
        far = _far(on_wire)
        far.hang()
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(PATIENT_S):
            answer = await on_wire.source.ask(on_wire.four, _now())
        took = asyncio.get_running_loop().time() - began
        await on_wire.source.aclose()
        assert on_wire.no_answer(answer), answer
        assert took >= 0.9 * DEADLINE_S

    async def test_after_a_hang_it_answers_again(self, on_wire: Bench) -> None:
        far = _far(on_wire)
        far.hang()
        await on_wire.source.ask(on_wire.four, _now())
        far.recover()
        answer = await _answered(on_wire)
        await on_wire.source.aclose()
        assert [sample.value for sample in answer] == [on_wire.value]

    async def test_a_cancelled_question_leaves_nothing_open(self, on_wire: Bench) -> None:
        """A thread may outlive it, by the deadline at most."""
        far = _far(on_wire)
        far.hang()
        asking = asyncio.create_task(on_wire.source.ask(on_wire.four, _now()))
        # Not while it's still being connected: the client may let go of a connection that it hasn't got yet, late.
        await _until(lambda: far.swallowed > 0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await _until(lambda: far.open == 0)
        await on_wire.source.aclose()

    async def test_many_questions_at_once_go_few_at_a_time(self, on_wire: Bench) -> None:
        """Perch never burdens a far side: at most `at_once` connections, and every question is answered."""
        far = _far(on_wire)
        at = _now()
        asked = [on_wire.source.ask(on_wire.four, at + timedelta(milliseconds=number)) for number in range(30)]
        answers = await asyncio.gather(*asked)
        await on_wire.source.aclose()
        assert all(not isinstance(answer, NoData) for answer in answers), answers
        assert 1 <= far.most <= AT_ONCE

    async def test_closing_lets_go_and_a_late_question_gets_no_data(self, bench: Bench) -> None:
        await bench.source.ask(bench.four, _now())
        await bench.source.aclose()
        await _until(lambda: bench.far is None or bench.far.open == 0)
        answer = await bench.source.ask(bench.four, _now())
        assert isinstance(answer, NoData)
        assert answer.missing is Missing.NOT_ASKED

    async def test_history_is_oldest_first_or_no_data(self, bench: Bench) -> None:
        end = _now()
        answer = await bench.source.history(bench.four, end - timedelta(seconds=20), end)
        await bench.source.aclose()
        if not isinstance(answer, NoData):
            times = [sample.at for sample in answer]
            assert len(times) >= 3
            assert times == sorted(times)


def _now() -> datetime:
    return datetime.now(UTC)


def _far(bench: Bench) -> Breakable:
    assert bench.far is not None, "those with a wire"
    return bench.far


async def _answered(bench: Bench) -> Sequence[Sample]:
    """Its answer once there is one: on a busy machine the first may come after the deadline."""
    answer: Answer = ()
    try:
        async with asyncio.timeout(PATIENT_S):
            while isinstance(answer := await bench.source.ask(bench.four, _now()), NoData) or bench.no_answer(answer):
                pass
    except TimeoutError:
        pytest.fail(f"it never answers again: {answer}")
    return answer


async def _until(holds: Callable[[], bool], within_s: float = PATIENT_S) -> None:
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.005)
