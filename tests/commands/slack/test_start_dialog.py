"""The start dialog: what it shows for a plan, what it says at its fields, and that it starts like the typed verb."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commands.slack import perform, start_dialog
from commands.slack.dialog import Filled, Mistaken
from tests.commands.slack.town import CHANNEL, Town, town
from tests.rig import ANA, BEN, DEV, Rig, rig, tree

pytestmark = pytest.mark.anyio

LAB = tree(
    name="indexer",
    service="search",
    version="v9",
    traffic=[{"kind": "fake", "number": 1}],
    stages=[{**tree()["stages"][0], "weight": "5%", "bake": "1h @production, 10m @lab"}, tree()["stages"][2]],
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path, plans={"materializers": tree(), "indexer": LAB}, targets=2) as story:
        yield story


def filled(here: Rig, user: str = ANA, **fields: Any) -> Filled:
    request = here.request("start", user, surface="modal")
    return Filled(request, fields, {name: name for name in fields})


def texts(view: dict[str, Any]) -> str:
    return str(view["blocks"])


def field(view: dict[str, Any], name: str) -> dict[str, Any]:
    found = [block for block in view["blocks"] if block.get("element", {}).get("action_id") == name]
    return found[0] if found else {}


async def test_it_offers_every_plan_and_follows_the_chosen_one(here: Rig) -> None:
    """Stage, environment and version fit the plan; the choice is never one that can't be right."""
    view = await start_dialog.build(here.request("start"), here.engine.desk)
    assert [option["value"] for option in field(view, "plan")["element"]["options"]] == ["indexer", "materializers"]
    assert "Starts at *5%*" in texts(view)
    chosen = await start_dialog.change(filled(here, plan="materializers"), here.engine.desk)
    assert "Starts at *1%*" in texts(chosen)
    assert field(chosen, "environment") == {}
    assert "initial_value" not in field(chosen, "version")["element"]


async def test_an_environment_is_asked_for_where_there_are_several(here: Rig) -> None:
    """R23."""
    view = await start_dialog.change(filled(here, plan="indexer"), here.engine.desk)
    assert [option["value"] for option in field(view, "environment")["element"]["options"]] == ["production", "lab"]
    assert field(view, "version")["element"]["initial_value"] == "v9"
    assert "bakes 1 h" in texts(view)
    asked = replace(filled(here, plan="indexer", environment="lab"), blocks={"environment": "environment:indexer"})
    assert "bakes 10 min" in texts(await start_dialog.change(asked, here.engine.desk))
    stale = replace(asked, blocks={"environment": "environment:materializers"})
    assert "bakes 1 h" in texts(await start_dialog.change(stale, here.engine.desk))


async def test_what_is_filled_in_is_what_could_have_been_typed(here: Rig) -> None:
    request = await start_dialog.read(
        filled(here, plan="materializers", version="v3", reason="it is Monday"), here.engine.desk
    )
    assert (request.words, request.reason) == (("materializers", "1%", "version=v3"), "it is Monday")
    assert "is started" in (await perform(request, here.engine.desk)).text
    rollout = (await here.engine.desk.live())[0]
    assert rollout.version == "v3"
    assert (await here.engine.desk.records(rollout))[0].body["reason"] == "it is Monday"


async def test_what_stands_in_the_way_is_shown_before_and_said_at_the_field(here: Rig) -> None:
    """Each with what to type; refused is on record (E1)."""
    await here.start()
    view = await start_dialog.change(filled(here, plan="materializers"), here.engine.desk)
    assert "already has a live rollout" in texts(view)
    with pytest.raises(Mistaken) as mistaken:
        await start_dialog.read(filled(here, BEN, plan="materializers"), here.engine.desk)
    assert "/canary status materializers" in mistaken.value.errors["plan"]
    with pytest.raises(Mistaken) as mistaken:
        await start_dialog.read(filled(here, DEV, plan="indexer"), here.engine.desk)
    assert "may not" in mistaken.value.errors["plan"]
    refused = [record.actor for record in await here.engine.rollouts.records("workspace")]
    assert DEV in refused


async def test_a_changed_plan_shows_what_is_different(here: Rig) -> None:
    """U5."""
    rollout = await here.start()
    await here.engine.desk.rollback(here.request("rollback"), rollout.id, "")
    await here.settle()
    here.plans.trees["materializers"] = tree(cooldown="2h")
    view = await start_dialog.change(filled(here, plan="materializers"), here.engine.desk)
    assert "cooldown: `2h`, was `1d`." in texts(view)
    assert "the cooldown ends" in texts(view)


async def test_more_plans_than_a_menu_holds_are_said_and_the_chosen_one_is_there(here: Rig) -> None:
    here.plans.trees |= {f"p{number:03}": tree(name=f"p{number:03}") for number in range(120)}
    view = await start_dialog.change(filled(here, plan="p119"), here.engine.desk)
    options = [option["value"] for option in field(view, "plan")["element"]["options"]]
    assert len(options) == 100
    assert "p119" in options
    assert "22 more plans" in texts(view)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as story:
        yield story


async def test_start_alone_opens_it_and_its_answer_starts_once(place: Town) -> None:
    """S1, law 6: over sockets, the submission delivered twice."""
    assert (await place.workspace.command("ana", CHANNEL, "/canary start")).acked
    view = (await place.workspace.until(lambda: place.workspace.views("ana")))[0]
    outcome = await place.workspace.click_view("ana", view["id"], "plan", "materializers")
    assert outcome.acked
    changed = await place.workspace.until(
        lambda: next((each for each in place.workspace.views("ana") if each["hash"] != view["hash"]), None)
    )
    before = len(place.workspace.ephemerals("ana", CHANNEL))
    place.workspace.duplicate_envelopes(1)
    await place.workspace.submit_view("ana", changed["id"], {"version": "v3", "reason": "Monday"})
    assert place.workspace.views("ana") == []
    assert "materializers is started" in (await place.whispered("ana", before))["text"]
    assert len(await place.story.engine.desk.latest()) == 1


async def test_what_cant_be_started_stays_open_with_what_to_do(place: Town) -> None:
    await place.types("ana", "/canary start materializers 1%")
    await place.workspace.command("ana", CHANNEL, "/canary start")
    view = (await place.workspace.until(lambda: place.workspace.views("ana")))[0]
    outcome = await place.workspace.submit_view("ana", view["id"], {})
    assert "/canary status materializers" in outcome.body["errors"]["plan"]


async def test_a_slow_slack_is_answered_with_the_command_to_type(place: Town) -> None:
    """A trigger lives three seconds."""
    place.workspace.refuse("views.open", "expired_trigger_id")
    await place.workspace.command("ana", CHANNEL, "/canary start")
    assert "/canary start materializers 1%" in (await place.whispered("ana", 0))["text"]
