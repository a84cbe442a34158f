"""What works: the calls that a rollout bot makes, through the real client."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import LIVE, Json, button, channel_id, client_for, section

pytestmark = pytest.mark.anyio

LIVE_ID = "C01CANARY1"
ROLLOUT = {"event_type": "rollout", "event_payload": {"rollout_id": "r1", "revision": 3}}


async def test_an_update_keeps_what_it_does_not_mention(workspace: Workspace, client: AsyncWebClient) -> None:
    first = await client.chat_postMessage(channel=LIVE, text="one", blocks=[section("one")], metadata=ROLLOUT)
    ts = str(first["ts"])
    await client.chat_update(channel=LIVE_ID, ts=ts, text="two")
    message = workspace.messages(LIVE)[0]
    assert message["text"] == "two"
    assert message["blocks"][0]["text"]["text"] == "one"
    assert message["metadata"] == ROLLOUT
    await client.chat_update(channel=LIVE_ID, ts=ts, text="three", blocks=[], metadata={})
    message = workspace.messages(LIVE)[0]
    assert "blocks" not in message
    assert "metadata" not in message


async def test_long_text_is_cut_off_when_posted(workspace: Workspace, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=LIVE_ID, text="x" * 50_000)
    assert len(workspace.messages(LIVE)[0]["text"]) == 40_000


async def test_a_thread_counts_its_replies_and_may_speak_up(workspace: Workspace, client: AsyncWebClient) -> None:
    ts = str((await client.chat_postMessage(channel=LIVE_ID, text="top"))["ts"])
    reply = str((await client.chat_postMessage(channel=LIVE_ID, text="quiet", thread_ts=ts))["ts"])
    await client.chat_postMessage(channel=LIVE_ID, text="loud", thread_ts=reply, reply_broadcast=True)
    assert [m["text"] for m in workspace.messages(LIVE)] == ["top", "loud"]
    assert [m["text"] for m in workspace.thread(LIVE, ts)] == ["top", "quiet", "loud"]
    assert workspace.messages(LIVE)[0]["reply_count"] == 2
    replies = await client.conversations_replies(channel=LIVE_ID, ts=ts)
    assert [m["text"] for m in replies["messages"]] == ["top", "quiet", "loud"]


async def test_a_message_is_found_again_by_its_metadata(client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=LIVE_ID, text="x", metadata=ROLLOUT)
    bare = await client.conversations_history(channel=LIVE_ID)
    assert "metadata" not in bare["messages"][0]
    full = await client.conversations_history(channel=LIVE_ID, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == ROLLOUT


async def test_history_comes_in_pages_newest_first(client: AsyncWebClient) -> None:
    stamps = [str((await client.chat_postMessage(channel=LIVE_ID, text=str(n)))["ts"]) for n in range(5)]
    seen = []
    async for page in await client.conversations_history(channel=LIVE_ID, limit=2):
        seen += [message["text"] for message in page["messages"]]
    assert seen == ["4", "3", "2", "1", "0"]
    since = await client.conversations_history(channel=LIVE_ID, oldest=stamps[3], inclusive=True)
    assert [message["text"] for message in since["messages"]] == ["4", "3"]


async def test_a_deleted_thread_leaves_a_stone(workspace: Workspace, client: AsyncWebClient) -> None:
    lone = str((await client.chat_postMessage(channel=LIVE_ID, text="lone"))["ts"])
    top = str((await client.chat_postMessage(channel=LIVE_ID, text="top"))["ts"])
    await client.chat_postMessage(channel=LIVE_ID, text="reply", thread_ts=top)
    for ts in (lone, top):
        await client.chat_delete(channel=LIVE_ID, ts=ts)
    assert [m.get("subtype") for m in workspace.messages(LIVE)] == ["tombstone"]


async def test_a_message_to_a_person_opens_a_direct_conversation(workspace: Workspace, client: AsyncWebClient) -> None:
    answer = await client.chat_postMessage(channel="U01DEV0001", text="psst")
    assert str(answer["channel"]).startswith("D")
    assert [m["text"] for m in workspace.direct_messages("dev")] == ["psst"]


async def test_the_bot_reacts_and_reads_who_else_did(workspace: Workspace, client: AsyncWebClient) -> None:
    ts = str((await client.chat_postMessage(channel=LIVE_ID, text="x"))["ts"])
    await client.reactions_add(channel=LIVE_ID, timestamp=ts, name="eyes")
    await workspace.react("ben", LIVE, ts, "eyes")
    read = await client.reactions_get(channel=LIVE_ID, timestamp=ts, full=True)
    assert read["message"]["reactions"] == [{"name": "eyes", "users": ["U01BOT0001", "U01BEN0001"], "count": 2}]
    await client.reactions_remove(channel=LIVE_ID, timestamp=ts, name="eyes")
    assert workspace.messages(LIVE)[0]["reactions"][0]["count"] == 1


async def test_who_is_who_can_be_asked(client: AsyncWebClient) -> None:
    groups = {group["handle"]: group for group in (await client.usergroups_list(include_users=True))["usergroups"]}
    assert groups["sre-leads"]["users"] == ["U01BEN0001", "U01CLEO001"]
    members = await client.usergroups_users_list(usergroup=groups["sre"]["id"])
    assert members["users"] == ["U01ANA0001", "U01BEN0001", "U01CLEO001"]
    assert (await client.users_info(user="U01GUS0001"))["user"]["is_restricted"] is True
    assert len((await client.users_list())["members"]) == 6
    assert (await client.auth_test())["bot_id"] == (await client.bots_info())["bot"]["id"]
    assert len((await client.conversations_members(channel=LIVE_ID))["members"]) == 6
    assert (await client.conversations_info(channel=LIVE_ID, include_num_members=True))["channel"]["num_members"] == 6


async def test_a_permalink_leads_to_the_message(workspace: Workspace, client: AsyncWebClient) -> None:
    ts = str((await client.chat_postMessage(channel=LIVE_ID, text="x"))["ts"])
    link = (await client.chat_getPermalink(channel=LIVE_ID, message_ts=ts))["permalink"]
    assert link == f"{workspace.url}/archives/{LIVE_ID}/p{ts.replace('.', '')}"


async def test_a_file_is_uploaded_in_three_steps_and_shared(workspace: Workspace, client: AsyncWebClient) -> None:
    await client.files_upload_v2(
        channel=LIVE_ID, content="all is well", filename="evidence.txt", initial_comment="The record"
    )
    message = workspace.messages(LIVE)[0]
    assert message["text"] == "The record"
    assert message["files"][0]["name"] == "evidence.txt"
    assert message["files"][0]["size"] == len("all is well")


async def test_an_uploaded_picture_is_shown_with_its_words_where_it_was_sent(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    """S5: in a thread, to a person, and inside a message."""
    parent = await workspace.post("ana", LIVE, "hi")
    words: Json = {"filename": "trend.png", "title": "Trend", "alt_txt": "latency rose to 6 s"}
    await client.files_upload_v2(content="abc", channel=channel_id(workspace), thread_ts=parent, **words)
    sent = workspace.thread(LIVE, parent)[1]["files"][0]
    assert (sent["title"], sent["alt_txt"], sent["mimetype"]) == ("Trend", "latency rose to 6 s", "image/png")
    await client.files_upload_v2(content="abc", channel="U01ANA0001", **words)
    assert workspace.direct_messages("ana")[0]["files"]

    image = {"type": "image", "slack_file": {"id": sent["id"]}, "alt_text": "latency rose to 6 s"}
    await client.chat_postMessage(channel=LIVE, text="Trend", blocks=[image])
    with pytest.raises(SlackApiError, match="invalid slack file"):
        await client.chat_postMessage(channel=LIVE, text="x", blocks=[image | {"slack_file": {"id": "F0"}}])
    with pytest.raises(SlackApiError, match="alt_txt_too_large"):
        await client.files_getUploadURLExternal(filename="x.png", length=3, alt_txt="x" * 1001)


async def test_a_workspace_may_not_know_a_kind_of_block_yet(workspace: Workspace, client: AsyncWebClient) -> None:
    table = [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}]
    workspace.refuse_blocks("table")
    with pytest.raises(SlackApiError, match="unsupported type: table"):
        await client.chat_postMessage(channel=LIVE, text="x", blocks=table)
    workspace.accept_blocks("table")
    await client.chat_postMessage(channel=LIVE, text="x", blocks=table)


async def test_a_view_is_updated_by_its_id(workspace: Workspace, client: AsyncWebClient) -> None:
    home = {"type": "home", "blocks": [section("one")]}
    view = (await client.views_publish(user_id="U01ANA0001", view=home))["view"]
    await client.views_update(view_id=view["id"], view=home | {"blocks": [section("two"), section("three")]})
    shown = workspace.home("ana")
    assert shown is not None
    assert [block["text"]["text"] for block in shown["blocks"]] == ["two", "three"]


async def test_team_info_needs_and_has_its_scope() -> None:
    workspace = Workspace(scopes=("team:read", "im:write"))
    await workspace.start()
    client = client_for(workspace)
    assert (await client.team_info())["team"]["name"] == "Sandbox"
    assert str((await client.conversations_open(users="U01ANA0001"))["channel"]["id"]).startswith("D")
    await workspace.stop()


async def test_controls_without_an_action_id_are_given_one(workspace: Workspace, client: AsyncWebClient) -> None:
    nameless = {name: value for name, value in button("x").items() if name != "action_id"}
    await client.chat_postMessage(channel=LIVE_ID, text="x", blocks=[{"type": "actions", "elements": [nameless]}])
    block = workspace.messages(LIVE)[0]["blocks"][0]
    assert block["block_id"]
    assert block["elements"][0]["action_id"]
