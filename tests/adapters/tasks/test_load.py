"""Kind `load` of a stage's tasks (O6), against a real web server; the clock is a test's."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.tasks import KINDS
from adapters.tasks.load import FASTEST_PER_S, MOST_BYTES, Load, LoadOptions
from adapters.tasks.tally import LINES, Tally, percentile
from bot.domain.kinds import MissingEnvironment
from bot.ports import Ran
from tests.far_side import serving
from tests.waiting import until

pytestmark = pytest.mark.anyio
TOKENS = {f"API_TOKEN_USER_{number}": f"t0ken-of-user-{number}-s3cr3t" for number in range(1, 6)}


class Hand:
    """A clock that a test moves: it stands still but for what is waited for."""

    def __init__(self) -> None:
        self.at = 0.0
        self.waited: list[float] = []

    def now(self) -> float:
        return self.at

    async def until(self, moment: float) -> None:
        self.waited.append(round(moment, 6))
        self.at = max(self.at, moment)
        # Room for what is under way, as real time would give.
        await asyncio.sleep(0)


class Far:
    """A server that counts by token, and answers what a test says: a status, and how long it takes on the test's
    clock."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.by_token: Counter[str] = Counter()
        self.seen: list[tuple[str, str, str]] = []
        self.cookies: list[str] = []
        self.status: Callable[[int], int] = lambda number: 200
        self.takes_s = 0.0
        self.body = b"fine"
        self.headers: dict[str, str] = {}
        self.hanging = asyncio.Event()
        self.hanging.set()
        self.under_way = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.by_token[request.headers.get("Authorization", "")] += 1
        self.seen.append((request.method, request.path, await request.text()))
        self.cookies.append(request.headers.get("Cookie", ""))
        number = len(self.seen)
        self.under_way += 1
        try:
            await self.hanging.wait()
        finally:
            self.under_way -= 1
        self.hand.at += self.takes_s
        return web.Response(body=self.body, status=self.status(number), headers=self.headers)


def options(address: str, **given: Any) -> LoadOptions:
    said = {"requests": 10, "url": f"{address}/chat", "at_once": 1, "load_hosts": [address.partition("://")[2]]}
    return LoadOptions.model_validate(said | given)


async def burst(address: str, hand: Hand, **given: Any) -> Ran:
    attempt = Load(options(address, **given), TOKENS, hand).attempt()
    await attempt.carry_out()
    return attempt.result()


async def test_every_user_sends_the_same_share_with_a_token_of_their_own() -> None:
    """O6: 100 queries from 5 users."""
    far = Far(hand := Hand())
    async with serving(far.answer) as address:
        said = {"method": "POST", "json": {"message": "hi"}}
        ran = await burst(address, hand, requests=100, users_env=list(TOKENS), **said)
    assert far.by_token == {f"Bearer {token}": 20 for token in TOKENS.values()}
    assert set(far.seen) == {("POST", "/chat", '{"message":"hi"}')}
    assert (ran.fault, ran.record) == ("", "load")
    assert (ran.facts["requests"], ran.facts["ok"], ran.facts["users"]) == (100, 100, 5)
    assert ran.facts["by_user"] == [{"user": user, "requests": 20, "ok": 20} for user in range(1, 6)]
    assert ran.numbers["success_rate"] == 100


async def test_no_token_is_in_what_comes_of_it() -> None:
    """Law 8: a far side that echoes a token, and one that is refused."""
    far = Far(hand := Hand())
    far.body, far.status = b"you are t0ken-of-user-1-s3cr3t", lambda number: 401
    async with serving(far.answer) as address:
        ran = await burst(address, hand, users_env=list(TOKENS))
    assert "s3cr3t" not in str(ran)
    assert ran.fault == "no request was answered as expected"


