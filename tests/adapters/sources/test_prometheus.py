"""M1: every way in which a Prometheus can fail becomes the right *no data*, and never a number or an exception."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import prometheus_api_client.exceptions
import pytest
import requests.exceptions
import urllib3.exceptions
from aiohttp import web

from adapters.sources.prometheus import session
from adapters.sources.prometheus.source import CLIENT_FAULTS, KIND, Ask, Options, Prometheus
from bot.domain.kinds import MissingEnvironment
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question, Sample
from tests.adapters.sources.answers import missing
from tests.far_side import Handler, always, drip, serving, speaking
from tests.servers import free_port, prometheus, stand_still
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TS = AT.timestamp()


def vector(*series: tuple[dict[str, str], str], **more: Any) -> str:
    result = [{"metric": labels, "value": [TS, value]} for labels, value in series]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **more})


def result(kind: str, value: Any) -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": value}})


@asynccontextmanager
async def built(url: str, environment: dict[str, str] | None = None, **options: Any) -> AsyncIterator[Prometheus]:
    source = KIND.build(Options.model_validate({"url": url, "deadline": "20s", **options}), environment or {})
    try:
        yield source
    finally:
        await source.aclose()


async def asked(handler: Handler, environment: dict[str, str] | None = None, **options: Any) -> Answer:
    async with serving(handler) as url, built(url, environment, **options) as source:
        return await source.ask(Question(Ask(query="up")), AT)


async def test_a_vector_is_one_sample_per_series_named_for_people() -> None:
    text = vector(({"__name__": "up", "job": "b", "component": "api"}, "1.5"), ({}, "2"))
    answer = await asked(always(text))
    assert answer == (Sample(1.5, AT, '{component="api", job="b"}'), Sample(2.0, AT, ""))


@pytest.mark.parametrize("ending", ["", "/", "/api/v1", "/api/v1/"])
async def test_an_address_may_be_that_of_the_api_itself(ending: str) -> None:
    paths: list[str] = []

    async def look(request: web.BaseRequest) -> web.Response:
        paths.append(request.path)
        return web.Response(text=vector(({}, "2")), content_type="application/json")

    async with serving(look) as url, built(url + ending) as source:
        await source.ask(Question(Ask(query="up")), AT)
    assert paths == ["/api/v1/query"]


async def test_nan_and_infinity_pass_for_the_domain_to_judge() -> None:
    """Law 3 is decided in one place, `bot.domain.readings`."""
    answer = await asked(always(vector(({}, "NaN"), ({}, "+Inf"))))
    assert not isinstance(answer, NoData)
    assert [str(sample.value) for sample in answer] == ["nan", "inf"]


async def test_no_series_is_an_empty_answer() -> None:
    assert await asked(always(vector())) == ()


LOGIN = "<!doctype html><title>Sign in</title>"

FAILURES: list[tuple[str, Handler, Missing]] = [
    ("a bad query", always(json.dumps({"status": "error", "error": "parse error at 3"}), 400), Missing.REFUSED),
    ("a query that can't run", always(json.dumps({"status": "error", "error": "too many"}), 422), Missing.REFUSED),
    ("no credentials", always("unauthorized", 401, "text/plain"), Missing.REFUSED),
    ("no rights", always("forbidden", 403, "text/plain"), Missing.REFUSED),
    ("no such path", always("404 page not found", 404, "text/plain"), Missing.REFUSED),
    ("a redirect", always("", 302, location="http://127.0.0.1:1/login"), Missing.REFUSED),
    ("overload", always("", 503), Missing.UNREACHABLE),
    ("too many questions", always("", 429), Missing.UNREACHABLE),
    ("a bad gateway", always(LOGIN, 502, "text/html"), Missing.UNREACHABLE),
    ("a login page", always(LOGIN, 200, "text/html"), Missing.GARBAGE),
    ("nothing", always(""), Missing.GARBAGE),
    ("half of it", always(vector(({}, "1"))[:-20]), Missing.GARBAGE),
    ("a list", always("[]"), Missing.GARBAGE),
    ("no data", always('{"status": "success"}'), Missing.GARBAGE),
    ("an error with status 200", always('{"status": "error", "data": {"resultType": "vector"}}'), Missing.GARBAGE),
    ("data without a result", always('{"status": "success", "data": {"resultType": "vector"}}'), Missing.GARBAGE),
    ("a string", always(result("string", [TS, "5"])), Missing.GARBAGE),
    ("a matrix", always(result("matrix", [{"metric": {}, "values": [[TS, "1"]]}])), Missing.GARBAGE),
    ("an unknown type", always(result("streams", [])), Missing.GARBAGE),
    ("a result that is no list", always(result("vector", {"a": 1})), Missing.GARBAGE),
    ("a series without a value", always(result("vector", [{"metric": {}}])), Missing.GARBAGE),
    ("a native histogram", always(result("vector", [{"metric": {}, "histogram": [TS, {}]}])), Missing.GARBAGE),
    ("a word for a number", always(vector(({}, "many"))), Missing.GARBAGE),
    ("a number that is no text", always(result("vector", [{"metric": {}, "value": [TS, 1]}])), Missing.GARBAGE),
    ("an impossible time", always(result("vector", [{"metric": {}, "value": [1e300, "1"]}])), Missing.GARBAGE),
    ("a scalar where a vector is meant", always(result("scalar", [TS, "2"])), Missing.GARBAGE),
    ("a scalar that says it is a vector", always(result("vector", [TS, "2"])), Missing.GARBAGE),
    ("JSON too deep to read", always("[" * 100_000), Missing.GARBAGE),
    ("a partial answer", always(vector(({}, "1"), warnings=["store 10.0.0.7 timed out"])), Missing.PARTIAL),
    ("warnings of a strange shape", always(vector(({}, "1"), warnings={"a": 1})), Missing.PARTIAL),
]


@pytest.mark.parametrize(("what", "handler", "why"), FAILURES, ids=[what for what, _, _ in FAILURES])
async def test_a_failure_is_no_data_with_its_reason(what: str, handler: Handler, why: Missing) -> None:
    """Law 3, PLATFORM's list of what the client lets through."""
    answer = await asked(handler)
    assert missing(answer) is why, answer
    assert isinstance(answer, NoData)
    assert "\n" not in answer.detail
    assert len(answer.detail) < 300


