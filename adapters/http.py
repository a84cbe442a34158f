"""The one outgoing HTTP client: deadlines, redaction, and httpx's exceptions in our words. All that adapters share.

Redirects are refused (a redirected answer is another host's word), proxies and `.netrc` from the environment are not
read, a body has a size limit, and no error text holds an address's user, password or query values.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import logging
import re
import ssl
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bot.domain.kinds import Environment, MissingEnvironment
from bot.domain.measurements import Missing, NoData
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault
from bot.redaction import Redactor

MOST_BYTES = 16 * 1024 * 1024
"""The largest body that is read, unpacked."""


class NotInTime(OutOfReach):
    """The far side took longer than the deadline."""


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://", "${")):
        raise ValueError("an address begins with http:// or https://")
    return url.rstrip("/") if urlsplit(url).path == "/" else url


Address = Annotated[str, AfterValidator(_address)]
"""An option that holds an address; `${NAME}` may still stand at its beginning when a plan is only checked."""


class Credentials(BaseModel):
    """How a kind's options say who we are: names of environment variables, never the secrets themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token_env: str | None = None
    username_env: str | None = None
    password_env: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Credentials:
        if (self.username_env is None) != (self.password_env is None):
            raise ValueError("username_env and password_env go together: give both, or neither")
        if self.token_env and self.username_env:
            raise ValueError("give token_env, or username_env with password_env, not both")
        return self


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. Bytes that aren't text in the declared charset are U+FFFD. `took_s` is from call to last byte."""

    status: int
    text: str
    took_s: float
    doubt: str = ""
    """Why it may not be from now, by its own date."""


def client(
    *, deadline_s: float = 5.0, headers: Mapping[str, str] | None = None, kept_open: int = 20
) -> httpx.AsyncClient:
    """Make a client whose every request ends within `deadline_s`; whoever makes it closes it.

    `kept_open` is how many idle connections wait for the next request; 0 gives each request its own.
    """
    _hush(logging.getLogger("httpx"))
    return httpx.AsyncClient(
        headers={"User-Agent": "perch"} | dict(headers or {}),
        timeout=httpx.Timeout(deadline_s),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=kept_open),
        follow_redirects=False,
        trust_env=False,
        verify=trust(),
    )


