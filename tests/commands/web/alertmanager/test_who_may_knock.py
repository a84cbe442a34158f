"""Who may post alerts, what is no alert, and that no secret leaves (law 8)."""

from __future__ import annotations

import base64
import json
import logging

import pytest

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from tests.commands.web.alertmanager.knocking import PATH, TOKEN, Knocker, an_alert, baking, kinds, listening
from tests.rig import Rig

pytestmark = pytest.mark.anyio


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


async def test_a_secret_in_an_alert_reaches_neither_the_record_nor_the_answer(here: Rig, door: Knocker) -> None:
    """Law 8: somebody put a token into a label."""
    rollout = await baking(here)
    alert = an_alert(url=f"http://x/?token={TOKEN}", alertname=f"Leaks {TOKEN}")
    alert["annotations"]["summary"] = f"called with {TOKEN}"
    answer = await door.posts(alert, an_alert(perch_plan=TOKEN))
    chains = [*await here.engine.rollouts.records(rollout.id), *await here.engine.rollouts.records(WORKSPACE)]
    assert TOKEN not in answer.text
    assert TOKEN not in json.dumps([dict(record.body) for record in chains])
