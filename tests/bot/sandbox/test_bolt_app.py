"""A real Bolt app lives in the workspace: what people do reaches it, and what it answers is seen."""

import pytest

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import LIVE, Demo, Json

pytestmark = pytest.mark.anyio


async def test_a_command_is_acknowledged_and_answered_in_the_channel(workspace: Workspace, demo: Demo) -> None:
    outcome = await workspace.command("ana", LIVE, "/canary start materializers 1%")
    assert outcome.acked
    message = (await workspace.until(lambda: workspace.messages(LIVE)))[0]
    assert message["text"] == "Started"
    assert demo.heard[0]["text"] == "start materializers 1%"
    assert demo.heard[0]["user_id"] == workspace.person("ana").id


async def test_an_answer_in_the_acknowledgement_is_seen_by_its_asker_only(workspace: Workspace, demo: Demo) -> None:
    outcome = await workspace.command("ana", LIVE, "/canary help")
    assert outcome.body == {"text": "You can say start"}
    assert [m["text"] for m in workspace.ephemerals("ana", LIVE)] == ["You can say start"]
    assert workspace.ephemerals("ben", LIVE) == []
    assert workspace.messages(LIVE) == []


async def test_an_answer_in_the_acknowledgement_may_be_for_everybody(workspace: Workspace, demo: Demo) -> None:
    await workspace.command("ana", LIVE, "/canary announce")
    assert [m["text"] for m in workspace.messages(LIVE)] == ["Hear, hear"]


async def test_a_command_without_an_acknowledgement_times_out(workspace: Workspace, demo: Demo) -> None:
    outcome = await workspace.command("ana", LIVE, "/canary unheard-of")
    assert outcome.error == "operation_timeout"


async def test_a_command_fails_at_once_when_no_app_is_connected(workspace: Workspace) -> None:
    outcome = await workspace.command("ana", LIVE, "/canary help")
    assert outcome.error == "dispatch_failed"


async def test_a_button_updates_its_message(workspace: Workspace, demo: Demo) -> None:
    ts = await _gate(workspace)
    outcome = await workspace.click("ben", LIVE, ts, "approve")
    assert outcome.acked
    await workspace.until(lambda: workspace.messages(LIVE)[0]["text"] == "Approved")
    message = workspace.messages(LIVE)[0]
    assert "blocks" not in message
    assert "edited" in message
    click = demo.heard[-1]
    assert click["actions"][0]["value"] == "r1"
    assert click["container"]["message_ts"] == ts


async def test_a_click_on_a_dead_button_is_possible_only_for_who_still_sees_it(
    workspace: Workspace, demo: Demo
) -> None:
    ts = await _gate(workspace)
    seen = workspace.messages(LIVE)[0]
    await workspace.click("ben", LIVE, ts, "approve")
    await workspace.until(lambda: "blocks" not in workspace.messages(LIVE)[0])
    with pytest.raises(LookupError, match="no control 'approve'"):
        await workspace.click("cleo", LIVE, ts, "approve")
    assert (await workspace.click("cleo", LIVE, ts, "approve", seen=seen)).acked


async def test_an_overflow_menu_tells_the_chosen_option(workspace: Workspace, demo: Demo) -> None:
    ts = await _gate(workspace)
    await workspace.click("ana", LIVE, ts, "more", "evidence")
    answer = (await workspace.until(lambda: workspace.ephemerals("ana", LIVE)))[0]
    assert answer["text"] == "You chose evidence"


async def test_reactions_come_and_go(workspace: Workspace, demo: Demo) -> None:
    ts = await _gate(workspace)
    await workspace.react("ben", LIVE, ts, "white_check_mark")
    await workspace.unreact("ben", LIVE, ts, "white_check_mark")
    await demo.until_heard(3)
    assert {event["type"] for event in _events(demo)} == {"reaction_added", "reaction_removed"}
    assert _events(demo)[0]["item"] == {"type": "message", "channel": workspace.channel(LIVE).id, "ts": ts}


async def test_a_modal_shows_the_errors_of_its_submission_then_closes(workspace: Workspace, demo: Demo) -> None:
    await workspace.command("ana", LIVE, "/canary ask")
    view = (await workspace.until(lambda: workspace.views("ana")))[0]
    with pytest.raises(ValueError, match="reason must be filled in"):
        await workspace.submit_view("ana", view["id"], {})
    refused = await workspace.submit_view("ana", view["id"], {"reason": "no"})
    assert refused.body["errors"] == {"why": "Say a little more"}
    assert len(workspace.views("ana")) == 1
    await workspace.submit_view("ana", view["id"], {"reason": "because"})
    assert workspace.views("ana") == []


async def test_app_home_is_published_when_opened(workspace: Workspace, demo: Demo) -> None:
    await workspace.open_app_home("dev")
    home = await workspace.until(lambda: workspace.home("dev"))
    assert home["blocks"][0]["text"]["text"] == "Home"
    assert workspace.home("ana") is None


async def _gate(workspace: Workspace) -> str:
    await workspace.command("ana", LIVE, "/canary start")
    message = (await workspace.until(lambda: workspace.messages(LIVE)))[0]
    return str(message["ts"])


def _events(demo: Demo) -> list[Json]:
    return [body["event"] for body in demo.heard if "event" in body]
