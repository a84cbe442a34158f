"""What Perch says, put together: the messenger, whether it gets through, who sends, and the second way to people."""

from __future__ import annotations

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

import bot.wording
from adapters.notify.slack.discreet import DiscreetMessenger
from adapters.notify.webhook import Webhook
from bot.assembly import Engine
from bot.engine.hearing import Hearing
from bot.engine.outbox import Sender
from bot.engine.pace import Pace
from bot.engine.second_way import Fallback
from bot.ports import Clock
from bot.redaction import Redactor
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Speech:
    """`messenger` says one thing now; `sender` what is in the outbox; `fallback` runs where a second way is set."""

    messenger: Hearing
    sender: Sender
    fallback: Fallback | None
    webhook: Webhook | None

    async def aclose(self) -> None:
        if self.webhook is not None:
            await self.webhook.aclose()


def build_speech(
    settings: Settings, engine: Engine, client: AsyncWebClient, clock: Clock, pace: Pace, redact: Redactor
) -> Speech:
    """Nothing is started, and nothing said."""
    messenger = Hearing(DiscreetMessenger(client, redact), clock)
    url = settings.fallback_url.get_secret_value()
    webhook = Webhook(url, redact) if url else None
    sender = Sender(
        engine.outbox,
        messenger,
        engine.rollouts,
        engine.plans,
        bot.wording.say,
        clock,
        pace,
        second_channel=settings.fallback_channel,
        second_way=webhook,
    )
    fallback = Fallback(engine.outbox, sender.sayer, messenger, clock) if webhook else None
    return Speech(messenger, sender, fallback, webhook)
