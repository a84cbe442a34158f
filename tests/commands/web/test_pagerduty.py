"""PagerDuty's webhook over real HTTP and the whole engine: its incidents are those of the rollouts concerned (E10)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.severities import Incident, Severity
from bot.redaction import Redactor
from commands.slack.intake import Intake
from commands.slack.worker import Worker
from commands.web import pagerduty, web_app
from commands.web.health import Standing
from commands.web.metrics import Metrics
from commands.web.pagerduty import PagerDutyDoor
from tests.bot.engine.test_outbox import FakeMessenger
from tests.commands.slack.shaky import ShakyInbox, Trouble, a_patient_intake
from tests.far_side import served
from tests.rig import Rig, rig, tree
from tests.waiting import HANGS_S, stopped

pytestmark = pytest.mark.anyio

SECRET, FORMER = "subscription-secret-0123456789", "the-secret-before-it-was-rotated"
PATH = "/webhooks/pagerduty"
SERVICE = "PF9KMXH"
PLAN = tree(incidents={"pagerduty": [SERVICE]})


def an_event(what: str = "triggered", id: str = "e1", at: str = "09:05", **data: Any) -> dict[str, Any]:
    """A delivery as V3 sends it."""
    incident = {
        "id": "PGR0VU2",
        "type": "incident",
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2",
        "number": 2,
        "status": what,
        "incident_key": "d3640fbd41094207a1c11e58e46b1662",
        "created_at": "2026-03-02T09:05:00Z",
        "title": "The queue stands still",
        "service": {"id": SERVICE, "summary": "denis", "type": "service_reference"},
        "urgency": "high",
        "priority": None,
    }
    event = {
        "id": id,
        "event_type": f"incident.{what}",
        "resource_type": "incident",
        "occurred_at": f"2026-03-02T{at}:00.000Z",
        "agent": None,
        "client": {"name": "PagerDuty"},
        "data": {**incident, **data},
    }
    return {"event": event}


@dataclass
class Knocker:
    client: httpx.AsyncClient
    inbox: ShakyInbox

    async def posts(self, event: object, secret: str = SECRET, header: str | None = None) -> httpx.Response:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signature = "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-PagerDuty-Signature": signature if header is None else header.replace("GOOD", signature)}
        return await self.client.post(PATH, content=body, headers=headers)

    async def told(self, event: object) -> list[str]:
        """What was done for each rollout."""
        answer = await self.posts(event)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return [each["did"] for each in found] if isinstance(found, list) else [found["text"]]


@asynccontextmanager
async def listening(story: Rig, *secrets: str) -> AsyncIterator[Knocker]:
    async with AsyncExitStack() as stack:
        stack.enter_context(a_patient_intake(pagerduty))
        engine, now = story.engine, lambda: story.now
        inbox = ShakyInbox(engine.inbox)
        worker = Worker(inbox, engine.outbox, engine.desk, FakeMessenger(), now, wake_sender=lambda: None)
        running = asyncio.create_task(worker.run())
        stack.push_async_callback(stopped, running)
        door = PagerDutyDoor(
            secrets,
            Intake(inbox, worker),
            worker,
            engine.desk,
            lambda entries: engine.rollouts.note(WORKSPACE, entries),
            now,
            Redactor(["hunter2hunter2"]),
        )
        app = web_app(_standing, Metrics(now), now, wake=None, pagerduty=door)
        address = await stack.enter_async_context(served(app))
        client = await stack.enter_async_context(
            httpx.AsyncClient(verify=False, base_url=address, trust_env=False, timeout=HANGS_S)
        )
        yield Knocker(client, inbox)


async def _standing() -> Standing:
    return Standing()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path, PLAN) as story:
        yield story


@pytest.fixture
async def door(here: Rig) -> AsyncIterator[Knocker]:
    async with listening(here, SECRET, FORMER) as knocker:
        yield knocker


async def baking(here: Rig) -> Rollout:
    """Ten minutes old; nobody looked at it since, which is nothing to PagerDuty."""
    rollout = await here.start()
    here.now += timedelta(minutes=10)
    return rollout


async def incidents(here: Rig, rollout: Rollout) -> tuple[Incident, ...]:
    return (await here.load(rollout)).incidents


async def test_an_incident_begins_and_ends_with_the_times_that_pagerduty_says(here: Rig, door: Knocker) -> None:
    """E10."""
    rollout = await baking(here)
    assert await door.told(an_event()) == ["begun"]
    [open_] = await incidents(here, rollout)
    assert (open_.severity, open_.what, open_.by) == (Severity.SEV2, "The queue stands still", "webhook:pagerduty")
    assert (f"{open_.at:%H:%M}", open_.open) == ("09:05", True)
    assert await door.told(an_event("resolved", "e2", "09:08")) == ["over"]
    [over] = await incidents(here, rollout)
    assert over.ended_at is not None
    assert f"{over.ended_at:%H:%M}" == "09:08"
    kinds = await here.kinds_on_record(rollout)
    assert kinds.count("incident") == 2
    chain = [record for record in await here.engine.rollouts.records(WORKSPACE) if record.kind == "alert"]
    assert [record.body["did"] for record in chain] == ["begun", "over"]


async def test_what_perchs_own_page_opened_belongs_to_the_rollout_that_paged(here: Rig, door: Knocker) -> None:
    """By the deduplication key, whatever service it is, and after the rollout's end, too."""
    rollout = await baking(here)
    await here.engine.desk.rollback(here.request("rollback"), rollout.id, "no good")
    await here.minutes(1)
    paged: dict[str, Any] = {"incident_key": f"perch/{rollout.id}", "service": {"id": "PELSE"}, "incident_id": "x"}
    assert await door.told(an_event(**paged)) == ["begun"]
    assert await door.told(an_event("resolved", "e2", "09:20", service={"id": "PELSE"}, incident_key=None)) == ["over"]
    assert [each.open for each in await incidents(here, rollout)] == [False]


