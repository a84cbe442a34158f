"""Uploading a file: announce it, send its bytes, complete it. It is shown nowhere before a message names it."""

from __future__ import annotations

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.faults import in_our_words
from bot.ports import Nonsense, OutOfReach

ALT_TEXT = 1000
TITLE = 250
WITHIN_S = 8.0


async def uploaded(client: AsyncWebClient, png: bytes, name: str, alt: str) -> str:
    """The file's id. Raises what `in_our_words` does, and Nonsense."""
    file = await deposited(client, png, name, alt[:ALT_TEXT])
    async with in_our_words():
        await client.files_completeUploadExternal(files=[{"id": file, "title": alt[:TITLE]}])
    return file


async def deposited(client: AsyncWebClient, content: bytes, name: str, alt: str = "") -> str:
    """Announced and sent; the id by which it is to be completed. Raises what `in_our_words` does, and Nonsense."""
    told = {"alt_txt": alt} if alt else {}
    async with in_our_words():
        announced = await client.files_getUploadURLExternal(filename=name, length=len(content), **told)
    address, file = str(announced.get("upload_url") or ""), str(announced.get("file_id") or "")
    if not address or not file:
        raise Nonsense("Slack didn't say where a file is to be sent")
    async with in_our_words():
        await _send(address, content)
    return file


async def _send(address: str, content: bytes) -> None:
    """The bytes alone: the address is another host's, and the token is none of its business."""
    async with (
        ClientSession(timeout=ClientTimeout(total=WITHIN_S)) as session,
        session.post(address, data=content, allow_redirects=False) as answer,
    ):
        if answer.status != 200:
            raise OutOfReach(f"Slack didn't take a file's bytes ({answer.status})")
