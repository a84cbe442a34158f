"""Files in a thread: the `Files` port. Completing an upload with a channel posts the message that shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.faults import in_our_words
from adapters.notify.slack.uploads import TITLE, deposited
from bot.ports import Attachment
from bot.redaction import Redactor

COMMENT = 3000
PAGE, PAGES = 100, 20
"""How much of a thread is looked through, oldest first."""


class SlackFiles:
    """The last look before Slack: no secret that Perch knows is in a file (law 8)."""

    def __init__(self, client: AsyncWebClient, redact: Redactor) -> None:
        self._client = client
        self._redact = redact

    async def deposit(self, file: Attachment) -> str:
        # A report may have megabytes: nobody waits on the loop while it is looked through (law 2).
        content = await asyncio.to_thread(self._redact, file.content)
        return await deposited(self._client, content.encode(), file.name)

    async def share(self, to: str, files: Mapping[str, str], text: str, *, thread: str) -> None:
        async with in_our_words(posting=True):
            await self._client.files_completeUploadExternal(
                files=[{"id": id, "title": self._redact(title)[:TITLE]} for id, title in files.items()],
                channel_id=to,
                thread_ts=thread,
                initial_comment=self._redact(text)[:COMMENT],
            )

    async def shared(self, to: str, name: str, *, thread: str) -> bool:
        """A post of files carries no mark of ours; a file's name does as well: it says which rollout, and when."""
        cursor = ""
        for _ in range(PAGES):
            more: dict[str, Any] = {"cursor": cursor} if cursor else {}
            async with in_our_words():
                answer = await self._client.conversations_replies(channel=to, ts=thread, limit=PAGE, **more)
            messages: list[dict[str, Any]] = answer.get("messages") or []
            if any(file.get("name") == name for message in messages for file in message.get("files") or ()):
                return True
            if not (cursor := str((answer.get("response_metadata") or {}).get("next_cursor") or "")):
                return False
        return False