async def test_it_acts_once_however_often_it_is_delivered(here: Rig, door: Knocker) -> None:
    """Law 6: the same event again, and another event about the same incident."""
    rollout = await baking(here)
    for _ in range(2):
        await door.told(an_event())
    assert await door.told(an_event()) == ["repeated"]
    await door.told(an_event(id="e9", at="09:06"))
    assert len(await incidents(here, rollout)) == 1


@pytest.mark.parametrize("order", [("triggered", "resolved"), ("resolved", "triggered")])
async def test_in_either_order_it_is_one_incident_that_is_over(
    here: Rig, door: Knocker, order: tuple[str, str]
) -> None:
    """Deliveries overtake each other; nothing stays open that PagerDuty says is over."""
    rollout = await baking(here)
    times = {"triggered": ("e1", "09:05"), "resolved": ("e2", "09:08")}
    for what in order:
        await door.told(an_event(what, *times[what]))
    [one] = await incidents(here, rollout)
    assert (one.open, f"{one.at:%H:%M}") == (False, "09:05")
    await door.told(an_event("reopened", "e3", "09:09"))
    assert [each.open for each in await incidents(here, rollout)] == [False, True]
    await door.told(an_event("resolved", "e4", "09:08"))
    assert [each.open for each in await incidents(here, rollout)] == [False, True], "an old end ends nothing newer"


