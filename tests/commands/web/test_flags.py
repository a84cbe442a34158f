"""Flags over real HTTP (T10): asked by OpenFeature's own SDK and OFREP provider, and by a plain client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from bot.domain.flags import Routing, bucket
from bot.domain.kinds import Kinds
from bot.domain.units import Weight
from bot.engine.flags import FlagTable
from commands.web import web_app
from commands.web.flags import FlagDoor
from commands.web.health import Standing
from commands.web.metrics import Metrics
from storage.spool import KillFolder
from tests import rig
from tests.fakes.flags import MemoryFlags
from tests.far_side import served

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKEN = "of-the-tests-only"
BY_TOKEN = {"Authorization": f"Bearer {TOKEN}"}
T = TypeVar("T")

NEW_SEARCH = Routing(key="new-search")
CUSTOMERS = Routing(key="model", canary="v2", stable="v1", cohort=frozenset({"lisa"}))
SLOTS = Routing(key="slots", canary=8, stable=4, by="run")
RATE = Routing(key="rate", canary=0.5, stable=0.25)
SHAPE = Routing(key="shape of/it ü?", canary={"edges": [1, 2]}, stable={"edges": []}, sticky=False)
ALL = (NEW_SEARCH, CUSTOMERS, SLOTS, RATE, SHAPE)


class Town:
    def __init__(self, folder: Any) -> None:
        self.now, self.second = NOW, 0.0
        self.flags = MemoryFlags()
        self.table = FlagTable(self.flags, rig.OnePlan({}, Kinds()), Kinds(), {}, KillFolder(folder), lambda: self.now)

    async def put(self, routing: Routing, percent: float, mirror: float = 0) -> None:
        await self.flags.set_weight(routing, Weight(percent))
        await self.flags.set_mirror(routing, Weight(mirror))
        await self.table.refresh()

    async def look(self) -> Standing:
        return Standing()

    @asynccontextmanager
    async def served(self, token: str = "", per_second: int = 1000) -> AsyncIterator[httpx.AsyncClient]:
        door = FlagDoor(self.table, token, per_second, lambda: self.second)
        metrics = Metrics(lambda: self.now, self.table)
        app = web_app(self.look, metrics, lambda: self.now, wake=None, flags=door)
        async with served(app) as address, httpx.AsyncClient(verify=False, base_url=address, trust_env=False) as client:
            yield client


@pytest.fixture
async def town(tmp_path: Any) -> Town:
    made = Town(tmp_path)
    await made.table.refresh()
    return made


# ---- by OpenFeature's own provider ----------------------------------------------------------------------------------


@asynccontextmanager
async def openfeature(address: str, token: str = "") -> AsyncIterator[Callable[[Callable[[Any], T]], Any]]:
    """The SDK's client over the published provider, in a thread of its own: it is synchronous."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    provider = OFREPProvider(address, headers_factory=lambda: headers)
    provider.session.trust_env = False
    api.set_provider(provider, domain="perch")
    client = api.get_client(domain="perch")
    try:
        yield lambda ask: asyncio.to_thread(ask, client)
    finally:
        api.clear_providers()
        provider.session.close()


def key(of: str, **attributes: Any) -> EvaluationContext:
    return EvaluationContext(of, attributes)


async def test_the_published_provider_reads_every_type_of_flag_with_its_reason_and_variant(town: Town) -> None:
    await town.put(NEW_SEARCH, 100)
    await town.put(CUSTOMERS, 1)
    await town.put(SLOTS, 100)
    await town.put(RATE, 0, mirror=100)
    await town.put(SHAPE, 100)
    async with town.served(TOKEN) as http, openfeature(str(http.base_url), TOKEN) as ask:
        search = await ask(lambda client: client.get_boolean_details("new-search", False, key("ana")))
        model = await ask(lambda client: client.get_string_details("model", "code", key("lisa")))
        slots = await ask(lambda client: client.get_integer_details("slots", 1, key("ana", run=7)))
        rate = await ask(lambda client: client.get_float_details("rate", 1.0, key("ana")))
        shape = await ask(lambda client: client.get_object_details(quote(SHAPE.key, safe=""), {}, key("ana")))
    assert (search.value, search.variant, search.reason) == (True, "canary", Reason.STATIC)
    assert (model.value, model.variant, model.reason) == ("v2", "canary", Reason.TARGETING_MATCH)
    assert (slots.value, rate.value, shape.value) == (8, 0.25, {"edges": [1, 2]})
    assert rate.flag_metadata == {"mirror": True}
    assert not [each.error_message for each in (search, model, slots, rate, shape) if each.error_code]


