"""What Slack was told of a rollout's record: read back from its thread, to be compared with the database (law 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.faults import in_our_words
from adapters.notify.slack.messenger import mark_of
from bot.domain.anchors import Anchor
from bot.ports import Posted
from bot.wording.records import stood

PAGE = 200
PAGES = 100


async def posted_anchors(client: AsyncWebClient, rollout: str, thread: Posted) -> Sequence[Anchor]:
    """Where the record stood at each decision that Perch posted in the rollout's thread, oldest first.

    Only messages of Perch's own count, and only those about this rollout. Raises what `in_our_words` does.
    """
    async with in_our_words():
        ourselves = str((await client.auth_test()).get("user_id", ""))
    found: list[Anchor] = []
    cursor = ""
    for _ in range(PAGES):
        async with in_our_words():
            answer = await client.conversations_replies(
                channel=thread.channel, ts=thread.ts, limit=PAGE, cursor=cursor, include_all_metadata=True
            )
        messages: Sequence[Mapping[str, Any]] = answer.get("messages") or []
        ours = [each for each in messages if each.get("user") == ourselves and _about(each, rollout)]
        found.extend(anchor for message in ours for anchor in _anchors(message))
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return found


def _about(message: Mapping[str, Any], rollout: str) -> bool:
    """Whether a message's mark names the rollout; one without a mark is taken for what its thread says."""
    mark = mark_of(message)
    return not mark or mark.startswith(f"{rollout}:")


def _anchors(message: Mapping[str, Any]) -> Iterator[Anchor]:
    for text in _texts(message):
        told = stood(text)
        if told is not None:
            at = datetime.fromtimestamp(float(message["ts"]), UTC)
            yield Anchor(*told, seen=f"when Slack was told, {at:%Y-%m-%d %H:%M:%S} UTC,")


def _texts(message: Mapping[str, Any]) -> Iterator[str]:
    for block in message.get("blocks") or ():
        for element in block.get("elements") or ():
            yield str(element.get("text", ""))
