"""Rules that need the engine as well as the domain: gates, sides, several targets, schedules."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import ApprovedAlready, NotAllowed, NotPromotable, StaleClick, WrongStage
from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.units import ZERO, Weight
from tests.fakes.traffic import Trouble
from tests.rig import ANA, BEN, CLEO, DEV, again, rig, staged, tree

pytestmark = pytest.mark.anyio


async def test_the_same_person_approving_twice_counts_once(tmp_path: Path) -> None:
    """Law 6: click and reaction together, double clicks; whoever says it again is told so."""
    stages = staged(approvals={"need": 2})
    async with rig(tmp_path, tree(stages=stages)) as story:
        rollout = await story.until_gate(await story.start())
        clicks = [story.yes(rollout, surface=how) for how in ("button", "reaction", "button")]
        answers = await asyncio.gather(
            *(story.engine.desk.approve(click, rollout.id) for click in clicks), return_exceptions=True
        )
        assert sum(isinstance(answer, ApprovedAlready) for answer in answers) == 2
        rollout = await story.load(rollout)
        assert rollout.state is State.GATE
        assert rollout.gate is not None
        assert len(rollout.gate.approvals) == 1
        rollout = await story.approve(rollout, CLEO)
        assert rollout.state is State.BAKING


async def test_two_approvers_in_the_same_moment_make_one_promotion(tmp_path: Path) -> None:
    """Law 6: a promote knows its gate, so two clicks can't skip a stage."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        clicks = [story.yes(rollout, person) for person in (BEN, CLEO)]
        answers = await asyncio.gather(
            *(story.engine.desk.approve(click, rollout.id) for click in clicks), return_exceptions=True
        )
        await story.engine.ticker.idle()
        assert sum(isinstance(answer, StaleClick) for answer in answers) == 1
        assert story.traffic[0].weight == Weight(10)
        assert (await story.kinds_on_record(rollout)).count("promoted") == 1


async def test_the_starter_may_not_approve(tmp_path: Path) -> None:
    """S4: four eyes by default."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start(BEN))
        with pytest.raises(NotAllowed):
            await story.approve(rollout, BEN)
        assert (await story.approve(rollout, CLEO)).state is State.BAKING


@pytest.mark.parametrize(
    ("four_eyes", "user", "why", "ask"),
    [
        (True, DEV, "you aren't one of its approvers", "@leads"),
        (True, ANA, "you started it yourself", "a second person of @leads"),
        (True, CLEO, "you resumed, overruled or replanned it yourself", "a second person of @leads"),
        (False, ANA, "you aren't one of its approvers", "@leads"),
    ],
)
async def test_who_may_not_approve_is_told_why(tmp_path: Path, four_eyes: bool, user: str, why: str, ask: str) -> None:
    """Of two reasons the one that would remain: no role lets who started it, and has none, approve it."""
    wanted = {"need": 1, "not_requester": four_eyes}
    async with rig(tmp_path, tree(stages=staged(approvals=wanted))) as story:
        rollout = await story.start(ANA)
        await story.engine.desk.hold(story.request("hold"), rollout.id, "wait", None)
        await story.engine.desk.resume(story.request("resume", CLEO), rollout.id, "")
        gated = await story.until_gate(rollout)
        with pytest.raises(NotAllowed) as refused:
            await story.approve(gated, user)
        assert str(refused.value) == f"You may not approve this: {why}; it's noted and nothing was changed."
        assert refused.value.next_step == f"ask {ask}"


async def test_an_open_gate_closes_when_a_check_fails_and_opens_anew(tmp_path: Path) -> None:
    """A gate that fails goes back to baking, bake kept."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        story.numbers.values["success"] = 97.0
        await story.minutes(1)
        assert (await story.load(rollout)).state is State.BAKING
        story.numbers.values["success"] = 99.0
        await story.minutes(1)
        later = await story.load(rollout)
        assert later.state is State.GATE
        assert later.gate is not None
        assert rollout.gate is not None
        assert later.gate.id != rollout.gate.id


async def test_a_gate_that_nobody_answers_expires_into_the_plans_default(tmp_path: Path) -> None:
    """U3."""
    async with rig(tmp_path, tree(gate={"expires": "5m", "then": "rollback"})) as story:
        rollout = await story.until_gate(await story.start())
        await story.minutes(6)
        assert (await story.load(rollout)).state is State.ROLLED_BACK
        assert "gate_expired" in await story.kinds_on_record(rollout)


