"""Kind `load` (O6): a burst of requests with several users' tokens, at an even rate, bounded in every way.

It is open-loop: requests go out when they are due, whatever became of those before, up to `at_once` under way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Annotated, Any, Literal

import httpx
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from adapters.http import client, redact, translated
from adapters.options import Options, VariableName
from adapters.tasks.hosts import permit
from adapters.tasks.pace import Pace, RealPace
from adapters.tasks.tally import Tally
from bot.domain.evidence import canonical
from bot.domain.kinds import Environment, MissingEnvironment
from bot.domain.planning.fields import Duration, misread
from bot.domain.units import spell_duration
from bot.ports import Denied, Nonsense, OutsideFault, Ran

MOST_REQUESTS = 10_000
FASTEST_PER_S = 50.0
MOST_AT_ONCE = 50
MOST_USERS = 50
LONGEST = timedelta(hours=1)
LONGEST_ANSWER = timedelta(seconds=60)
MOST_BYTES = 1024 * 1024
"""Of one answer; a longer one isn't read on, and counts as failed."""
MOST_BYTES_IN_ALL = 256 * 1024 * 1024
BODY_BYTES = 64 * 1024
USUAL_PER_S = 5.0
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|min|h)")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_AUTH = re.compile(r"([A-Za-z0-9-]+):\s*(\S.*)")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def _rate(value: str) -> str:
    found = _RATE.fullmatch(value.strip())
    if found is None:
        raise misread(f"'{value}' is not a rate", "write it as 5/s or 100/min")
    if not 0 < _per_second(value) <= FASTEST_PER_S:
        raise misread(f"a burst sends no more than {FASTEST_PER_S:g}/s", f"rate: {FASTEST_PER_S:g}/s, or less")
    return value


def _per_second(rate: str) -> float:
    found = _RATE.fullmatch(rate.strip())
    return float(found[1]) / _SECONDS[found[2]] if found else USUAL_PER_S


def _short(most: timedelta, what: str) -> Any:
    def check(span: timedelta) -> timedelta:
        if not timedelta(0) < span <= most:
            raise misread(f"{what} lies between 0 and {spell_duration(most)}", "write it as 10s or 5m")
        return span

    return AfterValidator(check)


def _header(value: str) -> str:
    found = _AUTH.fullmatch(value)
    if found is None or found[2].count("{token}") != 1 or found[1].lower() in _OURS:
        raise misread("sent_as is a header with {token} in it, once", 'as: "Authorization: Bearer {token}"')
    return value


def _headers(given: dict[str, str]) -> dict[str, str]:
    if ours := sorted(name for name in given if name.lower() in _OURS):
        raise misread(f"{ours[0]} is not for a plan to set: the address says where it goes", "take it out")
    return given


class LoadOptions(Options):
    """`load: {requests: 100, users_env: [API_TOKEN_USER_1, …], url: …}`; `load_hosts` are the plan's own."""

    url: str
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    json_body: Any = Field(default=None, alias="json")
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = Field(default_factory=dict)
    users_env: Annotated[tuple[VariableName, ...], Field(max_length=MOST_USERS)] = ()
    sent_as: Annotated[str, AfterValidator(_header)] = "Authorization: Bearer {token}"
    requests: int = Field(ge=1, le=MOST_REQUESTS)
    rate: Annotated[str, AfterValidator(_rate)] | None = None
    over: Annotated[Duration, _short(LONGEST, "the time of a burst")] | None = None
    at_once: int = Field(default=20, ge=1, le=MOST_AT_ONCE)
    timeout: Annotated[Duration, _short(LONGEST_ANSWER, "the time for an answer")] = timedelta(seconds=10)
    status: tuple[int, ...] = ()
    load_hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _together(self) -> LoadOptions:
        if self.rate is not None and self.over is not None:
            raise misread("rate and over say the same in two ways", "rate: 5/s, or over: 5m")
        if self.span > LONGEST:
            what = f"at this rate it takes {spell_duration(self.span)}, and a burst takes 1h at the most"
            raise misread(what, "fewer requests, a higher rate, or over: 1h")
        if self.per_second > FASTEST_PER_S:
            raise misread(f"a burst sends no more than {FASTEST_PER_S:g}/s", "a longer over, or fewer requests")
        if len(set(self.users_env)) != len(self.users_env):
            raise misread("a user's token is named twice", "each variable once")
        if self.json_body is not None and len(canonical(self.json_body)) > BODY_BYTES:
            raise misread("the body is larger than 64 KiB", "send less")
        if not _open(self.url):
            permit(self.url, self.load_hosts)
        return self

    @property
    def per_second(self) -> float:
        """Requests a second."""
        if self.over is not None:
            return self.requests / self.over.total_seconds()
        return _per_second(self.rate) if self.rate is not None else USUAL_PER_S

    @property
    def span(self) -> timedelta:
        """From the first request to the time when the last one is due."""
        return timedelta(seconds=(self.requests - 1) / self.per_second)


def _open(url: str) -> bool:
    """Whether it isn't known yet where an address leads: `${NAME}` stands in its host."""
    scheme, _, rest = url.partition("://")
    return "${" in (scheme if not rest else f"{scheme}{re.split(r'[/?#]', rest, maxsplit=1)[0]}")


