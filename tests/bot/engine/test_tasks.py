"""Tasks of a stage, carried out beside everything else: what they measure, record and lead to (O6, R24)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from adapters.tasks import KINDS
from bot.domain.machine import State
from bot.domain.record.artifacts import files
from bot.domain.units import Weight
from bot.ports import Ran
from tests.bot.engine.task_stories import (
    BEGINS_S,
    BURST,
    Far,
    open_rig,
    outcomes,
    over,
    records,
    tick,
    under_way,
    with_tasks,
)
from tests.far_side import serving
from tests.rig import BEN, rig, tree

pytestmark = pytest.mark.anyio


async def test_it_begins_at_its_time_and_its_numbers_go_on_record(tmp_path: Path) -> None:
    """O6, E5: with the record that the load_burst artifact is made of."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)
        (begun,) = await records(story, rollout, "task_begun")
        assert (begun.body["task"], begun.body["due"]) == ("burst", "2m")
        assert await records(story, rollout) == []
        await over(story, far)
        (ended,) = await records(story, rollout)
        assert ended.body["outcome"] == "passed"
        assert ended.body["numbers"][1] == {"name": "p95", "value": 0.2, "unit": "seconds"}
        assert [each["met"] for each in ended.body["expected"]] == [True, True]
        (load,) = await records(story, rollout, "load")
        assert (load.body["requests"], load.body["task"]) == (10, "burst")
        assert "load_burst" in (await story.load(rollout)).artifacts
        told = [message.say for message in await story.said() if message.say.startswith(("task", "load"))]
        assert told == ["task_begun", "task_ended"]


async def test_a_real_burst_makes_the_artifact_and_leaves_no_token(tmp_path: Path) -> None:
    """O6, E5, law 8: over a real socket, with a server that echoes whom it hears."""
    heard: Counter[str] = Counter()

    async def answer(request: web.BaseRequest) -> web.Response:
        heard[request.headers["Authorization"]] += 1
        return web.Response(text=request.headers["Authorization"], status=200 if len(heard) < 3 else 500)

    environment = {f"TOKEN_{number}": f"s3cr3t-of-user-{number}" for number in (1, 2)}
    async with serving(answer) as address:
        load = {"requests": 10, "rate": "50/s", "url": "${SERVICE}/chat", "users_env": [*environment]}
        plan = with_tasks({"load": load}, load_hosts=[address.removeprefix("http://")])
        async with rig(tmp_path, plan, tasks=KINDS, environment={**environment, "SERVICE": address}) as story:
            rollout = await story.start()
            await tick(story)
            await story.engine.tasks.idle()
            assert heard == {"Bearer s3cr3t-of-user-1": 5, "Bearer s3cr3t-of-user-2": 5}
            found = await story.engine.rollouts.records(rollout.id)
            tree = await story.engine.rollouts.tree(rollout.plan_digest)
            (log,) = [text for name, text in files(tree, found, {}).items() if "canary_load_burst" in name]
            assert "# requests: 10, users: 2, ok: 10\n# success rate: 100.00%" in log
            assert "# by user: user 1: 5 of 5, user 2: 5 of 5" in log
            said = [message.facts for message in await story.said()]
            assert "s3cr3t" not in str([each.body for each in found]) + str(said) + log


async def test_the_stage_is_not_left_before_a_needed_task_has_passed(tmp_path: Path) -> None:
    """R24, law 1: neither by its gate nor by a person who ends the bake early."""
    far = Far()
    async with open_rig(tmp_path, far, {**BURST, "at": "6m"}) as story:
        rollout = await story.start()
        await story.minutes(5)
        assert (await story.load(rollout)).state is State.BAKING, "the bake is over, and no gate opens"
        await story.engine.desk.promote(story.request("promote", BEN), rollout.id, "we are in a hurry")
        await story.approve(rollout, "U0CLEO")
        assert (await story.load(rollout)).state is State.GATE
        await tick(story)
        await far.until(lambda: far.under_way == 1, BEGINS_S)
        await tick(story)
        assert (await story.load(rollout)).confirmed == Weight(1)
        await over(story, far)
        assert (await story.load(rollout)).confirmed == Weight(10)


async def test_the_last_stage_is_not_complete_before_a_needed_task_has_passed(tmp_path: Path) -> None:
    """Law 3."""
    far = Far()
    one = tree()["stages"][0]
    plan = tree(stages=[{**one, "weight": "100%", "tasks": [{**BURST, "at": "5m"}]}])
    async with open_rig(tmp_path, far, plan=plan) as story:
        rollout = await story.start(weight="100%")
        for _ in range(6):
            await tick(story)
        await far.until(lambda: far.under_way == 1, BEGINS_S)
        assert (await story.load(rollout)).state is State.BAKING
        await over(story, far)
        assert (await story.load(rollout)).state is State.COMPLETED


