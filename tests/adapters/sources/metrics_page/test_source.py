"""M2: a page over real HTTP, under a clock that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.sources.metrics_page.asks import Ask
from adapters.sources.metrics_page.source import KIND, MetricsPage, Options
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question, Sample
from tests.adapters.sources.answers import missing
from tests.far_side import always, serving

pytestmark = pytest.mark.anyio


class Service:
    """A page that the test writes, and the time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 1, tzinfo=UTC)
        self.page = ""
        self.status = 200
        self.fetched = 0
        self.source: MetricsPage

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.fetched += 1
        return web.Response(text=self.page, status=self.status)

    async def ask(self, side: str = "", **said: Any) -> Answer:
        return await self.source.ask(Question(Ask.model_validate(said), side), self.now)

    async def numbers(self, side: str = "", **said: Any) -> list[float]:
        answer = await self.ask(side, **said)
        assert not isinstance(answer, NoData), answer
        return [sample.value for sample in answer]

    def later(self, seconds: float, page: str) -> None:
        self.now += timedelta(seconds=seconds)
        self.page = page


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    async with serving(service.answer) as url:
        service.source = MetricsPage(Options(url=url + "/metrics"), {}, lambda: service.now)
        yield service
        await service.source.aclose()


async def test_a_gauge_is_one_sample_per_series(service: Service) -> None:
    service.page = 'queue{c="api"} 4\nqueue{c="db"} 7\n'
    answer = await service.ask(value="queue")
    assert answer == (Sample(4.0, service.now, '{c="api"}'), Sample(7.0, service.now, '{c="db"}'))
    assert await service.ask(value='queue{c="x"}') == ()


async def test_a_gauge_has_the_time_that_its_page_states(service: Service) -> None:
    """So that an exporter that repeats an old number is stale."""
    service.page = "queue 4 1000\nlater 4 1e300\n"
    answer = await service.ask(value="queue")
    assert answer == (Sample(4.0, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),)
    senseless = await service.ask(value="later")
    assert not isinstance(senseless, NoData)
    assert senseless[0].at.year == 1970


async def test_all_questions_of_a_moment_share_one_page(service: Service) -> None:
    service.page = "a 1\nb 2\n"
    await asyncio.gather(*(service.ask(value=name) for name in "abababab"))
    await service.ask(value="a")
    assert service.fetched == 1
    service.later(1, "a 5\n")
    assert await service.numbers(value="a") == [5.0]
    assert service.fetched == 2


async def test_counters_become_rates_increases_and_shares_of_a_window(service: Service) -> None:
    """M2: with the canary's side filled in."""
    rate = {"rate": "hits{$side}", "over": "10s"}
    share = {"of": 'hits{ok="no",$side}', "to": "hits{$side}"}
    asks: list[tuple[dict[str, Any], float]] = [
        (rate, 10.0),
        ({"increase": "hits{$side}", "over": "10s"}, 100.0),
        ({"ratio": share, "over": "10s"}, 0.2),
        ({"percent": share, "over": "10s"}, 20.0),
    ]

    def page(no: int, yes: int) -> str:
        return f'hits{{side="new",ok="no"}} {no}\nhits{{side="new",ok="yes"}} {yes}\nhits{{side="old",ok="no"}} {no}\n'

    service.page = page(5, 5)
    for said, _ in asks:
        assert missing(await service.ask('side="new"', **said)) is Missing.FEW_SAMPLES
    service.later(10, page(25, 85))
    for said, value in asks:
        assert await service.numbers('side="new"', **said) == [pytest.approx(value)]


async def test_warming_up_says_how_far_it_is(service: Service) -> None:
    service.page = "hits 1\n"
    await service.ask(rate="hits", over="5s")
    service.later(3, "hits 2\n")
    answer = await service.ask(rate="hits", over="5s")
    assert isinstance(answer, NoData)
    assert answer.detail == "warming up: 3s of 5s"


async def test_a_share_of_nothing_is_too_few_samples_not_zero(service: Service) -> None:
    """Law 3: a canary without traffic isn't a canary without errors."""
    service.page = 'hits{ok="no"} 1\nhits{ok="yes"} 1\nlat_bucket{le="1"} 1\nlat_bucket{le="+Inf"} 1\n'
    said: list[dict[str, Any]] = [
        {"ratio": {"of": 'hits{ok="no"}', "to": "hits"}, "over": "5s"},
        {"quantile": 0.99, "of": "lat_bucket", "over": "5s"},
    ]
    for one in said:
        await service.ask(**one)
    service.later(5, service.page)
    for one in said:
        answer = await service.ask(**one)
        assert isinstance(answer, NoData)
        assert (answer.missing, answer.detail) == (Missing.FEW_SAMPLES, "nothing was counted in 5s")


async def test_a_counter_that_is_gone_from_the_page_is_empty(service: Service) -> None:
    """Old pages don't speak for a series that isn't told any more."""
    service.page = "hits 1\n"
    await service.ask(rate="hits", over="5s")
    service.later(5, "other 1\n")
    assert await service.ask(rate="hits", over="5s") == ()