async def test_requests_go_out_at_an_even_rate() -> None:
    far = Far(hand := Hand())
    async with serving(far.answer) as address:
        await burst(address, hand, requests=5, rate="2/s")
        assert hand.waited == [0, 0.5, 1, 1.5, 2]
        hand.waited, hand.at = [], 0
        await burst(address, hand, requests=4, over="1h")
        assert hand.waited == [0, 900, 1800, 2700]


async def test_times_are_exact_and_count_from_when_a_request_was_due() -> None:
    """A server that stalls for 3 s makes those behind it late: that is its doing, not theirs."""
    far = Far(hand := Hand())
    far.takes_s = 3.0
    async with serving(far.answer) as address:
        ran = await burst(address, hand, requests=4, rate="1/s")
    # Due at 0, 1, 2, 3; over at 4, 7, 10, 13: the clock goes on to the next one while the first is under way.
    found = {name: ran.numbers[name] for name in ("average", "p50", "p95", "p99", "slowest")}
    assert found == {"average": 7.0, "p50": 6.0, "p95": 10.0, "p99": 10.0, "slowest": 10.0}
    assert ran.facts["late"] == 3
    assert ran.facts["mean_ms"] == 7000


async def test_what_is_not_answered_as_expected_has_failed() -> None:
    far = Far(hand := Hand())
    far.status = lambda number: {1: 503, 2: 302, 3: 204}.get(number, 200)
    async with serving(far.answer) as address:
        ran = await burst(address, hand, requests=4, status=[200])
    assert ran.numbers["success_rate"] == 25
    assert ran.facts["statuses"] == {"200": 1, "204": 1, "302": 1, "503": 1}
    assert "+0.000s 503 200 ms FAILED" in "\n".join(ran.facts["transcript"])


async def test_a_redirect_is_not_followed_and_no_cookie_goes_from_one_user_to_the_next() -> None:
    """O6: nothing goes where the plan doesn't say, nor with what another was given."""
    far, other = Far(hand := Hand()), Far(Hand())
    async with serving(far.answer) as address, serving(other.answer) as elsewhere:
        far.headers = {"Location": f"{elsewhere}/chat", "Set-Cookie": "session=of-user-1"}
        far.status = lambda number: 307
        ran = await burst(address, hand, users_env=list(TOKENS))
    assert (len(other.seen), ran.numbers["success_rate"]) == (0, 0)
    assert set(far.cookies) == {""}


async def test_one_that_hangs_runs_out_of_time_and_counts_with_it() -> None:
    far = Far(hand := Hand())
    far.hanging.clear()
    async with serving(far.answer) as address:
        ran = await burst(address, hand, requests=2, timeout="50ms", at_once=2)
    assert ran.facts["statuses"] == {"no answer in time": 2}
    assert "average" in ran.numbers


async def test_nobody_there_is_counted_and_raises_nothing() -> None:
    async with serving(Far(Hand()).answer) as address:
        pass
    ran = await burst(address, Hand(), requests=3)
    assert ran.facts["statuses"] == {"no connection": 3}
    assert "average" not in ran.numbers, "a refusal is quick, and would flatter"


async def test_a_token_that_no_header_can_hold_is_counted_and_not_quoted() -> None:
    """Law 8: libraries quote what they can't send."""
    far = Far(hand := Hand())
    async with serving(far.answer) as address:
        for token in ("two\nlines-of-a-secret", "s3cr3t-ñ-of-a-user"):
            attempt = Load(options(address, requests=1, users_env=["T"]), {"T": token}, hand).attempt()
            await attempt.carry_out()
            assert attempt.result().facts["statuses"] == {"couldn't be sent": 1}
            assert "secret" not in str(attempt.result()).lower()
            assert "s3cr3t" not in str(attempt.result())


async def test_an_answer_without_end_is_not_read_on() -> None:
    far = Far(hand := Hand())
    far.body = b"x" * (MOST_BYTES + 1)
    async with serving(far.answer) as address:
        ran = await burst(address, hand, requests=2)
    assert ran.facts["statuses"] == {"a bad answer": 2}


