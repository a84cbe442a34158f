"""The outgoing client: what each failure becomes, and that nothing secret is shown."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import logging
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters import http
from adapters.http import Credentials, NotInTime, client, credentials, excerpt, fetch, no_data, redact
from bot.domain.kinds import MissingEnvironment
from bot.domain.measurements import Missing
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault
from tests.far_side import always, drip, serving, speaking
from tests.servers import free_port
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

OUR_OWN = {httpx.RequestError, httpx.TransportError, httpx.HTTPError}
"""Bases that httpx never raises themselves; each class below them has its row."""


def _httpx_exceptions() -> list[type[Exception]]:
    found = [item for _, item in inspect.getmembers(httpx, inspect.isclass) if issubclass(item, Exception)]
    return [item for item in found if item not in OUR_OWN]


@pytest.mark.parametrize("exception", _httpx_exceptions())
def test_every_exception_of_httpx_has_a_fault(exception: type[Exception]) -> None:
    """A new httpx with a new exception fails here, not in an incident."""
    assert any(base in http.FAULTS for base in exception.__mro__)


async def _fault(url: str, **options: Any) -> OutsideFault:
    async with client(deadline_s=options.pop("deadline_s", HANGS_S)) as made:
        with pytest.raises(OutsideFault) as caught:
            await fetch(made, options.pop("method", "GET"), url, **options)
        return caught.value


async def test_an_answer_comes_with_status_text_and_seconds() -> None:
    async with serving(always("grüß", content_type="text/plain")) as url, client() as made:
        began = time.perf_counter()
        fetched = await fetch(made, "GET", url)
        whole_s = time.perf_counter() - began
    assert (fetched.status, fetched.text) == (200, "grüß")
    assert 0 < fetched.took_s <= whole_s


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (302, Denied),
        (400, Denied),
        (401, Denied),
        (403, Denied),
        (404, Denied),
        (408, OutOfReach),
        (429, OutOfReach),
        (500, OutOfReach),
        (503, OutOfReach),
        (204, Nonsense),
    ],
)
async def test_an_unexpected_status_is_a_fault_that_says_whether_to_try_again(
    status: int, fault: type[OutsideFault]
) -> None:
    async with serving(always("", status=status)) as url:
        raised = await _fault(url, expect=(200,))
    assert type(raised) is fault
    assert str(status) in str(raised)


async def test_a_redirect_is_not_followed() -> None:
    """The other host's answer would be taken for ours, and our credentials shown to it."""
    asked: list[str] = []

    async def elsewhere(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(text="fine")

    async with serving(elsewhere) as other, serving(always("", status=307, location=f"{other}/there")) as url:
        assert isinstance(await _fault(url), Denied)
    assert asked == []


async def test_a_far_side_that_never_answers_is_given_up_in_time() -> None:
    forever = asyncio.Event()

    async def hang(request: web.BaseRequest) -> web.Response:
        await forever.wait()
        return web.Response()

    async with serving(hang) as url:
        raised = await _fault(url, deadline_s=0.2)
        forever.set()
    assert isinstance(raised, NotInTime)
    assert "0.2 s" in str(raised)


async def test_an_answer_that_drips_is_given_up_in_time() -> None:
    """Each byte would start a read timeout anew: the deadline is for the whole."""
    enough = asyncio.Event()
    async with serving(lambda request: drip(request, enough)) as url:
        assert isinstance(await _fault(url, deadline_s=0.3), NotInTime)
        enough.set()


async def test_an_endless_answer_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1000)
    async with serving(always("x" * 1001)) as url:
        assert isinstance(await _fault(url), Nonsense)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_not_http_is_nonsense(answer: bytes) -> None:
    async with speaking(answer) as url:
        assert isinstance(await _fault(url), Nonsense)


async def test_a_packed_answer_is_unpacked() -> None:
    packed = gzip.compress(b"hello")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    async with speaking(head.encode() + packed) as url, client() as made:
        assert (await fetch(made, "GET", url)).text == "hello"


async def test_bytes_that_are_not_text_do_not_raise() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=klingon\r\nContent-Length: 2\r\n\r\n\xff\xfe"
    async with speaking(body) as url, client() as made:
        assert "�" in (await fetch(made, "GET", url)).text


async def test_a_closed_port_is_out_of_reach() -> None:
    raised = await _fault(f"http://127.0.0.1:{free_port()}/metrics")
    assert type(raised) is OutOfReach
    assert "can't be reached" in str(raised)


