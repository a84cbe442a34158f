"""Break-glass (X9): what may be overruled, by whom, for how long, and how it turned out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import NotAllowed, NotOverruled
from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.overruling import turned_out
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from tests.rig import ANA, BEN, CLEO, Rig, rig, sick, staged, tree

pytestmark = pytest.mark.anyio

REASON = "a known false alarm, INC-7"


async def failed(story: Rig, success: float = 97.0) -> Rollout:
    """Held, because a hard condition isn't met when the bake is over."""
    rollout = await story.start()
    story.numbers.values["success"] = success
    await story.minutes(6)
    rollout = await story.load(rollout)
    assert rollout.state is State.HELD
    return rollout


async def overrule(story: Rig, rollout: Rollout, user: str = BEN) -> Rollout:
    return await story.engine.desk.override(story.request("override", user), rollout.id, REASON)


async def test_an_override_opens_a_gate_that_still_needs_somebody_elses_yes(tmp_path: Path) -> None:
    """Law 1: its own role, a reason, loud; who overruled may not approve, and what was overruled is on record."""
    async with rig(tmp_path) as story:
        rollout = await failed(story)
        with pytest.raises(NotAllowed):
            await overrule(story, rollout, ANA)
        opened = await overrule(story, rollout)
        assert opened.state is State.GATE
        with pytest.raises(NotAllowed):
            await story.approve(rollout, BEN)
        risen = await story.approve(rollout, CLEO)
        assert (risen.state, risen.confirmed) == (State.BAKING, Weight(10))
        records = {record.kind: record.body for record in await story.engine.rollouts.records(rollout.id)}
        assert records["overruled"]["overruled"][0]["condition"] == "success > 98%"
        assert records["overruled"]["overruled"][0]["value"] == 97.0
        assert records["promoted"]["overruled"] == records["overruled"]["overruled"]
        assert records["promoted"]["verdict"] == "fail"
        assert "channel" in records["overruled"]["told"]


async def test_what_fails_besides_closes_the_gate_and_the_same_failure_does_not(tmp_path: Path) -> None:
    """An override belongs to the verdict shown."""
    async with rig(tmp_path, tree(stages=staged(promote_when=["success > 98%", "new_jobs < 5"]))) as story:
        rollout = await failed(story)
        await overrule(story, rollout)
        story.numbers.values["success"] = 96.5
        await story.minutes(2)
        assert (await story.load(rollout)).state is State.GATE
        story.numbers.values["new_jobs"] = 7
        await story.minutes(1)
        assert (await story.load(rollout)).state is not State.GATE


async def test_an_override_is_not_for_the_next_gate(tmp_path: Path) -> None:
    """Law 1."""
    async with rig(tmp_path) as story:
        rollout = await failed(story)
        await overrule(story, rollout)
        await story.approve(rollout, CLEO)
        await story.minutes(6)
        held = await story.load(rollout)
        assert (held.state, held.confirmed) == (State.HELD, Weight(10))


async def test_what_is_unmeasured_can_be_overruled_and_never_reads_as_a_pass(tmp_path: Path) -> None:
    """Law 3: `not measured` stays; measured and failing is another matter, and closes the gate."""
    stages = staged(promote_when=["new_jobs < 5"])
    async with rig(tmp_path, tree(stages=stages)) as story:
        rollout = await story.start()
        story.numbers.values["new_jobs"] = sick()
        await story.minutes(6)
        opened = await overrule(story, rollout)
        assert opened.gate is not None
        assert [each.measured for each in opened.gate.overruled] == [False]
        assert opened.gate.verdict == "no_data"
        story.numbers.values["new_jobs"] = 9
        await story.minutes(1)
        assert (await story.load(rollout)).gate is None


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"success": sick()}, "can't see"),
        ({}, "nothing to overrule"),
    ],
)
async def test_what_guards_must_see_and_what_passes_needs_no_override(
    tmp_path: Path, values: dict[str, object], why: str
) -> None:
    """A trigger without data is never overruled: nothing would take the traffic down again."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(3)
        story.numbers.values.update(values)  # type: ignore[arg-type]
        await story.minutes(1)
        if values:
            await story.minutes(3)
        with pytest.raises(NotOverruled, match=why if values else "waiting|gate|overrule"):
            await overrule(story, rollout)


async def test_a_bake_that_is_not_over_and_a_persons_hold_are_not_overruled(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.numbers.values["success"] = 97.0
        await story.minutes(1)
        with pytest.raises(NotOverruled, match="bake takes"):
            await overrule(story, rollout)
        await story.engine.desk.hold(story.request("hold"), rollout.id, "let me look", None)
        with pytest.raises(NotOverruled, match="let me look"):
            await overrule(story, rollout)


async def test_the_ledger_knows_who_turned_out_right(tmp_path: Path) -> None:
    """X9: open while it runs; wrong once what rose on it had to come down."""
    async with rig(tmp_path) as story:
        rollout = await failed(story)
        opened = await overrule(story, rollout)
        assert turned_out(opened.overrides[0], opened) is Outcome.OPEN
        risen = await story.approve(rollout, CLEO)
        assert turned_out(risen.overrides[0], risen) is Outcome.OPEN
        done = risen.but(state=State.COMPLETED)
        assert turned_out(done.overrides[0], done) is Outcome.RIGHT
        story.numbers.values["success"] = 50.0
        await story.minutes(2)
        down = await story.load(rollout)
        assert down.state is State.ROLLED_BACK
        assert turned_out(down.overrides[0], down) is Outcome.WRONG


async def test_an_override_whose_gate_closed_was_not_used(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await failed(story)
        await overrule(story, rollout)
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "better not")
        await story.settle()
        down = await story.load(rollout)
        assert turned_out(down.overrides[0], down) is Outcome.UNUSED
