"""Tasks of a stage, carried out beside everything else (O6, R24): once, bounded, stopped by every way down."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.tasks import KINDS
from bot.domain.evidence import Record
from bot.domain.kinds import Kind
from bot.domain.machine import State
from bot.domain.record.artifacts import files
from bot.domain.rollout import Rollout
from bot.domain.units import Unit, Weight
from bot.engine import tasks
from bot.ports import Ran, Spooled, StoreAway
from tests.fakes.tasks import FakeExercise
from tests.far_side import serving
from tests.rig import BEN, Nothing, Rig, again, beside, rig, tree

pytestmark = pytest.mark.anyio
BEGINS_S = PATIENCE_S = 20.0


class Far(FakeExercise):
    """What tasks do."""

    async def until(self, what: Callable[[], bool], within_s: float | None = None) -> None:
        async with asyncio.timeout(within_s or PATIENCE_S):
            while not what():
                await asyncio.sleep(0.005)


BURST: dict[str, Any] = {"name": "burst", "at": "2m", "kind": "far", "expect": ["success_rate > 99%", "p95 < 800ms"]}
TELLS = {"success_rate": Unit.PERCENT, "p95": Unit.SECONDS}


def with_tasks(*given: dict[str, Any], stage: int = 0, **more: Any) -> dict[str, Any]:
    plan = tree(**more)
    plan["stages"][stage]["tasks"] = list(given)
    return plan


def open_rig(folder: Path, far: Far, *given: dict[str, Any], plan: Mapping[str, Any] | None = None) -> Any:
    kinds = {"far": Kind(Nothing, lambda options, environment: far, tells=TELLS)}
    return rig(folder, dict(plan or with_tasks(*given or (BURST,))), tasks=kinds)


async def tick(story: Rig, minutes: float = 1) -> None:
    """A check, without waiting for what tasks do."""
    story.now += timedelta(minutes=minutes)
    await story.engine.ticker.tick()
    await story.engine.ticker.idle()


async def under_way(story: Rig, far: Far) -> Rollout:
    """A rollout whose task has begun."""
    rollout = await story.start()
    await tick(story)
    assert far.begun == 0, "not before its time"
    await tick(story)
    await far.until(lambda: far.under_way == 1, BEGINS_S)
    return await story.load(rollout)


async def over(story: Rig, far: Far) -> None:
    """It comes to its own end, and the next check sees that."""
    far.clear.set()
    await story.engine.tasks.idle()
    await tick(story)


async def records(story: Rig, rollout: Rollout, kind: str = "task_ended") -> list[Record]:
    return [record for record in await story.engine.rollouts.records(rollout.id) if record.kind == kind]


async def outcomes(story: Rig, rollout: Rollout) -> list[tuple[str, str]]:
    return [(record.body["outcome"], record.body["why"]) for record in await records(story, rollout)]


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


async def held(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.hold(story.request("hold"), rollout.id, "wait", None)


async def rolled_back(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "no")


async def killed(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.kill(story.request("kill"), rollout.id, "no")


async def frozen(story: Rig, rollout: Rollout) -> None:
    await story.engine.freezing.freeze(story.request("freeze"), "denis", "black friday", None)


async def breached(story: Rig, rollout: Rollout) -> None:
    story.numbers.values["errors"] = 7.0
    await tick(story)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (held, "the rollout is held"),
        (rolled_back, "the rollout rolls back"),
        (killed, "the rollout was killed"),
        (frozen, "the rollout is held"),
        (breached, "the rollout rolls back"),
    ],
)
async def test_whatever_ends_the_bake_stops_it(tmp_path: Path, act: Any, why: str) -> None:
    """O6: a kill before all."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)
        await act(story, rollout)
        await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("stopped", why)]
        assert await records(story, rollout, "load") == []


async def test_a_kill_by_another_process_stops_it_too(tmp_path: Path) -> None:
    """O6: what isn't saved here is looked for."""
    far = Far()
    async with open_rig(tmp_path, far) as story, beside(story, tmp_path) as other:
        rollout = await under_way(story, far)
        await killed(other, rollout)
        await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("stopped", "the rollout was killed")]


async def test_a_kill_in_the_spool_stops_it_where_there_is_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O6, law 2: the database hangs, and the kill is in a file."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)

        async def hangs(id: str) -> Rollout:
            await asyncio.Event().wait()
            raise AssertionError

        monkeypatch.setattr(story.engine.ledger.rollouts, "load", hangs)
        monkeypatch.setattr(tasks, "BLIND_S", 1000.0)
        act = Spooled(
            key="k", what="kill", rollout=rollout.id, plan=rollout.plan, environment=rollout.environment,
            by="shell:x", by_name="x", reason="no", at=story.now,
        )  # fmt: skip
        story.engine.files.begin(act)
        await far.until(lambda: far.under_way == 0)
        monkeypatch.undo()


