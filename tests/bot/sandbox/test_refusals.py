"""Everything that the workspace refuses, with Slack's own error code; what changes nothing stays unchanged."""

from collections.abc import AsyncIterator

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Channel, Person, Workspace
from bot.sandbox.workspace.facts import method_facts
from bot.sandbox.workspace.methods.table import METHODS
from tests.bot.sandbox.demo import LIVE, Clock, Json, button, client_for, plain, section

pytestmark = pytest.mark.anyio

LIVE_ID = "C01CANARY1"
ANA = "U01ANA0001"
NOWHERE = "C0000000000"
MODAL: Json = {"type": "modal", "title": plain("T"), "blocks": [section("x")]}
HOME: Json = {"type": "home", "blocks": [section("x")]}
INPUT: Json = {"type": "input", "label": plain("L"), "element": {"type": "plain_text_input"}}
TS = "1700000000.000001"


async def error_of(client: AsyncWebClient, method: str, args: Json) -> str:
    """The code with which this call is refused; "" when it is not."""
    try:
        await client.api_call(method, json=args)
    except SlackApiError as refused:
        return str(refused.response["error"])
    return ""


@pytest.fixture
async def said(client: AsyncWebClient) -> str:
    """The `ts` of a message of the app's."""
    return str((await client.chat_postMessage(channel=LIVE_ID, text="hello"))["ts"])


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("no.such.method", {}, "unknown_method"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": NOWHERE, "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": LIVE_ID}, "no_text"),
        ("chat.postMessage", {"channel": LIVE_ID, "text": "", "blocks": []}, "no_text"),
        ("chat.postMessage", {"channel": LIVE_ID, "blocks": "{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": LIVE_ID, "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": LIVE_ID, "blocks": [{"type": "odd"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": LIVE_ID, "blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ("chat.postMessage", {"channel": LIVE_ID, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ("chat.postMessage", {"channel": LIVE_ID, "text": "x", "attachments": {}}, "invalid_attachments"),
        ("chat.postMessage", {"channel": LIVE_ID, "text": "x", "thread_ts": TS}, "cannot_reply_to_message"),
        ("chat.postMessage", {"channel": LIVE_ID, "text": "x", "metadata": []}, "invalid_metadata_format"),
        (
            "chat.postMessage",
            {"channel": LIVE_ID, "text": "x", "metadata": {"event_type": 1}},
            "invalid_metadata_format",
        ),
        (
            "chat.postMessage",
            {"channel": LIVE_ID, "text": "x", "metadata": {"event_type": "e", "event_payload": []}},
            "invalid_metadata_format",
        ),
        (
            "chat.postMessage",
            {"channel": LIVE_ID, "text": "x", "metadata": {"event_type": "e", "event_payload": {"a": {}}}},
            "invalid_metadata_schema",
        ),
        (
            "chat.postMessage",
            {"channel": LIVE_ID, "text": "x", "metadata": {"event_type": "e", "event_payload": {"a": "x" * 20_000}}},
            "metadata_too_large",
        ),
        ("chat.update", {"channel": LIVE_ID, "ts": TS, "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": NOWHERE, "ts": TS, "text": "x"}, "channel_not_found"),
        ("chat.delete", {"channel": LIVE_ID, "ts": TS}, "message_not_found"),
        ("chat.postEphemeral", {"channel": LIVE_ID, "user": "U0", "text": "x"}, "user_not_in_channel"),
        ("chat.postEphemeral", {"channel": LIVE_ID, "user": ANA}, "no_text"),
        ("chat.postEphemeral", {"channel": LIVE_ID, "user": ANA, "text": "x" * 40_001}, "msg_too_long"),
        ("chat.getPermalink", {"channel": LIVE_ID, "message_ts": TS}, "message_not_found"),
        ("conversations.info", {"channel": NOWHERE}, "channel_not_found"),
        ("conversations.list", {"types": "odd"}, "invalid_types"),
        ("conversations.list", {"limit": 0}, "invalid_limit"),
        ("conversations.list", {"limit": 1001}, "invalid_limit"),
        ("conversations.list", {"limit": "many"}, "invalid_arguments"),
        ("conversations.list", {"cursor": "odd"}, "invalid_cursor"),
        ("conversations.history", {"channel": LIVE_ID, "oldest": "x"}, "invalid_ts_oldest"),
        ("conversations.history", {"channel": LIVE_ID, "latest": "x"}, "invalid_ts_latest"),
        ("conversations.replies", {"channel": LIVE_ID, "ts": TS}, "thread_not_found"),
        ("users.info", {"user": "U0"}, "user_not_found"),
        ("usergroups.users.list", {"usergroup": "S0"}, "no_such_subteam"),
        ("bots.info", {"bot": "B0"}, "bot_not_found"),
        ("views.open", {"view": MODAL}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": MODAL}, "invalid_trigger_id"),
        ("views.open", {"trigger_id": "1", "view": HOME}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": MODAL | {"title": plain("x" * 25)}}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": MODAL | {"private_metadata": "x" * 3001}}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": MODAL | {"callback_id": "x" * 256}}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": MODAL | {"blocks": [section("x")] * 101}}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": MODAL | {"blocks": [INPUT]}}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": MODAL | {"note": "x" * 250_000}}, "view_too_large"),
        ("views.update", {"view_id": "V0", "view": MODAL}, "not_found"),
        ("views.publish", {"user_id": ANA, "view": MODAL}, "invalid_arguments"),
        ("views.publish", {"user_id": "U0", "view": HOME}, "invalid_arguments"),
        ("reactions.add", {"channel": LIVE_ID, "timestamp": TS, "name": "eyes"}, "message_not_found"),
        ("reactions.add", {"channel": LIVE_ID, "timestamp": "1", "name": "eyes"}, "bad_timestamp"),
        ("reactions.add", {"channel": LIVE_ID, "timestamp": TS, "name": "No Name"}, "invalid_name"),
        ("reactions.remove", {"name": "eyes"}, "no_item_specified"),
        ("reactions.get", {"channel": LIVE_ID}, "no_item_specified"),
        ("files.getUploadURLExternal", {"filename": "x", "length": 0}, "invalid_arguments"),
        ("files.getUploadURLExternal", {"filename": "x", "length": 2_000_000_000}, "file_upload_size_restricted"),
        ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
    ],
)
async def test_slack_would_refuse_this(client: AsyncWebClient, method: str, args: Json, error: str) -> None:
    assert await error_of(client, method, args) == error


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("chat.update", {"text": "x" * 4001}, "msg_too_long"),
        ("chat.update", {"text": "", "blocks": []}, "no_text"),
        ("chat.update", {"blocks": [{"type": "odd"}]}, "invalid_blocks"),
        ("reactions.remove", {"name": "eyes"}, "no_reaction"),
    ],
)
async def test_slack_would_refuse_this_of_a_message(
    client: AsyncWebClient, said: str, method: str, args: Json, error: str
) -> None:
    place = {"channel": LIVE_ID, "ts": said, "timestamp": said}
    assert await error_of(client, method, place | args) == error


@pytest.mark.parametrize(
    ("method", "error"), [("chat.update", "cant_update_message"), ("chat.delete", "cant_delete_message")]
)
async def test_messages_of_others_are_left_alone(
    workspace: Workspace, client: AsyncWebClient, method: str, error: str
) -> None:
    ts = await workspace.post("ana", LIVE, "mine")
    assert await error_of(client, method, {"channel": LIVE_ID, "ts": ts, "text": "yours"}) == error
    assert workspace.messages(LIVE)[0]["text"] == "mine"


async def test_a_second_reaction_of_the_same_name_is_refused(client: AsyncWebClient, said: str) -> None:
    item = {"channel": LIVE_ID, "timestamp": said, "name": "eyes"}
    assert await error_of(client, "reactions.add", item) == ""
    assert await error_of(client, "reactions.add", item) == "already_reacted"


async def test_reactions_come_to_an_end(client: AsyncWebClient, said: str) -> None:
    item = {"channel": LIVE_ID, "timestamp": said}
    for number in range(23):
        await client.api_call("reactions.add", json=item | {"name": f"e{number}"})
    assert await error_of(client, "reactions.add", item | {"name": "one_more"}) == "too_many_emoji"


async def test_an_archived_channel_takes_nothing(workspace: Workspace, client: AsyncWebClient, said: str) -> None:
    workspace.channel(LIVE).archived = True
    item = {"channel": LIVE_ID, "timestamp": said, "name": "eyes"}
    assert await error_of(client, "chat.postMessage", {"channel": LIVE_ID, "text": "x"}) == "is_archived"
    assert await error_of(client, "chat.postEphemeral", {"channel": LIVE_ID, "user": ANA, "text": "x"}) == "is_archived"
    assert await error_of(client, "reactions.add", item) == "is_archived"


async def test_a_channel_without_the_app_is_closed_to_it(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.channel(LIVE).members.remove("U01BOT0001")
    for method in ("chat.postMessage", "conversations.history"):
        assert await error_of(client, method, {"channel": LIVE_ID, "text": "x"}) == "not_in_channel"


async def test_a_private_channel_without_the_app_is_not_there(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.add_channel(Channel("C01SECRET1", "secret", [ANA], private=True))
    assert await error_of(client, "conversations.info", {"channel": "C01SECRET1"}) == "channel_not_found"
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert [channel["name"] for channel in listed["channels"]] == ["canary-live", "engineering"]


async def test_a_conversation_opens_with_one_living_person(workspace: Workspace) -> None:
    space = Workspace(scopes=("im:write",))
    await space.start()
    space.add_person(Person("U01GONE001", "gone", "Gone", deleted=True))
    client = client_for(space)
    expected = {"": "users_list_not_supplied", "U0": "user_not_found", "U01GONE001": "user_disabled"}
    for users, error in (expected | {f"{ANA},U01BEN0001": "too_many_users", ANA: ""}).items():
        assert await error_of(client, "conversations.open", {"users": users}) == error
    await space.stop()


# Tokens and scopes


@pytest.fixture
async def raw(workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(verify=False, base_url=workspace.api_url) as raw:
        yield raw


async def test_a_call_without_a_token_is_not_authed(raw: httpx.AsyncClient) -> None:
    assert (await raw.post("auth.test")).json() == {"ok": False, "error": "not_authed"}


async def test_a_token_is_taken_from_the_body_or_the_query_too(raw: httpx.AsyncClient, workspace: Workspace) -> None:
    token = {"token": workspace.bot_token}
    assert (await raw.post("auth.test", data=token)).json()["ok"]
    assert (await raw.get("auth.test", params=token)).json()["ok"]
    assert "token" not in workspace.calls("auth.test")[0].args


@pytest.mark.parametrize(("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object")])
async def test_a_body_that_is_no_json_object_is_refused(raw: httpx.AsyncClient, body: str, error: str) -> None:
    answer = await raw.post("auth.test", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["error"] == error


async def test_a_wrong_token_is_invalid(workspace: Workspace) -> None:
    assert await error_of(client_for(workspace, "xoxb-wrong"), "auth.test", {}) == "invalid_auth"


async def test_a_revoked_token_is_told(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.revoke_token()
    assert await error_of(client, "auth.test", {}) == "token_revoked"


async def test_each_token_is_for_its_own_methods(workspace: Workspace, client: AsyncWebClient) -> None:
    app = client_for(workspace, workspace.app_token)
    assert await error_of(app, "chat.postMessage", {"channel": LIVE_ID}) == "not_allowed_token_type"
    assert await error_of(client, "apps.connections.open", {}) == "not_allowed_token_type"


@pytest.mark.parametrize("method", [name for name, facts in method_facts().items() if facts.bot_scopes])
async def test_a_method_needs_its_scope(method: str) -> None:
    space = Workspace(scopes=("nothing",))
    await space.start()
    place = {"channel": LIVE_ID, "ts": TS, "user": ANA, "name": "x", "usergroup": "S", "length": 1, "filename": "x"}
    with pytest.raises(SlackApiError) as refused:
        await client_for(space).api_call(method, json=place)
    await space.stop()
    answer = refused.value.response
    assert answer["error"] == "missing_scope"
    assert answer["needed"] in method_facts()[method].bot_scopes
    assert answer["provided"] == "nothing"


@pytest.mark.parametrize(("private", "scope"), [(False, "channels:read"), (True, "groups:read")])
async def test_the_scope_depends_on_the_kind_of_channel(*, private: bool, scope: str) -> None:
    space = Workspace(scopes=({"channels:read", "groups:read"} - {scope}).pop().split())
    await space.start()
    space.channel(LIVE).private = private
    with pytest.raises(SlackApiError) as refused:
        await client_for(space).conversations_info(channel=LIVE_ID)
    await space.stop()
    assert refused.value.response["needed"] == scope


def test_every_method_with_facts_is_served_and_the_other_way_round() -> None:
    assert set(METHODS) == set(method_facts())


# Triggers


async def test_a_trigger_is_good_once_and_for_three_seconds(clock: Clock) -> None:
    space = Workspace(clock=clock)
    await space.start()
    client = client_for(space)
    await space.command("ana", LIVE, "/canary x")
    first, second = (space._records.triggers.issue(ANA) for _ in range(2))
    assert await error_of(client, "views.open", {"trigger_id": first, "view": MODAL}) == ""
    assert await error_of(client, "views.open", {"trigger_id": first, "view": MODAL}) == "exchanged_trigger_id"
    clock.forward(3.1)
    assert await error_of(client, "views.open", {"trigger_id": second, "view": MODAL}) == "expired_trigger_id"
    await space.stop()


async def test_modals_stack_three_high(workspace: Workspace, client: AsyncWebClient) -> None:
    named = MODAL | {"external_id": "one"}
    trigger = [workspace._records.triggers.issue(ANA) for _ in range(5)]
    await client.views_open(trigger_id=trigger[0], view=named)
    assert await error_of(client, "views.push", {"trigger_id": trigger[1], "view": named}) == "duplicate_external_id"
    await client.views_push(trigger_id=trigger[2], view=MODAL)
    await client.views_push(trigger_id=trigger[3], view=MODAL)
    assert await error_of(client, "views.push", {"trigger_id": trigger[4], "view": MODAL}) == "push_limit_reached"
    top = workspace.views("ana")[-1]
    assert top["root_view_id"] == workspace.views("ana")[0]["id"]


async def test_a_view_that_changed_meanwhile_is_a_hash_conflict(client: AsyncWebClient) -> None:
    first = (await client.views_publish(user_id=ANA, view=HOME))["view"]
    await client.views_publish(user_id=ANA, view=HOME, hash=first["hash"])
    stale = {"view": HOME, "hash": first["hash"]}
    assert await error_of(client, "views.publish", stale | {"user_id": ANA}) == "hash_conflict"
    assert await error_of(client, "views.update", stale | {"view_id": first["id"]}) == "hash_conflict"


async def test_invalid_blocks_say_where_and_what(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(
            channel=LIVE_ID, text="x", blocks=[{"type": "actions", "elements": [button("a")] * 26}]
        )
    messages = refused.value.response["response_metadata"]["messages"]
    assert messages == ["[ERROR] no more than 25 items allowed [json-pointer:/blocks/0/elements]"]
