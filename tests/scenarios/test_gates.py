"""What happens at a gate: who may answer it, how often an answer counts, and what an old button does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from tests.scenarios.opening import new_story, side_by_side
from tests.scenarios.quick import stage
from tests.scenarios.story import Story, buttons, text

pytestmark = pytest.mark.anyio

BOTH: dict[str, Any] = {"stages": [stage("1%", approvals={"need": 2, "not_requester": True}), stage("100%")]}


async def test_who_may_not_approve_is_told_and_nothing_moves(story: Story) -> None:
    """S4, S6: not whoever asked, not a developer, not a guest, not an operator who is no approver; nor by reaction."""
    await story.start("ben")
    gate = await story.gate()
    refusals = {who: await story.clicks_and_reads(who, gate, "approve") for who in ("ben", "ana", "dev", "gus")}
    assert "may not approve this: you started it yourself" in refusals["ben"]
    assert "a second person" in refusals["ben"]
    assert all("may not approve this" in refusals[who] for who in ("ana", "dev", "gus"))
    assert all("you aren't one of its approvers" in refusals[who] for who in ("ana", "dev"))
    assert "guests may not act" in refusals["gus"]
    assert all("@sre-leads" in refusals[who] for who in ("ana", "dev", "gus"))
    await story.reacts("dev", gate)
    assert "may not approve this" in await story.whispered("dev", 1)
    rollout = await story.rollout()
    assert rollout.state is State.GATE
    assert rollout.gate is not None
    assert rollout.gate.approvals == ()
    assert (await story.record()).count("refused") == 5


async def test_a_start_waits_for_somebody_elses_yes_before_its_first_percent(tmp_path: Path) -> None:
    """Law 1, S4: by the message of its gate; who started it may not, and the service gets nothing before."""
    async with new_story(tmp_path, start_approvals={"need": 1}, stages=[stage("1%"), stage("100%")]) as story:
        await story.types("ben", "start materializers 1%")
        gate = await story.gate()
        assert "may go from 0% to 1%" in gate["text"]
        assert "you started it yourself" in await story.clicks_and_reads("ben", gate, "approve")
        assert "waiting for approval of its start" in await story.types("ana", "why materializers")
        assert story.service.weight == 0.0
        await story.reacts("cleo", gate)
        closed = await story.again(gate, "approved; it went up")
        assert buttons(closed) == set()
        await story.status("is at 1%")


@pytest.mark.waits
async def test_a_reaction_that_is_taken_back_is_withdrawn_until_the_gate_is_used(tmp_path: Path) -> None:
    """S4: the first of two yeses goes again; the second one alone moves nothing."""
    async with new_story(tmp_path, **BOTH) as story:
        gate = await story.to_gate()
        await story.reacts("ben", gate)
        gate = await story.again(gate, "Approvals: 1 of 2")
        await story.takes_back("ben", gate)
        gate = await story.again(gate, "Approvals: 0 of 2")
        await story.clicks("cleo", gate, "approve")
        gate = await story.again(gate, "Approvals: 1 of 2")
        assert story.service.weight == 1.0
        await story.reacts("ben", gate)
        await story.again(gate, "approved; it went up")
        await story.until(State.COMPLETED)


async def test_an_approval_that_comes_twice_counts_once(tmp_path: Path) -> None:
    """Law 6: the same envelope twice, the same finger twice, a reaction beside the click."""
    async with new_story(tmp_path, **BOTH) as story:
        gate = await story.to_gate()
        story.workspace.duplicate_envelopes(1)
        await asyncio.gather(*(story.clicks("ben", gate, "approve") for _ in range(3)))
        await story.reacts("ben", gate)
        await story.again(gate, "Approvals: 1 of 2")
        assert story.service.weight == 1.0
        await story.clicks("cleo", gate, "approve")
        await story.again(gate, "approved; it went up")
        record = await story.record()
        assert (record.count("approved"), record.count("promoted")) == (2, 1)


async def test_a_button_of_a_gate_that_is_gone_says_what_happened_since(tmp_path: Path) -> None:
    """Law 6, X2: two clicks on one gate never skip a stage."""
    async with new_story(tmp_path, stages=[stage("1%"), stage("10%", bake="1h"), stage("100%")]) as story:
        gate = await story.to_gate()
        await story.clicks("ben", gate, "approve")
        closed = await story.again(gate, "approved; it went up")
        assert buttons(closed) == set()
        late = await story.clicks_and_reads("cleo", gate, "approve")
        assert "materializers is now" in late
        rollout = await story.until(State.BAKING)
        assert (rollout.confirmed.percent, story.service.weight) == (10.0, 10.0)
        assert (await story.record()).count("promoted") == 1


async def test_a_gate_can_be_answered_with_no(tmp_path: Path) -> None:
    """S4: rejected with a reason that everybody reads, or held by a raised hand."""
    await side_by_side(tmp_path, {"rejected": _rejected, "raised hand": _raised_hand})


async def _rejected(story: Story) -> None:
    gate = await story.to_gate()
    await story.clicks("cleo", gate, "reject")
    dialog = await story.dialog("cleo")
    outcome = await story.workspace.submit_view("cleo", dialog["id"], {"reason": "the queue looks odd"})
    assert outcome.acked
    held = await story.until(State.HELD)
    assert held.confirmed.percent == 1.0
    await story.again(gate, "rejected")
    await story.thread("rejected the gate")
    status = await story.held_status()
    heard = [text(each) for each in story.messages() if "the queue looks odd" in text(each)]
    assert not any("rejected the gate" in each for each in heard), "the hold tells the channel all of it"
    assert {"resume", "rollback"} <= buttons(status)
    assert "approve" not in buttons(status)


async def _raised_hand(story: Story) -> None:
    """Who resumes it may not approve it; ⏪ rolls it back."""
    gate = await story.to_gate()
    await story.reacts("cleo", gate, "raised_hand")
    await story.until(State.HELD)
    assert buttons(await story.again(gate, "put on hold")) == set()
    await story.clicks("cleo", await story.held_status(), "resume")
    fresh = await story.gate()
    assert fresh["ts"] != gate["ts"]
    assert "you resumed, overruled or replanned it yourself" in await story.clicks_and_reads("cleo", fresh, "approve")
    await story.reacts("ben", fresh, "rewind")
    await story.until(State.ROLLED_BACK)
    assert story.service.weight == 0.0