async def test_the_end_of_what_began_before_the_rollout_is_nothing_of_its(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    await door.told(an_event("resolved", "e2", "09:05", created_at="2026-03-02T08:00:00Z"))
    assert await incidents(here, rollout) == ()


async def test_its_priority_is_its_severity_or_else_its_urgency(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    said: list[dict[str, Any]] = [
        {"urgency": "low"},
        {"priority": {"id": "P", "summary": "P1"}},
        {"priority": {"id": "P", "summary": "p4"}, "urgency": "high"},
        {"priority": {"id": "P", "summary": "whenever"}, "urgency": None},
    ]
    for number, data in enumerate(said):
        event = an_event(id=f"e{number}", **data)
        event["event"]["data"]["id"] = f"P{number}"
        await door.told(event)
    found = [each.severity for each in await incidents(here, rollout)]
    assert found == [Severity.SEV3, Severity.SEV1, Severity.SEV4, Severity.SEV2]


async def test_what_concerns_no_rollout_is_answered_and_changes_nothing(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    for event in (
        an_event(service={"id": "PELSE"}),
        an_event(service={"id": "PELSE"}, incident_key="perch/no-such-rollout"),
        an_event(service={"id": "PELSE"}, incident_key=f"perch/{rollout.plan}"),
        an_event("acknowledged"),
        {"event": {"id": "p", "event_type": "pagey.ping", "occurred_at": "2026-03-02T09:05:00Z", "data": {}}},
    ):
        [said] = await door.told(event)
        assert said.startswith("Nothing was done: "), said
    assert await incidents(here, rollout) == ()


async def test_a_kill_of_words_stays_words_and_a_secret_is_taken_out(here: Rig, door: Knocker) -> None:
    """A title is text: it asks for nothing, calls nobody, and holds no secret (law 8)."""
    rollout = await baking(here)
    title = 'kill materializers override="x" <!channel> the password is hunter2hunter2'
    await door.told(an_event(title=title))
    [one] = await incidents(here, rollout)
    assert "hunter2" not in one.what
    assert (await here.load(rollout)).state is not State.KILLING
    told = [each for each in await here.said() if each.say == "incident"]
    assert len(told) == 1


async def test_a_wrong_signature_is_refused(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    for header in ("", "v1=", "v1=00x", "v2=00", "v1=00,v1=11", "v1=\xff\xfe"):
        given = [(b"X-PagerDuty-Signature", header.encode("latin-1"))]
        answer = await door.client.post(PATH, content=b"{}", headers=given)
        assert answer.status_code == 401, header
        assert SECRET not in answer.text
    assert (await door.posts(an_event(), secret="somebody else's")).status_code == 401
    assert await incidents(here, rollout) == ()


async def test_while_a_secret_is_rotated_either_will_do(here: Rig, door: Knocker) -> None:
    await baking(here)
    assert (await door.posts(an_event(), secret=FORMER)).status_code == 200
    assert (await door.posts(an_event(id="e2"), header="v1=00, GOOD")).status_code == 200


async def test_without_a_secret_the_door_is_shut_and_the_log_says_how_to_open_it(
    here: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(here) as shut:
        for _ in range(2):
            assert (await shut.posts(an_event())).status_code == 404
    told = [record for record in caplog.records if "PERCH_PAGERDUTY_SECRET" in record.message]
    assert [record.levelno for record in told] == [logging.WARNING]


async def test_what_is_not_pagerdutys_is_answered_in_words(door: Knocker) -> None:
    for body in (b"", b"[]", b"[" * 100_000, b'{"event": 3}', b'{"event": {"id": "x"}}', b"\xff\xfe"):
        answer = await door.posts(body)
        assert answer.status_code == 400, body[:20]
        assert "Nothing was done." in answer.json()["error"]


@pytest.mark.parametrize("trouble", [Trouble.FAILS, Trouble.LATE])
async def test_while_the_database_is_away_pagerduty_is_asked_to_come_again(
    here: Rig, door: Knocker, trouble: Trouble
) -> None:
    """And when it does, under the same id, nothing is lost and nothing done twice."""
    rollout = await baking(here)
    door.inbox.trouble = trouble
    assert (await door.posts(an_event())).status_code == 503
    door.inbox.trouble = None
    assert await door.told(an_event()) == (["begun"] if trouble is Trouble.FAILS else ["repeated"])
    async with asyncio.timeout(HANGS_S):
        while not await incidents(here, rollout):
            await asyncio.sleep(0.01)
    assert len(await incidents(here, rollout)) == 1
