"""What Perch says, put together: the messenger, whether it gets through, who sends, and the second way to people."""

from __future__ import annotations

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

import bot.wording
import bot.wording.home
from adapters.charts.child import ChartsByChild
from adapters.notify.slack.discreet import DiscreetMessenger
from adapters.notify.slack.files import SlackFiles
from adapters.notify.slack.homes import SlackHomes
from adapters.notify.webhook import Webhook
from bot.assembly import Engine
from bot.engine.hearing import Hearing
from bot.engine.homes import Homes
from bot.engine.mailing import Mailing
from bot.engine.notifying import Notifying
from bot.engine.outbox import Sender
from bot.engine.pace import Pace
from bot.engine.pictures import Pictures
from bot.engine.recalling import Recall
from bot.engine.reporting import HandingOver
from bot.engine.rights import Rights
from bot.engine.saying import Sayer
from bot.engine.second_way import Fallback
from bot.engine.spreading import Spreading
from bot.engine.threads import Threads
from bot.ports import Clock, Directory
from bot.redaction import Redactor
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Speech:
    """`messenger` says one thing now; `sender` what is in the outbox; `fallback` runs where a second way is set."""

    messenger: Hearing
    sender: Sender
    fallback: Fallback | None
    webhook: Webhook | None
    homes: Homes

    async def aclose(self) -> None:
        if self.webhook is not None:
            await self.webhook.aclose()


def build_speech(
    settings: Settings,
    engine: Engine,
    client: AsyncWebClient,
    directory: Directory,
    clock: Clock,
    pace: Pace,
    redact: Redactor,
) -> Speech:
    """Nothing is started, and nothing said."""
    messenger = Hearing(DiscreetMessenger(client, redact), clock)
    url = settings.fallback_url.get_secret_value()
    webhook = Webhook(url, redact) if url else None
    sayer = Sayer(
        engine.outbox,
        messenger,
        engine.rollouts,
        engine.ledger.plan_of,
        bot.wording.say,
        clock,
        webhook,
        Spreading(directory, engine.outbox, clock),
        recall=Recall(engine.rollouts.histories, engine.rollouts),
        mailing=Mailing(engine.keepings, clock, able=engine.equipment.mailer is not None),
        notifying=Notifying(engine.keepings, engine.ledger, engine.equipment.kinds, engine.keeping.wake),
        pictures=Pictures(ChartsByChild(redact), messenger),
        reports=HandingOver(engine.reports, SlackFiles(client, redact)),
    )
    sender = Sender(engine.outbox, sayer, clock, pace, second_channel=settings.fallback_channel)
    fallback = Fallback(engine.outbox, sayer, messenger, clock) if webhook else None
    pages = SlackHomes(client, redact)
    engine.desk.threads = threads = Threads(engine.outbox, pages.link)
    rights, standing, words = Rights(directory), engine.freezing.standing, bot.wording.home.home
    homes = Homes(engine.ledger, rights, standing, threads, pages, words, clock)
    return Speech(messenger, sender, fallback, webhook, homes)