async def test_a_bake_can_be_ended_early_only_by_the_override_role_with_a_reason(tmp_path: Path) -> None:
    """Break-glass: its own role, a reason, and still a second person for the gate."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(1)
        with pytest.raises(NotAllowed):
            await story.engine.desk.promote(story.request("promote", ANA), rollout.id, "in a hurry")
        with pytest.raises(NotPromotable):
            await story.engine.desk.promote(story.request("promote", BEN), rollout.id, "")
        opened = await story.engine.desk.promote(story.request("promote", BEN), rollout.id, "in a hurry")
        assert opened.state is State.GATE
        with pytest.raises(NotAllowed):
            await story.approve(opened, BEN)
        assert (await story.approve(opened, CLEO)).stage == 1


async def test_when_the_stable_side_is_as_bad_it_is_held_instead_of_rolled_back(tmp_path: Path) -> None:
    """Rolling back to a stable side that is the broken one helps nobody."""
    metrics = {**tree()["metrics"], "errors": {"source": "numbers", "unit": "percent", "number": "errors $side"}}
    sides = {"canary": "new", "stable": "old"}
    async with rig(tmp_path, tree(metrics=metrics, sides=sides)) as story:
        story.numbers.values |= {"errors $side@new": 0.1, "errors $side@old": 0.1}
        rollout = await story.start()
        await story.minutes(1)
        story.numbers.values |= {"errors $side@new": 9.0, "errors $side@old": 9.0}
        await story.minutes(1)
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.HELD, Weight(1))
        assert rollout.hold is not None
        assert rollout.hold.cause == "both_sides"


async def test_several_targets_go_up_in_order_and_a_failing_one_takes_all_back(tmp_path: Path) -> None:
    """X10 in small: the second target refuses, so the first is undone."""
    traffic = [{"kind": "fake", "number": 0}, {"kind": "fake", "number": 1}]
    async with rig(tmp_path, tree(traffic=traffic), targets=2) as story:
        story.traffic[1].far.trouble = Trouble.LIE
        rollout = await story.start()
        await story.settle()
        assert (await story.load(rollout)).state is State.HELD
        assert [each.weight for each in story.traffic] == [ZERO, ZERO]


async def test_snapshots_and_checkpoints_come_on_schedule(tmp_path: Path) -> None:
    """S3: snapshots in the thread, checkpoints in the channel as well; what everybody expects only in the thread."""
    async with rig(tmp_path, tree(stages=staged(bake="30m", checkpoints=["15m"]))) as story:
        rollout = await story.start()
        await story.minutes(16)
        kinds = await story.kinds_on_record(rollout)
        assert kinds.count("snapshot") == 4
        assert kinds.count("checkpoint") == 1
        said = {message.say: message for message in await story.said()}
        assert (said["snapshot"].thread, said["snapshot"].broadcast) == (True, False)
        assert said["checkpoint"].broadcast
        expected = ("verdict_changed", "stage_confirmed")
        assert [(said[each].thread, said[each].broadcast) for each in expected] == [(True, False)] * 2


async def test_after_a_rollback_the_metrics_are_verified_and_told(tmp_path: Path) -> None:
    """R12."""
    plan = tree(verify_after={"rollback": ["errors < 1% within 30s", "latency < 1s within 30s"]})
    async with rig(tmp_path, plan) as story:
        rollout = await story.start()
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "")
        await story.engine.ticker.idle()
        await story.minutes(1, step_s=5)
        records = await story.engine.rollouts.records(rollout.id)
        verified = next(record for record in records if record.kind == "verified")
        assert verified.body["failed"] == ["latency < 1s within 30s"]
        assert verified.body["passed"] == ["errors < 1% within 30s"]
        assert [each["says"] for each in verified.body["results"]] == ["PASS", "FAIL"]


async def test_after_a_kill_it_is_looked_whether_all_is_well_and_a_restart_goes_on(tmp_path: Path) -> None:
    """R12: what killed it has its times, and what must be well afterwards as well."""
    after = {"kill": ["latency <= baseline + 10% within 60s", "errors < 1% within 30s"]}
    plan = tree(killed_when=["new_jobs == 0 within 30s"], verify_after=after)
    plan["metrics"]["latency"]["baseline"] = {"before_start": "5m"}
    async with rig(tmp_path, plan) as story:
        rollout = await story.start()
        await story.minutes(1)
        story.numbers.values |= {"latency": 9.0}
        await story.engine.desk.kill(story.request("kill"), rollout.id, "it burns")
        await story.minutes(0.1, step_s=2)
        assert (await story.load(rollout)).state is State.KILLED
        async with again(story, tmp_path) as next_life:
            next_life.numbers.values["latency"] = 2.0
            next_life.now += timedelta(seconds=20)
            await next_life.settle()
            records = {record.kind: record.body for record in await next_life.engine.rollouts.records(rollout.id)}
            (killed,) = records["killed"]["conditions"]
            assert (killed["says"], killed["took_s"] <= 6) == ("PASS", True)
            latency, errors = sorted(records["verified"]["results"], key=lambda each: each["condition"], reverse=True)
            assert (latency["says"], errors["says"]) == ("PASS", "PASS")
            assert errors["took_s"] < 20 <= latency["took_s"]


async def test_a_breach_in_the_last_stage_can_pull_the_kill_switch(tmp_path: Path) -> None:
    """R7: EMERGENCY, every tier at once."""
    stages = staged(on_breach="kill")
    async with rig(tmp_path, tree(stages=stages)) as story:
        rollout = await story.start()
        await story.minutes(1)
        story.numbers.values["errors"] = 50.0
        await story.minutes(1)
        await story.minutes(0.2, step_s=2)
        assert (await story.load(rollout)).state is State.KILLED
        assert story.kills[0].standing == "off"


async def test_a_hold_has_an_owner_a_deadline_and_goes_on_where_it_stood(tmp_path: Path) -> None:
    """X12: the bake goes on after a resume, and the held time isn't bake."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(2)
        held = await story.engine.desk.hold(story.request("hold"), rollout.id, "lunch", timedelta(hours=1))
        assert held.hold is not None
        assert (held.hold.owner, held.hold.until) == (ANA, story.now + timedelta(hours=1))
        await story.minutes(10)
        resumed = await story.engine.desk.resume(story.request("resume"), rollout.id, "")
        assert resumed.baked == timedelta(minutes=2)
        assert resumed.state is State.BAKING


