"""What people type, click and react with reaches the engine and comes back: over real HTTP and WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.commands.slack.town import CHANNEL, Town, town

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["socket", "signed http"])
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path, signed=request.param == "signed http") as story:
        yield story


async def test_a_command_starts_a_rollout_and_its_status_message_appears(here: Town) -> None:
    """S1, S2, S7."""
    answer = await here.types("ana", "/canary start materializers 1%")
    assert "materializers is started" in answer["text"]
    status = await here.status()
    assert "materializers" in status["text"]
    await here.story.settle()
    assert (await here.status("is at 1%, baking"))["ts"] == status["ts"]
    await here.thread_has(status["ts"], "started materializers")


async def test_a_mistyped_command_comes_back_corrected_and_ready_to_copy(here: Town) -> None:
    """S1: each mistake names the nearest right command."""
    assert "/canary start materializers 1%" in (await here.types("ana", "/canary strat materializers 1%"))["text"]
    assert "/canary start materializers 1%" in (await here.types("ana", "/canary strat materialisers 1%"))["text"]
    assert "/canary start materializers 1%" in (await here.types("ana", "/canary start materialisers 1%"))["text"]
    assert "/canary start materializers 1%" in (await here.types("ana", "/canary start materializers 1"))["text"]
    assert "/canary start materializers 1%" in (await here.types("ana", "/canary start materializers 5%"))["text"]


async def test_a_gate_is_approved_by_reaction_and_redrawn_without_buttons(here: Town) -> None:
    """S4: ✅ by somebody who may; the dead buttons go."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
    gate = await here.message_with("'reject'")
    await here.workspace.react("ben", CHANNEL, gate["ts"], "white_check_mark::skin-tone-3")
    await here.workspace.until(lambda: "it went up" in _text(here, gate["ts"]))
    await here.story.settle()
    assert (await here.story.load(rollout)).confirmed.percent == 10
    assert "action_id" not in str(_message(here, gate["ts"])["blocks"])


async def test_an_approval_by_button_counts_for_the_one_who_may_and_not_for_the_one_who_may_not(here: Town) -> None:
    """S4, S6: a refusal is said to the clicker alone."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
    gate = await here.message_with("'reject'")
    before = len(here.workspace.ephemerals("dev", CHANNEL))
    await here.workspace.click("dev", CHANNEL, gate["ts"], "approve")
    assert "may not" in (await here.whispered("dev", before))["text"]
    await here.workspace.click("ben", CHANNEL, gate["ts"], "approve")
    await here.workspace.until(lambda: "it went up" in _text(here, gate["ts"]))
    await here.story.settle()
    assert (await here.story.load(rollout)).confirmed.percent == 10


async def test_the_rollback_button_takes_traffic_to_zero_and_says_why(here: Town) -> None:
    """Law 2 by click; words fit to forward."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    status = await here.status("baking")
    await here.workspace.click("ben", CHANNEL, status["ts"], "rollback")
    await here.workspace.until(lambda: "at 0%, rolled back" in _text(here, status["ts"]))
    told = await here.thread_has(status["ts"], "was rolled back: 1% → 0%")
    assert "Customers: at most 1%" in told["text"]
    assert here.story.traffic[0].weight.percent == 0


async def test_a_kill_asks_once_more_in_a_dialog_and_then_acts(here: Town) -> None:
    """The menu's Kill opens a modal; its submission throws the switch."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    status = await here.status("baking")
    kill = next(value for value in _menu(status) if value.startswith("kill|"))
    await here.workspace.click("ben", CHANNEL, status["ts"], "more", kill)
    view = await here.workspace.until(lambda: next(iter(here.workspace.views("ben")), None))
    await here.workspace.submit_view("ben", view["id"], {"reason": "it burns"})
    await here.thread_has(status["ts"], "killed materializers")
    rollout = (await here.story.engine.desk.latest())[0]
    await here.story.minutes(1)
    assert (await here.story.load(rollout)).state in (State.KILLING, State.KILLED)
    assert here.story.traffic[0].weight.percent == 0


async def test_the_same_envelope_twice_acts_once(here: Town) -> None:
    """Law 6."""
    here.workspace.duplicate_envelopes(1)
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    assert len(await here.story.engine.desk.latest()) == 1
    assert len(here.workspace.ephemerals("ana", CHANNEL)) == 1


def _message(here: Town, ts: str) -> dict[str, object]:
    return next(dict(message) for message in here.workspace.messages(CHANNEL) if message["ts"] == ts)


def _text(here: Town, ts: str) -> str:
    return str(_message(here, ts)["text"])


def _menu(status: dict[str, object]) -> list[str]:
    found: list[str] = []
    blocks = status["blocks"]
    assert isinstance(blocks, list)
    for block in blocks:
        for element in block.get("elements", ()):
            found += [option["value"] for option in element.get("options", ())]
    return found
