"""Socket Mode as Slack runs it: single-use addresses, several connections, retries, disconnects."""

import asyncio
from collections import Counter

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import LIVE, Demo, client_for, connection, new_url

pytestmark = pytest.mark.anyio


async def test_an_address_is_good_for_one_connection(workspace: Workspace) -> None:
    url = await new_url(workspace)
    async with aiohttp.ClientSession() as session, session.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_an_eleventh_connection_is_turned_away(workspace: Workspace) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await new_url(workspace)) for _ in range(10)]
        await workspace.until(lambda: workspace.connected == 10)
        late = await session.ws_connect(await new_url(workspace))
        assert await late.receive_json() == {"type": "disconnect", "reason": "too_many_websockets"}
        await asyncio.gather(*(socket.close() for socket in sockets))


async def test_each_envelope_goes_to_one_connection_in_turn(workspace: Workspace) -> None:
    async with connection(workspace) as first, connection(workspace) as second:
        seen: Counter[str] = Counter()
        commands = [asyncio.create_task(workspace.command("ana", LIVE, "/canary x")) for _ in range(4)]
        for name, socket in [("first", first), ("second", second)] * 2:
            envelope = await socket.receive_json()
            seen[name] += 1
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
        assert all(outcome.acked for outcome in await asyncio.gather(*commands))
    assert seen == {"first": 2, "second": 2}


async def test_an_event_that_is_not_acknowledged_comes_again_with_its_number() -> None:
    workspace = Workspace(ack_within_s=0.05, event_retries_s=(0, 0.01, 0.01))
    await workspace.start()
    ts = await workspace.post("ana", LIVE, "hello")
    async with connection(workspace) as socket:
        await workspace.react("ben", LIVE, ts, "eyes")
        envelopes = [await socket.receive_json() for _ in range(4)]
    await workspace.stop()
    assert [envelope["retry_attempt"] for envelope in envelopes] == [0, 1, 2, 3]
    assert len({envelope["payload"]["event_id"] for envelope in envelopes}) == 1
    assert len({envelope["envelope_id"] for envelope in envelopes}) == 4


async def test_an_acknowledged_event_does_not_come_again(workspace: Workspace, demo: Demo) -> None:
    ts = await workspace.post("ana", LIVE, "hello")
    await workspace.react("ben", LIVE, ts, "eyes")
    await workspace.react("cleo", LIVE, ts, "eyes")
    await demo.until_heard(2)
    assert len({body["event_id"] for body in demo.heard}) == 2


async def test_a_duplicated_envelope_reaches_the_listener_twice(workspace: Workspace, demo: Demo) -> None:
    workspace.duplicate_envelopes(1)
    await workspace.command("ana", LIVE, "/canary help")
    await demo.until_heard(2)
    assert demo.heard[0]["trigger_id"] == demo.heard[1]["trigger_id"]


async def test_the_app_comes_back_after_a_disconnect(workspace: Workspace, demo: Demo) -> None:
    await workspace.disconnect_sockets()
    await workspace.until(lambda: workspace.connected == 1)
    assert (await workspace.command("ana", LIVE, "/canary help")).acked


@pytest.mark.parametrize("ack_within_s", [0.2])
async def test_muted_connections_stay_open_and_hear_nothing(workspace: Workspace, demo: Demo) -> None:
    workspace.mute_sockets()
    assert workspace.connected == 1
    assert (await workspace.command("ana", LIVE, "/canary help")).error == "operation_timeout"
    assert demo.heard == []


async def test_only_the_app_level_token_opens_connections(workspace: Workspace, client: AsyncWebClient) -> None:
    answer = await client_for(workspace, workspace.app_token).apps_connections_open(app_token=workspace.app_token)
    assert str(answer["url"]).startswith("ws://127.0.0.1:")
