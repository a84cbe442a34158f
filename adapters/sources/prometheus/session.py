"""The connection under prometheus-api-client: what the client drops, follows or waits for is caught here.

The client hands on `data.result` alone, so a half answer of Thanos or Mimir (`warnings`) looks whole, and a string
looks like a number; it follows redirects, and would take another host's answer for ours; its timeout starts anew with
every byte. This session reads a whole answer by a deadline, and lets only complete ones of a known type through.
"""

from __future__ import annotations

import io
import time
from collections.abc import Collection, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.util.retry import Retry

from adapters.http import MOST_BYTES, NotInTime, chain, dated, excerpt, redact, refused, trust
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

NO_RETRIES = Retry(total=0, redirect=0, raise_on_status=False)
_INSTEAD = {
    "matrix": "a range of samples; wrap the query, as in rate(…[5m])",
    "string": "a text, not numbers",
    "scalar": "a bare number, behind which there is no series; wrap it, as in vector(…), if it is meant",
}


class PartialAnswer(Nonsense):
    """The far side warned that its answer leaves something out."""


class OldAnswer(Nonsense):
    """By its own date the answer isn't from now: something in between kept it, or a clock is wrong."""


class _Trusting(HTTPAdapter):
    """Trusts whom all our adapters trust: requests alone knows no authority of the system."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options | {"ssl_context": trust()})


class WholeAnswers(requests.Session):
    """Answers whole, numeric and from the host that was asked, or raises our faults; used by many threads at once.

    `deadline_s` is for one request in all; `secrets` are words that must not be quoted from an error page.
    """

    def __init__(self, deadline_s: float, accept_warnings: bool, secrets: Collection[str]) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self._deadline_s = deadline_s
        self._accept_warnings = accept_warnings
        self._secrets = frozenset(secrets)

    def keep_open(self, url: str, connections: int) -> None:
        """Keep that many connections to `url`; to be called after the client mounted its own adapter of ten."""
        self.mount(url, _Trusting(pool_connections=1, pool_maxsize=connections, max_retries=NO_RETRIES))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """As `requests.Session.request`, without redirects. Raises OutOfReach, Denied and Nonsense."""
        place, until = str(url), time.monotonic() + self._deadline_s
        options |= {"allow_redirects": False, "stream": True, "timeout": self._deadline_s}
        try:
            with super().request(method, url, *args, **options) as response:
                response.raw = io.BytesIO(_read(response, until))
                self._check(response, place)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise translated(error, place) from error
        except TimeoutError as error:
            raise NotInTime(f"{redact(place)} didn't answer within {self._deadline_s:g} s") from error
        return response

    def _check(self, response: requests.Response, place: str) -> None:
        if response.status_code != 200:
            raise refused(response.status_code, _said(response), place, self._secrets)
        if doubt := dated(response.headers.get("Date", "")):
            raise OldAnswer(f"{redact(place)} {doubt}")
        body = _json(response, place)
        warnings = body.get("warnings")
        if warnings and not self._accept_warnings:
            raise PartialAnswer(excerpt(f"the source warns: {_joined(warnings)}", self._secrets))
        match body:
            case {"status": "success", "data": {"resultType": str(kind), "result": _}}:
                if kind not in ({"matrix"} if place.endswith("/query_range") else {"vector"}):
                    raise Nonsense(f"{redact(place)} answered {_INSTEAD.get(kind, 'an unknown type')}")
            case _:
                raise Nonsense(f"{redact(place)} answered JSON that isn't an answer to a query")


def _read(response: requests.Response, until: float) -> bytes:
    body = bytearray()
    for piece in response.raw.stream(65536, decode_content=True):
        body += piece
        if time.monotonic() > until:
            raise TimeoutError
        if len(body) > MOST_BYTES:
            raise Nonsense(f"{redact(response.url)} answered more than {MOST_BYTES // 1024 // 1024} MB")
    return bytes(body)


def _json(response: requests.Response, place: str) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError) as error:
        page = response.text.lstrip()[:1] == "<"
        what = "a web page (of a login, perhaps)" if page else "something that isn't JSON, or only half of it"
        raise Nonsense(f"{redact(place)} answered {what}") from error
    if not isinstance(body, dict):
        raise Nonsense(f"{redact(place)} answered JSON that isn't an answer to a query")
    return body


def _said(response: requests.Response) -> str:
    """What an error answer says: Prometheus' own `error`, or the page's text."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return "" if response.text.lstrip()[:1] == "<" else response.text
    return str(body.get("error", "")) if isinstance(body, dict) else ""


def _joined(warnings: Any) -> str:
    return "; ".join(map(str, warnings)) if isinstance(warnings, list) else str(warnings)


# ---- faults -----------------------------------------------------------------------------------------------------

_ADDRESS = "wasn't asked: its address can't be read"
FAULTS: Mapping[type[Exception], tuple[type[OutsideFault], str]] = {
    requests.Timeout: (NotInTime, "didn't answer in time"),
    requests.ConnectionError: (OutOfReach, "can't be reached, or broke off"),
    requests.exceptions.ProxyError: (OutOfReach, "can't be reached through the proxy"),
    requests.exceptions.SSLError: (Denied, "isn't trusted, or doesn't speak TLS as we do"),
    requests.exceptions.RetryError: (OutOfReach, "failed too often"),
    requests.TooManyRedirects: (Denied, "redirects"),
    requests.HTTPError: (Nonsense, "answered an unexpected status"),
    requests.URLRequired: (Denied, _ADDRESS),
    requests.exceptions.MissingSchema: (Denied, _ADDRESS),
    requests.exceptions.InvalidSchema: (Denied, _ADDRESS),
    requests.exceptions.InvalidURL: (Denied, _ADDRESS),
    requests.exceptions.InvalidHeader: (Denied, "wasn't asked: a header can't be written; look at the credentials"),
    requests.exceptions.ChunkedEncodingError: (Nonsense, "broke off in the middle of its answer"),
    requests.exceptions.ContentDecodingError: (Nonsense, "answered a body that can't be unpacked"),
    requests.exceptions.StreamConsumedError: (Nonsense, "answered a body that can't be read"),
    requests.exceptions.UnrewindableBodyError: (Nonsense, "wasn't asked: the request can't be sent again"),
    requests.exceptions.InvalidJSONError: (Nonsense, "answered something that isn't JSON"),
    urllib3.exceptions.HTTPError: (OutOfReach, "can't be reached, or broke off"),
    urllib3.exceptions.DecodeError: (Nonsense, "answered a body that can't be unpacked"),
    ValueError: (Denied, _ADDRESS),
}
"""The exceptions of requests and below, the nearest base class deciding."""


def translated(error: Exception, url: str) -> OutsideFault:
    """Our fault for an exception of requests. Its own text, which quotes the address, is never shown."""
    fault, words = next(FAULTS[base] for base in type(error).__mro__ if base in FAULTS)
    causes = chain(error)
    if any(isinstance(cause, urllib3.exceptions.ReadTimeoutError | TimeoutError) for cause in causes):
        fault, words = FAULTS[requests.Timeout]
    reason = next((cause.strerror for cause in reversed(causes) if isinstance(cause, OSError) and cause.strerror), "")
    return fault(f"{redact(url)} {words}" + (f" ({excerpt(reason)})" if reason else ""))
