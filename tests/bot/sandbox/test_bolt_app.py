"""A real Bolt app lives in the workspace: what people do reaches it, and what it answers is seen."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import LIVE, Demo, Json, plain, section

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


@pytest.mark.parametrize("ack_within_s", [0.2])
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


async def test_a_control_tells_what_the_others_hold_and_an_update_keeps_it(
    workspace: Workspace, demo: Demo, client: AsyncWebClient
) -> None:
    """Multi-step forms: `block_actions` from within a modal, with `view.hash` and the state of all its inputs."""
    await workspace.command("ana", LIVE, "/canary help")
    choice = {"type": "static_select", "action_id": "press", "options": [{"text": plain("A"), "value": "a"}]}
    reason = {"type": "plain_text_input", "action_id": "reason"}
    blocks = [
        {"type": "input", "block_id": "plan", "label": plain("Plan"), "dispatch_action": True, "element": choice},
        {"type": "input", "block_id": "why", "label": plain("Why"), "element": reason},
    ]
    view = {"type": "modal", "title": plain("Start"), "submit": plain("Go"), "blocks": blocks}
    opened = (await client.views_open(trigger_id=demo.heard[-1]["trigger_id"], view=view))["view"]
    assert (await workspace.click_view("ana", opened["id"], "press", "a", typed={"reason": "due"})).acked
    told = demo.heard[-1]
    assert (told["container"], told["view"]["hash"]) == ({"type": "view", "view_id": opened["id"]}, opened["hash"])
    assert "channel" not in told
    assert "message" not in told
    values = told["view"]["state"]["values"]
    assert values["plan"]["press"]["selected_option"]["value"] == "a"
    assert values["why"]["reason"] == {"type": "plain_text_input", "value": "due"}

    fresh = view | {"blocks": [*blocks, section("Ready")]}
    await client.views_update(view_id=opened["id"], hash=opened["hash"], view=fresh)
    assert workspace.views("ana")[0]["state"]["values"] == values


async def test_a_home_that_was_drawn_anew_meanwhile_still_takes_the_click(
    workspace: Workspace, demo: Demo, client: AsyncWebClient
) -> None:
    """Perch's Home follows each check: every few seconds a click met other blocks, and was refused."""
    press = {"type": "button", "action_id": "press", "text": plain("Hold"), "value": "r1"}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [press]}]}
    seen = (await client.views_publish(user_id="U01ANA0001", view=home))["view"]
    shown = await client.views_publish(user_id="U01ANA0001", view=home)
    assert shown["view"]["blocks"][0]["block_id"] != seen["blocks"][0]["block_id"]
    block = seen["blocks"][0]["block_id"]
    assert (await workspace.click_view("ana", seen["id"], "press", block_id=block, seen=seen["blocks"])).acked
    assert demo.heard[-1]["actions"][0]["value"] == "r1"


async def test_a_message_tells_which_boxes_are_ticked(workspace: Workspace, demo: Demo, client: AsyncWebClient) -> None:
    """R19: a checklist in a gate; the block says which of two with the same action id."""
    options = [{"text": plain(name), "value": name} for name in ("seen", "told")]
    ticks = {"type": "checkboxes", "action_id": "press", "options": options, "initial_options": options[:1]}
    blocks = [{"type": "actions", "block_id": name, "elements": [ticks]} for name in ("one", "two")]
    ts = str((await client.chat_postMessage(channel=LIVE, text="Gate", blocks=blocks))["ts"])
    await workspace.click("ben", LIVE, ts, "press", ["seen", "told"], block_id="two")
    told = demo.heard[-1]
    assert [option["value"] for option in told["actions"][0]["selected_options"]] == ["seen", "told"]
    ticked = {name: len(held["press"]["selected_options"]) for name, held in told["state"]["values"].items()}
    assert ticked == {"one": 1, "two": 2}


async def test_opening_the_apps_messages_is_told_as_another_tab(workspace: Workspace, demo: Demo) -> None:
    await workspace.open_app_home("ana", "messages")
    told = (await demo.until_heard(1))[0]["event"]
    assert (told["type"], told["tab"]) == ("app_home_opened", "messages")
    assert workspace.home("ana") is None


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
