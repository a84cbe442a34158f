"""Slack's messenger and directory against a workspace over real HTTP, in health and in each way that it goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError

from adapters.notify.slack import SlackDirectory, SlackMessenger, slack_client
from adapters.notify.slack.faults import SlackDenied, translated
from adapters.notify.slack.forms import forms
from bot.ports import (
    Chart,
    Denied,
    OutOfReach,
    OutsideFault,
    Picture,
    Posted,
    Said,
    ShutOut,
    SlowDown,
    Uncertain,
    Unwelcome,
)
from bot.sandbox.workspace import Person, Workspace

pytestmark = pytest.mark.anyio

CHANNEL = "#canary-live"


@dataclass
class Several(Person):
    """A member of an Enterprise organisation: `teams` are its workspaces that this person belongs to."""

    teams: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return super().as_json() | {"enterprise_user": {"id": "W0", "teams": list(self.teams)}}


HELLO = Said("Hello.", ({"type": "section", "text": {"type": "mrkdwn", "text": "*Hello.*"}},))


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Town:
    workspace: Workspace
    messenger: SlackMessenger
    directory: SlackDirectory
    clock: Clock = field(default_factory=Clock)

    def id(self, name: str) -> str:
        return self.workspace.person(name).id


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    workspace = Workspace(seed=1)
    await workspace.start()
    clock = Clock()
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        yield Town(workspace, SlackMessenger(client), SlackDirectory(client, clock, "T01SANDBOX1"), clock)
    await workspace.stop()


# ---- messenger --------------------------------------------------------------------------------------------------


async def test_a_post_stands_in_the_channel_and_can_be_found_by_its_mark(town: Town) -> None:
    posted = await town.messenger.post(CHANNEL, HELLO, mark="m1")
    assert [message["text"] for message in town.workspace.messages(CHANNEL)] == ["Hello."]
    assert await town.messenger.find(CHANNEL, "m1") == posted
    assert await town.messenger.find(CHANNEL, "m2") is None


async def test_a_reply_is_found_in_its_thread_and_shows_in_the_channel_when_it_is_broadcast(town: Town) -> None:
    root = await town.messenger.post(CHANNEL, HELLO)
    reply = await town.messenger.post(CHANNEL, Said("Loud."), thread=root.ts, broadcast=True, mark="m1")
    assert [message["text"] for message in town.workspace.thread(CHANNEL, root.ts)] == ["Hello.", "Loud."]
    assert await town.messenger.find(root.channel, "m1", thread=root.ts) == reply


async def test_an_edit_without_blocks_takes_the_old_blocks_away(town: Town) -> None:
    """Blocks that are left out stay; dead buttons must not."""
    posted = await town.messenger.post(CHANNEL, HELLO)
    await town.messenger.edit(posted, Said("Bye."))
    (message,) = town.workspace.messages(CHANNEL)
    assert message["text"] == "Bye."
    assert not message.get("blocks")


async def test_a_whisper_is_seen_by_one_person_and_comes_directly_where_they_arent_in_the_channel(town: Town) -> None:
    await town.messenger.whisper(town.workspace.channel(CHANNEL).id, town.id("ana"), Said("Psst."))
    assert [message["text"] for message in town.workspace.ephemerals("ana", CHANNEL)] == ["Psst."]
    town.workspace.channel(CHANNEL).members.remove(town.id("ben"))
    await town.messenger.whisper(town.workspace.channel(CHANNEL).id, town.id("ben"), Said("Psst, Ben."))
    assert [message["text"] for message in town.workspace.direct_messages("ben")] == ["Psst, Ben."]


async def test_reactions_are_read_with_everybody_who_gave_them(town: Town) -> None:
    posted = await town.messenger.post(CHANNEL, HELLO)
    for name in ("ana", "ben"):
        await town.workspace.react(name, CHANNEL, posted.ts, "white_check_mark")
    assert await town.messenger.reactions(posted) == {"white_check_mark": (town.id("ana"), town.id("ben"))}


async def test_a_message_whose_blocks_slack_refuses_is_posted_as_its_text(town: Town) -> None:
    bad = Said("Still readable.", ({"type": "section", "text": {"type": "mrkdwn", "text": ""}},))
    posted = await town.messenger.post(CHANNEL, bad)
    assert [message["text"] for message in town.workspace.messages(CHANNEL)] == ["Still readable."]
    await town.messenger.edit(posted, Said("So too.", bad.blocks))
    assert [message["text"] for message in town.workspace.messages(CHANNEL)] == ["So too."]
    await town.messenger.whisper(posted.channel, town.id("ana"), Said("And quietly.", bad.blocks))
    assert [message["text"] for message in town.workspace.ephemerals("ana", CHANNEL)] == ["And quietly."]


async def test_a_connection_that_breaks_in_a_post_leaves_it_uncertain_and_posts_once(town: Town) -> None:
    town.workspace.drop_connection_after_processing("chat.postMessage")
    with pytest.raises(Uncertain):
        await town.messenger.post(CHANNEL, HELLO, mark="m1")
    assert len(town.workspace.messages(CHANNEL)) == 1
    assert await town.messenger.find(CHANNEL, "m1") is not None


async def test_a_connection_that_breaks_in_an_edit_is_simply_out_of_reach(town: Town) -> None:
    posted = await town.messenger.post(CHANNEL, HELLO)
    town.workspace.drop_connection_after_processing("chat.update")
    with pytest.raises(OutOfReach):
        await town.messenger.edit(posted, HELLO)


async def test_too_much_at_once_says_how_long_to_wait(town: Town) -> None:
    town.workspace.refuse("chat.postMessage", "ratelimited", status=429, retry_after=7)
    with pytest.raises(SlowDown) as slow:
        await town.messenger.post(CHANNEL, HELLO)
    assert slow.value.retry_after_s == 7


async def test_a_slack_that_isnt_there_is_out_of_reach() -> None:
    async with slack_client("xoxb-x", "http://127.0.0.1:9/api/") as client:
        with pytest.raises(OutOfReach):
            await SlackMessenger(client).post(CHANNEL, HELLO)


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive", "token_expired"])
def test_a_token_that_is_no_longer_good_shuts_perch_out_altogether(code: str) -> None:
    """Nothing that waits to be said may be given up for it."""
    assert isinstance(translated(_refusal(code)), ShutOut)
    assert "SLACK_BOT_TOKEN" in str(translated(_refusal(code)))


def test_a_missing_scope_shuts_perch_out_where_it_posts_and_only_there() -> None:
    assert isinstance(translated(_refusal("missing_scope"), posting=True), ShutOut)
    assert not isinstance(translated(_refusal("missing_scope")), ShutOut)


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "channel_not_found", "restricted_action"])
def test_a_channel_that_refuses_is_no_refusal_of_the_message(code: str) -> None:
    assert isinstance(translated(_refusal(code), posting=True), Unwelcome)


@pytest.mark.parametrize("page", ["<html>Sign in</html>", "upstream connect error", '{"ok": tr', "[]", "null"])
@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/json"])
async def test_a_page_in_place_of_slacks_answer_leaves_a_post_uncertain(page: str, kind: str) -> None:
    """A proxy's login page, or half an answer: the message may stand, so it's looked for before it is repeated."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=page, content_type=kind)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(app) as server, slack_client("xoxb-x", str(server.make_url("/api/"))) as client:
        with pytest.raises(Uncertain):
            await SlackMessenger(client).post(CHANNEL, HELLO)
        with pytest.raises(OutOfReach):
            await SlackMessenger(client).edit(Posted("C1", "1.1"), HELLO)


