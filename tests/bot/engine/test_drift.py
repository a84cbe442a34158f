"""Law 10 over the whole engine: what moves the weight besides Perch is seen, told, and only ever lowered."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.ports import TrafficState
from tests.fakes.traffic import FakeTraffic, Trouble
from tests.rig import ANA, BEN, Rig, again, rig, tree

pytestmark = pytest.mark.anyio

LONG: dict[str, Any] = {"confirm": {"within": "300ms"}}


async def told_drift(story: Rig, rollout: Rollout) -> list[tuple[float, float, str]]:
    """Before, after and what Perch did, of each drift on record."""
    records = await story.engine.rollouts.records(rollout.id)
    bodies: list[Mapping[str, Any]] = [record.body for record in records if record.kind == "drift"]
    return [(body["recorded"], body["real"], body["did"]) for body in bodies]


def asked(traffic: FakeTraffic) -> list[float]:
    """Every weight that was ever asked for, in percent."""
    return [float(call.split()[1].rstrip("%")) for call in traffic.far.calls if call.startswith("apply")]


async def in_state(story: Rig, state: State) -> Rollout:
    """A rollout at 1 % that bakes, waits at its gate, or is held."""
    rollout = await story.start()
    if state is State.GATE:
        return await story.until_gate(rollout)
    await story.minutes(1)
    if state is State.HELD:
        await story.engine.desk.hold(story.request("hold"), rollout.id, "lunch", None)
    return await story.load(rollout)


@pytest.mark.parametrize(
    ("state", "plan", "real", "left", "did"),
    [
        (State.BAKING, "lower", 50, 1, "lowered"),
        (State.BAKING, "lower", 1.5, 1, "lowered"),
        (State.BAKING, "lower", 0.5, 0.5, "held"),
        (State.BAKING, "hold", 50, 50, "held"),
        (State.GATE, "lower", 50, 1, "lowered"),
        (State.GATE, "lower", 0, 0, "held"),
        (State.HELD, "lower", 50, 1, "lowered"),
        (State.HELD, "hold", 50, 50, "held"),
        (State.HELD, "lower", 0, 0, "held"),
    ],
)
async def test_a_moved_weight_is_told_within_one_check_and_only_ever_lowered(
    tmp_path: Path, state: State, plan: str, real: float, left: float, did: str
) -> None:
    """Law 10: above what was approved it's lowered, or told, as the plan says; below, it's held and left."""
    async with rig(tmp_path, tree(drift=plan)) as story:
        rollout = await in_state(story, state)
        [traffic] = story.traffic
        traffic.weight = Weight(real)
        before = len(asked(traffic))
        await story.minutes(1)
        rollout = await story.load(rollout)
        assert rollout.state is State.HELD
        assert rollout.gate is None
        assert traffic.weight == Weight(left)
        assert await told_drift(story, rollout) == [(1.0, float(real), did)]
        assert all(weight <= real for weight in asked(traffic)[before:])
        await story.minutes(3)
        assert len(await told_drift(story, rollout)) == 1, "told once"
        assert traffic.weight == Weight(left)
        said = [message.say for message in await story.said()]
        assert said.count("drift") == 1
        assert await story.engine.desk.verify(rollout) is None


async def test_a_service_that_came_back_with_an_old_environment_is_seen_by_the_first_check(tmp_path: Path) -> None:
    """Up from 1 % to the 10 % of a former rollout, while Perch was away too."""
    async with rig(tmp_path) as story:
        rollout = await in_state(story, State.BAKING)
        traffic = story.traffic[0]
        traffic.weight = Weight(10)
    async with again(story, tmp_path) as later:
        await later.minutes(30, step_s=1800)
        assert (await later.load(rollout)).state is State.HELD
        assert traffic.weight == Weight(1)
        assert await told_drift(later, rollout) == [(1.0, 10.0, "lowered")]


@pytest.mark.parametrize(("moved", "ends"), [((0, 1), (0, 1)), ((1, 40), (1, 1)), ((0, 40), (0, 1))], ids=str)
async def test_each_of_several_targets_is_looked_at(
    tmp_path: Path, moved: tuple[float, ...], ends: tuple[float, ...]
) -> None:
    """One that was lowered isn't hidden by one that wasn't, and isn't raised with the other that is lowered."""
    targets = {"traffic": [{"kind": "fake", "number": 0}, {"kind": "fake", "number": 1}]}
    async with rig(tmp_path, tree(**targets), targets=2) as story:
        rollout = await in_state(story, State.BAKING)
        for traffic, weight in zip(story.traffic, moved, strict=True):
            traffic.weight = Weight(weight)
        await story.minutes(3)
        assert (await story.load(rollout)).state is State.HELD
        assert tuple(traffic.weight.percent for traffic in story.traffic) == ends
        assert max(asked(story.traffic[0]) + asked(story.traffic[1])) == 1.0
        told = await told_drift(story, rollout)
        assert {real for _, real, _ in told} == {float(each) for each in moved} - {1.0}


