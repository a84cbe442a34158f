"""A process's door for alerts over real HTTP and the rig's engine, and somebody who posts to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from bot.domain.evidence import WORKSPACE
from bot.domain.rollout import Rollout
from bot.ports import Card, StoreAway
from bot.redaction import Redactor
from commands.slack.intake import Intake
from commands.slack.worker import Worker
from commands.web import alertmanager, web_app
from commands.web.alertmanager import AlertDoor
from commands.web.health import Standing
from commands.web.metrics import Metrics
from tests.bot.engine.test_outbox import FakeMessenger
from tests.commands.slack.shaky import ShakyInbox, a_patient_intake
from tests.far_side import served
from tests.rig import Rig
from tests.waiting import HANGS_S, stopped

TOKEN = "correct horse battery staple"


@dataclass
class Knocker:
    """Somebody who posts alerts to one process."""

    client: httpx.AsyncClient
    inbox: ShakyInbox
    desk: Desk
    cards_away: bool = False

    async def counted(self) -> dict[str, int]:
        """What /metrics says was done with alerts; what never happened is left out."""
        page = (await self.client.get("/metrics")).text
        found = re.findall(r'^perch_webhook_alerts_total{did="(\w+)"} (\d+)', page, re.MULTILINE)
        return {did: int(number) for did, number in found if int(number)}

    async def posts(self, *alerts: object, token: str = TOKEN) -> httpx.Response:
        body = {"version": "4", "status": "firing", "alerts": list(alerts)}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.post(PATH, json=body, headers=headers)

    async def told(self, *alerts: object) -> list[dict[str, str]]:
        answer = await self.posts(*alerts)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, str]] = answer.json()
        return found


class Desk:
    """The desk as it is, but for reads that fail while `away`, or never answer while `hanging`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.away = False
        self.hanging = False
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def latest(self, plan: str = "", limit: int = 10) -> Sequence[Rollout]:
        return await self._unless_away(self._inner.latest(plan, limit))

    async def live(self, plan: str = "") -> Sequence[Rollout]:
        return await self._unless_away(self._inner.live(plan))

    async def _unless_away(self, reading: Any) -> Sequence[Rollout]:
        self.asked += 1
        if self.hanging:
            reading.close()
            await asyncio.Event().wait()
        if self.away:
            reading.close()
            raise StoreAway("the disk is full")
        found: Sequence[Rollout] = await reading
        return found


PATH = "/webhooks/alertmanager"


@asynccontextmanager
async def listening(story: Rig, token: str = TOKEN) -> AsyncIterator[Knocker]:
    """A process's web door and worker over the rig's engine."""
    async with AsyncExitStack() as stack:
        stack.enter_context(a_patient_intake(alertmanager))
        engine = story.engine
        inbox, desk = ShakyInbox(engine.inbox), Desk(engine.desk)
        worker = Worker(inbox, engine.outbox, desk, FakeMessenger(), lambda: story.now, wake_sender=lambda: None)
        running = asyncio.create_task(worker.run())
        stack.push_async_callback(stopped, running)
        redact, metrics = Redactor([TOKEN]), Metrics(lambda: story.now)
        knockers: list[Knocker] = []

        async def cards(plan: str) -> Sequence[Card]:
            if knockers[0].cards_away:
                raise StoreAway("the disk is slow")
            return await engine.switch.cards(plan)

        alerts = AlertDoor(
            token,
            Intake(inbox, worker, redact),
            worker,
            desk,
            cards,
            lambda entries: engine.rollouts.note(WORKSPACE, entries),
            lambda: story.now,
            redact,
            metrics.answered,
        )
        app = web_app(_standing, metrics, lambda: story.now, wake=None, alerts=alerts)
        address = await stack.enter_async_context(served(app))
        client = await stack.enter_async_context(
            httpx.AsyncClient(verify=False, base_url=address, trust_env=False, timeout=HANGS_S)
        )
        knockers.append(Knocker(client, inbox, desk))
        yield knockers[0]


async def _standing() -> Standing:
    return Standing()


def an_alert(action: str = "rollback", status: str = "firing", since: str = "08:59", **labels: str) -> dict[str, Any]:
    """An alert as Alertmanager sends it."""
    about = {"alertname": "HighErrors", "severity": "page", "perch_plan": "materializers", "perch_action": action}
    return {
        "status": status,
        "labels": {**about, **labels},
        "annotations": {"summary": "5xx above 5%"},
        "startsAt": f"2026-03-02T{since}:00.000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "c4ca4238a0b92382",
    }


async def baking(here: Rig) -> Rollout:
    rollout = await here.start()
    await here.settle()
    return await here.load(rollout)


async def kinds(here: Rig, chain: str, kind: str) -> int:
    return [record.kind for record in await here.engine.rollouts.records(chain)].count(kind)