@functools.cache
def trust() -> ssl.SSLContext:
    """Whom we trust: the system's authorities and those that httpx brings. Loaded once: it takes 1 MB and 20 ms."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


async def fetch(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    json: Any = None,
    content: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    expect: Collection[int] = range(200, 300),
) -> Fetched:
    """Do one request and read its answer, within the client's deadline in all; nothing is retried.

    Raises NotInTime or another OutOfReach (no answer, or 5xx, 408, 425, 429), Denied (other statuses outside `expect`,
    redirects included, and requests that can't be sent) and Nonsense (an answer that isn't HTTP, or is too large).
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        async with asyncio.timeout(client.timeout.read):
            bare, headers = signed_in(url, headers or {})
            request = client.build_request(method, bare, json=json, content=content, headers=headers)
            response = await client.send(request, stream=True)
            try:
                text = await _text(response, url)
            finally:
                await response.aclose()
    except TimeoutError as error:
        raise NotInTime(f"{redact(url)} didn't answer within {client.timeout.read:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError, UnicodeError) as error:
        raise translated(error, url) from (None if isinstance(error, _TELLTALE) else error)
    if response.status_code not in expect:
        raise refused(response.status_code, text, url, secrets=_secrets(request))
    return Fetched(response.status_code, text, clock() - began, dated(response.headers.get("Date", "")))


async def _text(response: httpx.Response, url: str) -> str:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Nonsense(f"{redact(url)} answered more than {MOST_BYTES // 1024 // 1024} MB")
    try:
        return body.decode(response.charset_encoding or "utf-8", errors="replace")
    except LookupError:
        return body.decode(errors="replace")


# ---- faults -----------------------------------------------------------------------------------------------------

FAULTS: Mapping[type[Exception], tuple[type[OutsideFault], str]] = {
    httpx.TimeoutException: (NotInTime, "didn't answer in time"),
    httpx.NetworkError: (OutOfReach, "can't be reached"),
    httpx.ProxyError: (OutOfReach, "can't be reached through the proxy"),
    httpx.ProtocolError: (Nonsense, "broke off, or answered something that isn't HTTP"),
    httpx.LocalProtocolError: (Denied, "wasn't asked: the request can't be written as HTTP; look at its headers"),
    httpx.UnsupportedProtocol: (Denied, "wasn't asked: its address must begin with http:// or https://"),
    httpx.InvalidURL: (Denied, "wasn't asked: its address can't be read"),
    httpx.TooManyRedirects: (Denied, "redirects without end"),
    httpx.DecodingError: (Nonsense, "answered a body that can't be unpacked"),
    httpx.CookieConflict: (Nonsense, "answered cookies that contradict each other"),
    httpx.StreamError: (Nonsense, "answered a body that can't be read"),
    httpx.HTTPStatusError: (Nonsense, "answered an unexpected status"),
    UnicodeError: (Denied, "wasn't asked: its address can't be read"),
}
"""httpx's exceptions, the nearest base class deciding: https://www.python-httpx.org/exceptions/"""

_TELLTALE = (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)
"""Their texts quote headers or the address, secrets included, so they aren't kept as causes."""


def translated(error: Exception, url: str) -> OutsideFault:
    """Our fault for an exception of httpx; its text names the address, redacted, and the innermost safe reason."""
    fault, words = next(FAULTS[base] for base in type(error).__mro__ if base in FAULTS)
    causes = tuple(chain(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        fault, words = Denied, "isn't trusted, or doesn't speak TLS as we do"
    reason = next((cause.strerror for cause in reversed(causes) if isinstance(cause, OSError) and cause.strerror), "")
    return fault(f"{redact(url)} {words}" + (f" ({_one_line(reason)})" if reason else ""))


def no_data(fault: OutsideFault, at: datetime) -> NoData:
    """A source's far side failed: no data, with the fault's text as the detail."""
    match fault:
        case NotInTime():
            missing = Missing.TIMEOUT
        case OutOfReach():
            missing = Missing.UNREACHABLE
        case Denied():
            missing = Missing.REFUSED
        case _:
            missing = Missing.GARBAGE
    return NoData(missing, str(fault), at)


def chain(error: BaseException) -> list[BaseException]:
    """An exception, what caused it, what caused that, and so on; members of groups included."""
    links: list[BaseException] = [error]
    if isinstance(error, BaseExceptionGroup):
        links += [link for member in error.exceptions for link in chain(member)]
    if (cause := error.__cause__ or error.__context__) is not None:
        links += chain(cause)
    return links


def refused(status: int, text: str, url: str, secrets: Collection[str] = ()) -> OutsideFault:
    """Our fault for a status that wasn't expected, with the start of what the far side said about it."""
    place = redact(url)
    if 300 <= status < 400:
        return Denied(f"{place} answered {status}, a redirect, which is not followed")
    said = excerpt(text, secrets)
    words = f"{place} answered {status}" + (f": {said}" if said else "")
    if status >= 500 or status in {408, 425, 429}:
        return OutOfReach(words)
    return Denied(words) if status >= 400 else Nonsense(words)


OLD_S = 60.0
"""An answer's date may be this far from ours, in seconds: clocks differ a little, and an answer takes its time."""


def dated(date: str) -> str:
    """Why an answer with this `Date` header can't be from now, or "". A server without a date isn't doubted.

    https://www.rfc-editor.org/rfc/rfc9110#name-date: when the answer was made; a cache in between keeps that of then.
    """
    try:
        old_s = (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return ""
    if abs(old_s) <= OLD_S:
        return ""
    where = "old" if old_s > 0 else "ahead of ours"
    return f"sent an answer that is {abs(old_s):.0f} s {where} by its date: look at the clocks, and for a cache"


# ---- redaction --------------------------------------------------------------------------------------------------

_TOKEN_LIKE = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_\-.=~]{24,}")


def redact(url: str) -> str:
    """An address that is safe to show: no user or password, query names without values, token-like segments cut."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        place = f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""
    except ValueError:
        return "the address"
    if not place:
        return "the address"
    names = "&".join(f"{name}=…" for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    path = "/".join("…" if _TOKEN_LIKE.fullmatch(segment) else segment for segment in parts.path.split("/"))
    return _one_line(place + path + (f"?{names}" if names else ""))


def excerpt(text: str, secrets: Collection[str] = (), length: int = 160) -> str:
    """The start of what a far side said, on one line, with any of `secrets` that it echoes taken out."""
    line = _one_line(_knowing(frozenset(secrets))(text)[: 4 * length])
    return line if len(line) <= length else line[: length - 1] + "…"


@functools.lru_cache(maxsize=64)
def _knowing(secrets: frozenset[str]) -> Redactor:
    """Kept: each endpoint always has the same secrets, and a failing one is excerpted thousands of times."""
    return Redactor(secrets)


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


_OPEN_HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "content-type"}


def secret_words(headers: Mapping[str, str]) -> set[str]:
    """What of a request's headers mustn't be quoted: all words that may be credentials, a basic password included."""
    values = [value for name, value in headers.items() if name.lower() not in _OPEN_HEADERS]
    words = {word for value in values for word in value.split()}
    for word in tuple(words):
        with suppress(ValueError):
            words |= set(base64.b64decode(word, validate=True).decode().split(":"))
    return {word for word in words if len(word) >= 6}


def _secrets(request: httpx.Request) -> set[str]:
    asked = {word for _, value in request.url.params.multi_items() for word in value.split() if len(word) >= 6}
    return secret_words(request.headers) | asked


class _Redacted(logging.Filter):
    """httpx logs every address in full; a hook's address is its password."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(redact(str(item)) if isinstance(item, httpx.URL) else item for item in record.args)
        return True


def _hush(logger: logging.Logger) -> None:
    if not any(isinstance(known, _Redacted) for known in logger.filters):
        logger.addFilter(_Redacted())


_WITH_USER = re.compile(r"(https?://)([^/?#]*)@([^@/?#]*(?:[/?#].*)?)", re.DOTALL)


def signed_in(url: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """An address without its user and password, which libraries log, and headers with them instead."""
    found = _WITH_USER.fullmatch(url)
    if found is None:
        return url, dict(headers)
    return found[1] + found[3], {"Authorization": _basic(unquote(found[2]))} | dict(headers)


def credentials(options: Credentials, environment: Environment) -> dict[str, str]:
    """The headers that say who we are. Raises MissingEnvironment where a named variable isn't set or is empty."""
    headers = dict(options.headers)
    if options.token_env:
        headers["Authorization"] = f"Bearer {secret(options.token_env, environment)}"
    if options.username_env and options.password_env:
        pair = f"{secret(options.username_env, environment)}:{secret(options.password_env, environment)}"
        headers["Authorization"] = _basic(pair)
    return headers


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def secret(name: str, environment: Environment) -> str:
    """The value of a named variable. Raises MissingEnvironment where it isn't set or is empty."""
    value = environment.get(name, "").strip()
    if not value:
        raise MissingEnvironment(name)
    return value