async def test_a_quantile_comes_from_buckets(service: Service) -> None:
    service.page = 'lat_bucket{le="0.1"} 0\nlat_bucket{le="1"} 0\nlat_bucket{le="+Inf"} 0\n'
    await service.ask(quantile=0.9, of="lat_bucket", over="5s")
    service.later(5, 'lat_bucket{le="0.1"} 50\nlat_bucket{le="1"} 100\nlat_bucket{le="+Inf"} 100\n')
    assert await service.numbers(quantile=0.9, of="lat_bucket", over="5s") == [pytest.approx(0.82)]


@pytest.mark.parametrize(
    ("page", "status", "why"),
    [
        ("<html>login</html>", 200, Missing.GARBAGE),
        ("queue 4\nqueue 5\n", 200, Missing.GARBAGE),
        ("queue four\n", 200, Missing.GARBAGE),
        ('{"queue": 4}', 200, Missing.PARTIAL),
        ('{"queue": 4}\n', 200, Missing.GARBAGE),
        ("queue 4", 200, Missing.PARTIAL),
        ("", 401, Missing.REFUSED),
        ("", 302, Missing.REFUSED),
        ("", 503, Missing.UNREACHABLE),
        ("queue 4\n", 206, Missing.GARBAGE),
    ],
)
async def test_a_page_that_fails_is_no_data_with_its_reason(
    service: Service, page: str, status: int, why: Missing
) -> None:
    service.page, service.status = page, status
    answer = await service.ask(value="queue")
    assert missing(answer) is why, answer


async def test_a_large_page_is_read(service: Service) -> None:
    service.page = "".join(f'other{{n="{number}"}} {number}\n' for number in range(20_000)) + "queue 4\n"
    assert await service.numbers(value="queue") == [4.0]


async def test_a_failed_page_is_asked_for_once_per_moment(service: Service) -> None:
    service.status = 503
    await service.ask(value="a")
    await service.ask(value="b")
    assert service.fetched == 1


async def test_the_past_is_told_from_pages_of_then_or_not_at_all(service: Service) -> None:
    """`7d ago` must not be answered with what is now."""
    service.page = "queue 4\n"
    await service.ask(value="queue")
    then = service.now
    service.later(600, "queue 9\n")
    question = Question(Ask(value="queue"))
    assert await service.source.ask(question, then) == (Sample(4.0, then),)
    assert missing(await service.source.ask(question, then - timedelta(days=7))) is Missing.NO_BASELINE


async def test_history_is_what_was_kept_once_it_reaches_back_far_enough(service: Service) -> None:
    start = service.now
    for second in range(11):
        service.page = f"queue {second}\n"
        await service.ask(value="queue")
        service.now += timedelta(seconds=1)
    question = Question(Ask(value="queue"))
    end = start + timedelta(seconds=10)
    answer = await service.source.history(question, start, end)
    assert not isinstance(answer, NoData)
    assert [sample.value for sample in answer] == list(range(11))
    few = await service.source.history(question, start - timedelta(minutes=1), end)
    assert missing(few) is Missing.FEW_SAMPLES


async def test_history_of_several_series_is_no_baseline(service: Service) -> None:
    start = service.now
    service.page = "queue 1\n" + 'queue{c="db"} 7\n'
    await service.ask(value="queue")
    answer = await service.source.history(Question(Ask(value="queue")), start, start)
    assert missing(answer) is Missing.SEVERAL_SERIES


async def test_one_impatient_question_does_not_take_the_page_from_the_others() -> None:
    held = asyncio.Event()

    async def slow(request: web.BaseRequest) -> web.Response:
        await held.wait()
        return web.Response(text="queue 4\n")

    async with serving(slow) as url:
        source = KIND.build(Options(url=url), {})
        at = datetime.now(UTC)
        impatient, patient = (asyncio.create_task(source.ask(Question(Ask(value="queue")), at)) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        held.set()
        answer = await patient
        await source.aclose()
    assert missing(answer) is None


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"value": "a", "rate": "b", "over": "5m"},
        {"rate": "a"},
        {"value": "a", "over": "5m"},
        {"quantile": 0.9, "over": "5m"},
        {"of": "a", "over": "5m"},
        {"quantile": 99, "of": "a", "over": "5m"},
        {"value": "rate(a[5m])"},
        {"value": "a", "query": "b"},
        {"ratio": {"of": "a"}, "over": "5m"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused_when_the_plan_is_read(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Ask.model_validate(said)


def test_the_longest_range_is_the_window() -> None:
    assert KIND.longest_range is not None
    assert KIND.longest_range(Ask.model_validate({"rate": "a", "over": "5m"})) == timedelta(minutes=5)
    assert KIND.longest_range(Ask(value="a")) == timedelta(0)


async def test_a_page_that_is_not_from_now_by_its_own_date_is_stale() -> None:
    """A cache in between that answers for a service that is long gone."""
    old = format_datetime(datetime.now(UTC) - timedelta(minutes=5), usegmt=True)
    async with serving(always("a 1\n", content_type="text/plain", date=old)) as url:
        source = MetricsPage(Options(url=url), {})
        answer = await source.ask(Question(Ask(value="a")), datetime.now(UTC))
        await source.aclose()
    assert missing(answer) is Missing.STALE