async def test_the_published_provider_finds_the_same_keys_on_the_canary_as_the_docs_say(town: Town) -> None:
    await town.put(CUSTOMERS, 20)
    users = [f"user-{number}" for number in range(60)]
    async with town.served() as http, openfeature(str(http.base_url)) as ask:

        def all_of_them(client: Any) -> dict[str, str]:
            return {user: client.get_string_value("model", "code", key(user)) for user in users}

        first = await ask(all_of_them)
        await town.put(CUSTOMERS, 0)
        freed = await ask(all_of_them)
        lisa = await ask(lambda client: client.get_string_value("model", "code", key("lisa")))
    assert first == {user: "v2" if bucket("model", user) < 2000 else "v1" for user in users}
    assert {"v1", "v2"} == set(first.values())
    assert set(freed.values()) == {lisa} == {"v1"}


@pytest.mark.parametrize(
    ("flag", "context", "token", "code"),
    [
        ("unknown", key("ana"), TOKEN, ErrorCode.FLAG_NOT_FOUND),
        ("model", EvaluationContext(), TOKEN, ErrorCode.TARGETING_KEY_MISSING),
        ("slots", EvaluationContext("ana", {"run": [1]}), TOKEN, ErrorCode.INVALID_CONTEXT),
        ("model", key("ana"), "", ErrorCode.GENERAL),
        ("model", key("ana"), "wrong", ErrorCode.GENERAL),
    ],
)
async def test_the_published_provider_understands_every_refusal_and_takes_the_codes_default(
    town: Town, flag: str, context: EvaluationContext, token: str, code: ErrorCode
) -> None:
    await town.put(CUSTOMERS, 50)
    await town.put(SLOTS, 50)
    async with town.served(TOKEN) as http, openfeature(str(http.base_url), token) as ask:
        details = await ask(lambda client: client.get_string_details(flag, "the code's own", context))
    assert (details.value, details.error_code, details.reason) == ("the code's own", code, Reason.ERROR)


async def test_a_flood_is_turned_away_with_a_time_to_come_back_that_the_provider_keeps(town: Town) -> None:
    """Law 2: whoever asks for flags can't keep a kill in the same process waiting."""
    await town.put(NEW_SEARCH, 100)
    async with town.served(per_second=2) as http, openfeature(str(http.base_url)) as ask:
        answers = await ask(lambda client: [client.get_boolean_details("new-search", False) for _ in range(4)])
        plain = await http.post("/ofrep/v1/evaluate/flags/new-search")
        town.second += 1
        again = await http.post("/ofrep/v1/evaluate/flags/new-search")
    assert [each.value for each in answers] == [True, True, False, False]
    assert "Rate limited" in answers[2].error_message
    assert "paused" in answers[3].error_message
    assert (plain.status_code, plain.headers["Retry-After"]) == (429, "1")
    assert "PERCH_OFREP_PER_SECOND" in plain.json()["errorDetails"]
    assert again.status_code == 200


# ---- by a plain client ----------------------------------------------------------------------------------------------

BULK = "/ofrep/v1/evaluate/flags"


async def test_all_flags_are_answered_at_once_and_a_second_time_only_when_something_has_changed(town: Town) -> None:
    await town.put(CUSTOMERS, 50)
    await town.put(NEW_SEARCH, 0)
    lisa = {"context": {"targetingKey": "lisa"}}
    async with town.served() as http:
        first = await http.post(BULK, json=lisa)
        tag = first.headers["ETag"]
        same = await http.post(BULK, json=lisa, headers={"If-None-Match": f'"other", W/{tag}'})
        any_ = await http.post(BULK, json=lisa, headers={"If-None-Match": "*"})
        other = await http.post(BULK, json={"context": {"targetingKey": "ana"}}, headers={"If-None-Match": tag})
        await town.put(NEW_SEARCH, 100)
        changed = await http.post(BULK, json=lisa, headers={"If-None-Match": tag})
    stable = {
        "key": "new-search",
        "value": False,
        "reason": "STATIC",
        "variant": "stable",
        "metadata": {"mirror": False},
    }
    canary = {"key": "model", "value": "v2", "reason": "TARGETING_MATCH", "variant": "canary"}
    assert first.json() == {"flags": [{**canary, "metadata": {"mirror": False}}, stable]}
    assert [each.status_code for each in (first, same, any_, other, changed)] == [200, 304, 304, 200, 200]
    assert (same.content, same.headers["ETag"]) == (b"", tag)
    assert changed.headers["ETag"] != tag
    assert changed.json()["flags"][1]["value"] is True