@pytest.mark.parametrize("off", [timedelta(hours=-3), timedelta(minutes=-2), timedelta(minutes=2)])
async def test_an_answer_that_is_not_from_now_by_its_own_date_is_stale(off: timedelta) -> None:
    """A cache in between that answers for a Prometheus that is long gone; a clock that is wrong, either way."""
    date = format_datetime(datetime.now(UTC) + off, usegmt=True)
    assert missing(await asked(always(vector(({}, "1")), date=date))) is Missing.STALE


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 -9999"])
async def test_a_date_that_can_not_be_read_is_no_doubt(date: str) -> None:
    assert missing(await asked(always(vector(({}, "1")), date=date))) is None


@pytest.mark.parametrize(
    "said",
    [b"", b"220 mail ready\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", b"HTTP/1.1 200 OK\r\n\xff\xff"],
)
async def test_a_connection_that_breaks_is_no_data(said: bytes) -> None:
    async with speaking(said) as url, built(url) as source:
        answer = await source.ask(Question(Ask(query="up")), AT)
    assert missing(answer) in {Missing.UNREACHABLE, Missing.GARBAGE}, answer


async def test_a_closed_port_is_unreachable_not_a_timeout() -> None:
    async with built(f"http://127.0.0.1:{free_port()}") as source:
        assert missing(await source.ask(Question(Ask(query="up")), AT)) is Missing.UNREACHABLE