def test_an_unknown_error_is_denied_with_its_code() -> None:
    assert isinstance(translated(_refusal("brand_new")), SlackDenied)


def test_a_failure_of_slack_itself_is_uncertain_for_a_post_and_safe_to_repeat_for_all_else() -> None:
    failed = _refusal("internal_error")
    assert isinstance(translated(failed, posting=True), Uncertain)
    assert isinstance(translated(failed), OutOfReach)


# ---- directory --------------------------------------------------------------------------------------------------


async def test_handles_of_groups_and_of_people_and_ids_are_understood(town: Town) -> None:
    """S6."""
    wanted = ("@sre", "@sre-leads", "@ben", town.id("cleo"), "@nobody")
    assert await town.directory.groups_of(town.id("ana"), wanted) == {"@sre"}
    assert await town.directory.groups_of(town.id("ben"), wanted) == {"@sre", "@sre-leads", "@ben"}
    assert await town.directory.groups_of(town.id("cleo"), wanted) == {"@sre", "@sre-leads", town.id("cleo")}
    assert await town.directory.groups_of(town.id("dev"), wanted) == frozenset()


async def test_members_of_what_a_plan_names_are_listed_by_id(town: Town) -> None:
    named = await town.directory.members(("@sre-leads", "@dev", town.id("ana"), "@nobody"))
    assert named == {town.id(name) for name in ("ben", "cleo", "dev", "ana")}


