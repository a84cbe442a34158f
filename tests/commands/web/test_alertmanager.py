"""Alertmanager's webhook over real HTTP and the whole engine: only down, once, and at once (O3, laws 2, 6, 8)."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO
from bot.ports import Card, StoreAway
from bot.redaction import Redactor
from commands.slack.intake import Intake
from commands.web import web_app
from commands.web.alertmanager import AlertDoor
from commands.web.metrics import Metrics
from tests.commands.slack.shaky import ShakyInbox
from tests.commands.slack.shaky import Trouble as StoreTrouble
from tests.commands.web.doors import all_well, at_work, knocking
from tests.fakes.traffic import Trouble
from tests.rig import ANA, Rig, again, rig

pytestmark = pytest.mark.anyio

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

    async def live(self) -> Sequence[Rollout]:
        return await self._unless_away(self._inner.live())

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
    engine, desk = story.engine, Desk(story.engine.desk)
    async with at_work(story, desk) as (inbox, worker):
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
        async with knocking(web_app(all_well, metrics, lambda: story.now, wake=None, alerts=alerts)) as client:
            knockers.append(Knocker(client, inbox, desk))
            yield knockers[0]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as story:
        yield story


@pytest.fixture
async def door(here: Rig) -> AsyncIterator[Knocker]:
    async with listening(here) as knocker:
        yield knocker


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


# ---- who may knock -------------------------------------------------------------------------------------------------


async def test_without_a_token_set_the_door_is_shut_and_the_log_says_how_to_open_it(
    here: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Law 8."""
    rollout = await baking(here)
    async with listening(here, token="") as shut:
        for _ in range(2):
            assert (await shut.posts(an_alert("kill"), token="")).status_code == 404
    told = [record for record in caplog.records if "PERCH_WEBHOOK_TOKEN" in record.message]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert (await here.load(rollout)).state is State.BAKING


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Token {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(TOKEN.encode()).decode()},
        {"Authorization": b"Bearer \xff\xfe"},
    ],
)
async def test_a_wrong_token_is_refused_before_the_body_is_read_and_never_repeated(
    here: Rig, door: Knocker, header: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Law 8."""
    rollout = await baking(here)
    answer = await door.client.post(PATH, content=b"{" * 3_000_000, headers=header)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert TOKEN not in answer.text + caplog.text
    assert (await here.load(rollout)).state is State.BAKING


async def test_basic_auth_with_the_token_as_password_will_do(here: Rig, door: Knocker) -> None:
    credential = base64.b64encode(f"perch:{TOKEN}".encode()).decode()
    body = {"version": "4", "alerts": []}
    answer = await door.client.post(PATH, json=body, headers={"Authorization": f"Basic {credential}"})
    assert (answer.status_code, answer.json()) == (200, [])


# ---- what can't be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", 'no list "alerts"'),
        (b'{"version": "4", "alerts": {}}', 'no list "alerts"'),
        (b'{"version": "3", "alerts": []}', 'version "4"'),
    ],
)
async def test_what_is_not_alertmanagers_is_answered_in_words(door: Knocker, body: bytes, says: str) -> None:
    answer = await door.client.post(PATH, content=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert "Traceback" not in answer.text


async def test_a_body_beyond_a_megabyte_is_refused(door: Knocker) -> None:
    answer = await door.posts({**an_alert(), "padding": "x" * 2_000_000})
    assert answer.status_code == 413


async def test_one_alert_that_cannot_be_read_stops_none_of_the_others(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    broken = [None, 7, {"status": "firing"}, {**an_alert(), "labels": {"a": 1}}]
    *bad, good = await door.told(*broken, an_alert())
    assert [each["did"] for each in bad] == ["nothing"] * 4
    assert "can't be read" in bad[0]["text"]
    assert good["did"] == "rollback"
    assert await kinds(here, rollout.id, "rolling_back") == 1


# ---- what it does ---------------------------------------------------------------------------------------------------


async def test_a_firing_guardrail_rolls_back_and_the_evidence_says_which(here: Rig, door: Knocker) -> None:
    """O3, E1."""
    rollout = await baking(here)
    (answer,) = await door.told(an_alert())
    await here.settle()
    after = await here.load(rollout)
    assert (after.state, here.traffic[0].weight) == (State.ROLLED_BACK, ZERO)
    assert (answer["did"], answer["rollout"], answer["alert"]) == ("rollback", rollout.id, "HighErrors")
    assert "materializers is going down" in answer["text"]
    records = await here.engine.rollouts.records(rollout.id)
    (down,) = [record for record in records if record.kind == "rolling_back"]
    assert (down.actor, down.body["reason"]) == (
        "webhook:alertmanager",
        "alert HighErrors (page) is firing: 5xx above 5%",
    )
    (heard,) = await here.engine.rollouts.records(WORKSPACE)
    assert (heard.kind, heard.body["did"], heard.body["labels"]["severity"]) == ("alert", "rollback", "page")
    assert not [each for each in await here.said() if each.say == "answer"]


async def test_a_kill_by_webhook_throws_the_switch(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    (answer,) = await door.told(an_alert("kill"))
    assert "kill switch of materializers is thrown" in answer["text"]
    assert here.kills[0].standing == "off"
    killed = (await here.load(rollout)).kill
    assert killed is not None
    assert killed.by.id == "webhook:alertmanager"


async def test_a_hold_by_webhook_belongs_to_a_person(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    (answer,) = await door.told(an_alert("hold"))
    held = await here.load(rollout)
    assert held.hold is not None
    assert (answer["did"], held.state, held.hold.owner) == ("hold", State.HELD, ANA)


@pytest.mark.parametrize(
    "action", ["promote", "approve", "resume", "start", "unfreeze", "rearm", "freeze", "", "rollback now", "../kill"]
)
async def test_nothing_but_a_way_down_can_be_asked(here: Rig, door: Knocker, action: str) -> None:
    """Law 1."""
    rollout = await here.until_gate(await baking(here))
    (answer,) = await door.told(an_alert(action))
    assert answer["did"] == "nothing"
    assert "rollback, kill, hold" in answer["text"]
    assert (await here.load(rollout)) == rollout


async def test_plan_service_and_environment_say_which_rollouts_are_meant(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    elsewhere = an_alert(perch_environment="lab")
    other = an_alert(perch_plan="materialisers")
    unlabelled = an_alert(perch_plan="")
    service = an_alert(perch_plan="", perch_service="denis", perch_environment="production")
    told = await door.told(elsewhere, other, unlabelled, service)
    assert [each["did"] for each in told] == ["nothing", "nothing", "nothing", "rollback"]
    assert "the plan materializers in lab has no live rollout" in told[0]["text"]
    assert "perch_plan or perch_service" in told[2]["text"]
    assert await kinds(here, rollout.id, "rolling_back") == 1


async def test_what_the_rollouts_state_does_not_allow_is_refused_and_said(here: Rig, door: Knocker) -> None:
    rollout = await here.until_gate(await baking(here))
    here.traffic[0].far.trouble = Trouble.FAIL
    await here.engine.desk.rollback(here.request("rollback", ANA), rollout.id, "")
    await here.settle()
    (answer,) = await door.told(an_alert("hold"))
    assert (answer["did"], "can't take 'hold'" in answer["text"]) == ("refused", True)


async def test_the_action_may_be_an_annotation(here: Rig, door: Knocker) -> None:
    rollout = await baking(here)
    alert = an_alert()
    del alert["labels"]["perch_action"]
    alert["annotations"]["perch_action"] = "Rollback"
    assert (await door.told(alert))[0]["did"] == "rollback"
    assert await kinds(here, rollout.id, "rolling_back") == 1


async def test_what_leads_to_nothing_is_answered_and_on_record_once(here: Rig, door: Knocker) -> None:
    """E1: also what is repeated every few minutes."""
    await baking(here)
    resolved, unknown = an_alert(status="resolved"), an_alert(perch_plan="other")
    for _ in range(3):
        told = await door.told(resolved, unknown)
    assert ["it is resolved" in told[0]["text"], "has no live rollout" in told[1]["text"]] == [True, True]
    records = await here.engine.rollouts.records(WORKSPACE)
    assert [(record.kind, record.body["did"], record.body["status"]) for record in records] == [
        ("alert", "nothing", "resolved"),
        ("alert", "nothing", "firing"),
    ]


async def test_what_came_of_each_alert_is_counted_and_so_are_refused_deliveries(here: Rig, door: Knocker) -> None:
    """O5: an alert that doesn't get through is an alert itself."""
    await baking(here)
    other = an_alert(perch_plan="another")
    await door.told(an_alert("hold"), an_alert("hold", status="resolved"), other, "no alert at all")
    await door.told(an_alert("hold"))
    await door.posts(an_alert("hold"), token="wrong")
    assert await door.counted() == {"hold": 1, "repeated": 1, "nothing": 3, "unauthorised": 1}


async def test_an_alert_storm_that_is_none_of_perchs_business_leaves_no_record(here: Rig, door: Knocker) -> None:
    storm = [an_alert(perch_plan="", fingerprint=str(number), instance=str(number)) for number in range(300)]
    told = await door.told(*storm)
    assert (len(told), {each["did"] for each in told}) == (300, {"nothing"})
    assert await here.engine.rollouts.records(WORKSPACE) == []


async def test_an_alert_storm_about_one_plan_is_one_question_to_the_database(here: Rig, door: Knocker) -> None:
    storm = [{**an_alert(), "fingerprint": str(number)} for number in range(50)]
    assert {each["did"] for each in await door.told(*storm)} == {"nothing"}
    assert door.desk.asked == 1


# ---- law 6: twice is once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "record"), [("rollback", "rolling_back"), ("kill", "killing"), ("hold", "held")])
async def test_repeated_retried_and_doubled_alerts_act_once(here: Rig, door: Knocker, action: str, record: str) -> None:
    """Law 6."""
    rollout = await baking(here)
    alert = an_alert(action)
    first = await door.told(alert, alert, alert)
    assert [each["did"] for each in first] == [action] * 3
    again = await asyncio.gather(*(door.told(alert, alert) for _ in range(4)))
    # "nothing" where it has come down by then, and isn't live any more.
    assert {each["did"] for answers in again for each in answers} <= {"repeated", "nothing"}
    assert await kinds(here, rollout.id, record) == 1
    heard = [record.body["did"] for record in await here.engine.rollouts.records(WORKSPACE)]
    assert heard.count(action) == 1


async def test_a_hold_that_a_person_resumed_is_not_taken_again_by_a_repeated_alert_and_is_by_a_new_one(
    here: Rig, door: Knocker
) -> None:
    """Law 6."""
    rollout = await baking(here)
    await door.told(an_alert("hold"))
    await here.engine.desk.resume(here.request("resume", ANA), rollout.id, "")
    assert (await door.told(an_alert("hold")))[0]["did"] == "repeated"
    assert (await here.load(rollout)).state is State.BAKING
    assert (await door.told(an_alert("hold", since="09:30")))[0]["did"] == "hold"
    assert (await here.load(rollout)).state is State.HELD


async def test_a_repeated_alert_acts_once_across_a_restart(here: Rig, door: Knocker, tmp_path: Path) -> None:
    """Laws 5 and 6."""
    rollout = await baking(here)
    await door.told(an_alert("hold"))
    await here.engine.desk.resume(here.request("resume", ANA), rollout.id, "")
    async with again(here, tmp_path) as next_one, listening(next_one) as next_door:
        assert (await next_door.told(an_alert("hold")))[0]["did"] == "repeated"
        assert (await next_one.load(rollout)).state is State.BAKING


@pytest.mark.usefixtures("both_databases")
async def test_the_same_alert_to_two_processes_at_once_is_one_transition_and_one_record(
    here: Rig, door: Knocker, tmp_path: Path
) -> None:
    """Law 6, over all processes: Alertmanagers come in pairs, and so does Perch."""
    rollout = await baking(here)
    async with again(here, tmp_path) as beside, listening(beside) as other_door:
        await asyncio.gather(*(each.told(an_alert()) for each in (door, other_door) for _ in range(3)))
        await here.settle()
        assert await kinds(here, rollout.id, "rolling_back") == 1
        assert (await here.load(rollout)).state is State.ROLLED_BACK


# ---- law 2: down is always open -------------------------------------------------------------------------------------


async def test_a_kill_by_webhook_does_not_wait_for_its_own_delivery_to_be_kept(here: Rig, door: Knocker) -> None:
    """Law 2: while the inbox hangs the switch is off already."""
    await baking(here)
    door.inbox.trouble = StoreTrouble.HANGS
    posting = asyncio.create_task(door.posts(an_alert("kill")))
    async with asyncio.timeout(9):
        await here.kills[0].far.until_called("engage")
    assert not posting.done()
    assert (await posting).json()[0]["did"] == "kill"


async def test_while_the_database_is_away_it_goes_by_the_kill_card(here: Rig, door: Knocker) -> None:
    """Law 2."""
    await baking(here)
    door.inbox.trouble, door.desk.away = StoreTrouble.FAILS, True
    missed = await door.posts(an_alert("kill", perch_environment="lab"))
    assert (missed.status_code, here.kills[0].standing) == (503, "on")
    answer = (await door.posts(an_alert("kill"))).json()
    assert answer[0]["did"] == "kill"
    assert here.kills[0].standing == "off"


async def test_while_the_database_hangs_the_switch_is_off_before_the_delivery_is_kept(here: Rig, door: Knocker) -> None:
    """Law 2: neither finding the rollout nor keeping the request may be waited for."""
    await baking(here)
    door.inbox.trouble, door.desk.hanging = StoreTrouble.HANGS, True
    posting = asyncio.create_task(door.posts(an_alert("kill")))
    async with asyncio.timeout(9):
        await here.kills[0].far.until_called("engage")
    assert not posting.done()
    assert (await posting).json()[0]["did"] == "kill"


async def test_while_the_disk_with_the_cards_is_slow_too_the_plans_name_will_do(here: Rig, door: Knocker) -> None:
    """Law 2: a thousand cards may take longer to read than there is time."""
    await baking(here)
    door.inbox.trouble, door.desk.away, door.cards_away = StoreTrouble.FAILS, True, True
    assert (await door.posts(an_alert("kill", perch_plan="", perch_service="denis"))).status_code == 503
    assert (await door.told(an_alert("kill")))[0]["did"] == "kill"
    assert here.kills[0].standing == "off"


async def test_without_a_database_and_without_a_card_alertmanager_is_told_to_try_again(
    here: Rig, door: Knocker
) -> None:
    await baking(here)
    door.desk.away = True
    answer = await door.posts(an_alert("kill", perch_plan="other"))
    assert (answer.status_code, answer.json()[0]["did"]) == (503, "unknown")


# ---- law 8: no secret leaves ----------------------------------------------------------------------------------------


async def test_a_secret_in_an_alert_reaches_neither_the_record_nor_the_answer(here: Rig, door: Knocker) -> None:
    """Law 8: somebody put a token into a label."""
    rollout = await baking(here)
    alert = an_alert(url=f"http://x/?token={TOKEN}", alertname=f"Leaks {TOKEN}")
    alert["annotations"]["summary"] = f"called with {TOKEN}"
    answer = await door.posts(alert, an_alert(perch_plan=TOKEN))
    chains = [*await here.engine.rollouts.records(rollout.id), *await here.engine.rollouts.records(WORKSPACE)]
    assert TOKEN not in answer.text
    assert TOKEN not in json.dumps([dict(record.body) for record in chains])
