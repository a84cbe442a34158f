"""Observe-only (U2): Perch judges what others move, says what it would do, and touches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import OnlyObserved
from bot.domain.machine import State
from bot.domain.obstacles import AlreadyLive
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from tests.fakes.traffic import Trouble
from tests.rig import ANA, BEN, Rig, rig, sick, tree

pytestmark = pytest.mark.anyio


async def watched(here: Rig, weight: float = 1) -> Rollout:
    """An observed rollout of what somebody else has put at a weight."""
    here.traffic[0].weight = Weight(weight)
    return await here.start(how="observe")


def touched(here: Rig) -> list[str]:
    """Every call outside that changes something."""
    calls = [*here.traffic[0].far.calls, *here.kills[0].far.calls]
    return [call for call in calls if call.split()[0] in ("apply", "engage", "restore")]


async def told(here: Rig, rollout: Rollout, kind: str) -> list[dict[str, Any]]:
    records = await here.engine.rollouts.records(rollout.id)
    return [dict(record.body) for record in records if record.kind == kind]


async def would(here: Rig, rollout: Rollout) -> list[str]:
    return [record["do"] for record in await told(here, rollout, "would")]


async def test_it_waits_until_somebody_gives_the_canary_traffic(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await watched(here, 0)
        await here.minutes(3)
        assert (await here.load(rollout)).state is State.PREFLIGHT
        here.traffic[0].weight = Weight(1)
        await here.minutes(1)
        assert ((await here.load(rollout)).state, touched(here)) == (State.BAKING, [])


async def test_it_says_once_that_it_would_ask_and_opens_no_gate(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await watched(here)
        await here.minutes(12)
        fresh = await here.load(rollout)
        assert (fresh.state, fresh.gate, await would(here, rollout)) == (State.BAKING, None, ["ask"])


async def test_it_follows_the_real_weight_and_judges_the_stage_that_fits(tmp_path: Path) -> None:
    """A weight between two stages is judged by the one that it has reached; a stage that was left early is said."""
    async with rig(tmp_path) as here:
        rollout = await watched(here)
        await here.minutes(1)
        here.traffic[0].weight = Weight(25)
        await here.minutes(1)
        fresh = await here.load(rollout)
        assert (fresh.stage, fresh.confirmed, fresh.intent) == (1, Weight(25), None)
        (moved,) = await told(here, rollout, "observed_weight")
        assert (moved["before"], moved["weight"], moved["stage"]) == (1, 25, "10%")
        assert "more of baking" in moved["early"][0]
        here.traffic[0].weight = Weight(100)
        await here.minutes(1)
        assert (await here.load(rollout)).stage == 2


@pytest.mark.parametrize(("action", "said"), [("rollback", "rollback"), ("kill", "kill"), ("hold", "hold")])
async def test_a_breach_is_a_word_and_no_deed(tmp_path: Path, action: str, said: str) -> None:
    """Laws 1, 2: whatever the plan says to do."""
    stages = [{**stage, "on_breach": action} for stage in tree()["stages"]]
    async with rig(tmp_path, tree(stages=stages)) as here:
        rollout = await watched(here)
        here.numbers.values["errors"] = 60.0
        await here.minutes(4)
        assert (await would(here, rollout), touched(here)) == ([said], [])
        here.numbers.values["errors"] = 0.1
        await here.minutes(2)
        here.numbers.values["errors"] = 60.0
        await here.minutes(1)
        assert await would(here, rollout) == ([said, "ask", said] if action == "hold" else [said, said])
        assert (await here.load(rollout)).state is State.BAKING


@pytest.mark.parametrize("then", ["hold", "rollback"])
async def test_no_data_for_too_long_is_a_word_too(tmp_path: Path, then: str) -> None:
    async with rig(tmp_path, tree(no_data={"after": "3m", "then": then})) as here:
        rollout = await watched(here)
        here.numbers.values["success"] = sick()
        await here.minutes(6)
        assert (await would(here, rollout), touched(here)) == ([then], [])


async def test_it_ends_when_perch_would_have_completed_it(tmp_path: Path) -> None:
    """Nothing unmeasured reads successful: its end is its own."""
    async with rig(tmp_path) as here:
        rollout = await watched(here, 100)
        await here.minutes(7)
        fresh = await here.load(rollout)
        assert (fresh.state, fresh.cooldown_until, await would(here, rollout)) == (State.OBSERVED, None, ["complete"])
        assert here.traffic[0].weight == Weight(100)


async def test_it_ends_when_others_take_it_to_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await watched(here)
        here.traffic[0].weight = Weight(0)
        await here.minutes(1)
        assert ((await here.load(rollout)).state, touched(here)) == (State.OBSERVED, [])
        assert (await here.start()).state is State.BAKING


async def test_rollback_stops_watching_and_leaves_the_weight(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await watched(here)
        ended = await here.engine.desk.rollback(here.request("rollback"), rollout.id, "seen enough")
        await here.settle()
        assert (ended.state, ended.reason, touched(here)) == (State.OBSERVED, "seen enough", [])
        assert here.traffic[0].weight == Weight(1)


async def test_people_cant_hold_promote_or_kill_what_perch_only_watches(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await watched(here)
        await here.minutes(1)
        desk = here.engine.desk
        for deed in (
            desk.hold(here.request("hold", BEN), rollout.id, "", None),
            desk.promote(here.request("promote", BEN), rollout.id, "now"),
            desk.kill(here.request("kill", BEN), rollout.id, "now"),
        ):
            with pytest.raises(OnlyObserved) as refused:
                await deed
            assert refused.value.next_step == "/canary rollback materializers"
        assert await desk.kill_all(here.request("kill", BEN), "everything") == []
        assert touched(here) == []


async def test_a_firing_alert_is_a_word_too(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await watched(here)
        desk = here.engine.desk
        for deed, asked in ((desk.rollback, "rollback"), (desk.kill, "kill")):
            await deed(here.request(asked, "alertmanager", surface="webhook"), rollout.id, "HighErrorRate")
        assert ((await here.load(rollout)).state, await would(here, rollout)) == (State.BAKING, ["rollback", "kill"])
        assert touched(here) == []


async def test_what_perch_rolled_out_before_can_still_be_killed_by_its_name(tmp_path: Path) -> None:
    """Law 2: watching a new version takes nobody's kill switch away."""
    async with rig(tmp_path, tree(stages=tree()["stages"][:1])) as here:
        former = await here.start()
        await here.minutes(6)
        assert (await here.load(former)).state is State.COMPLETED
        await here.engine.cards.aclose()
        rollout = await here.start(how="observe")
        killed = await here.engine.desk.kill(here.request("kill"), rollout.id, "it burns")
        await here.settle()
        assert (killed.id, here.traffic[0].weight) == (former.id, Weight(0))