async def test_guests_bots_deactivated_people_and_strangers_may_not_act(town: Town) -> None:
    town.workspace.add_person(Person("U0BOT", "robot", "Robot", is_bot=True))
    town.workspace.add_person(Person("U0GONE", "gone", "Gone", deleted=True))
    town.workspace.add_person(Person("U0FAR", "far", "Far", stranger=True, team_id="T0OTHER"))
    assert "guest" in await town.directory.refused(town.id("gus"))
    assert "bot" in await town.directory.refused("U0BOT")
    assert "deactivated" in await town.directory.refused("U0GONE")
    assert "another workspace" in await town.directory.refused("U0FAR")
    assert "unknown" in await town.directory.refused("U0NOBODY")
    assert await town.directory.refused(town.id("ana")) == ""


async def test_who_was_taken_out_of_a_group_is_out_within_half_a_minute(town: Town) -> None:
    """S6."""
    ana = town.id("ana")
    assert await town.directory.groups_of(ana, ("@sre",)) == {"@sre"}
    town.workspace.group("@sre").members.remove(ana)
    assert await town.directory.groups_of(ana, ("@sre",)) == {"@sre"}
    town.clock.now += timedelta(seconds=31)
    assert await town.directory.groups_of(ana, ("@sre",)) == frozenset()


@pytest.mark.parametrize("method", ["usergroups.list", "usergroups.users.list"])
@pytest.mark.parametrize(("code", "status"), [("internal_error", 200), ("ratelimited", 429), ("fatal_error", 500)])
async def test_an_old_answer_is_no_answer_while_slack_is_away(town: Town, method: str, code: str, status: int) -> None:
    """Law 8, S6: refused closed, for who was taken out of a group may not act by an old list."""
    ana = town.id("ana")
    assert await town.directory.groups_of(ana, ("@sre",)) == {"@sre"}
    town.clock.now += timedelta(seconds=31)
    town.workspace.refuse(method, code, times=9, status=status)
    with pytest.raises(OutsideFault):
        await town.directory.groups_of(ana, ("@sre",))


async def test_somebody_of_several_workspaces_of_an_organisation_may_act_in_each(town: Town) -> None:
    """S6, Enterprise: the profile's own team is only one of them."""
    both = Several("U0BOTH", "both", "Both", team_id="T0OTHER", teams=("T0OTHER", "T01SANDBOX1"))
    town.workspace.add_person(both)
    town.workspace.add_person(Several("U0ONE", "one", "One", team_id="T0OTHER", teams=("T0OTHER",)))
    assert await town.directory.refused("U0BOTH") == ""
    assert "another workspace" in await town.directory.refused("U0ONE")


