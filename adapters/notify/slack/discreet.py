"""The last look before Slack: whatever a message is made of, no secret that Perch knows is in it (law 8)."""

from __future__ import annotations

from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.messenger import SlackMessenger
from adapters.notify.slack.redacted_blocks import redacted_blocks
from bot.ports import Posted, Said
from bot.redaction import Redactor


class DiscreetMessenger(SlackMessenger):
    """The `Messenger` port, each message redacted."""

    def __init__(self, client: AsyncWebClient, redact: Redactor) -> None:
        super().__init__(client)
        self._redact = redact

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        return await super().post(to, self._discreet(said), thread=thread, broadcast=broadcast, mark=mark)

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None:
        await super().edit(posted, self._discreet(said), mark=mark)

    async def whisper(self, channel: str, user: str, said: Said) -> None:
        await super().whisper(channel, user, self._discreet(said))

    async def upload(self, png: bytes, name: str, alt: str) -> str:
        return await super().upload(png, name, self._redact(alt))

    def _discreet(self, said: Said) -> Said:
        picture = said.picture
        if picture is not None:
            picture = replace(picture, alt=self._redact(picture.alt), lost=self._redact(picture.lost))
        return Said(self._redact(said.text), redacted_blocks(said.blocks, self._redact), picture)
