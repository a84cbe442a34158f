"""What every source promises, for the fake and for every real one, over a wire that counts and hangs (M1, M2, M5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from adapters.sources import KINDS
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question, Sample, Source
from tests.fakes.source import FakeAsk, FakeSource
from tests.far_side import Wire, always, serving
from tests.servers import Server, free_port, prometheus

pytestmark = pytest.mark.anyio

DEADLINE_S = 0.5
AT_ONCE = 3
PAGE = "queue_depth 4\n"


class Breakable(Protocol):
    """The fake, or the wire to a far side: how many are on it, and how it hangs."""

    open: int
    most: int
    swallowed: int

    def hang(self) -> None: ...
    def recover(self) -> None: ...


@dataclass(frozen=True)
class Bench:
    """A source with its far side. `four` is a question that is answered 4 (a probe: 1); `nothing` has no series."""

    source: Source
    far: Breakable
    four: Question
    value: float
    nothing: Question | None
    no_answer: Callable[[Answer], bool]


def _is(missing: Missing) -> Callable[[Answer], bool]:
    return lambda answer: isinstance(answer, NoData) and answer.missing is missing


def _down(answer: Answer) -> bool:
    return not isinstance(answer, NoData) and [sample.value for sample in answer] == [0.0]


@pytest.fixture(scope="module")
def real_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with prometheus(Path(tmp_path_factory.mktemp("contract"))) as server:
        yield server


ASKS: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "prometheus": ({"query": "vector(4)"}, {"query": "no_such_series"}),
    "metrics_page": ({"value": "queue_depth"}, {"value": "no_such_series"}),
    "probe": ({}, None),
}


@pytest.fixture(params=["fake", *KINDS])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "fake":
        fake = FakeSource({"four": 4.0}, at_once=AT_ONCE, deadline_s=DEADLINE_S)
        four, nothing = Question(FakeAsk(query="four")), Question(FakeAsk(query="nothing"))
        yield Bench(fake, fake, four, 4.0, nothing, _is(Missing.TIMEOUT))
        return
    async with AsyncExitStack() as stack:
        if request.param == "prometheus":
            port = request.getfixturevalue("real_prometheus").port
        else:
            port = int((await stack.enter_async_context(serving(always(PAGE)))).rsplit(":", 1)[1])
        wire = await stack.enter_async_context(Wire(port).laid())
        yield _bench(request.param, wire)


def _bench(name: str, wire: Wire) -> Bench:
    kind = KINDS[name]
    assert kind.ask is not None, "every source can be asked"
    options = kind.options.model_validate({"url": wire.url, "at_once": AT_ONCE, "deadline": f"{DEADLINE_S}s"})
    four, nothing = ASKS[name]
    return Bench(
        source=kind.build(options, {}),
        far=wire,
        four=Question(kind.ask.model_validate(four)),
        value=1.0 if name == "probe" else 4.0,
        nothing=Question(kind.ask.model_validate(nothing)) if nothing else None,
        no_answer=_down if name == "probe" else _is(Missing.TIMEOUT),
    )


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_number_comes_with_its_time(bench: Bench) -> None:
    """M1, M2, M5: one sample, and a time that is aware and about the one asked for."""
    at = now()
    answer = await bench.source.ask(bench.four, at)
    await bench.source.aclose()
    assert not isinstance(answer, NoData), answer
    (sample,) = answer
    assert isinstance(sample, Sample)
    assert sample.value == bench.value
    assert abs(sample.at - at) < timedelta(seconds=5)


async def test_no_series_is_an_empty_answer(bench: Bench) -> None:
    """Law 3: nothing is nothing, not 0; a probe always has something to say."""
    if bench.nothing is not None:
        assert await bench.source.ask(bench.nothing, now()) == ()
    await bench.source.aclose()


async def test_a_far_side_that_hangs_is_given_up_at_the_deadline(bench: Bench) -> None:
    """No data (timeout) for a source; down for a probe, whose far side is the canary itself."""
    bench.far.hang()
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(10 * DEADLINE_S):
        answer = await bench.source.ask(bench.four, now())
    took = asyncio.get_running_loop().time() - began
    await bench.source.aclose()
    assert bench.no_answer(answer), answer
    assert took >= 0.9 * DEADLINE_S


async def test_after_a_hang_it_answers_again(bench: Bench) -> None:
    bench.far.hang()
    await bench.source.ask(bench.four, now())
    bench.far.recover()
    answer = await bench.source.ask(bench.four, now())
    await bench.source.aclose()
    assert not isinstance(answer, NoData), answer
    assert [sample.value for sample in answer] == [bench.value]


async def test_a_cancelled_question_leaves_nothing_open(bench: Bench) -> None:
    """A thread may outlive it, by the deadline at most."""
    bench.far.hang()
    asking = asyncio.create_task(bench.source.ask(bench.four, now()))
    # Not while it's still being connected: the client may let go of a connection that it hasn't got yet, late.
    await _until(lambda: bench.far.swallowed > 0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await _until(lambda: bench.far.open == 0)
    await bench.source.aclose()


async def test_many_questions_at_once_go_few_at_a_time(bench: Bench) -> None:
    """Perch never burdens a far side: at most `at_once` connections, and every question is answered."""
    at = now()
    asked = [bench.source.ask(bench.four, at + timedelta(milliseconds=number)) for number in range(30)]
    answers = await asyncio.gather(*asked)
    await bench.source.aclose()
    assert all(not isinstance(answer, NoData) for answer in answers), answers
    assert 1 <= bench.far.most <= AT_ONCE


async def test_closing_lets_go_and_a_late_question_gets_no_data(bench: Bench) -> None:
    await bench.source.ask(bench.four, now())
    await bench.source.aclose()
    await _until(lambda: bench.far.open == 0)
    answer = await bench.source.ask(bench.four, now())
    assert isinstance(answer, NoData)
    assert answer.missing is Missing.NOT_ASKED


async def test_history_is_oldest_first_or_no_data(bench: Bench) -> None:
    end = now()
    answer = await bench.source.history(bench.four, end - timedelta(seconds=20), end)
    await bench.source.aclose()
    if not isinstance(answer, NoData):
        times = [sample.at for sample in answer]
        assert len(times) >= 3
        assert times == sorted(times)


@pytest.mark.parametrize("name", list(KINDS))
async def test_a_far_side_that_is_not_there_is_not_a_number(name: str) -> None:
    """Unreachable is no data; a probe that is refused says down."""
    wire = Wire(0)
    wire.url = f"http://127.0.0.1:{free_port()}"
    bench = _bench(name, wire)
    answer = await bench.source.ask(bench.four, now())
    await bench.source.aclose()
    assert _down(answer) if name == "probe" else _is(Missing.UNREACHABLE)(answer), answer


async def _until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.005)
