"""M5: what a probe calls down, and what it refuses to judge (law 3)."""

from __future__ import annotations

import asyncio
import math
import re
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.sources import probe as probes
from adapters.sources.probe import KIND, Ask, Options, Probe
from bot.domain.measurements import Missing, NoData
from bot.domain.units import Unit
from bot.ports import Answer, Question
from tests.adapters.sources.answers import missing
from tests.far_side import Handler, always, serving, speaking
from tests.servers import free_port

pytestmark = pytest.mark.anyio


async def probed(url: str, measure: str = "up", environment: dict[str, str] | None = None, **options: Any) -> Answer:
    probe = KIND.build(Options.model_validate({"url": url, "deadline": "30s", **options}), environment or {})
    try:
        return await probe.ask(Question(Ask.model_validate({"measure": measure})), datetime.now(UTC))
    finally:
        await probe.aclose()


def seen(answer: Answer) -> tuple[float, str]:
    assert not isinstance(answer, NoData), answer
    (sample,) = answer
    return sample.value, sample.labels


def slow(seconds: float) -> Handler:
    async def answer(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(seconds)
        return web.Response(text="late")

    return answer


async def test_a_good_answer_is_up_and_says_what_was_seen() -> None:
    async with serving(always("ok")) as url:
        value, said = seen(await probed(url))
    assert value == 1.0
    assert re.fullmatch(r"status 200 in \d+\.\d\d s", said)


@pytest.mark.parametrize("status", [204, 302, 401, 404, 429, 500, 503])
async def test_a_wrong_status_is_down_and_an_expected_one_is_up(status: int) -> None:
    async with serving(always("", status=status)) as url:
        value, said = seen(await probed(url))
        assert (value, said[:10]) == (0.0, f"status {status}")
        assert seen(await probed(url, expect_status=[200, status]))[0] == 1.0
        assert seen(await probed(url, expect_status=status))[0] == 1.0


async def test_a_missing_text_is_down() -> None:
    async with serving(always("all fine")) as url:
        assert seen(await probed(url, expect_text="fine"))[0] == 1.0
        value, said = seen(await probed(url, expect_text="ready"))
    assert value == 0.0
    assert said.endswith("without the text “ready”")


async def test_a_slow_answer_is_down() -> None:
    async with serving(slow(0.15)) as url:
        value, said = seen(await probed(url, faster_than="100ms"))
        assert seen(await probed(url))[0] == 1.0
    assert value == 0.0
    assert said.endswith("not within 0.1 s")


async def test_no_answer_in_time_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "BUSY", math.inf)
    async with serving(slow(60)) as url:
        assert seen(await probed(url, deadline="100ms")) == (0.0, "no answer in time")


async def test_a_refused_connection_is_down() -> None:
    assert seen(await probed(f"http://127.0.0.1:{free_port()}")) == (0.0, "connection refused")
    assert seen(await probed(f"http://localhost:{free_port()}")) == (0.0, "connection refused")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"SSH-2.0\r\n"])
async def test_a_connection_that_breaks_off_is_down(said: bytes) -> None:
    async with speaking(said) as url:
        assert seen(await probed(url)) == (0.0, "the connection broke off")


async def test_a_chat_is_probed_with_its_method_body_and_token() -> None:
    """002: `/chat` is a POST with a JSON body."""
    heard: list[tuple[str, str, str, str]] = []

    async def chat(request: web.BaseRequest) -> web.Response:
        kind = request.headers["Content-Type"]
        heard.append((request.method, await request.text(), kind, request.headers["Authorization"]))
        return web.Response(text="hello")

    async with serving(chat) as url:
        options: dict[str, Any] = {"method": "POST", "json": {"message": "hi"}, "token_env": "T"}
        answer = await probed(url + "/chat", environment={"T": "tok"}, **options)
    assert seen(answer)[0] == 1.0
    assert heard == [("POST", '{"message":"hi"}', "application/json", "Bearer tok")]


