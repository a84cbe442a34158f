"""How fast is too fast: 429 with the seconds to wait, and it is true that waiting helps."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.rates import Budget, Rates
from bot.sandbox.workspace.refusals import Refused
from tests.bot.sandbox.demo import LIVE, Clock, client_for

pytestmark = pytest.mark.anyio

LIVE_ID = "C01CANARY1"


@pytest.fixture
async def strict(clock: Clock) -> AsyncIterator[Workspace]:
    """A workspace that keeps its rate limits, by a clock that stands still."""
    space = Workspace(clock=clock)
    await space.start()
    yield space
    await space.stop()


async def test_posting_faster_than_one_a_second_is_slowed_down_after_a_burst(strict: Workspace, clock: Clock) -> None:
    client = client_for(strict)
    for _ in range(5):
        await client.chat_postMessage(channel=LIVE_ID, text="x")
    response = await _refused(client)
    assert response.status_code == 429
    assert response["error"] == "ratelimited"
    assert response.headers["Retry-After"] == "1"
    clock.forward(1)
    await client.chat_postMessage(channel=LIVE_ID, text="x")
    assert len(strict.messages(LIVE)) == 6


async def test_one_channel_does_not_slow_another_down(strict: Workspace) -> None:
    client = client_for(strict)
    for channel in (LIVE_ID, "C01ENGINE1"):
        for _ in range(5):
            await client.chat_postMessage(channel=channel, text="x")
    assert len(strict.calls("chat.postMessage")) == 10


@pytest.mark.parametrize(
    ("method", "a_minute"), [("usergroups.list", 20), ("conversations.members", 100), ("chat.update", 50)]
)
async def test_each_method_has_its_tier(strict: Workspace, method: str, a_minute: int) -> None:
    client = client_for(strict)
    ts = await strict.post("ana", LIVE, "x")
    for _ in range(a_minute + 1):
        try:
            await client.api_call(method, json={"channel": LIVE_ID, "ts": ts, "text": "x"})
        except SlackApiError as refused:
            last = refused.response["error"]
        else:
            last = ""
    assert last == "ratelimited"
    assert sum(call.status == 429 for call in strict.calls(method)) == 1


def test_a_budget_fills_up_again_but_never_beyond_its_burst(clock: Clock) -> None:
    rates, budget = Rates(clock), Budget(burst=2, per_second=0.5)
    for wait_s, fits in ((0, 2), (2, 1), (60, 2)):
        clock.forward(wait_s)
        for _ in range(fits):
            rates.spend("x", budget)
        with pytest.raises(Refused) as refused:
            rates.spend("x", budget)
        assert refused.value.retry_after_s == 2


async def _refused(client: AsyncWebClient):  # type: ignore[no-untyped-def]
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=LIVE_ID, text="x")
    return refused.value.response