async def test_an_answer_that_drips_frees_its_thread_at_the_deadline() -> None:
    """requests' own timeout starts anew with every byte; eight such answers would silence the source."""
    enough, healthy = asyncio.Event(), False

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=vector(({}, "1"))) if healthy else await drip(request, enough)

    async with serving(answer) as url, built(url, at_once=1, deadline="300ms") as source:
        assert missing(await source.ask(Question(Ask(query="up")), AT)) is Missing.TIMEOUT
        healthy = True
        async with asyncio.timeout(HANGS_S):
            # On a busy machine a good answer may take longer than the deadline, too.
            while missing(await source.ask(Question(Ask(query="up")), AT)) is not None:
                pass
        enough.set()


async def test_an_endless_answer_is_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_BYTES", 100)
    assert missing(await asked(always(" " * 200))) is Missing.GARBAGE


async def test_warnings_can_be_accepted_and_notes_always_are() -> None:
    accepted = await asked(always(vector(({}, "1"), warnings=["slow store"])), warnings="accept")
    noted = await asked(always(vector(({}, "1"), infos=["might not be a counter"], warnings=[])))
    assert missing(accepted) is missing(noted) is None


async def test_a_redirect_shows_our_token_to_nobody() -> None:
    """Law 8; the client alone would follow, and take the other host's numbers."""
    heard: list[str] = []

    async def elsewhere(request: web.BaseRequest) -> web.Response:
        heard.append(request.headers.get("Authorization", ""))
        return web.Response(text=vector(({}, "0")))

    async with serving(elsewhere) as other:
        answer = await asked(always("", 307, location=other), token_env="T", environment={"T": "tok-abcdef"})
    assert missing(answer) is Missing.REFUSED
    assert heard == []


async def test_the_question_carries_its_time_its_side_and_who_we_are() -> None:
    seen: list[dict[str, str]] = []

    async def look(request: web.BaseRequest) -> web.Response:
        seen.append({**request.query, "path": request.path, "auth": request.headers["Authorization"]})
        seen[-1]["tenant"] = request.headers["X-Scope-OrgID"]
        return web.Response(text=vector(({}, "1")))

    async with serving(look) as url:
        options = {"token_env": "T", "headers": {"X-Scope-OrgID": "7"}}
        async with built(url + "/prefix/", {"T": "tok"}, **options) as source:
            await source.ask(Question(Ask.model_validate({"query": "errors{$side}", "lag": "30s"}), 'v="new"'), AT)
    assert seen == [
        {
            "query": 'errors{v="new"}',
            "time": str(TS - 30),
            "timeout": "20000ms",
            "path": "/prefix/api/v1/query",
            "auth": "Bearer tok",
            "tenant": "7",
        }
    ]