async def test_where_nobody_can_say_whether_it_may_go_on_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill may have been ordered that this process can't hear of."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)

        async def away(id: str) -> Rollout:
            raise StoreAway("no route to the database")

        with monkeypatch.context() as patched:
            patched.setattr(story.engine.ledger.rollouts, "load", away)
            patched.setattr(tasks, "BLIND_S", 0.3)
            patched.setattr(tasks, "KEEP_EVERY_S", 0.05)
            await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        (found,) = await outcomes(story, rollout)
        assert found == ("stopped", "the database is away, so nobody can say whether it may go on")


async def test_what_cannot_be_watched_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with the watch, nothing runs without one."""
    far = Far()
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far)

        def broken() -> None:
            raise RuntimeError("the folder of acts is a file")

        with monkeypatch.context() as patched:
            patched.setattr(story.engine.files, "spooled", broken)
            await far.until(lambda: far.under_way == 0)
        await story.engine.tasks.idle()
        assert await outcomes(story, rollout) == [("stopped", "nobody can see any more whether it may go on")]


async def test_of_several_processes_one_does_it(tmp_path: Path) -> None:
    """Law 6."""
    far = Far()
    async with open_rig(tmp_path, far) as story, beside(story, tmp_path) as other:
        rollout = await under_way(story, far)
        other.now = story.now + timedelta(seconds=20)
        other.engine.tasks.saw(await other.load(rollout))
        await other.engine.tasks.idle()
        await over(story, far)
        assert far.begun == 1
        assert [outcome for outcome, _ in await outcomes(story, rollout)] == ["passed"]


@pytest.mark.parametrize("ahead_s", [-7200, 0, 7200])
async def test_a_task_that_was_put_on_record_a_moment_ago_is_left_to_who_put_it_there(
    tmp_path: Path, ahead_s: float
) -> None:
    """R24: before it is taken up nobody holds it. Where nobody takes it up, the next process says so, and by a clock
    that is hours away too."""
    far = Far()
    async with open_rig(tmp_path, far, {**BURST, "at": "0s"}) as story:
        story.engine.ledger.on_saved.remove(story.engine.tasks.saw)
        rollout = await story.start()
        await tick(story)
        async with beside(story, tmp_path, ahead_s=ahead_s) as other:
            other.engine.tasks.saw(await other.load(rollout))
            await other.engine.tasks.idle()
            left = [each.outcome for each in (await story.load(rollout)).tasks]
            assert left == ([""] if ahead_s == 0 else ["unfinished"])
            other.now += timedelta(seconds=6)
            other.engine.tasks.saw(await other.load(rollout))
            await other.engine.tasks.idle()
            assert [each.outcome for each in (await story.load(rollout)).tasks] == ["unfinished"]
        assert far.begun == 0


@pytest.mark.parametrize(("once_more", "begun"), [(False, 1), (True, 2)])
async def test_what_a_dead_process_began_has_no_result(tmp_path: Path, once_more: bool, begun: int) -> None:
    """R24, law 5: it isn't repeated, for it may have been what brought the process down; unless the plan says so."""
    far = Far()
    async with open_rig(tmp_path, far, {**BURST, "again": once_more}) as story:
        rollout = await under_way(story, far)
        await story.engine.tasks.aclose()
        async with again(story, tmp_path) as next_life:
            next_life.now += timedelta(minutes=1)
            for _ in range(3):
                await tick(next_life)
                far.clear.set()
                await next_life.engine.tasks.idle()
            found = await outcomes(next_life, rollout)
            assert found[0] == ("unfinished", "Perch was interrupted in the middle of it")
            assert far.begun == begun
            state = (await next_life.load(rollout)).state
            if once_more:
                assert [outcome for outcome, _ in found] == ["unfinished", "passed"]
            else:
                assert state is State.HELD
                hold = (await next_life.load(rollout)).hold
                assert hold is not None
                assert hold.cause == "task"


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


async def test_no_check_and_no_way_down_waits_for_it(tmp_path: Path) -> None:
    """Law 2: it hangs, even when it is told to stop, and traffic is down."""
    far = Far()

    async def deaf() -> None:
        far.under_way = 1
        try:
            await far.clear.wait()
        except asyncio.CancelledError:
            await far.clear.wait()

    far.carry_out = deaf  # type: ignore[method-assign]
    async with open_rig(tmp_path, far) as story:
        rollout = await under_way(story, far) if far.begun else await story.start()
        await tick(story, 2)
        await far.until(lambda: far.under_way == 1, BEGINS_S)
        before = story.numbers.asked
        await tick(story)
        assert story.numbers.asked > before
        await rolled_back(story, rollout)
        await story.engine.ticker.idle()
        assert (await story.load(rollout)).state is State.ROLLED_BACK
        far.clear.set()


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