async def test_a_refusal_is_on_record_with_its_rollout_or_with_the_workspace(tmp_path: Path) -> None:
    """E1: every refusal, with who, what and why."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        typed = story.request("approve", DEV, words=("materializers",))
        await story.engine.desk.refused(typed, NotAllowed("approve this", "@leads"))
        await story.engine.desk.refused(story.request("start", DEV, words=("nothing",)), WrongStage("x", "2%", "1%"))
        (mine,) = [each for each in await story.engine.rollouts.records(rollout.id) if each.kind == "refused"]
        (other,) = await story.engine.rollouts.records(WORKSPACE)
        assert (mine.actor, mine.body["verb"], mine.body["next_step"]) == (DEV, "approve", "ask @leads")
        assert other.body["words"] == ["nothing"]
        assert await story.engine.desk.verify(await story.load(rollout)) is None


async def test_a_used_gates_card_names_whoever_let_it_through(tmp_path: Path) -> None:
    """S2: dead buttons go, and the names stay."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        await story.approve(rollout, BEN)
        used = [message for message in await story.said() if message.facts.get("state") == "used"]
        assert [approval["person"]["id"] for approval in used[0].facts["card"]["approvals"]] == [BEN]


async def test_a_baseline_from_before_the_start_stays_as_it_was_while_stages_bake(tmp_path: Path) -> None:
    """A stage without a name isn't the stage that a baseline doesn't name: the canary was its own baseline then."""
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "30m"}}
    stages = [{**stage, "warn_unless": ["latency <= baseline + 10%"]} for stage in tree()["stages"]]
    async with rig(tmp_path, tree(metrics=metrics, stages=stages)) as story:
        rollout = await story.start()
        story.numbers.values["latency"] = 9.0
        await story.minutes(3)
        assert (await story.load(rollout)).baselines["latency"].value == 2.0


async def test_no_bake_is_ended_early_while_its_metrics_settle(tmp_path: Path) -> None:
    """Law 1: nothing hard has been judged, so there is no verdict to go up on."""
    async with rig(tmp_path, tree(stages=staged(settle="10m", bake="20m"))) as story:
        rollout = await story.start()
        await story.minutes(2)
        with pytest.raises(NotPromotable, match="settling"):
            await story.engine.desk.promote(story.request("promote", BEN), rollout.id, "in a hurry")
        await story.minutes(10)
        opened = await story.engine.desk.promote(story.request("promote", BEN), rollout.id, "in a hurry")
        assert opened.state is State.GATE
