"""The workspace and the service together, and what the page asks of them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World(completions=["/canary help"], enforce_rate_limits=False) as world:
        yield world


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(verify=False, base_url=world.workspace.url) as http:
        yield http


async def test_one_address_serves_the_page_and_all_it_needs(world: World, http: httpx.AsyncClient) -> None:
    page = await http.get("/")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for name in ("app.js", "theme.css", "icon.svg"):
        assert (await http.get(f"/page/{name}")).status_code == 200
    state = (await http.get("/sandbox/state")).json()
    assert state["completions"] == ["/canary help"]
    assert state["has_service"] is True


async def test_the_page_reaches_the_service_through_the_workspace(world: World, http: httpx.AsyncClient) -> None:
    await http.put("/service/sandbox/knobs", json={"canary_error_percent": 30})
    assert world.service.knobs.canary_error_percent == 30
    assert (await http.get("/service/sandbox/live")).json()["knobs"]["canary_error_percent"] == 30
    await world.service.stop()
    assert (await http.get("/service/sandbox/live")).status_code == 502


async def test_acts_of_the_page_are_acts_of_people(world: World, http: httpx.AsyncClient) -> None:
    said = {"act": "post", "user": "ana", "channel": "#canary-live", "text": "hello"}
    assert (await http.post("/sandbox/act", json=said)).json()["acked"] is True
    seen = (await http.get("/sandbox/channel", params={"user": "ben", "channel": "#canary-live"})).json()
    ts = seen["messages"][0]["ts"]
    reaction = {"user": "ben", "channel": "#canary-live", "ts": ts, "name": "eyes"}
    await http.post("/sandbox/act", json=reaction | {"act": "react"})
    assert world.workspace.messages("#canary-live")[0]["reactions"][0]["count"] == 1
    await http.post("/sandbox/act", json=reaction | {"act": "unreact"})
    command = {"act": "command", "user": "ana", "channel": "#canary-live", "text": "/canary help"}
    assert (await http.post("/sandbox/act", json=command)).json()["app_error"] == "dispatch_failed"


@pytest.mark.parametrize(
    ("wanted", "mistake"),
    [
        ({"act": "dance"}, "no act 'dance'"),
        ({"act": "post", "user": "ana"}, "channel is missing"),
        ({"act": "post", "user": "zoe", "channel": "#canary-live", "text": "x"}, "nobody called 'zoe'"),
    ],
)
async def test_an_impossible_act_is_explained(http: httpx.AsyncClient, wanted: dict[str, str], mistake: str) -> None:
    answer = await http.post("/sandbox/act", json=wanted)
    assert answer.status_code == 400
    assert mistake in answer.json()["error"]


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}])
async def test_other_websites_may_not_act_here(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    said = {"act": "post", "user": "ana", "channel": "#canary-live", "text": "hello"}
    assert (await http.post("/sandbox/act", json=said, headers=headers)).status_code == 403
    assert (await http.put("/service/sandbox/knobs", json={"chat_down": True}, headers=headers)).status_code == 403


async def test_changes_are_streamed_until_the_workspace_stops(world: World, http: httpx.AsyncClient) -> None:
    async with http.stream("GET", "/sandbox/stream") as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 500"
        assert '"kind": "following"' in [await anext(lines) for _ in range(2)][-1]
        await world.workspace.post("ana", "#canary-live", "hello")
        change = [await anext(lines) for _ in range(2)][-1]
        assert '"kind": "message"' in change
        await world.workspace.stop()
        assert [line async for line in lines if line] == []


async def test_a_taken_port_stops_the_start_and_leaves_nothing_running(world: World) -> None:
    taken = int(world.workspace.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        async with World(port=taken):
            pass
