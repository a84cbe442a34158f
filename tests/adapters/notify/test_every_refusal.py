"""Each documented error of each method in use: the workspace refuses with it, and Perch knows what to make of it.

The facts are Slack's own (tests/data/slack/methods.json): a method that comes into use, or an error that Slack adds,
fails here until it has a reaction.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack import SlackDirectory, SlackMessenger, slack_client
from adapters.notify.slack.faults import AGAIN, DENIED, PERHAPS_DONE, SLOW, UNBUILT, SlackDenied
from adapters.notify.slack.homes import SlackHomes
from bot.ports import OutOfReach, OutsideFault, Posted, Said, ShutOut, SlowDown, Uncertain, Unwelcome
from bot.redaction import Redactor
from bot.sandbox.workspace import Workspace
from commands.slack.introduction import FATAL, SlackAway, StartRefused, introduce, may_connect

pytestmark = pytest.mark.anyio

METHODS = json.loads((Path(__file__).parents[2] / "data" / "slack" / "methods.json").read_text())
EVERYWHERE = frozenset(
    [
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "not_allowed_token_type",
        "ratelimited",
        "internal_error",
        "fatal_error",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    ]
)
"""What any method may answer, beside its own."""
HELLO = Said("Hello.", ({"type": "section", "text": {"type": "mrkdwn", "text": "*Hello.*"}},))
HERE = Posted("C01CANARY1", "1.000001")
ANA = "U01ANA0001"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

Call = Callable[[AsyncWebClient], Awaitable[Any]]


def directory(client: AsyncWebClient) -> SlackDirectory:
    """A new one each time: what it knows it doesn't ask again."""
    return SlackDirectory(client, lambda: NOW, "T01SANDBOX1")


def pages(client: AsyncWebClient) -> SlackHomes:
    return SlackHomes(client, Redactor([]))


CALLS: Mapping[str, Call] = {
    "auth.test": introduce,
    "apps.connections.open": lambda client: may_connect(client, "xapp-1"),
    "chat.postMessage": lambda client: SlackMessenger(client).post(HERE.channel, HELLO),
    "chat.postEphemeral": lambda client: SlackMessenger(client).whisper(HERE.channel, ANA, HELLO),
    "chat.getPermalink": lambda client: pages(client).link(HERE),
    "views.publish": lambda client: pages(client).publish(ANA, HELLO.blocks),
    "chat.update": lambda client: SlackMessenger(client).edit(HERE, HELLO),
    "conversations.history": lambda client: SlackMessenger(client).find(HERE.channel, "m"),
    "conversations.replies": lambda client: SlackMessenger(client).find(HERE.channel, "m", thread=HERE.ts),
    "conversations.list": lambda client: SlackMessenger(client).find("#canary-live", "m"),
    "files.getUploadURLExternal": lambda client: SlackMessenger(client).upload(b"PNG", "metrics.png", "Numbers."),
    "files.completeUploadExternal": lambda client: SlackMessenger(client).upload(b"PNG", "metrics.png", "Numbers."),
    "reactions.get": lambda client: SlackMessenger(client).reactions(HERE),
    "usergroups.list": lambda client: directory(client).groups_of(ANA, ["@sre"]),
    "usergroups.users.list": lambda client: directory(client).members(["S01SRE0001"]),
    "users.info": lambda client: directory(client).refused(ANA),
    "users.list": lambda client: directory(client).members(["@ana"]),
}
"""Each method, as Perch comes to call it."""

AT_A_DIALOG = {"views.open", "views.update"}
"""Caught where they are called: tests/commands/slack/test_refused_dialogs.py."""
POSTING = {"chat.postMessage"}
SAYING = {"chat.postMessage", "chat.postEphemeral", "chat.update"}
"""Asked again with the text alone, where the blocks are refused."""
CHECKED_AT_START = {"auth.test", "apps.connections.open"}

GOOD_ANSWERS = {
    ("usergroups.list", "plan_upgrade_required"): "a free Slack has no groups",
    **{("users.info", code): "who isn't there may not act" for code in ("user_not_found", "user_not_visible")},
    **{
        ("chat.postEphemeral", code): "said directly instead"
        for code in ("user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived")
    },
}
"""Refusals that Perch makes the best of by itself."""


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    workspace = Workspace(seed=1, enforce_rate_limits=False)
    await workspace.start()
    yield workspace
    await workspace.stop()


def expected(method: str, code: str) -> tuple[type[Exception], ...]:
    """What comes out of a call, by what the code means."""
    if method in CHECKED_AT_START:
        return (StartRefused,) if code in FATAL else (SlackAway,)
    if code in SLOW:
        return (SlowDown,)
    if code in PERHAPS_DONE:
        return (Uncertain,) if method in POSTING else (OutOfReach,)
    return (OutOfReach,) if code in AGAIN else (SlackDenied,)


@pytest.mark.parametrize("method", sorted(CALLS))
async def test_every_documented_refusal_of_this_method_has_its_reaction(workspace: Workspace, method: str) -> None:
    """One line for people, no secrets, and nothing that Perch doesn't know."""
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        for code in sorted({*METHODS[method]["errors"], *EVERYWHERE}):
            times = 2 if code in UNBUILT and method in SAYING else 1
            workspace.refuse(method, code, times, status=429 if code == "ratelimited" else 200, retry_after=3)
            fault = await _fault(CALLS[method], client)
            if (method, code) in GOOD_ANSWERS:
                assert fault is None, (code, fault)
                continue
            assert isinstance(fault, expected(method, code)), (code, fault)
            assert "\n" not in str(fault)
            assert "xoxb" not in str(fault)
            assert "does not know" not in str(fault), f"{code}: give it a reaction in adapters/notify/slack/faults.py"


async def _fault(call: Call, client: AsyncWebClient) -> Exception | None:
    try:
        await call(client)
    except (OutsideFault, StartRefused) as fault:
        return fault
    return None


def test_every_method_in_use_is_called_here() -> None:
    assert {*CALLS} | AT_A_DIALOG == {*METHODS}, "add how Perch calls it to CALLS"


@pytest.mark.parametrize("code", sorted(UNBUILT & {*METHODS["chat.postMessage"]["errors"]}))
async def test_a_message_that_slack_doesnt_take_as_it_is_built_is_said_as_its_text(
    workspace: Workspace, code: str
) -> None:
    workspace.refuse("chat.postMessage", code)
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        await SlackMessenger(client).post(HERE.channel, HELLO)
    [message] = workspace.messages("#canary-live")
    assert message["text"] == "Hello."
    assert not message.get("blocks")


def test_every_code_has_one_reaction_and_its_own_words() -> None:
    codes = {code for method in METHODS.values() for code in method["errors"]} | EVERYWHERE
    tables = (SLOW, AGAIN, PERHAPS_DONE, DENIED)
    assert {code: sum(code in table for table in tables) for code in codes} == dict.fromkeys(codes, 1)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("token_revoked", ShutOut), ("is_archived", Unwelcome), ("not_in_channel", Unwelcome), ("missing_scope", ShutOut)],
)
async def test_what_shuts_a_place_or_all_of_slack_is_told_from_what_shuts_one_message(
    workspace: Workspace, code: str, kind: type[Exception]
) -> None:
    workspace.refuse("chat.postMessage", code)
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        assert isinstance(await _fault(CALLS["chat.postMessage"], client), kind)
