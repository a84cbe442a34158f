"""Saying things in Slack: the `Messenger` port on slack_sdk's async client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.notify.slack.faults import UNBUILT, SlackDenied, in_our_words
from adapters.notify.slack.forms import forms
from adapters.notify.slack.uploads import uploaded
from bot.ports import Nonsense, Posted, Said, Unwelcome

log = logging.getLogger(__name__)

T = TypeVar("T")

MARK = "perch_message"
LOOK_BACK = 100
"""How many messages `find` looks through; what is looked for was posted a moment ago."""
PAGES = 20
_ELSEWHERE = frozenset({"user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived"})


class SlackMessenger:
    """The `Messenger` port. Channels may be ids, `#names`, or `user:U…` for a direct message."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        """Post once. What Slack refuses for its form is posted in the next plainer one, at last as its text."""
        options: dict[str, Any] = {"thread_ts": thread, "reply_broadcast": broadcast} if thread else {}
        if mark:
            options["metadata"] = {"event_type": MARK, "event_payload": {"mark": mark}}
        return await _in_some_form(said, lambda shown: self._post(to, shown, options))

    async def _post(self, to: str, said: Said, options: Mapping[str, Any]) -> Posted:
        async with in_our_words(posting=True):
            answer = await self._client.chat_postMessage(
                channel=to.removeprefix("user:"),
                text=said.text,
                blocks=_blocks(said),
                unfurl_links=False,
                unfurl_media=False,
                **options,
            )
        channel, ts = str(answer.get("channel", "")), str(answer.get("ts", ""))
        if not channel or not ts:
            raise Nonsense("Slack took the message and didn't say where it stands")
        if to.startswith("#"):
            self._ids[to] = channel
        return Posted(channel, ts)

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None:
        """Change a message in place; its mark stays."""
        await _in_some_form(said, lambda shown: self._edit(posted, shown))

    async def _edit(self, posted: Posted, said: Said) -> None:
        async with in_our_words():
            # Blocks that are left out would stay, dead buttons among them.
            await self._client.chat_update(
                channel=posted.channel, ts=posted.ts, text=said.text, blocks=_blocks(said) or []
            )

    async def whisper(self, channel: str, user: str, said: Said) -> None:
        """Ephemeral where the person is; otherwise a direct message."""
        if channel:
            try:
                await _in_some_form(said, lambda shown: self._ephemeral(channel, user, shown))
            except SlackDenied as refused:
                if refused.code not in _ELSEWHERE:
                    raise
            else:
                return
        await self.post(f"user:{user}", said)

    async def _ephemeral(self, channel: str, user: str, said: Said) -> None:
        async with in_our_words():
            await self._client.chat_postEphemeral(channel=channel, user=user, text=said.text, blocks=_blocks(said))

    async def upload(self, png: bytes, name: str, alt: str) -> str:
        """Where a picture was put; it is shown by the message that names it."""
        return await uploaded(self._client, png, name, alt)

    async def find(self, to: str, mark: str, *, thread: str = "") -> Posted | None:
        """Look through the newest messages there. A direct message isn't looked for: a second one does no harm."""
        if to.startswith("user:"):
            return None
        channel, cursor = await self._channel_id(to), ""
        # A channel begins with its newest messages, a thread with its oldest.
        for _ in range(PAGES if thread else 1):
            answer = await self._page(channel, thread, cursor)
            messages: list[dict[str, Any]] = answer.get("messages") or []
            for message in messages:
                if mark_of(message) == mark:
                    return Posted(channel, str(message["ts"]))
            if not (cursor := _next(answer)):
                break
        return None

    async def _page(self, channel: str, thread: str, cursor: str) -> AsyncSlackResponse:
        options: dict[str, Any] = {"include_all_metadata": True, "limit": LOOK_BACK}
        if cursor:
            options["cursor"] = cursor
        async with in_our_words():
            if thread:
                return await self._client.conversations_replies(channel=channel, ts=thread, **options)
            return await self._client.conversations_history(channel=channel, **options)

    async def reactions(self, posted: Posted) -> Mapping[str, Sequence[str]]:
        """All reactions with everybody who gave them."""
        async with in_our_words():
            answer = await self._client.reactions_get(channel=posted.channel, timestamp=posted.ts, full=True)
        message: dict[str, Any] = dict(answer.get("message") or {})
        found: list[dict[str, Any]] = message.get("reactions") or []
        return {str(reaction["name"]): tuple(map(str, reaction.get("users", ()))) for reaction in found}

    async def _channel_id(self, to: str) -> str:
        if not to.startswith("#"):
            return to
        if to not in self._ids:
            await self._learn_channels(to)
        return self._ids[to]

    async def _learn_channels(self, wanted: str) -> None:
        cursor = ""
        for _ in range(PAGES):
            async with in_our_words():
                answer = await self._client.conversations_list(
                    types="public_channel,private_channel", exclude_archived=True, limit=1000, cursor=cursor
                )
            found: list[dict[str, Any]] = answer.get("channels") or []
            self._ids |= {f"#{channel['name']}": str(channel["id"]) for channel in found}
            cursor = _next(answer)
            if wanted in self._ids or not cursor:
                break
        if wanted not in self._ids:
            raise Unwelcome(f"there is no channel {wanted} that Perch can see; invite Perch there")


async def _in_some_form(said: Said, send: Callable[[Said], Awaitable[T]]) -> T:
    """Send it as it is built; what Slack refuses for its form goes in the next plainer one, at last as its text."""
    *richer, plainest = forms(said)
    for form in richer:
        try:
            return await send(Said(said.text, form.blocks))
        except SlackDenied as refused:
            if refused.code not in UNBUILT:
                raise
            log.log(form.loss, "Slack refused a message's blocks (%s); it goes in a plainer form", refused.code)
            await asyncio.sleep(form.pause_s)
    return await send(Said(said.text, plainest.blocks))


def _next(answer: AsyncSlackResponse) -> str:
    return str((answer.get("response_metadata") or {}).get("next_cursor") or "")


def _blocks(said: Said) -> list[dict[str, Any]] | None:
    return [dict(block) for block in said.blocks] or None


def mark_of(message: Mapping[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("mark", ""))
