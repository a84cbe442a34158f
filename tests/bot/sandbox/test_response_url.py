"""`response_url`: five posts within half an hour, to replace, delete or add."""

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import LIVE, Clock, Demo, button

pytestmark = pytest.mark.anyio

LIVE_ID = "C01CANARY1"
PRESS = [{"type": "actions", "elements": [button("press")]}]


async def _clicked(workspace: Workspace, demo: Demo, client: AsyncWebClient) -> str:
    """The response URL of a click on a message that only Ana sees."""
    answer = await client.chat_postEphemeral(channel=LIVE_ID, user="U01ANA0001", text="Sure?", blocks=PRESS)
    await workspace.click("ana", LIVE, str(answer["message_ts"]), "press")
    return str(demo.heard[-1]["response_url"])


async def _post(url: str, **body: object) -> httpx.Response:
    async with httpx.AsyncClient(verify=False) as http:
        return await http.post(url, json=body)


async def test_an_ephemeral_can_be_replaced_and_deleted_by_its_response_url(
    workspace: Workspace, demo: Demo, client: AsyncWebClient
) -> None:
    url = await _clicked(workspace, demo, client)
    assert (await _post(url, replace_original=True, text="Done")).text == "ok"
    assert [m["text"] for m in workspace.ephemerals("ana", LIVE)] == ["Done"]
    await _post(url, delete_original=True)
    assert workspace.ephemerals("ana", LIVE) == []


async def test_a_new_answer_is_for_the_asker_unless_it_says_otherwise(
    workspace: Workspace, demo: Demo, client: AsyncWebClient
) -> None:
    url = await _clicked(workspace, demo, client)
    await _post(url, text="to you")
    await _post(url, text="to all", response_type="in_channel")
    assert workspace.ephemerals("ana", LIVE)[-1]["text"] == "to you"
    assert [m["text"] for m in workspace.messages(LIVE)] == ["to all"]


async def test_the_sixth_post_is_refused(workspace: Workspace, demo: Demo, client: AsyncWebClient) -> None:
    url = await _clicked(workspace, demo, client)
    statuses = [(await _post(url, text="x")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]
    assert (await _post(url, text="x")).json()["error"] == "used_url"


@pytest.mark.parametrize(
    ("body", "error"),
    [({}, "no_text"), ({"replace_original": True}, "no_text"), ({"blocks": [{"type": "odd"}]}, "invalid_blocks")],
)
async def test_an_answer_that_says_nothing_or_nonsense_is_refused(
    workspace: Workspace, demo: Demo, client: AsyncWebClient, body: dict[str, object], error: str
) -> None:
    response = await _post(await _clicked(workspace, demo, client), **body)
    assert response.status_code == 400
    assert response.json()["error"] == error


async def test_after_half_an_hour_it_is_over(clock: Clock) -> None:
    workspace = Workspace(clock=clock)
    await workspace.start()
    key = workspace._records.response_urls.issue("U01ANA0001", LIVE_ID)
    clock.forward(30 * 60 + 1)
    response = await _post(f"{workspace.url}/{key}", text="late")
    await workspace.stop()
    assert response.status_code == 404
    assert response.json()["error"] == "expired_url"