async def test_all_flags_are_answered_also_when_one_of_them_cannot_be(town: Town) -> None:
    await town.put(CUSTOMERS, 50)
    await town.put(NEW_SEARCH, 100)
    async with town.served() as http:
        flags = (await http.post(BULK)).json()["flags"]
    assert [each.get("errorCode") or each["value"] for each in flags] == ["TARGETING_KEY_MISSING", True]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"\xff\xfe", "PARSE_ERROR"),
        (b"[" * 60_000, "PARSE_ERROR"),
        (b'{"context": {"more": "' + b"x" * 70_000 + b'"}}', "INVALID_CONTEXT"),
        (b"[]", "PARSE_ERROR"),
        (b'"ana"', "PARSE_ERROR"),
        (b'{"context": []}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": 7}}', "INVALID_CONTEXT"),
        (b'{"context": null}', "TARGETING_KEY_MISSING"),
        (b"{}", "TARGETING_KEY_MISSING"),
        (b"", "TARGETING_KEY_MISSING"),
    ],
)
async def test_what_cannot_be_understood_is_400_with_the_protocols_code(town: Town, body: bytes, code: str) -> None:
    await town.put(CUSTOMERS, 50)
    async with town.served() as http:
        one, every = await http.post(f"{BULK}/model", content=body), await http.post(BULK, content=body)
    assert (one.status_code, one.json()["key"], one.json()["errorCode"]) == (400, "model", code)
    assert one.json()["errorDetails"]
    told = every.json() if every.status_code == 400 else every.json()["flags"][0]
    assert told["errorCode"] == code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic eDp5"}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"X-API-Key": "wrong"}, 403),
        ({"X-API-Key": "ü"}, 403),
        ({"X-API-Key": TOKEN}, 200),
        (BY_TOKEN, 200),
    ],
)
async def test_with_a_token_set_only_who_brings_it_is_answered(
    town: Town, headers: dict[str, str], status: int
) -> None:
    await town.put(NEW_SEARCH, 100)
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    async with town.served(TOKEN) as http:
        answers = [await http.post(place, headers=raw) for place in (BULK, f"{BULK}/new-search", f"{BULK}/unknown")]
    assert [each.status_code for each in answers] == ([200, 200, 404] if status == 200 else [status] * 3)
    assert not [each for each in answers if TOKEN in each.text]


async def test_before_the_flags_are_known_whoever_asks_takes_its_own_default(tmp_path: Any) -> None:
    town = Town(tmp_path)
    async with town.served() as http:
        answers = [await http.post(BULK), await http.post(f"{BULK}/new-search")]
    assert [each.status_code for each in answers] == [500, 500]
    assert "hasn't read its flags" in answers[0].json()["errorDetails"]


async def test_decisions_are_on_the_metrics_page_by_variant_and_no_key_is(town: Town) -> None:
    await town.put(CUSTOMERS, 1)
    town.now += timedelta(seconds=1)
    async with town.served() as http:
        for user in ("lisa", "lisa", "somebody-else"):
            await http.post(f"{BULK}/model", json={"context": {"targetingKey": user}})
        page = (await http.get("/metrics")).text
    assert bucket("model", "somebody-else") >= 100
    assert 'perch_flag_decisions_total{flag="model",variant="canary"} 2.0' in page
    assert 'perch_flag_decisions_total{flag="model",variant="stable"} 1.0' in page
    assert "perch_flags_age_seconds 1.0" in page
    assert "lisa" not in page


async def test_off_answers_stable_also_to_who_brings_no_key(town: Town) -> None:
    """A kill frees everybody: no mistake in a context keeps it from that."""
    await town.put(CUSTOMERS, 50)
    await town.flags.switch("model", off=True)
    await town.table.refresh()
    async with town.served() as http:
        answer = await http.post(f"{BULK}/model")
    assert (answer.status_code, answer.json()["value"], answer.json()["reason"]) == (200, "v1", "DISABLED")