class Load:
    """Sends bursts. Nothing goes to a host that the plan doesn't list: redirects aren't followed, proxies not asked."""

    def __init__(self, options: LoadOptions, environment: Environment, pace: Pace | None = None) -> None:
        self._options, self._pace = options, pace or RealPace()
        self._tokens = tuple(_token(name, environment) for name in options.users_env)

    @property
    def takes(self) -> timedelta:
        return self._options.span + self._options.timeout + timedelta(seconds=5)

    @property
    def about(self) -> str:
        given = self._options
        users = f" by {len(self._tokens)} users" if self._tokens else ""
        over = f" over {spell_duration(given.span)}" if given.span >= timedelta(seconds=1) else ""
        return f"{given.requests} × {given.method} {redact(given.url)}{users}{over}"

    def attempt(self) -> Burst:
        self._permitted()
        return Burst(self._options, self._tokens, self._pace)

    async def rehearse(self) -> str:
        """Whatever was sent would be load: only its host is looked at, and the tokens were when this was made."""
        self._permitted()
        return f"may send {self.about}; nothing was sent"

    def _permitted(self) -> None:
        """Once more, with everything filled in; what stands in a variable can't smuggle a `${` past the first look."""
        try:
            permit(self._options.url, self._options.load_hosts)
        except PydanticCustomError as refused:
            raise Denied(f"nothing is sent: {refused.message()}") from None

    async def aclose(self) -> None:
        """Nothing is kept open between bursts."""


def _token(name: str, environment: Environment) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise MissingEnvironment(name)
    return value


class Burst:
    """One burst. `carry_out` raises nothing for what a far side does: that is what is counted."""

    def __init__(self, options: LoadOptions, tokens: Sequence[str], pace: Pace) -> None:
        self._options, self._tokens, self._pace = options, tokens, pace
        self._tally = Tally(users=len(tokens))
        self._began = 0.0
        self._fault = ""

    async def carry_out(self) -> None:
        given, turns = self._options, asyncio.Semaphore(self._options.at_once)
        async with client(deadline_s=given.timeout.total_seconds(), kept_open=given.at_once) as far:
            # What one user was given must not come back with the next one's token.
            far.cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._began = self._pace.now()
            async with asyncio.TaskGroup() as group:
                for number in range(given.requests):
                    due_s = number / given.per_second
                    await self._pace.until(self._began + due_s)
                    self._tally.late += turns.locked()
                    await turns.acquire()
                    if self._tally.read > MOST_BYTES_IN_ALL:
                        self._fault = f"cut short: the answers had more than {MOST_BYTES_IN_ALL // 1024**2} MiB"
                        break
                    group.create_task(self._one(far, number, due_s, turns))

    async def _one(self, far: httpx.AsyncClient, number: int, due_s: float, turns: asyncio.Semaphore) -> None:
        user = number % len(self._tokens) if self._tokens else -1
        try:
            status = await self._asked(far, user)
            ok, timed = self._expected(status), self._expected(status)
            said = str(status)
        except TimeoutError:
            ok, timed, said = False, True, "no answer in time"
        except OutsideFault as fault:
            ok, timed, said = False, False, _why(fault)
        finally:
            turns.release()
        self._tally.count(user + 1, due_s, self._pace.now() - self._began - due_s, said, ok=ok, timed=timed)

    def _expected(self, status: int) -> bool:
        return status in self._options.status if self._options.status else 200 <= status < 300

    async def _asked(self, far: httpx.AsyncClient, user: int) -> int:
        """Send one request and read its answer to the end. Raises TimeoutError, or what an adapter raises."""
        given = self._options
        try:
            async with asyncio.timeout(given.timeout.total_seconds()):
                request = far.build_request(
                    given.method, given.url, json=given.json_body, headers=self._headers_of(user)
                )
                response = await far.send(request, stream=True)
                try:
                    await self._read(response)
                finally:
                    await response.aclose()
        except httpx.TimeoutException:
            raise TimeoutError from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise translated(error, given.url) from None
        return response.status_code

    async def _read(self, response: httpx.Response) -> None:
        size = 0
        async for chunk in response.aiter_raw():
            size += len(chunk)
            self._tally.read += len(chunk)
            if size > MOST_BYTES:
                raise Nonsense("more than 1 MiB")

    def _headers_of(self, user: int) -> Mapping[str, str]:
        if user < 0:
            return self._options.headers
        name, _, template = self._options.sent_as.partition(":")
        return {**self._options.headers, name: template.strip().replace("{token}", self._tokens[user])}

    def result(self) -> Ran:
        fault = self._fault
        if not fault and self._tally.done and not self._tally.ok:
            fault = "no request was answered as expected"
        return Ran(fault=fault, numbers=self._tally.numbers(), record="load", facts=self._tally.facts())


_WORDS: Mapping[type[OutsideFault], str] = {Nonsense: "a bad answer", Denied: "couldn't be sent"}


def _why(fault: OutsideFault) -> str:
    """A few words instead of an address: they are counted, and stand in each line."""
    return _WORDS.get(type(fault), "no connection")
