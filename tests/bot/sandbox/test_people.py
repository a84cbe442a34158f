"""People act only where they are, on what is there; mentions, events and other members."""

import pytest

from bot.sandbox.workspace import Person, Workspace
from tests.bot.sandbox.demo import LIVE, Demo, connection

pytestmark = pytest.mark.anyio


async def test_somebody_outside_a_channel_can_do_nothing_in_it(workspace: Workspace) -> None:
    workspace.add_person(Person("U01EVE0001", "eve", "Eve", stranger=True))
    with pytest.raises(LookupError, match="eve is not in #canary-live"):
        await workspace.command("eve", LIVE, "/canary help")
    with pytest.raises(LookupError, match="nobody called 'zoe'"):
        await workspace.post("zoe", LIVE, "hi")
    with pytest.raises(LookupError, match="no channel called '#odd'"):
        await workspace.post("ana", "#odd", "hi")


async def test_an_unknown_command_is_not_sent(workspace: Workspace, demo: Demo) -> None:
    with pytest.raises(LookupError, match="/finch is not a valid command; there is /canary"):
        await workspace.command("ana", LIVE, "/finch help")


async def test_a_reaction_is_given_once_and_taken_back_once(workspace: Workspace) -> None:
    ts = await workspace.post("ana", LIVE, "hi")
    await workspace.react("ben", LIVE, ts, "eyes")
    await workspace.react("ben", LIVE, ts, "eyes")
    assert workspace.messages(LIVE)[0]["reactions"][0]["count"] == 1
    await workspace.unreact("ben", LIVE, ts, "eyes")
    with pytest.raises(LookupError, match="ben has not reacted"):
        await workspace.unreact("ben", LIVE, ts, "eyes")


async def test_mentions_are_escaped_for_an_app_that_asked_for_it() -> None:
    workspace = Workspace(escape_mentions=True)
    await workspace.start()
    assert workspace._acts._escaped("start for @ana in #canary-live with @sre-leads, not @nobody") == (
        "start for <@U01ANA0001|ana> in <#C01CANARY1|canary-live> with <!subteam^S01LEADS01|@sre-leads>, not @nobody"
    )
    await workspace.stop()


async def test_only_subscribed_events_are_sent(workspace: Workspace, demo: Demo) -> None:
    ts = await workspace.post("ana", LIVE, "hi <@U01BOT0001>")
    await workspace.react("ben", LIVE, ts, "eyes")
    heard = await demo.until_heard(1)
    assert [body["event"]["type"] for body in heard] == ["reaction_added"]


async def test_messages_and_mentions_are_sent_to_who_subscribed() -> None:
    workspace = Workspace(bot_events=("message.channels", "app_mention"), event_retries_s=())
    await workspace.start()
    async with connection(workspace) as socket:
        await workspace.post("ana", LIVE, "hi <@U01BOT0001>")
        envelopes = [await socket.receive_json() for _ in range(2)]
    await workspace.stop()
    events = {envelope["payload"]["event"]["type"] for envelope in envelopes}
    assert events == {"message", "app_mention"}


async def test_a_modal_that_asked_is_told_when_it_is_closed(workspace: Workspace, demo: Demo) -> None:
    await workspace.command("ana", LIVE, "/canary ask")
    view = (await workspace.until(lambda: workspace.views("ana")))[0]
    with pytest.raises(LookupError, match="is not ben's"):
        await workspace.close_view("ben", view["id"])
    assert (await workspace.close_view("ana", view["id"])).acked
    assert demo.heard[-1]["type"] == "view_closed"
    assert workspace.views("ana") == []
    with pytest.raises(LookupError, match="no view"):
        await workspace.close_view("ana", view["id"])