async def test_a_weight_that_cannot_be_read_is_told_and_nothing_goes_on_unseen(tmp_path: Path) -> None:
    """Told at the second blind check, once; bake stands still, approvals wait; told again when it can be seen."""
    async with rig(tmp_path) as story:
        rollout = await in_state(story, State.GATE)
        traffic = story.traffic[0]
        traffic.far.trouble = Trouble.FAIL
        await story.minutes(1)
        assert "unseen" not in await story.kinds_on_record(rollout)
        await story.minutes(5)
        assert (await story.kinds_on_record(rollout)).count("unseen") == 1
        waiting = await story.approve(rollout, BEN)
        assert (waiting.state, waiting.confirmed) == (State.GATE, Weight(1)), "an approval doesn't lift it unseen"
        traffic.far.trouble, traffic.weight = None, Weight(30)
        await story.minutes(1)
        kinds = await story.kinds_on_record(rollout)
        assert kinds.index("seen_again") < kinds.index("drift")
        assert traffic.weight == Weight(1)
        unseen = next(message for message in await story.said() if message.say == "unseen")
        assert unseen.facts["unread"] == ["fake traffic 0: the fake can't be reached"]


async def test_one_unreadable_target_of_several_stops_the_bake_and_hides_no_drift_of_the_other(tmp_path: Path) -> None:
    targets = {"traffic": [{"kind": "fake", "number": 0}, {"kind": "fake", "number": 1}]}
    async with rig(tmp_path, tree(**targets), targets=2) as story:
        rollout = await in_state(story, State.BAKING)
        story.traffic[0].far.trouble = Trouble.DENY
        baked = (await story.load(rollout)).baked
        await story.minutes(3)
        blind = await story.load(rollout)
        assert (blind.state, blind.baked) == (State.BAKING, baked)
        story.traffic[1].weight = Weight(0)
        await story.minutes(1)
        assert (await story.load(rollout)).state is State.HELD
        assert await told_drift(story, rollout) == [(1.0, 0.0, "held")]


async def test_an_adapter_that_says_lowered_and_changes_nothing_is_not_believed(tmp_path: Path) -> None:
    """It's tried for ever, told once as stuck with what is still on, and never reads as lowered."""
    async with rig(tmp_path, tree(**LONG)) as story:
        rollout = await in_state(story, State.BAKING)
        traffic = story.traffic[0]
        traffic.weight, traffic.far.trouble = Weight(50), Trouble.LIE
        await story.minutes(3)
        kinds = await story.kinds_on_record(rollout)
        assert (kinds.count("drift"), kinds.count("stuck"), kinds.count("lowered")) == (1, 1, 0)
        assert len(asked(traffic)) > 2
        traffic.far.trouble = None
        await story.minutes(1)
        assert traffic.weight == Weight(1)
        assert "lowered" in await story.kinds_on_record(rollout)
        assert (await story.load(rollout)).state is State.HELD


class Flipping(FakeTraffic):
    """One of two replicas answers, and the other has an old value."""

    async def read(self) -> TrafficState:
        state = await super().read()
        return TrafficState(next(self._turns), state.shown)

    _turns = cycle([Weight(1), Weight(10)])