def failing(error: Exception) -> httpx.MockTransport:
    """An httpx whose every request fails so, as it would on a machine with that trouble."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(fail)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


OURS = [
    (caused(httpx.ConnectError("x"), socket.gaierror(-3, "Temporary failure in name resolution")), Missing.UNREACHABLE),
    (caused(httpx.ConnectError("x"), OSError(101, "Network is unreachable")), Missing.UNREACHABLE),
    (caused(httpx.ConnectError("x"), OSError(113, "No route to host")), Missing.UNREACHABLE),
    (caused(httpx.ConnectError("x"), OSError(24, "Too many open files")), Missing.UNREACHABLE),
    (caused(httpx.ReadError("x"), ssl.SSLError(1, "certificate required")), Missing.REFUSED),
    (httpx.PoolTimeout("x"), Missing.TIMEOUT),
    (httpx.ProxyError("x"), Missing.UNREACHABLE),
    (httpx.UnsupportedProtocol("x"), Missing.REFUSED),
    (httpx.LocalProtocolError("x"), Missing.REFUSED),
]


@pytest.mark.parametrize(("error", "why"), OURS, ids=[repr(error.__cause__ or error) for error, _ in OURS])
async def test_what_fails_on_our_side_is_no_data(error: Exception, why: Missing) -> None:
    """Law 3: a sick source is never a sick canary."""
    broken = httpx.AsyncClient(transport=failing(error), timeout=1)
    probe = Probe(Options(url="http://canary.invalid/health"), {}, through=broken)
    answer = await probe.ask(Question(Ask()), datetime.now(UTC))
    await probe.aclose()
    assert missing(answer) is why, answer


async def test_a_certificate_that_we_do_not_trust_is_no_data() -> None:
    """Whether the canary's or our own list of authorities is wrong, a person must look."""
    async with serving(always("ok")) as url:
        assert missing(await probed(url.replace("http://", "https://"))) is Missing.REFUSED


async def test_a_perch_too_busy_to_look_is_no_data() -> None:
    """A stalled event loop sees every deadline pass, and would call every canary down."""
    began = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.Response:
        began.set()
        await asyncio.sleep(2)
        return web.Response()

    async with serving(answer) as url:
        probe = Probe(Options.model_validate({"url": url, "deadline": "200ms"}), {})
        asking = asyncio.create_task(probe.ask(Question(Ask()), datetime.now(UTC)))
        await began.wait()
        _stall(0.4)
        told = await asking
        await probe.aclose()
    assert missing(told) is Missing.TIMEOUT
    assert "too busy" in str(told)


def _stall(seconds: float) -> None:
    """Block the event loop, as a long computation would."""
    time.sleep(seconds)


async def test_the_seconds_of_a_good_answer_are_measured_and_those_of_a_bad_one_are_not() -> None:
    async with serving(slow(0.1)) as url:
        began = time.perf_counter()
        value, _ = seen(await probed(url, measure="seconds"))
        whole_s = time.perf_counter() - began
        bad = await probed(url, measure="seconds", expect_status=204)
    assert 0.1 <= value <= whole_s
    assert missing(bad) is Missing.EMPTY


async def test_a_probe_does_not_tell_of_the_past() -> None:
    async with serving(always("ok")) as url:
        probe = Probe(Options(url=url), {})
        now = datetime.now(UTC)
        assert missing(await probe.ask(Question(Ask()), now - timedelta(days=7))) is Missing.NO_BASELINE
        assert missing(await probe.history(Question(Ask()), now, now)) is Missing.NO_BASELINE
        await probe.aclose()


@pytest.mark.parametrize(
    "options",
    [{"json": {}, "body": "x"}, {"faster_than": "6s"}, {"method": "CONNECT"}, {"url": "chat"}, {"token": "tok"}],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"url": "http://x", **options})


def test_a_probe_is_a_count() -> None:
    assert KIND.unit is Unit.COUNT
