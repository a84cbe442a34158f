"""Signed HTTP in place of Socket Mode: a real Bolt app behind aiohttp's server checks every signature."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import LIVE, Demo, Json, client_for

pytestmark = pytest.mark.anyio


class Served:
    """A handler on a free port."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.statuses: list[int] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Echo challenges; else answer with the next planned status."""
        self.requests.append(request)
        body: Json = json.loads(await request.text())
        if "challenge" in body:
            return web.json_response({"challenge": body["challenge"]})
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


async def _serve(served: Served, handler: object) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/slack/events", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    return runner


@pytest.fixture
async def bolt(workspace: Workspace, client: AsyncWebClient) -> AsyncIterator[Demo]:
    """The demo app behind a request URL, which the workspace delivers to."""
    demo = Demo(client, workspace.signing_secret)

    async def handle(request: web.Request) -> web.Response:
        response = await demo.app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(response)

    served = Served()
    runner = await _serve(served, handle)
    await workspace.deliver_over_http(served.url)
    yield demo
    await runner.cleanup()


@pytest.fixture
async def plain_server() -> AsyncIterator[Served]:
    """A server that only remembers."""
    served = Served()
    runner = await _serve(served, served.handle)
    yield served
    await runner.cleanup()


async def test_commands_and_clicks_and_events_arrive_signed(workspace: Workspace, bolt: Demo) -> None:
    assert (await workspace.command("ana", LIVE, "/canary start")).acked
    ts = (await workspace.until(lambda: workspace.messages(LIVE)))[0]["ts"]
    assert (await workspace.click("ben", LIVE, ts, "approve")).acked
    await workspace.react("ben", LIVE, ts, "eyes")
    heard = await bolt.until_heard(3)
    assert {body.get("type", "command") for body in heard} == {"command", "block_actions", "event_callback"}


async def test_the_body_of_the_answer_is_shown(workspace: Workspace, bolt: Demo) -> None:
    await workspace.command("ana", LIVE, "/canary help")
    assert [m["text"] for m in workspace.ephemerals("ana", LIVE)] == ["You can say start"]


async def test_a_modal_works_over_http(workspace: Workspace, bolt: Demo) -> None:
    await workspace.command("ana", LIVE, "/canary ask")
    view = (await workspace.until(lambda: workspace.views("ana")))[0]
    refused = await workspace.submit_view("ana", view["id"], {"reason": "no"})
    assert refused.body["response_action"] == "errors"


async def test_an_app_that_does_not_know_the_secret_is_not_reached() -> None:
    workspace = Workspace()
    await workspace.start()
    demo = Demo(client_for(workspace), "another secret")

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await demo.app.async_dispatch(await to_bolt_request(request)))

    served = Served()
    runner = await _serve(served, handle)
    with pytest.raises(ConnectionError, match="did not return the challenge"):
        await workspace.deliver_over_http(served.url)
    await workspace.stop()
    await runner.cleanup()


async def test_an_event_is_repeated_with_its_number_and_reason(workspace: Workspace, plain_server: Served) -> None:
    await workspace.deliver_over_http(plain_server.url)
    plain_server.statuses = [500, 500]
    await workspace.open_app_home("ana")
    await workspace.until(lambda: len(plain_server.requests) == 4)
    headers = [request.headers for request in plain_server.requests[1:]]
    assert [h.get("X-Slack-Retry-Num") for h in headers] == [None, "1", "2"]
    assert headers[1]["X-Slack-Retry-Reason"] == "http_error"


async def test_an_app_that_went_away_is_told_to_the_person_at_once(workspace: Workspace) -> None:
    served = Served()
    runner = await _serve(served, served.handle)
    await workspace.deliver_over_http(served.url)
    await runner.cleanup()
    assert (await workspace.command("ana", LIVE, "/canary help")).error == "dispatch_failed"
