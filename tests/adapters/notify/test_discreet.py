"""The last look before Slack. Law 8, and law 2 for what a button sends back."""

from __future__ import annotations

import json

import pytest

from adapters.notify.slack.client import slack_client
from adapters.notify.slack.discreet import DiscreetMessenger
from bot.ports import Said
from bot.redaction import Redactor
from bot.sandbox.workspace import Workspace

pytestmark = pytest.mark.anyio

SECRET = "tok-5e6f7a8b9c0d"


def _said(text: str) -> Said:
    button = {
        "type": "button",
        "action_id": "rollback",
        "value": f"{SECRET}-1:0:3",
        "text": {"type": "plain_text", "text": text},
    }
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return Said(text, (section, {"type": "actions", "elements": [button]}))


async def test_no_message_holds_a_known_secret_and_each_button_says_what_it_is_about() -> None:
    """Posts, edits, whispers and direct messages; one named like a password can be stopped."""
    workspace = Workspace(seed=1)
    await workspace.start()
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        messenger = DiscreetMessenger(client, Redactor([SECRET]))
        posted = await messenger.post("#canary-live", _said(f"one {SECRET}"))
        await messenger.edit(posted, _said(f"two {SECRET}"))
        await messenger.whisper(posted.channel, workspace.person("ana").id, _said(f"three {SECRET}"))
        await messenger.post(f"user:{workspace.person('ana').id}", _said(f"four {SECRET}"))
    sent = [call.args for call in workspace.calls() if "text" in call.args]
    await workspace.stop()
    assert [each["text"] for each in sent] == [f"{number} [redacted]" for number in ("one", "two", "three", "four")]
    for each in sent:
        shown = json.dumps(each["blocks"])
        assert shown.count(SECRET) == 1
        assert f"{SECRET}-1:0:3" in shown