async def test_nothing_shown_or_logged_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Law 8: a server that echoes, an address with a password, and all logs at their loudest."""
    caplog.set_level(logging.DEBUG)

    async def echo(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"denied: {request.headers['Authorization']}", status=403)

    async with serving(echo) as url:
        told = url.replace("http://", "http://bob:hunter2hunter2@")
        for address, options in ((url, {"token_env": "T"}), (told, {})):
            async with built(address, {"T": "tok-abcdef123"}, **options) as source:
                answer = await source.ask(Question(Ask(query="up")), AT)
            for secret in ("tok-abcdef123", "hunter2hunter2", "Ym9iOmh1bnRlcjJodW50ZXIy"):
                assert secret not in str(answer)
                assert secret not in caplog.text


def test_a_token_that_is_not_set_is_named_when_the_source_is_built() -> None:
    with pytest.raises(MissingEnvironment, match="PROM_TOKEN"):
        KIND.build(Options(url="http://x", token_env="PROM_TOKEN"), {})


async def test_history_is_the_one_series_by_whole_seconds() -> None:
    seen: list[dict[str, str]] = []
    text = result("matrix", [{"metric": {"a": "b"}, "values": [[TS - 60, "1"], [TS, "3"]]}])

    async def look(request: web.BaseRequest) -> web.Response:
        seen.append(dict(request.query))
        return web.Response(text=text)

    async with serving(look) as url, built(url) as source:
        answer = await source.history(Question(Ask(query="up")), AT - timedelta(hours=4), AT)
    assert answer == (Sample(1.0, AT - timedelta(minutes=1), '{a="b"}'), Sample(3.0, AT, '{a="b"}'))
    assert seen == [{"query": "up", "start": f"{TS - 14400:.0f}", "end": f"{TS:.0f}", "step": "60s"}]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (result("matrix", [{"metric": {}, "values": []}, {"metric": {}, "values": []}]), Missing.SEVERAL_SERIES),
        (vector(({}, "1")), Missing.GARBAGE),
        (result("matrix", [{"metric": {}}]), Missing.GARBAGE),
    ],
)
async def test_history_of_anything_else_is_no_data(text: str, why: Missing) -> None:
    async with serving(always(text)) as url, built(url) as source:
        answer = await source.history(Question(Ask(query="up")), AT - timedelta(hours=4), AT)
    assert missing(answer) is why


def _exceptions(module: Any) -> list[type[Exception]]:
    found = [item for _, item in inspect.getmembers(module, inspect.isclass) if issubclass(item, Exception)]
    return [item for item in found if not issubclass(item, Warning) and item.__module__ == module.__name__]


@pytest.mark.parametrize("exception", _exceptions(requests.exceptions) + _exceptions(urllib3.exceptions))
def test_every_exception_of_requests_has_a_fault(exception: type[Exception]) -> None:
    """A new requests with a new exception fails here; its base has no row, so that each is thought about."""
    assert exception is requests.RequestException or any(base in session.FAULTS for base in exception.__mro__)


@pytest.mark.parametrize("exception", _exceptions(prometheus_api_client.exceptions))
def test_every_exception_of_the_client_is_caught(exception: type[Exception]) -> None:
    assert issubclass(exception, CLIENT_FAULTS)


async def test_a_real_prometheus_tells_of_a_page_that_it_scrapes(tmp_path: Path) -> None:
    """The whole way: a page, Debian's Prometheus, PromQL, a sample; and its own words for a bad query."""
    async with serving(always('errors{transport="new"} 4\n', content_type="text/plain")) as page:
        with prometheus(tmp_path, [page.removeprefix("http://")]) as server:
            async with built(server.url) as source, asyncio.timeout(HANGS_S):
                question = Question(Ask(query="sum(errors{$side})"), 'transport="new"')
                while (answer := await source.ask(question, datetime.now(UTC))) == ():
                    await asyncio.sleep(0.1)
                bad = await source.ask(Question(Ask(query="sum(")), datetime.now(UTC))
                text = await source.ask(Question(Ask(query='"text"')), datetime.now(UTC))
                ranged = await source.ask(Question(Ask(query="errors[5m]")), datetime.now(UTC))
    assert not isinstance(answer, NoData), answer
    assert [sample.value for sample in answer] == [4.0]
    assert missing(bad) is Missing.REFUSED
    assert "parse error" in str(bad)
    assert missing(text) is missing(ranged) is Missing.GARBAGE


async def test_a_real_prometheus_that_is_asked_for_nothing_stopped_or_gone(tmp_path: Path) -> None:
    """Law 3: its own NaN and bare numbers, a process that hangs, comes back, and dies."""
    with prometheus(tmp_path) as server:
        async with built(server.url, deadline="20s") as source, built(server.url, deadline="500ms") as hasty:

            async def ask(query: str) -> Answer:
                return await source.ask(Question(Ask(query=query)), datetime.now(UTC))

            divided = await ask("vector(0) / vector(0)")
            assert not isinstance(divided, NoData)
            assert [str(sample.value) for sample in divided] == ["nan"]
            assert missing(await ask("1")) is missing(await ask("scalar(vector(1))")) is Missing.GARBAGE
            assert await ask("no_such_series") == ()
            await stand_still(server.process)
            assert missing(await hasty.ask(Question(Ask(query="vector(1)")), datetime.now(UTC))) is Missing.TIMEOUT
            server.process.send_signal(signal.SIGCONT)
            assert missing(await ask("vector(1)")) is None
            server.process.kill()
            server.process.wait()
            assert missing(await ask("vector(1)")) is Missing.UNREACHABLE
