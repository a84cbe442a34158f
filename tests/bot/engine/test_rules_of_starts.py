"""Rules of a start that need the engine as well as the domain: what it is refused for, and what ends it at once."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.errors import NotAllowed, WrongStage
from bot.domain.machine import State
from bot.domain.obstacles import AlreadyLive, Cooldown, KillEngaged, OutsideWindow, TargetTaken
from bot.domain.units import Weight
from bot.engine import obstacles
from bot.engine.requests import Start
from tests.rig import ANA, BEN, beside, rig, sick, staged, tree

pytestmark = pytest.mark.anyio


async def test_a_start_names_the_first_stage_or_is_refused_with_it(tmp_path: Path) -> None:
    """Identity: `start X 1%` must name the first stage that serves."""
    async with rig(tmp_path) as story:
        with pytest.raises(WrongStage) as refused:
            await story.start(weight="10%")
        assert refused.value.next_step == "/canary start materializers 1%"


async def test_a_second_start_is_refused_while_one_is_live(tmp_path: Path) -> None:
    """Identity: one live rollout per plan and environment."""
    async with rig(tmp_path) as story:
        await story.start()
        with pytest.raises(AlreadyLive):
            await story.start()


async def test_two_starts_in_the_same_moment_make_one_rollout(tmp_path: Path) -> None:
    """Law 6: the database's unique index decides."""
    async with rig(tmp_path) as story:
        results = await asyncio.gather(story.start(ANA), story.start(BEN), return_exceptions=True)
        assert sum(isinstance(result, AlreadyLive) for result in results) == 1
        assert len(await story.engine.rollouts.live()) == 1


async def test_after_a_rollback_the_cooldown_refuses_unless_a_fix_is_named(tmp_path: Path) -> None:
    """R11: overridable with a reason and the reference of the fix, by the override role, on record."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "")
        await story.settle()
        with pytest.raises(Cooldown):
            await story.start()
        with pytest.raises(NotAllowed):
            await story.start(ANA, override="fixed the leak", fix="OPS-7")
        again = await story.start(BEN, override="fixed the leak", fix="OPS-7")
        records = await story.engine.rollouts.records(again.id)
        assert records[0].body["override"]["fix"] == "OPS-7"


async def test_a_red_preflight_ends_without_a_cooldown_and_moves_nothing(tmp_path: Path) -> None:
    """X5: an unreachable source only stops the rollout's preflight."""
    async with rig(tmp_path) as story:
        story.numbers.values["errors"] = sick()
        rollout = await story.start()
        assert (rollout.state, rollout.cooldown_until) == (State.ABORTED, None)
        assert not any(call.startswith("apply") for call in story.traffic[0].far.calls)
        story.numbers.values["errors"] = 0.0
        assert (await story.start()).state is State.BAKING


async def test_a_start_outside_its_window_is_told_the_next_time_that_fits(tmp_path: Path) -> None:
    """R3."""
    window = {"enter": "Mon-Fri 08:00-08:15", "leave": "Mon-Fri 08:00-18:00"}
    async with rig(tmp_path, tree(stages=staged(window=window), timezone="Europe/Madrid")) as story:
        with pytest.raises(OutsideWindow) as refused:
            await story.start()
        assert "2026-03-03 07:00" in str(refused.value)


async def test_preflight_is_red_when_the_confirming_metric_is_not_there(tmp_path: Path) -> None:
    """X5: a typo in its name must not cost a percent of real traffic first."""
    metrics = {**tree()["metrics"], "weight": {"source": "numbers", "unit": "percent", "number": "no such series"}}
    async with rig(tmp_path, tree(metrics=metrics, confirm={"metric": "weight", "within": "5s"})) as story:
        rollout = await story.start()
        assert rollout.state is State.ABORTED
        assert not any(call.startswith("apply") for call in story.traffic[0].far.calls)


async def test_two_plans_of_one_target_started_in_the_same_moment_make_one_rollout(tmp_path: Path) -> None:
    """Identity: one live rollout per traffic target; both had looked before either was there (law 6)."""
    plans = {name: tree(name=name) for name in ("one", "two")}
    async with rig(tmp_path, plans=plans) as story, beside(story, tmp_path) as other:
        results = await asyncio.gather(
            *(
                process.engine.desk.start(process.request("start"), Start(plan=name, weight=Weight(1), version="v2"))
                for name, process in zip(plans, (story, other), strict=True)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(result, TargetTaken) for result in results) == 1
        assert len(await story.engine.rollouts.live()) == 1


@pytest.mark.parametrize("how", ["observed", "aborted"])
async def test_what_moved_nothing_ends_no_cooldown(tmp_path: Path, how: str) -> None:
    """R11: watching for a while, or a start that its preflight stopped, is no way around it."""
    async with rig(tmp_path) as story:
        first = await story.start()
        await story.engine.desk.rollback(story.request("rollback"), first.id, "")
        await story.minutes(2)
        if how == "observed":
            await story.start(how="observe")
        else:
            story.numbers.values["errors"] = sick()
            assert (await story.start(BEN, override="fixed the leak", fix="OPS-7")).state is State.ABORTED
            story.numbers.values["errors"] = 0.0
        for live in await story.engine.rollouts.live():
            await story.engine.desk.rollback(story.request("rollback"), live.id, "")
        await story.settle()
        latest = (await story.engine.rollouts.latest("materializers", 1))[0]
        assert latest.state in (State.OBSERVED, State.ABORTED)
        with pytest.raises(Cooldown):
            await story.start()


async def test_what_was_killed_stays_killed_however_often_the_plan_runs_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: only the newest rollouts are looked at, and those of a lab are none of them."""
    monkeypatch.setattr(obstacles, "FORMER", 1)
    async with rig(tmp_path, tree(cooldown="24h @production, 1h @lab")) as story:
        killed = await story.start()
        await story.engine.desk.kill(story.request("kill"), killed.id, "bad")
        await story.minutes(1)
        elsewhere = await story.start(environment="lab", how="observe")
        await story.engine.desk.rollback(story.request("rollback"), elsewhere.id, "")
        await story.minutes(1)
        with pytest.raises(KillEngaged):
            await story.start()