async def test_no_more_are_under_way_than_it_says() -> None:
    far = Far(hand := Hand())
    far.hanging.clear()
    async with serving(far.answer) as address:
        attempt = Load(options(address, at_once=3), TOKENS, hand).attempt()
        doing = asyncio.create_task(attempt.carry_out())
        await until(lambda: far.under_way >= 3)
        await asyncio.sleep(0.02)
        assert len(far.seen) == 3
        far.hanging.set()
        await doing
    assert len(far.seen) == 10


async def test_stopped_in_the_middle_nothing_goes_on_and_what_was_done_is_known() -> None:
    far = Far(hand := Hand())
    far.status = lambda number: 200 if number < 4 else far.hanging.clear() or 200  # type: ignore[func-returns-value]
    async with serving(far.answer) as address:
        attempt = Load(options(address, requests=1000, at_once=1), TOKENS, hand).attempt()
        doing = asyncio.create_task(attempt.carry_out())
        await until(lambda: len(far.seen) >= 5)
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        sent = len(far.seen)
        await asyncio.sleep(0.05)
        assert (len(far.seen), sent) == (5, 5)
    assert attempt.result().facts["requests"] == 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"requests": 10_001}, "less than or equal to 10000"),
        ({"rate": f"{FASTEST_PER_S + 1:g}/s"}, "no more than 50/s"),
        ({"rate": "fast"}, "'fast' is not a rate"),
        ({"requests": 10_000, "over": "1m"}, "no more than 50/s"),
        ({"requests": 10_000, "rate": "1/s"}, "and a burst takes 1h at the most"),
        ({"rate": "1/s", "over": "5m"}, "say the same in two ways"),
        ({"over": "61m"}, "lies between 0 and 1h"),
        ({"timeout": "2m"}, "lies between 0 and 1m"),
        ({"at_once": 51}, "less than or equal to 50"),
        ({"users_env": ["A", "A"]}, "named twice"),
        ({"json": "x" * 70_000}, "larger than 64 KiB"),
        ({"sent_as": "Bearer {token}"}, "sent_as is a header with {token} in it"),
        ({"sent_as": "Host: {token}"}, "sent_as is a header with {token} in it"),
        ({"headers": {"Host": "other"}}, "Host is not for a plan to set"),
    ],
)
def test_it_is_bounded_in_every_way(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        options("http://denis.internal", **given)


def test_a_token_that_is_not_set_is_told_by_its_name() -> None:
    with pytest.raises(MissingEnvironment, match="API_TOKEN_USER_9"):
        Load(options("http://denis.internal", users_env=["API_TOKEN_USER_9"]), {"API_TOKEN_USER_9": " "})


async def test_a_rehearsal_sends_nothing() -> None:
    """X5."""
    far = Far(Hand())
    async with serving(far.answer) as address:
        kind = KINDS["load"]
        built = kind.build(options(address, users_env=list(TOKENS), requests=100, over="5m"), TOKENS)
        said = await built.rehearse()
    assert said == f"may send 100 × GET {address}/chat by 5 users over 4m57s; nothing was sent"
    assert far.seen == []


@pytest.mark.parametrize(("share", "found"), [(50, 5.0), (95, 10.0), (99, 10.0), (10, 1.0), (11, 2.0), (100, 10.0)])
def test_percentiles_are_the_nearest_rank(share: float, found: float) -> None:
    """https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method"""
    assert percentile([float(each) for each in range(1, 11)], share) == found


def test_a_long_transcript_keeps_its_beginning_and_what_went_wrong() -> None:
    tally = Tally(users=0)
    for number in range(2 * LINES):
        good = number < LINES
        tally.count(0, number, 0.01, "200" if good else "503", ok=good, timed=good)
    lines = [line for line in tally.facts()["transcript"] if line.startswith("+")]
    assert (len(lines), sum("FAILED" in line for line in lines)) == (LINES, LINES // 2)
    assert f"# {LINES} more requests, not listed" in tally.facts()["transcript"]
