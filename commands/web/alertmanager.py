"""POST /webhooks/alertmanager: a firing guardrail goes down at once, as a person's click would (O3, law 2).

Each alert becomes the same Request as a typed verb. Its key is the firing and the rollout: Alertmanager repeats what
fires, retries what failed, and several of them send the same, and it acts once (law 6).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.rollout import Person
from bot.engine.requests import Desk, Request
from bot.ports import Card, Clock, StoreAway
from bot.redaction import Redactor
from bot.wording.plain_text import plain_text
from commands.slack.intake import Intake, Kept
from commands.slack.worker import Worker
from commands.web.alert_records import AlertRecords, Note
from commands.web.alerts import Alert, NotAlerts, Wish, read_alerts, wish

log = logging.getLogger(__name__)

ALERTMANAGER = Person(id="webhook:alertmanager", name="Alertmanager")
FIND_S = 0.5
"""How long the database may take to say which rollouts are live; then the kill cards say it."""
ANSWER_S = 2.0
"""How long the answer waits for what came of it; the act itself waits for nobody and goes on."""

Cards = Callable[[str], Awaitable[Sequence[Card]]]
"""Of a plan, or of all with ""."""


@dataclass(frozen=True, slots=True)
class Found:
    """A live rollout, by its row or by its kill card."""

    id: str
    environment: str


@dataclass(frozen=True, slots=True)
class There:
    """What is live. Not `sure` by kill cards alone: another machine may have others."""

    live: Sequence[Found]
    sure: bool = True


Finding = dict[tuple[str, str], asyncio.Task[There]]
"""What one delivery has asked for already, by plan and service: an alert storm is one question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done with one alert for one rollout. `did` is the action, or `refused`, `repeated`, `nothing`,
    `unknown`."""

    alert: str
    status: str
    did: str
    text: str
    rollout: str = ""


class AlertDoor:
    """Who may knock, and what each alert leads to. `cards` are this machine's kill cards, `note` is the record."""

    def __init__(
        self,
        token: str,
        intake: Intake,
        worker: Worker,
        desk: Desk,
        cards: Cards,
        note: Note,
        clock: Clock,
        redact: Redactor | None = None,
        count: Callable[[str], None] = lambda did: None,
    ) -> None:
        self._token = token
        self._intake, self._worker, self._desk = intake, worker, desk
        self._cards, self._clock = cards, clock
        self._redact = redact or Redactor()
        self._records = AlertRecords(note, ALERTMANAGER.id, clock, self._redact)
        self._said_how = False
        self._count = count
        """Told what was done with each alert, for /metrics."""

    def refuses(self, authorization: str) -> int:
        """The HTTP status for whoever may not knock: 404 where no token is set, 401 for a wrong one; 0 is welcome."""
        if not self._token:
            self._count("shut")
            if not self._said_how:
                log.warning("a webhook came, and none is open: set PERCH_WEBHOOK_TOKEN to the token that it will bring")
            self._said_how = True
            return 404
        if not hmac.compare_digest(_credential(authorization), self._token.encode()):
            self._count("unauthorised")
            log.warning("a webhook with a wrong token, or without one, was refused")
            return 401
        return 0

    async def receive(self, body: bytes) -> tuple[int, Any]:
        """Act on a delivery; the HTTP status and the JSON that say what was done with each alert."""
        try:
            alerts = read_alerts(body)
        except NotAlerts as wrong:
            return 400, {"error": f"{wrong} Nothing was done."}
        answers = [answer for each in await self._all(alerts) for answer in each]
        for answer in answers:
            self._count(answer.did)
        await self._records.keep()
        # Alertmanager repeats a delivery that is answered so; what was done by then is done once all the same.
        unknown = any(answer.did == "unknown" for answer in answers)
        return 503 if unknown else 200, [asdict(answer) for answer in answers]

    async def _all(self, alerts: Sequence[Alert | str]) -> Sequence[Sequence[Answer]]:
        """Side by side; what stands twice in one delivery is asked and done once."""
        once: dict[str, asyncio.Task[Sequence[Answer]]] = {}
        finding: Finding = {}
        tasks = []
        for number, alert in enumerate(alerts):
            key = str(number) if isinstance(alert, str) else f"{alert.occasion}:{alert.status}:{wish(alert)}"
            if key not in once:
                once[key] = asyncio.create_task(self._one(alert, finding))
            tasks.append(once[key])
        return await asyncio.gather(*tasks)

    async def _one(self, alert: Alert | str, finding: Finding) -> Sequence[Answer]:
        if isinstance(alert, str):
            return [Answer("", "", "nothing", f"Nothing was done: {self._redact(alert)}.")]
        if alert.status == "resolved":
            return [self._nothing(alert, "it is resolved; what went down stays down until a person starts anew")]
        asked = wish(alert)
        if isinstance(asked, str):
            return [self._nothing(alert, asked)]
        if (asked.plan, asked.service) not in finding:
            finding[asked.plan, asked.service] = asyncio.create_task(self._live(asked))
        there = await finding[asked.plan, asked.service]
        found = [each.id for each in there.live if asked.environment in ("", each.environment)]
        if not found and not there.sure:
            return [self._answer(alert, "unknown", "The database doesn't answer, and no kill card here is of it.")]
        if not found:
            return [self._nothing(alert, f"{asked} has no live rollout")]
        return await asyncio.gather(*(self._act(alert, asked, rollout) for rollout in found))

    async def _act(self, alert: Alert, asked: Wish, rollout: str) -> Answer:
        request = Request(
            verb=asked.action,
            actor=ALERTMANAGER,
            key=f"{ALERTMANAGER.id}:{asked.action}:{rollout}:{alert.occasion}",
            at=self._clock(),
            surface="webhook",
            rollout=rollout,
            reason=alert.reason,
        )
        with self._worker.listening(request.key) as answered:
            kept = await self._intake.take(request)
            if kept is Kept.AGAIN:
                return self._answer(alert, "repeated", f"{asked.action} of {rollout} was asked for before.", rollout)
            self._records.hear(alert, asked.action, rollout)
            await asyncio.wait({answered}, timeout=ANSWER_S)
        if not answered.done():
            return self._answer(alert, asked.action, f"{asked.action} of {rollout} has begun and goes on.", rollout)
        reply = answered.result()
        return self._answer(alert, "refused" if reply.refused else asked.action, plain_text(reply.text), rollout)

    async def _live(self, asked: Wish) -> There:
        """The live rollouts of a plan or a service."""
        try:
            async with asyncio.timeout(FIND_S):
                live = [each for each in await self._desk.live(asked.plan) if asked.means(each.plan, each.service)]
                return There([Found(each.id, each.environment) for each in live])
        except (StoreAway, TimeoutError):
            return await self._by_card(asked)

    async def _by_card(self, asked: Wish) -> There:
        try:
            cards = [card for card in await self._cards(asked.plan) if not card.completed]
        except StoreAway:
            # The disk is slow too. A plan's name will do: the way down asks for its card until it has one.
            return There([Found(asked.plan, asked.environment)] if asked.plan else [], sure=False)
        meant = [card for card in cards if asked.means(card.plan, str(card.tree.get("service", "")))]
        return There([Found(card.rollout, card.environment) for card in meant], sure=False)

    def _nothing(self, alert: Alert, why: str) -> Answer:
        why = self._redact(why)
        if alert.concerns_rollouts:
            self._records.hear(alert, "nothing", why=why)
        return self._answer(alert, "nothing", f"Nothing was done: {why}.")

    def _answer(self, alert: Alert, did: str, text: str, rollout: str = "") -> Answer:
        return Answer(self._redact(alert.name), alert.status, did, text, rollout)


def _credential(authorization: str) -> bytes:
    """What an Authorization header brings: a bearer token, or the password of basic auth."""
    scheme, _, value = authorization.strip().partition(" ")
    given = value.strip().encode("utf-8", "surrogateescape")
    if scheme.lower() == "bearer":
        return given
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