async def test_it_needs_no_kill_switch_but_its_numbers(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        here.kills[0].far.trouble = Trouble.DENY
        rollout = await watched(here)
        assert rollout.state is State.BAKING
        await here.engine.desk.rollback(here.request("rollback"), rollout.id, "")
        here.numbers.values["errors"] = sick()
        assert (await watched(here)).state is State.ABORTED


async def test_one_plan_has_one_rollout_and_watching_is_in_nobody_elses_way(tmp_path: Path) -> None:
    other = tree(name="other", service="search")
    async with rig(tmp_path, plans={"materializers": tree(), "other": other}) as here:
        await watched(here)
        with pytest.raises(AlreadyLive):
            await here.start(ANA)
        here.traffic[0].weight = Weight(0)
        assert (await here.start(plan="other")).plan == "other"


async def test_a_freeze_leaves_it_alone(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await watched(here)
        await here.engine.desk.freeze(here.request("freeze", BEN), "denis", "incident", None, [])
        await here.minutes(1)
        assert (await here.load(rollout)).state is State.BAKING


async def test_a_baseline_that_cant_be_taken_any_more_is_said(tmp_path: Path) -> None:
    """Somebody had given it traffic before Perch came."""
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "30m"}}
    stages = [{**stage, "warn_unless": ["latency <= baseline + 10%"]} for stage in tree()["stages"]]
    async with rig(tmp_path, tree(metrics=metrics, stages=stages)) as here:
        rollout = await watched(here)
        assert rollout.baselines["latency"].value is None
        assert "traffic already" in rollout.baselines["latency"].how


async def test_a_baseline_from_before_the_first_traffic_is_kept(tmp_path: Path) -> None:
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "30m"}}
    stages = [{**stage, "warn_unless": ["latency <= baseline + 10%"]} for stage in tree()["stages"]]
    async with rig(tmp_path, tree(metrics=metrics, stages=stages)) as here:
        rollout = await watched(here, 0)
        await here.minutes(2)
        here.numbers.values["latency"] = 9.0
        here.traffic[0].weight = Weight(1)
        await here.minutes(1)
        assert (await here.load(rollout)).baselines["latency"].value == 2.0