async def test_a_workspace_without_user_groups_can_still_name_people(town: Town) -> None:
    town.workspace.refuse("usergroups.list", "plan_upgrade_required", times=9)
    assert await town.directory.groups_of(town.id("ana"), ("@sre", "@ana")) == {"@ana"}


async def test_a_revoked_token_is_denied_and_not_taken_for_an_empty_group(town: Town) -> None:
    town.workspace.revoke_token()
    with pytest.raises(Denied):
        await town.directory.groups_of(town.id("ana"), ("@sre",))


async def test_a_place_that_was_never_posted_cant_be_edited(town: Town) -> None:
    with pytest.raises(Denied):
        await town.messenger.edit(Posted(town.workspace.channel(CHANNEL).id, "1.000000"), HELLO)


def _refusal(code: str) -> SlackApiError:
    return SlackApiError("no", {"ok": False, "error": code})  # type: ignore[no-untyped-call]


# ---- pictures ---------------------------------------------------------------------------------------------------

NUMBERS = {"type": "table", "rows": [[{"type": "raw_text", "text": "error_rate"}, {"type": "raw_text", "text": "1%"}]]}
NEW = {"type": "data_visualization", "title": "error_rate", "chart": {"type": "line"}}
PICTURE = Picture(Chart("Errors", "min", ()), alt="error_rate: 1%, limit 2%.", lost="The picture is missing.")


def shown(town: Town) -> list[list[str]]:
    return [[block["type"] for block in message.get("blocks", ())] for message in town.workspace.messages(CHANNEL)]


async def test_a_picture_is_uploaded_unseen_and_shown_by_the_message_that_names_it(town: Town) -> None:
    """S5: three steps, and one message: a second upload could never be a second post."""
    file = await town.messenger.upload(b"\x89PNG", "metrics.png", PICTURE.alt)
    assert shown(town) == []
    said = Said("Errors are at 1%.", (NUMBERS,), replace(PICTURE, file=file))
    await town.messenger.post(CHANNEL, said)
    assert shown(town) == [["table", "image"]]
    image = town.workspace.messages(CHANNEL)[0]["blocks"][1]
    assert image["slack_file"] == {"id": file}
    assert image["alt_text"] == "error_rate: 1%, limit 2%."


async def test_a_message_without_its_picture_says_so(town: Town) -> None:
    await town.messenger.post(CHANNEL, Said("Errors are at 1%.", (NUMBERS,), PICTURE))
    assert shown(town) == [["table", "context"]]
    assert "The picture is missing." in str(town.workspace.messages(CHANNEL))


async def test_blocks_that_a_workspace_does_not_know_yet_cost_no_others(town: Town) -> None:
    """PLATFORM §2: charts come to workspaces one after the other."""
    await town.messenger.post(CHANNEL, Said("Errors are at 1%.", (NUMBERS, NEW), PICTURE))
    assert shown(town) == [["table", "context"]]


def test_a_message_has_forms_from_all_that_it_has_to_its_text_alone() -> None:
    said = Said("Errors are at 1%.", (NUMBERS, NEW), replace(PICTURE, file="F1"))
    kinds = [[block["type"] for block in form.blocks] for form in forms(said)]
    assert kinds == [
        ["table", "data_visualization", "image"],
        ["table", "image"],
        ["table", "image"],
        ["table", "context"],
        [],
    ]
    assert [form.pause_s > 0 for form in forms(said)] == [False, True, True, False, False]
    assert [len(form.blocks) for form in forms(HELLO)] == [1, 0]
    assert [form.blocks for form in forms(Said("Hello."))] == [()]


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_a_refused_upload_is_a_fault_in_our_words(town: Town, method: str) -> None:
    town.workspace.refuse(method, "file_uploads_disabled")
    with pytest.raises(Denied, match="file_uploads_disabled"):
        await town.messenger.upload(b"\x89PNG", "metrics.png", PICTURE.alt)
    assert shown(town) == []
