"""A verdict that is overruled and a plan that changes under way, as people in the channel meet them: over sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.commands.slack.town import CHANNEL, Town, town

pytestmark = pytest.mark.anyio


async def test_an_override_opens_one_gate_and_a_new_plan_closes_it_and_opens_its_own(tmp_path: Path) -> None:
    """R21, X2: who overruled may not approve; the plan that others agreed to is judged afresh."""
    async with town(tmp_path) as here:
        await here.types("ana", "/canary start materializers 1%")
        await here.story.settle()
        here.story.numbers.values["success"] = 97.0
        await here.story.minutes(5)
        await here.status("on hold")

        await here.types("ben", "/canary override materializers a known false alarm, INC-7")
        gate = await here.message_with("'reject'", "10%")
        assert "INC-7" in str(here.workspace.messages(CHANNEL))
        assert "may not approve this: you resumed, overruled or replanned it yourself" in await _clicked(
            here, "ben", gate["ts"]
        )

        _edit(here, "success > 96%")
        await here.types("ana", "/canary replan materializers the limit was a guess")
        asked = await here.message_with("Approve the plan")
        assert "may not" in await _clicked(here, "ana", asked["ts"])
        await here.workspace.click("cleo", CHANNEL, asked["ts"], "approve")
        await here.workspace.until(lambda: "Approve the plan" not in _shown(here, asked["ts"]))
        await here.workspace.until(lambda: "'reject'" not in _shown(here, gate["ts"]))

        rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
        anew = await here.message_with("'reject'", "10%")
        assert anew["ts"] != gate["ts"]
        await here.workspace.click("cleo", CHANNEL, anew["ts"], "approve")
        await here.workspace.until(lambda: "it went up" in _shown(here, anew["ts"]))
        await here.story.settle()
        risen = await here.story.load(rollout)
        assert (risen.state, risen.confirmed.percent) == (State.BAKING, 10)
        assert "1 override: 1 not used" in (await here.types("dev", "/canary override list"))["text"]


async def _clicked(here: Town, who: str, ts: str) -> str:
    """What is whispered to somebody who clicks the first button."""
    before = len(here.workspace.ephemerals(who, CHANNEL))
    await here.workspace.click(who, CHANNEL, ts, "approve")
    return str((await here.whispered(who, before))["text"])


def _edit(here: Town, condition: str) -> None:
    """Somebody edits the plan's file."""
    tree = here.story.plans.trees["materializers"]
    first, *rest = tree["stages"]
    here.story.plans.trees["materializers"] = {**tree, "stages": [{**first, "promote_when": [condition]}, *rest]}


def _shown(here: Town, ts: str) -> str:
    return str(next(message for message in here.workspace.messages(CHANNEL) if message["ts"] == ts))
