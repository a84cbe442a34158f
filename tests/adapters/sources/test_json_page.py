"""M4: numbers in JSON over HTTP: by place, for each of several, times, credentials, and what is no number (law 3)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.sources.json_page import KIND, Ask, Options
from bot.domain.measurements import Missing
from bot.ports import Answer, Question
from tests.adapters.sources.answers import values, why
from tests.far_side import always, serving, speaking

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
STATS: dict[str, Any] = {
    "write_success_rate": 99.2,
    "ratio": "0.993",
    "drops": None,
    "ok": True,
    "state": "running",
    "seen": "2026-11-30T08:00:00+01:00",
    "seen_ms": 1764486000000,
    "workers": [
        {"host": "w1", "memory": 71, "seen": "2026-11-30 07:00:00"},
        {"host": "w2", "memory": 93.5, "seen": "2026-11-30 07:00:30"},
    ],
    "queues": {"tools": {"depth": 4}, "chat": {"depth": 120}},
    "empty": [],
}


async def asked(tree: Any = STATS, **ask: Any) -> Answer:
    async with serving(always(tree if isinstance(tree, str) else json.dumps(tree))) as url:
        source = KIND.build(Options.model_validate({"url": url, "deadline": "30s"}), {})
        answer = await source.ask(Question(Ask.model_validate(ask)), NOW)
        await source.aclose()
        return answer


@pytest.mark.parametrize(
    ("ask", "found"),
    [
        ({"path": "write_success_rate"}, {"": 99.2}),
        ({"path": "ratio"}, {"": 0.993}),
        ({"path": "workers.1.memory"}, {"": 93.5}),
        ({"path": ["queues", "chat", "depth"]}, {"": 120}),
        ({"path": "workers.*.memory"}, {"0": 71, "1": 93.5}),
        ({"path": "workers.*.memory", "name": "host"}, {"w1": 71, "w2": 93.5}),
        ({"path": "queues.*.depth"}, {"tools": 4, "chat": 120}),
        ({"path": "empty.*.depth"}, {}),
        ({"path": "seen", "as": "timestamp"}, {"": 1796022000.0}),
        ({"path": "seen_ms", "as": "timestamp_ms"}, {"": 1764486000.0}),
    ],
)
async def test_a_place_holds_a_number_or_one_for_each_member(ask: dict[str, Any], found: dict[str, float]) -> None:
    """M4, M8, M11: the trace's write_success_rate, the workers' memory, the time one was seen."""
    assert values(await asked(**ask)) == found


async def test_a_time_without_a_zone_is_utc() -> None:
    """M11."""
    seen = values(await asked(path="workers.*.seen", name="host", **{"as": "timestamp"}))
    assert seen["w2"] - seen["w1"] == 30
    assert datetime.fromtimestamp(seen["w1"], UTC) == datetime(2026, 11, 30, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ask", "missing", "said"),
    [
        ({"path": "nowhere"}, Missing.EMPTY, "nothing stands at nowhere"),
        ({"path": "workers.5.memory"}, Missing.EMPTY, "nothing stands at workers.5.memory"),
        ({"path": "drops"}, Missing.EMPTY, "drops is null"),
        ({"path": "ok"}, Missing.GARBAGE, "ok is true, not a number"),
        ({"path": "state"}, Missing.GARBAGE, "“running”, not a number"),
        ({"path": "workers"}, Missing.GARBAGE, "not a number"),
        ({"path": "state.*"}, Missing.EMPTY, "neither a list nor an object"),
        ({"path": "seen"}, Missing.GARBAGE, "say as: timestamp"),
        ({"path": "seen_ms", "as": "timestamp"}, Missing.GARBAGE, "as: timestamp_ms"),
        ({"path": "workers.*.host"}, Missing.GARBAGE, "workers.*.host (0) is “w1”"),
    ],
)
async def test_what_is_no_number_is_no_data_with_its_reason(ask: dict[str, Any], missing: Missing, said: str) -> None:
    found, detail = why(await asked(**ask))
    assert (found, said in detail) == (missing, True), detail


@pytest.mark.parametrize(
    ("page", "missing"),
    [
        ("<html>Please sign in</html>", Missing.GARBAGE),
        ('{"write_success_rate": 99', Missing.GARBAGE),
        ("", Missing.GARBAGE),
        ("[" * 100_000, Missing.GARBAGE),
    ],
)
async def test_a_page_that_is_no_json_or_half_of_it_is_garbage(page: str, missing: Missing) -> None:
    assert why(await asked(page, path="write_success_rate"))[0] is missing


async def test_nan_in_json_is_no_number_for_the_engine() -> None:
    """Python's JSON reads NaN; what is measured of it is decided where all NaN is."""
    assert str(values(await asked('{"x": NaN}', path="x"))[""]) == "nan"


async def test_half_an_answer_is_no_data() -> None:
    async with speaking(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"x": 1}') as url:
        source = KIND.build(Options.model_validate({"url": url}), {})
        assert why(await source.ask(Question(Ask.model_validate({"path": "x"})), NOW))[0] is Missing.GARBAGE
        await source.aclose()


async def test_pages_of_one_service_share_requests_and_credentials() -> None:
    """Two places of one page at one moment are one request; another page is another. Law 8: the token by its name."""
    seen: list[tuple[str, str, str]] = []

    async def far(request: web.BaseRequest) -> web.Response:
        seen.append((request.method, request.path, request.headers.get("Authorization", "")))
        return web.json_response({"a": 1, "b": 2})

    async with serving(far) as url:
        source = KIND.build(Options.model_validate({"url": url, "token_env": "T"}), {"T": "s3cret-token"})
        asks = [{"path": "a", "page": "/one"}, {"path": "b", "page": "/one"}, {"path": "a", "page": "/two"}]
        answers = await asyncio.gather(*(source.ask(Question(Ask.model_validate(ask)), NOW) for ask in asks))
        await source.aclose()
    assert [values(answer)[""] for answer in answers] == [1, 2, 1]
    assert sorted(seen) == [("GET", "/one", "Bearer s3cret-token"), ("GET", "/two", "Bearer s3cret-token")]


async def test_one_of_two_who_share_a_request_may_leave() -> None:
    gate, asked = asyncio.Event(), asyncio.Event()

    async def far(request: web.BaseRequest) -> web.Response:
        asked.set()
        await gate.wait()
        return web.json_response({"a": 1})

    async with serving(far) as url:
        source = KIND.build(Options.model_validate({"url": url}), {})
        question = Question(Ask.model_validate({"path": "a"}))
        leaves, stays = (asyncio.create_task(source.ask(question, NOW)) for _ in range(2))
        await asked.wait()
        leaves.cancel()
        await asyncio.wait({leaves})
        gate.set()
        assert values(await stays) == {"": 1}
        await source.aclose()


async def test_it_has_no_past() -> None:
    source = KIND.build(Options.model_validate({"url": "http://127.0.0.1:9"}), {})
    question = Question(Ask.model_validate({"path": "a"}))
    assert KIND.reach is not None
    assert KIND.reach(question.ask) == timedelta(0)
    assert why(await source.history(question, NOW - timedelta(hours=1), NOW))[0] is Missing.NO_BASELINE
    await source.aclose()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({}, "path"),
        ({"path": ""}, "names each step"),
        ({"path": "a", "page": "http://elsewhere/"}, "after the source's address"),
        ({"path": "a", "query": "x"}, "Extra inputs"),
    ],
)
def test_questions_are_checked(ask: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Ask.model_validate(ask)
