"""Files in a Slack thread against a workspace over real HTTP: unseen until shared, found again by name, redacted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from adapters.notify.slack import SlackMessenger, slack_client
from adapters.notify.slack.files import SlackFiles
from bot.ports import Attachment, Denied, Posted, Said, Unwelcome
from bot.redaction import Redactor
from bot.sandbox.workspace import Workspace

pytestmark = pytest.mark.anyio

CHANNEL, SECRET = "#canary-live", "s3cr3t-t0ken-of-prometheus"
REPORT = Attachment("report-r1-r7.html", f"<p>ended {SECRET}</p>", "materializers v2")


@dataclass
class Desk:
    workspace: Workspace
    files: SlackFiles
    root: Posted


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    workspace = Workspace(seed=1)
    await workspace.start()
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        root = await SlackMessenger(client).post(CHANNEL, Said("status"))
        yield Desk(workspace, SlackFiles(client, Redactor([SECRET])), root)
    await workspace.stop()


async def test_deposited_files_are_seen_by_nobody_until_one_message_shows_them(desk: Desk) -> None:
    """Repeating a deposit costs nothing; the share is one message in the thread, and is found by a file's name."""
    root = desk.root
    await desk.files.deposit(REPORT)
    id = await desk.files.deposit(REPORT)
    assert len(desk.workspace.thread(CHANNEL, root.ts)) == 1
    assert not await desk.files.shared(root.channel, REPORT.name, thread=root.ts)
    await desk.files.share(root.channel, {id: REPORT.title}, "The report.", thread=root.ts)
    [_, shown] = desk.workspace.thread(CHANNEL, root.ts)
    assert (shown["text"], shown["files"][0]["title"]) == ("The report.", "materializers v2")
    assert await desk.files.shared(root.channel, REPORT.name, thread=root.ts)
    assert not await desk.files.shared(root.channel, "report-r1-r8.html", thread=root.ts)


async def test_no_secret_leaves_in_a_file(desk: Desk) -> None:
    """Law 8."""
    id = await desk.files.deposit(REPORT)
    await desk.files.share(desk.root.channel, {id: SECRET}, f"about {SECRET}", thread=desk.root.ts)
    shown = desk.workspace.thread(CHANNEL, desk.root.ts)[1]
    async with httpx.AsyncClient(verify=False) as visitor:
        content = (await visitor.get(shown["files"][0]["url_private"])).text
    assert "ended" in content
    assert SECRET not in content + str(shown)


async def test_a_refusal_is_told_in_our_words(desk: Desk) -> None:
    desk.workspace.refuse("files.completeUploadExternal", "not_in_channel")
    id = await desk.files.deposit(REPORT)
    with pytest.raises(Unwelcome):
        await desk.files.share(desk.root.channel, {id: "t"}, "The report.", thread=desk.root.ts)
    desk.workspace.refuse("files.getUploadURLExternal", "file_uploads_except_images_disabled")
    with pytest.raises(Denied, match="file_uploads_except_images_disabled"):
        await desk.files.deposit(REPORT)
