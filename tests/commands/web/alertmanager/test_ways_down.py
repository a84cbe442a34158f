"""What an alert does: only down, and it is on record which did it (O3, law 1)."""

from __future__ import annotations

import pytest

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.units import ZERO
from tests.commands.web.alertmanager.knocking import Knocker, an_alert, baking, kinds
from tests.fakes.traffic import Trouble
from tests.rig import ANA, Rig

pytestmark = pytest.mark.anyio


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