async def test_an_adapter_that_answers_now_one_value_and_now_another_never_rises(tmp_path: Path) -> None:
    """Each check that reads above what was approved lowers; nothing is ever asked for above it."""
    async with rig(tmp_path, tree(**LONG)) as story:
        rollout = await in_state(story, State.BAKING)
        traffic = story.traffic[0]
        story.traffic[0].__class__ = Flipping
        await story.minutes(4)
        assert (await story.load(rollout)).state is State.HELD
        assert await told_drift(story, rollout)
        assert set(asked(traffic)) == {1.0}
        assert await story.engine.desk.verify(rollout) is None


async def test_a_weight_moved_while_a_raise_is_under_way_ends_at_the_weight_before(tmp_path: Path) -> None:
    """Shifting: what was asked for doesn't show, so it goes back and is held; somebody's 50 % doesn't stay."""
    async with rig(tmp_path, tree(**LONG)) as story:
        rollout = await story.until_gate(await story.start())
        traffic = story.traffic[0]
        traffic.far.trouble = Trouble.LATE
        await story.approve(rollout, BEN)
        traffic.weight, traffic.far.trouble = Weight(50), None
        await story.minutes(2)
        assert (await story.load(rollout)).state is State.HELD
        assert traffic.weight == Weight(1)


@pytest.mark.parametrize("way", ["rollback", "hold"])
async def test_a_way_down_never_raises_what_stands_lower_already(tmp_path: Path, way: str) -> None:
    """Somebody set 0 %: a rollback to 1 %, or a raise that is given up, leaves that; the next check tells it."""
    stages = [{**stage, "rollback_to": "previous"} for stage in tree()["stages"]]
    async with rig(tmp_path, tree(stages=stages, **LONG)) as story:
        rollout = await story.until_gate(await story.start())
        traffic = story.traffic[0]
        if way == "rollback":
            assert (await story.approve(rollout, BEN)).confirmed == Weight(10)
            traffic.weight = ZERO
            await story.engine.desk.rollback(story.request("rollback"), rollout.id, "it looks odd")
        else:
            traffic.far.trouble = Trouble.LIE
            await story.approve(rollout, BEN)
            traffic.weight, traffic.far.trouble = ZERO, None
        before = len(asked(traffic))
        await story.minutes(2)
        assert traffic.weight == ZERO
        assert asked(traffic)[before:] in ([], [0.0])
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.HELD, Weight(1))
        assert (1.0, 0.0, "held") in await told_drift(story, rollout)


async def test_resuming_over_a_weight_that_is_still_lower_holds_again_and_says_so(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await in_state(story, State.BAKING)
        story.traffic[0].weight = ZERO
        await story.minutes(1)
        await story.engine.desk.resume(story.request("resume", ANA), rollout.id, "")
        await story.minutes(1)
        assert (await story.load(rollout)).state is State.HELD
        assert await told_drift(story, rollout) == [(1.0, 0.0, "held")] * 2
        assert story.traffic[0].weight == ZERO


async def test_a_weight_put_up_during_a_kill_is_taken_down_at_the_next_look(tmp_path: Path) -> None:
    async with rig(tmp_path, tree(killed_when=["new_jobs == 0 within 30s"])) as story:
        story.numbers.values["new_jobs"] = 7.0
        rollout = await in_state(story, State.BAKING)
        await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        story.traffic[0].weight = Weight(20)
        await story.minutes(0.1, step_s=3)
        assert story.traffic[0].weight == ZERO


async def test_after_the_end_the_next_start_sees_what_was_put_up_meanwhile(tmp_path: Path) -> None:
    """An ended rollout isn't watched any more: docs/safety.md says so. Nobody starts on top of it unknowing."""
    async with rig(tmp_path, tree(cooldown="0s")) as story:
        rollout = await in_state(story, State.BAKING)
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "")
        await story.minutes(1)
        story.traffic[0].weight = Weight(10)
        await story.minutes(5)
        started = await story.start()
        assert started.state is State.ABORTED
        assert story.traffic[0].weight == Weight(10)
        aborted = next(message for message in await story.said() if message.say == "aborted")
        assert any("already at 10%" in line for line in aborted.facts["red"])
