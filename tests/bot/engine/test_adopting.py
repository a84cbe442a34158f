"""Adopt (U2): take over what is at a stage's weight already."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import NoBaseline, NoStage, NotAllowed, NotNow, NotThere
from bot.domain.machine import State
from bot.domain.units import Weight
from bot.engine.requests import Start
from tests.rig import ANA, BEN, CLEO, Rig, rig, tree

pytestmark = pytest.mark.anyio


def applied(here: Rig) -> list[str]:
    return [call for call in here.traffic[0].far.calls if call.startswith("apply")]


async def test_its_bake_begins_now_nothing_is_moved_and_later_gates_count(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        here.traffic[0].weight = Weight(10)
        rollout = await here.start(BEN, "10%", how="adopt", reason="the old tool is gone")
        assert (rollout.state, rollout.stage, rollout.approved, rollout.baked.seconds) == (
            State.BAKING,
            1,
            Weight(10),
            0,
        )
        assert applied(here) == []
        gated = await here.until_gate(rollout)
        risen = await here.approve(gated, CLEO)
        assert (risen.confirmed, applied(here)) == (Weight(100), ["apply 100%"])
        records = {record.kind: record.body for record in await here.engine.rollouts.records(rollout.id)}
        assert records["started"]["reason"] == "the old tool is gone"
        assert (records["adopted"]["skipped"], records["adopted"]["by"]) == (["1%"], BEN)


async def test_it_has_a_kill_card_before_anything_rises(tmp_path: Path) -> None:
    """Law 2: from the first moment on it can be killed without the database, by whom the plan names."""
    async with rig(tmp_path) as here:
        here.traffic[0].weight = Weight(10)
        rollout = await here.start(BEN, "10%", how="adopt", reason="r")
        card = here.engine.files.card(rollout.id)
        assert card is not None
        assert (card.confirmed, ANA in card.operators) == (10, True)
        await here.engine.desk.rollback(here.request("rollback"), rollout.id, "no")
        await here.settle()
        assert here.traffic[0].weight == Weight(0)


async def test_it_skips_gates_so_it_is_the_override_roles(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        here.traffic[0].weight = Weight(10)
        with pytest.raises(NotAllowed):
            await here.start(ANA, "10%", how="adopt", reason="r")


async def test_it_is_a_stages_weight_and_the_one_that_is_read_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        here.traffic[0].weight = Weight(7)
        with pytest.raises(NoStage, match="1%, 10%, 100%"):
            await here.start(BEN, "7%", how="adopt", reason="r")
        with pytest.raises(NotThere, match="7% is read back"):
            await here.start(BEN, "10%", how="adopt", reason="r")
        assert await here.engine.rollouts.live() == []


async def test_a_weight_that_moves_before_preflight_reads_it_ends_the_takeover(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        here.traffic[0].weight = Weight(10)
        wanted = Start(plan="materializers", weight=Weight(10), how="adopt", reason="r")
        rollout = await here.engine.desk.start(here.request("start", BEN), wanted)
        here.traffic[0].weight = Weight(12)
        await here.settle()
        assert ((await here.load(rollout)).state, applied(here)) == (State.ABORTED, [])


def with_baseline(role: str) -> dict[str, object]:
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "30m"}}
    return tree(metrics=metrics, stages=[{**each, role: ["latency <= baseline + 10%"]} for each in tree()["stages"]])


async def test_a_baseline_from_before_the_start_cant_be_made_up(tmp_path: Path) -> None:
    """Honest: a hard condition that rests on one could never hold."""
    async with rig(tmp_path, with_baseline("promote_when")) as here:
        here.traffic[0].weight = Weight(10)
        with pytest.raises(NoBaseline, match="latency"):
            await here.start(BEN, "10%", how="adopt", reason="r")


async def test_a_soft_condition_without_its_baseline_is_a_warning(tmp_path: Path) -> None:
    async with rig(tmp_path, with_baseline("warn_unless")) as here:
        here.traffic[0].weight = Weight(10)
        rollout = await here.start(BEN, "10%", how="adopt", reason="r")
        gated = await here.until_gate(rollout)
        assert gated.gate is not None
        assert gated.gate.warnings == ("latency <= baseline + 10%",)


async def test_what_is_about_to_be_taken_over_cannot_be_held_first(tmp_path: Path) -> None:
    """Its weight would look like drift from 0 %, and be lowered; before it's taken over nothing rises anyway."""
    async with rig(tmp_path) as here:
        here.traffic[0].weight = Weight(10)
        start = Start(plan="materializers", weight=Weight(10), version="v2", how="adopt", reason="r")
        rollout = await here.engine.desk.start(here.request("start", BEN), start)
        with pytest.raises(NotNow, match="about to take over"):
            await here.engine.desk.hold(here.request("hold"), rollout.id, "wait", None)
        await here.settle()
        assert (await here.load(rollout)).confirmed == here.traffic[0].weight == Weight(10)


async def test_another_start_can_be_held_before_its_first_percent(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await here.engine.desk.start(here.request("start"), Start(plan="materializers", weight=Weight(1)))
        await here.engine.desk.hold(here.request("hold"), rollout.id, "wait", None)
        await here.minutes(3)
        assert ((await here.load(rollout)).state, applied(here)) == (State.HELD, [])
        await here.engine.desk.resume(here.request("resume"), rollout.id, "")
        await here.minutes(1)
        assert (await here.load(rollout)).confirmed == Weight(1)
