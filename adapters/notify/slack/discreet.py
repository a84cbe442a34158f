"""The last look before Slack: whatever a message is made of, no secret that Perch knows is in it (law 8)."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.messenger import SlackMessenger
from bot.ports import Posted, Said
from bot.redaction import Redactor

_SENT_BACK = frozenset({"type", "action_id", "block_id", "value"})


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

    def _discreet(self, said: Said) -> Said:
        return Said(self._redact(said.text), tuple(self._shown(dict(block)) for block in said.blocks))

    def _shown(self, part: Any) -> Any:
        """A block with its texts redacted; what a control sends back stays, or it would be about nothing (law 2)."""
        match part:
            case dict():
                return {key: value if key in _SENT_BACK else self._shown(value) for key, value in part.items()}
            case list() | tuple():
                return [self._shown(each) for each in part]
            case str():
                return self._redact(part)
            case _:
                return part
