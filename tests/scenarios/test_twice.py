"""Law 6 at the doors, over real sockets: what comes twice acts once, and whoever says it twice is answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from commands.slack.missed import Missed
from tests.commands.slack.town import CHANNEL, Town, town
from tests.rig import tree
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

TWO = tree(stages=[{**stage, "approvals": {"need": 2}} for stage in tree()["stages"]])
ALWAYS = 1000


async def _to_gate(here: Town) -> tuple[Rollout, dict[str, Any]]:
    """Started, and baked; the gate's message stands."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
    return rollout, await here.message_with("'reject'")


async def _clicks(here: Town, who: str, message: dict[str, Any], action: str = "approve") -> None:
    outcome = await here.workspace.click(who, CHANNEL, message["ts"], action, seen=message)
    assert outcome.acked, outcome.error


async def _record(here: Town, rollout: Rollout) -> Counter[str]:
    return Counter(await here.story.kinds_on_record(rollout))


def _told(here: Town, who: str) -> list[str]:
    return [message["text"] for message in here.workspace.ephemerals(who, CHANNEL)]


async def _whole_way(here: Town) -> None:
    """Start, two yeses, a kill with its question; each delivered more than once."""
    rollout, gate = await _to_gate(here)
    await _clicks(here, "ben", gate)
    await here.message_with("'reject'", "Approvals: 1 of 2")
    await _clicks(here, "cleo", gate)
    await here.workspace.until(lambda: "it went up" in str(here.workspace.messages(CHANNEL)))
    await here.story.settle()
    status = await here.status("10%")
    menu = [o["value"] for b in status["blocks"] for e in b.get("elements", []) for o in e.get("options", ())]
    kill = next(value for value in menu if value.startswith("kill|"))
    await here.workspace.click("ben", CHANNEL, status["ts"], "more", kill)
    view = await here.workspace.until(lambda: next(iter(here.workspace.views("ben")), None))
    await here.workspace.submit_view("ben", view["id"], {"reason": "it burns"})
    await here.thread_has(status["ts"], "killed materializers")
    await here.story.minutes(0.1, step_s=2)
    assert (await here.story.load(rollout)).state is State.KILLED
    record = await _record(here, rollout)
    assert [record[kind] for kind in ("started", "approved", "promoted", "killing", "refused")] == [1, 2, 1, 1, 0]
    assert len(await here.story.engine.desk.latest()) == 1
    assert len([text for text in _told(here, "ana") if "is started" in text]) == 1


async def test_the_same_envelope_on_both_sockets_acts_once(tmp_path: Path) -> None:
    """Law 6: Slack sends each envelope twice, in turn to each of our connections."""
    async with town(tmp_path, plan=TWO) as here:
        here.workspace.duplicate_envelopes(ALWAYS)
        await _whole_way(here)


@pytest.mark.parametrize("signed", [False, True], ids=["sockets", "signed HTTP"])
async def test_what_slack_sends_again_after_a_lost_answer_acts_once(tmp_path: Path, signed: bool) -> None:
    """Law 6: the same payload anew, over HTTP with X-Slack-Retry-Num."""
    async with town(tmp_path, signed=signed, plan=TWO) as here:
        here.workspace.lose_acknowledgements(ALWAYS)
        await _whole_way(here)


async def test_whoever_says_yes_twice_counts_once_and_is_told(tmp_path: Path) -> None:
    """Law 6: two fingers, and a reaction beside the click; each under a delivery key of its own."""
    async with town(tmp_path, plan=TWO) as here:
        rollout, gate = await _to_gate(here)
        await asyncio.gather(_clicks(here, "ben", gate), _clicks(here, "ben", gate))
        await here.workspace.until(lambda: [text for text in _told(here, "ben") if "already" in text])
        await here.workspace.react("ben", CHANNEL, gate["ts"], "white_check_mark")
        await here.workspace.until(lambda: len([text for text in _told(here, "ben") if "already" in text]) == 2)
        rollout = await here.story.load(rollout)
        assert rollout.state is State.GATE
        assert (await _record(here, rollout))["approved"] == 1
        assert "It waits for 1 of 2 approvals" in _told(here, "ben")[-1]


async def test_two_approvers_at_the_same_moment_make_one_promotion_and_the_later_one_is_told(tmp_path: Path) -> None:
    """Laws 1, 6: and a yes that is taken back too late is told as well."""
    async with town(tmp_path, plan=tree()) as here:
        rollout, gate = await _to_gate(here)
        await asyncio.gather(_clicks(here, "ben", gate), _clicks(here, "cleo", gate))
        told = await here.workspace.until(lambda: [*_told(here, "ben"), *_told(here, "cleo")])
        assert "materializers is now" in told[0]
        await here.story.settle()
        rollout = await here.story.load(rollout)
        applied = [call for call in here.story.traffic[0].far.calls if call.startswith("apply")]
        assert (rollout.confirmed, applied) == (Weight(10), ["apply 1%", "apply 10%"])
        record = await _record(here, rollout)
        assert (record["approved"], record["promoted"]) == (1, 1)


async def test_a_reaction_that_is_heard_and_looked_up_is_one_and_nobody_is_bothered(tmp_path: Path) -> None:
    """Law 6: the event, and the reading of reactions when the doors open, both bring it; before the gate is used and
    after."""
    async with town(tmp_path, plan=TWO) as here:
        rollout, gate = await _to_gate(here)
        engine = here.story.engine
        async with asyncio.timeout(HANGS_S):
            while await engine.outbox.place(rollout.id, f"gate:{rollout.gate.id if rollout.gate else ''}") is None:
                await asyncio.sleep(0.01)
        missed = Missed(engine.rollouts, here.inbox, engine.outbox, here.messenger, lambda: here.story.now, "U01BOT")
        await asyncio.gather(here.workspace.react("ben", CHANNEL, gate["ts"], "white_check_mark"), missed.catch_up())
        await missed.catch_up()
        here.worker.wake()
        await here.message_with("'reject'", "Approvals: 1 of 2")
        await asyncio.gather(here.workspace.react("cleo", CHANNEL, gate["ts"], "white_check_mark"), missed.catch_up())
        here.worker.wake()
        await here.workspace.until(lambda: "it went up" in str(here.workspace.messages(CHANNEL)))
        await here.story.settle()
        await here.types("ana", "/canary status")
        assert (_told(here, "ben"), _told(here, "cleo")) == ([], [])
        record = await _record(here, rollout)
        assert (record["approved"], record["promoted"]) == (2, 1)