async def test_plain_http_behind_an_https_address_is_denied() -> None:
    """Trying again won't help until a person mends the address or the trust."""
    async with serving(always("{}")) as url:
        assert isinstance(await _fault(url.replace("http", "https")), Denied)


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "http://[::1", "http://ho st/", "//host/x", "http://" + "a" * 70 + ".x"]
)
async def test_an_address_that_cannot_be_asked_is_denied_or_out_of_reach(url: str) -> None:
    assert isinstance(await _fault(url), Denied | OutOfReach)


async def test_a_token_never_comes_back_in_an_error() -> None:
    """Law 8: a far side that echoes what we sent."""

    async def echo(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"bad token {request.headers['Authorization']} {request.query}", status=403)

    async with serving(echo) as url:
        told = f"{url}/hook?key=sesame-open-1234".replace("http://", "http://bob:hunter2hunter2@")
        raised = await _fault(told, headers={"Authorization": "Bearer tok-abcdef123456"})
    for secret in ("tok-abcdef123456", "sesame-open-1234", "hunter2hunter2", "bob"):
        assert secret not in str(raised)
    assert "bad token" in str(raised)


async def test_no_log_holds_a_password_of_an_address(caplog: pytest.LogCaptureFixture) -> None:
    """Law 8: httpx logs every address that it is given, so it isn't given users and passwords."""
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    async def look(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.Response(text="fine")

    async with serving(look) as url, client() as made:
        await fetch(made, "GET", url.replace("http://", "http://bob:hunter%402@") + "/a@b?key=sesame-open@1234")
    assert seen == ["Basic Ym9iOmh1bnRlckAy"]
    assert "hunter" not in caplog.text
    assert "Ym9i" not in caplog.text
    assert "sesame" not in caplog.text
    assert "key=…" in caplog.text


async def test_a_header_that_cannot_be_sent_is_not_quoted() -> None:
    """Law 8: httpx's own error would show the header, in tracebacks too."""
    async with serving(always("{}")) as url:
        raised = await _fault(url, headers={"Authorization": "Bearer tok-abc\ndef"})
    assert isinstance(raised, Denied)
    assert raised.__cause__ is None
    assert raised.__suppress_context__
    assert "tok-abc" not in str(raised)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    async with serving(always("direct")) as url, client() as made:
        assert (await fetch(made, "GET", url)).text == "direct"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bob:pw@host:8443/a/b?token=s3cret&x=1#frag", "https://host:8443/a/b?token=…&x=…"),
        ("http://host", "http://host"),
        (
            "https://hooks.example.com/services/T0/xoxb123456789012345678901234",
            "https://hooks.example.com/services/T0/…",
        ),
        ("redis://:pw@host:6379/0", "redis://host:6379/0"),
        ("http://host:port/", "the address"),
        ("nonsense", "the address"),
        ("http://host/a\nb", "http://host/ab"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert redact(url) == shown


def test_an_excerpt_is_one_short_line() -> None:
    assert excerpt("a\n\x1b[31m b\t c") == "a [31m b c"
    assert len(excerpt("x" * 5000)) == 160
    assert excerpt("key=abcdef", {"abcdef"}) == "key=[redacted]"


def test_credentials_come_from_the_environment_by_name() -> None:
    bearer = Credentials(token_env="TOKEN", headers={"X-Scope-OrgID": "7"})
    assert credentials(bearer, {"TOKEN": "abc\n"}) == {"X-Scope-OrgID": "7", "Authorization": "Bearer abc"}
    basic = Credentials(username_env="WHO", password_env="PW")
    assert credentials(basic, {"WHO": "bob", "PW": "pä:ss"}) == {"Authorization": "Basic Ym9iOnDDpDpzcw=="}
    assert credentials(Credentials(), {}) == {}


def test_an_unset_or_empty_secret_is_named() -> None:
    for environment in ({}, {"TOKEN": " "}):
        with pytest.raises(MissingEnvironment, match="TOKEN"):
            credentials(Credentials(token_env="TOKEN"), environment)


@pytest.mark.parametrize(
    "options",
    [{"username_env": "A"}, {"password_env": "A"}, {"token_env": "A", "username_env": "B", "password_env": "C"}],
)
def test_credentials_that_contradict_each_other_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Credentials.model_validate(options)


async def test_faults_say_why_there_is_no_data() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    told = [no_data(fault("x"), at).missing for fault in (NotInTime, OutOfReach, Denied, Nonsense)]
    assert told == [Missing.TIMEOUT, Missing.UNREACHABLE, Missing.REFUSED, Missing.GARBAGE]