async def test_what_is_not_needed_keeps_nothing_waiting_and_the_end_of_the_stage_stops_it(tmp_path: Path) -> None:
    far = Far()
    async with open_rig(tmp_path, far, {**BURST, "needed": False}) as story:
        rollout = await under_way(story, far)
        while (await story.load(rollout)).state is not State.GATE:
            await tick(story)
        await story.approve(rollout)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("stopped", "the stage is over")]
        assert await records(story, rollout, "load") == [], "a burst that was cut short is no artifact"


@pytest.mark.parametrize(
    ("on_fail", "state", "rule"),
    [("hold", State.HELD, ""), ("rollback", State.ROLLED_BACK, "task"), ("kill", State.KILLED, "task")],
)
async def test_a_needed_task_that_fails_has_consequences(tmp_path: Path, on_fail: str, state: State, rule: str) -> None:
    """R24: what was measured and isn't met is told, with its number."""
    far = Far()
    far.ran = Ran(numbers={"success_rate": 91.0, "p95": 0.2})
    async with open_rig(tmp_path, far, {**BURST, "on_fail": on_fail}) as story:
        rollout = await under_way(story, far)
        await over(story, far)
        await story.minutes(0.5, 5)
        fresh = await story.load(rollout)
        assert fresh.state is state
        assert await outcomes(story, rollout) == [("failed", "success_rate > 99% (91)")]
        why = fresh.hold.why if fresh.hold else fresh.reason
        assert why.removeprefix("killed: ") == "task 'burst' failed: success_rate > 99% (91)"
        decided = [record.body["rule"]["rule"] for record in await records(story, rollout, "decision")]
        assert decided == ([rule] if rule else [])


async def test_what_was_not_measured_is_not_met(tmp_path: Path) -> None:
    """Law 3: no number is never a pass."""
    far = Far()
    far.ran = Ran(numbers={"success_rate": 100.0})
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)
        await over(story, far)
        assert await outcomes(story, rollout) == [("failed", "p95 < 800ms (not measured)")]


async def test_a_resume_lets_what_failed_run_again(tmp_path: Path) -> None:
    far = Far()
    far.ran = Ran(fault="it found duplicates")
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)
        await over(story, far)
        assert (await story.load(rollout)).state is State.HELD
        await tick(story)
        assert far.begun == 1, "not by itself"
        far.ran = Ran(numbers={"success_rate": 100.0, "p95": 0.1})
        await story.engine.desk.resume(story.request("resume"), rollout.id, "fixed")
        await tick(story)
        await story.engine.tasks.idle()
        assert [outcome for outcome, _ in await outcomes(story, rollout)] == ["failed", "passed"]
        await story.until_gate(rollout)


async def test_one_that_breaks_inside_perch_has_failed_and_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    far = Far()

    def broken() -> Far:
        raise RuntimeError("a bug")

    far.attempt = broken  # type: ignore[method-assign]
    async with open_rig(tmp_path, far) as story:
        rollout = await story.start()
        await tick(story, 2)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("failed", "it broke inside Perch; see the log")]


async def test_one_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    far = Far()
    far.takes = timedelta(seconds=0.05)
    async with open_rig(tmp_path, far) as story:
        rollout = await story.start()
        await tick(story, 2)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("failed", "it didn't end within 0.05 s")]
        assert far.under_way == 0


async def test_what_is_only_observed_runs_none(tmp_path: Path) -> None:
    """U2."""
    far = Far()
    far.refuses = "no token"
    async with open_rig(tmp_path, far) as story:
        story.traffic[0].weight = Weight(1)
        rollout = await story.start(how="observe")
        await story.minutes(4)
        assert (await story.load(rollout)).mode == "observe"
        assert far.begun == 0
        assert await records(story, rollout, "task_begun") == []


@pytest.mark.parametrize(("needed", "state"), [(True, State.ABORTED), (False, State.BAKING)])
async def test_preflight_says_what_could_not_be_run(tmp_path: Path, needed: bool, state: State) -> None:
    """X5: better now than at T+5."""
    far = Far()
    far.refuses = "inject was not run: no command is allowed"
    async with open_rig(tmp_path, far, {**BURST, "needed": needed}) as story:
        rollout = await story.start()
        assert rollout.state is state
        if needed:
            (aborted,) = await records(story, rollout, "aborted")
            assert aborted.body["red"] == ["task burst at 1%: inject was not run: no command is allowed"]
        assert far.begun == 0
