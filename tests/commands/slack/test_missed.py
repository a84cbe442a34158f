"""Reactions given while nobody listened are looked up when the doors open (S4)."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.machine import State
from commands.slack.missed import Missed
from tests.commands.slack.town import CHANNEL, town
from tests.rig import tree
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


async def test_an_approval_by_reaction_during_a_downtime_counts_once_when_the_doors_open(tmp_path: Path) -> None:
    """The envelope is lost with the process that should have had it; the reaction still stands on the message."""
    async with town(tmp_path, plan=tree()) as here:
        await here.types("ana", "/canary start materializers 1%")
        await here.story.settle()
        rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
        gate = await here.message_with("'reject'")
        here.workspace.mute_sockets()
        await here.workspace.react("ben", CHANNEL, gate["ts"], "white_check_mark")
        engine = here.story.engine
        async with asyncio.timeout(HANGS_S):
            while await engine.outbox.place(rollout.id, f"gate:{rollout.gate.id if rollout.gate else ''}") is None:
                await asyncio.sleep(0.01)
        missed = Missed(
            engine.rollouts, engine.inbox, engine.outbox, here.messenger, lambda: here.story.now, "U01BOT0001"
        )
        assert await missed.catch_up() == 1
        assert await missed.catch_up() == 0
        here.worker.wake()
        await here.workspace.until(lambda: "it went up" in str(here.workspace.messages(CHANNEL)))
        await here.story.settle()
        rollout = await here.story.load(rollout)
        assert (rollout.state, rollout.confirmed.percent) == (State.BAKING, 10)
