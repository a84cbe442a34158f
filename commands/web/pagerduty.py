"""POST /webhooks/pagerduty: an incident there is an incident of the rollouts that it concerns (E10).

It concerns the rollout that paged (its deduplication key is Perch's), and live ones whose plans name its service under
`incidents.pagerduty`. It becomes the same Request as a typed verb, and acts once for each event and rollout (law 6).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.errors import PerchError
from bot.domain.rollout import Person, Rollout
from bot.domain.severities import Heard
from bot.engine.requests import Desk, Request
from bot.ports import Clock, StoreAway
from bot.redaction import Redactor
from bot.wording.plain_text import plain_text
from commands.slack.intake import Intake, Kept
from commands.slack.worker import Worker
from commands.web.alert_records import AlertRecords, Note
from commands.web.alerts import Alert
from commands.web.pagerduty_events import IncidentEvent, NotPagerDuty, read_event, signed

log = logging.getLogger(__name__)

PAGERDUTY = Person(id="webhook:pagerduty", name="PagerDuty")
OURS = "perch/"
"""How the deduplication keys begin of what Perch's own pages opened; the rollout's id follows."""
FIND_S = 2.0
ANSWER_S = 2.0
"""How long the answer waits for what came of it; the record of it waits for nobody and goes on."""
FAR_BACK = 200
"""Among so many rollouts, the newest of all, an incident's end is looked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done for one rollout. `did` is `begun`, `over`, `repeated` or `refused`."""

    rollout: str
    did: str
    text: str


class PagerDutyDoor:
    """Who may knock, and what an event leads to. `secrets` are those of the webhook subscriptions."""

    def __init__(
        self,
        secrets: Sequence[str],
        intake: Intake,
        worker: Worker,
        desk: Desk,
        note: Note,
        clock: Clock,
        redact: Redactor | None = None,
    ) -> None:
        self._secrets = secrets
        self._intake, self._worker, self._desk, self._clock = intake, worker, desk, clock
        self._redact = redact or Redactor()
        self._records = AlertRecords(note, PAGERDUTY.id, clock, self._redact)
        self._said_how = False

    def refuses(self, signature: str, body: bytes) -> int:
        """The HTTP status for what isn't PagerDuty's: 404 where no secret is set, 401 for a wrong signature; 0 is
        welcome."""
        if not self._secrets:
            if not self._said_how:
                log.warning("PagerDuty's webhook came, and none is open: set PERCH_PAGERDUTY_SECRET to its secret")
            self._said_how = True
            return 404
        if not signed(signature, body, self._secrets):
            log.warning("a webhook that isn't signed with PagerDuty's secret was refused")
            return 401
        return 0

    async def receive(self, body: bytes) -> tuple[int, Any]:
        """The HTTP status and the JSON that say what was done; with 503 PagerDuty tries again."""
        try:
            event = read_event(body)
        except NotPagerDuty as wrong:
            return 400, {"error": f"{wrong} Nothing was done."}
        if isinstance(event, str):
            return 200, {"text": f"Nothing was done: {event}."}
        try:
            async with asyncio.timeout(FIND_S):
                found = await self._concerned(event)
        except (StoreAway, TimeoutError):
            return 503, {"error": "The database doesn't answer. Nothing was done."}
        if not found:
            log.info("PagerDuty's incident %s concerns no rollout: service %s", event.incident, event.service)
            return 200, {"text": "Nothing was done: it concerns no rollout."}
        answers = await asyncio.gather(*(self._tell(event, each) for each in found))
        await self._records.keep()
        away = any(answer is None for answer in answers)
        return 503 if away else 200, [asdict(answer) for answer in answers if answer is not None]

    async def _concerned(self, event: IncidentEvent) -> Sequence[str]:
        """Ids of rollouts. An end concerns those, too, that have ended since it began."""
        found = [event.key.removeprefix(OURS)] if await self._paged(event.key) else []
        live = await self._desk.live()
        found += [each.id for each in live if await self._names(each, event.service)]
        if event.over:
            latest = await self._desk.latest(limit=FAR_BACK)
            found += [each.id for each in latest if any(one.source == _source(event) for one in each.incidents)]
        return list(dict.fromkeys(found))

    async def _paged(self, key: str) -> bool:
        if not key.startswith(OURS):
            return False
        id = key.removeprefix(OURS)
        return (found := await self._unless_unknown(self._desk.find(id, live=False))) is not None and found.id == id

    async def _names(self, rollout: Rollout, service: str) -> bool:
        plan = await self._unless_unknown(self._desk.plan_of(rollout))
        return bool(service) and plan is not None and service in plan.incidents.pagerduty

    async def _unless_unknown(self, reading: Awaitable[Any]) -> Any:
        try:
            return await reading
        except (PerchError, ValueError):
            return None

    async def _tell(self, event: IncidentEvent, rollout: str) -> Answer | None:
        """None where it couldn't be kept."""
        request = self._request(event, rollout)
        with self._worker.listening(request.key) as answered:
            kept = await self._intake.take(request)
            if kept is Kept.AGAIN:
                return Answer(rollout, "repeated", "That was told before.")
            if kept is not Kept.NEW:
                return None
            did = "over" if event.over else "begun"
            self._records.hear(_as_alert(event), did, rollout)
            await asyncio.wait({answered}, timeout=ANSWER_S)
        if not answered.done():
            return Answer(rollout, did, "It is kept, and will be on record in a moment.")
        reply = answered.result()
        return Answer(rollout, "refused" if reply.refused else did, plain_text(reply.text))

    def _request(self, event: IncidentEvent, rollout: str) -> Request:
        heard = Heard(
            source=_source(event),
            severity=event.severity,
            what=self._redact(event.what),
            began=event.began,
            at=event.at,
            over=event.over,
        )
        key = f"{PAGERDUTY.id}:{event.id}:{rollout}"
        return Request(
            verb="incident",
            actor=PAGERDUTY,
            key=key,
            at=self._clock(),
            surface="webhook",
            rollout=rollout,
            heard=heard,
        )


def _source(event: IncidentEvent) -> str:
    return f"pagerduty:{event.incident}"


def _as_alert(event: IncidentEvent) -> Alert:
    """For the workspace's chain, where all that other systems say is of one form."""
    return Alert(
        status="resolved" if event.over else "firing",
        labels={"alertname": event.what, "service": event.service, "severity": event.severity.value},
        startsAt=event.began.isoformat(),
        fingerprint=event.incident,
    )
