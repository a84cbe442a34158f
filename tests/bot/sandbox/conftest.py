"""A workspace on a free port, a clock to set, and a small Bolt app that is connected to it."""

from collections.abc import AsyncIterator

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import Clock, Demo, client_for
from tests.waiting import HANGS_S


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ack_within_s() -> float:
    """Parametrized by those few tests in which nobody acknowledges."""
    return HANGS_S


@pytest.fixture
async def workspace(ack_within_s: float) -> AsyncIterator[Workspace]:
    """A workspace in real time, with its rate limits off."""
    space = Workspace(enforce_rate_limits=False, ack_within_s=ack_within_s, event_retries_s=(0, 0.05, 0.05))
    await space.start()
    yield space
    await space.stop()


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    """The real Slack client, without its retries."""
    return client_for(workspace)


@pytest.fixture
async def demo(workspace: Workspace, client: AsyncWebClient) -> AsyncIterator[Demo]:
    """The demo app, connected through Socket Mode."""
    demo = Demo(client, workspace.signing_secret)
    handler = AsyncSocketModeHandler(demo.app, workspace.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await workspace.until(lambda: workspace.connected)
    yield demo
    await handler.close_async()  # type: ignore[no-untyped-call]
