"""App Home: the `HomePages` port on slack_sdk's async client."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.faults import in_our_words
from adapters.notify.slack.redacted_blocks import redacted_blocks
from bot.ports import Nonsense, Posted
from bot.ports.homes import Page
from bot.redaction import Redactor


class SlackHomes:
    """Pages with no secret in them (law 8)."""

    def __init__(self, client: AsyncWebClient, redact: Redactor) -> None:
        self._client = client
        self._redact = redact

    async def publish(self, user: str, page: Page) -> None:
        """Without `hash`: one process answers whoever opened their page, and a later page is always the newer one."""
        async with in_our_words():
            blocks = list(redacted_blocks(page, self._redact))
            await self._client.views_publish(user_id=user, view={"type": "home", "blocks": blocks})

    async def link(self, posted: Posted) -> str:
        async with in_our_words():
            answer = await self._client.chat_getPermalink(channel=posted.channel, message_ts=posted.ts)
        link = str(answer.get("permalink") or "")
        if not link.startswith(("https://", "http://")):
            raise Nonsense("Slack gave no link to a message")
        return link
