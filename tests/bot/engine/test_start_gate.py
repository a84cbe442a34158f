"""Approvals for the start (law 1): a green preflight opens a gate, and nothing moves before somebody passed it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import NotAllowed, NotAnItem, NotPromotable, StaleClick
from bot.domain.freezes import EVERYWHERE
from bot.domain.machine import State
from bot.domain.measurements import Missing
from bot.domain.record.decision import decision_of
from bot.domain.record.durations import Phase, spent
from bot.domain.record.waits_of_people import waits
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.ports import Spooled
from bot.ports.homes import Turn
from tests.bot.engine.test_homes import Desk
from tests.fakes.traffic import Trouble
from tests.rig import ANA, BEN, CLEO, DEV, GOOD, Rig, again, beside, rig, sick, tree

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.usefixtures("both_databases")
HOUR = timedelta(hours=1)


def wanting(need: int = 1, **changes: Any) -> dict[str, Any]:
    """The small plan, whose start needs so many yeses."""
    return tree(**{"start_approvals": {"need": need}, "drift": "lower", **changes})


def touched(here: Rig) -> list[str]:
    """What was asked of traffic and of its mirror."""
    sides = [side for each in here.traffic for side in (each, each.copies)]
    return [call for each in sides for call in each.far.calls if call.startswith("apply")]


def gate_of(rollout: Rollout) -> str:
    assert rollout.state is State.START_GATE, (rollout.state, rollout.reason)
    assert rollout.gate is not None
    return rollout.gate.id


async def record(here: Rig, rollout: Rollout, kind: str) -> Mapping[str, Any]:
    records = await here.engine.rollouts.records(rollout.id)
    return next(each.body for each in reversed(records) if each.kind == kind)


async def approve(here: Rig, rollout: Rollout, user: str, gate: str, how: str = "button") -> Rollout:
    request = here.request("approve", user, surface=how, gate=gate)
    rollout = await here.engine.desk.approve(request, rollout.id)
    await here.rest()
    return await here.load(rollout)


async def test_green_preflight_asks_and_a_yes_of_somebody_else_starts_it(tmp_path: Path) -> None:
    """Law 1: nothing rises before it, and the record says who let it."""
    async with rig(tmp_path, wanting(), signer=None) as here:
        del here.numbers.values["new_jobs"]
        rollout = await here.start(BEN)
        gate = gate_of(rollout)
        await here.minutes(3)
        assert (rollout.approved, touched(here)) == (ZERO, [])
        opened = await record(here, rollout, "gate")
        assert (opened["from"], opened["to"], opened["warnings"]) == (0, 1, ["metric new_jobs"])
        with pytest.raises(NotAllowed, match="you started it yourself"):
            await approve(here, rollout, BEN, gate)
        with pytest.raises(NotAllowed):
            await approve(here, rollout, DEV, gate)
        assert touched(here) == []
        rollout = await approve(here, rollout, CLEO, gate)
        assert (rollout.state, rollout.confirmed, touched(here)) == (State.BAKING, Weight(1), ["apply 1%"])
        passed = await record(here, rollout, "promoted")
        assert (passed["from"], passed["to"], passed["by"], passed["gate"]) == (0, 1, [CLEO], gate)
        assert (passed["preflight_at"], passed["warnings"]) == (here.now.isoformat(), ["metric new_jobs"])
        assert (passed["verdict"], passed["check"]) == ("warn", None)
        gated = await here.until_gate(rollout)
        assert gated.gate is not None
        assert gated.gate.stage == 0, "the first stage has a gate of its own"


async def test_who_resumed_a_start_may_not_approve_it_either(tmp_path: Path) -> None:
    """Law 1: a hold closes the gate; after a resume preflight looks again, and another gate opens."""
    async with rig(tmp_path, wanting()) as here:
        rollout = await here.start()
        first = gate_of(rollout)
        await here.engine.desk.hold(here.request("hold"), rollout.id, "wait", None)
        with pytest.raises(StaleClick):
            await approve(here, rollout, BEN, first)
        here.kills[0].far.trouble = Trouble.FAIL
        await here.minutes(70, 600)
        assert (await here.load(rollout)).rehearsal_faults
        here.kills[0].far.trouble = None
        await here.engine.desk.resume(here.request("resume", BEN), rollout.id, "")
        await here.settle()
        again = await here.load(rollout)
        second = gate_of(again)
        assert second != first
        assert again.check is None, "what was looked at while it was held is no grounds for a start"
        with pytest.raises(NotAllowed):
            await approve(here, rollout, BEN, second)
        assert touched(here) == []
        assert (await approve(here, rollout, CLEO, second)).confirmed == Weight(1)


@both_databases
async def test_a_crash_at_the_gate_loses_no_yes_and_nothing_starts_on_a_preflight_of_before(tmp_path: Path) -> None:
    """Laws 1 and 5: the last yes comes before anybody has looked again; the look that follows starts it."""
    async with rig(tmp_path, wanting(2)) as here:
        rollout = await here.start()
        gate = gate_of(rollout)
        await approve(here, rollout, BEN, gate, "reaction")
        async with again(here, tmp_path) as later:
            later.now += timedelta(minutes=10)
            rollout = await approve(later, rollout, CLEO, gate)
            assert (gate_of(rollout), touched(later)) == (gate, [])
            await later.settle()
            rollout = await later.load(rollout)
            assert (rollout.state, touched(later)) == (State.BAKING, ["apply 1%"])
            kinds = await later.kinds_on_record(rollout)
            assert (kinds.count("approved"), kinds.count("promoted"), kinds.count("away")) == (2, 1, 1)


async def test_what_broke_while_nobody_looked_closes_the_gate_instead(tmp_path: Path) -> None:
    """Law 1: a stale preflight starts nothing; red again, the start is over."""
    async with rig(tmp_path, wanting()) as here:
        rollout = await here.start()
        gate = gate_of(rollout)
        here.now += timedelta(minutes=10)
        here.numbers.values["success"] = sick()
        await approve(here, rollout, BEN, gate)
        await here.settle()
        assert (await here.load(rollout)).state is State.PREFLIGHT
        assert "preflight isn't green any more: metric success" in (await record(here, rollout, "gate_closed"))["why"]
        await here.minutes(1)
        ended = await here.load(rollout)
        assert (ended.state, ended.cooldown_until, touched(here)) == (State.ABORTED, None, [])


async def test_a_short_outage_costs_the_approvals_and_not_the_start(tmp_path: Path) -> None:
    """Law 3, X2: green again, another gate is opened; a yes to the first one counts for nothing."""
    async with rig(tmp_path, wanting(2)) as here:
        rollout = await here.start()
        gate = gate_of(rollout)
        await approve(here, rollout, BEN, gate)
        here.numbers.values["errors"] = sick(Missing.TIMEOUT)
        await here.minutes(1)
        here.numbers.values.update(GOOD)
        await here.minutes(1)
        anew = await here.load(rollout)
        assert (gate_of(anew) != gate, anew.gate and anew.gate.approvals) == (True, ())
        with pytest.raises(StaleClick):
            await approve(here, rollout, CLEO, gate)


@both_databases
async def test_two_approvers_at_once_start_it_once(tmp_path: Path) -> None:
    """Law 6: two processes, two people, one of each group."""
    async with rig(tmp_path, wanting(2)) as here, beside(here, tmp_path) as other:
        rollout = await here.start()
        gate = gate_of(rollout)
        await asyncio.gather(approve(here, rollout, BEN, gate), approve(other, rollout, CLEO, gate))
        await here.minutes(1)
        rollout = await here.load(rollout)
        kinds = await here.kinds_on_record(rollout)
        assert (rollout.confirmed, kinds.count("approved"), kinds.count("promoted")) == (Weight(1), 2, 1)
        assert touched(here) == ["apply 1%"]


async def test_a_reaction_taken_back_and_a_no_end_it_without_a_cooldown(tmp_path: Path) -> None:
    """R6: withdrawn, it doesn't count; rejected, it's over, and may be started anew at once."""
    async with rig(tmp_path, wanting(2)) as here:
        rollout = await here.start()
        gate = gate_of(rollout)
        await approve(here, rollout, BEN, gate, "reaction")
        withdrawn = here.request("approve", BEN, surface="reaction", gate=gate, undo=True)
        await here.engine.desk.withdraw(withdrawn, rollout.id)
        rollout = await approve(here, rollout, CLEO, gate)
        assert gate_of(rollout) == gate
        await here.engine.desk.reject(here.request("reject", BEN, gate=gate), rollout.id, "not on a Friday")
        ended = await here.load(rollout)
        assert (ended.state, ended.reason, ended.cooldown_until) == (
            State.ABORTED,
            "the start was rejected: not on a Friday",
            None,
        )
        kinds = {each.say: each.facts for each in await here.said()}
        assert kinds["rejected"]["reason"] == "not on a Friday"
        assert (kinds["gate"]["state"], kinds["gate"]["by"]) == ("rejected", BEN)
        gate_of(await here.start())
        assert touched(here) == []


@pytest.mark.parametrize("way", ["rollback", "rollback by the card", "kill", "freeze"])
async def test_every_way_down_works_from_there(tmp_path: Path, way: str) -> None:
    """Law 2: at once, and afterwards no yes leads up."""
    async with rig(tmp_path, wanting()) as here:
        rollout = await here.start()
        gate, engine = gate_of(rollout), here.engine
        match way:
            case "rollback":
                await engine.desk.rollback(here.request("rollback"), rollout.id, "no")
            case "rollback by the card":
                card = await engine.switch.card_for(rollout)
                facts = {"key": "k", "rollout": rollout.id, "plan": rollout.plan, "environment": "production"}
                act = Spooled(what="rollback", by=ANA, by_name="Ana", reason="no", at=here.now, **facts)
                await engine.switch.pull(act, card)
            case "kill":
                await engine.desk.kill(here.request("kill"), rollout.id, "no")
                await here.minutes(1, 5)
            case _:
                await engine.desk.freeze(here.request("freeze"), EVERYWHERE, "incident", HOUR, ())
        ended = await here.load(rollout)
        ends = {"kill": State.KILLED, "freeze": State.HELD}
        assert (ended.state, ended.gate) == (ends.get(way, State.ABORTED), None)
        with pytest.raises(StaleClick):
            await approve(here, rollout, BEN, gate)
        assert not [call for call in touched(here) if call != "apply 0%"]
        cards = [each.facts["state"] for each in await here.said() if each.say == "gate"]
        assert cards[-1] == {"kill": "killed", "freeze": "held"}.get(way, "aborted")


async def test_somebody_elses_traffic_at_the_gate_is_lowered_held_and_told(tmp_path: Path) -> None:
    """Law 10: within one check, with before and after."""
    async with rig(tmp_path, wanting()) as here:
        rollout = await here.start()
        here.traffic[0].weight = Weight(5)
        await here.minutes(1)
        held = await here.load(rollout)
        drift = await record(here, rollout, "drift")
        assert (held.state, held.gate, here.traffic[0].weight) == (State.HELD, None, ZERO)
        assert (drift["recorded"], drift["real"], drift["did"]) == (0, 5, "lowered")


async def test_a_dark_launch_mirrors_nothing_before_its_start_is_approved(tmp_path: Path) -> None:
    """R8: a copy of the traffic is a load, too. What somebody else mirrors is ended."""
    stage = wanting()["stages"][0]
    dark = {**stage, "weight": "0%", "mirror": "100%", "before": [{"kind": "fake"}], "tasks": []}
    async with rig(tmp_path, wanting(stages=[dark, {**stage, "mirror": "0%"}])) as here:
        rollout = await here.start()
        gate = gate_of(rollout)
        await here.minutes(2)
        assert (touched(here), here.effects[0].journal, rollout.acts) == ([], [], ())
        rollout = await approve(here, rollout, BEN, gate)
        await here.minutes(1)
        assert (rollout.stage, here.traffic[0].copies.weight) == (0, Weight(100))


async def test_an_action_that_cant_be_done_any_more_closes_the_gate(tmp_path: Path) -> None:
    """R20, law 1: what may stop a start is tried anew each time, not only once."""
    stages = [{**each, "before": [{"kind": "fake"}]} for each in wanting()["stages"]]
    async with rig(tmp_path, wanting(stages=stages)) as here:
        rollout = await here.start()
        gate_of(rollout)
        here.effects[0].far.trouble = Trouble.FAIL
        await here.minutes(1)
        assert (await here.load(rollout)).state is State.PREFLIGHT


async def test_somebody_elses_mirror_at_the_gate_is_ended(tmp_path: Path) -> None:
    """Law 10 for what is mirrored."""
    stage = wanting()["stages"][0]
    plan = wanting(stages=[{**stage, "weight": "0%", "mirror": "100%"}, {**stage, "mirror": "0%"}])
    async with rig(tmp_path, plan) as here:
        rollout = await here.start()
        here.traffic[0].copies.weight = Weight(50)
        await here.minutes(1)
        held = await here.load(rollout)
        assert (held.state, held.mirror, here.traffic[0].copies.weight) == (State.HELD, ZERO, ZERO)


async def test_who_only_watches_and_who_takes_over_asks_for_no_start(tmp_path: Path) -> None:
    """U2: nothing rises by either, and traffic that is there already wants its triggers."""
    async with rig(tmp_path, wanting()) as here:
        here.traffic[0].weight = Weight(10)
        taken = await here.start(BEN, "10%", how="adopt", reason="r")
        assert (taken.state, taken.confirmed, touched(here)) == (State.BAKING, Weight(10), [])
    (other := tmp_path / "other").mkdir()
    async with rig(other, wanting()) as here:
        here.traffic[0].weight = Weight(1)
        watched = await here.start(weight="1%", how="observe")
        assert (watched.state, watched.gate, touched(here)) == (State.BAKING, None, [])


async def test_nothing_goes_round_the_gate(tmp_path: Path) -> None:
    """Law 1: no bake to be ended early, no verdict to be overruled, no item of the first stage to be ticked."""
    stages = [{**each, "checklist": ["looked"], "tasks": []} for each in wanting()["stages"]]
    async with rig(tmp_path, wanting(stages=stages)) as here:
        rollout = await here.start()
        gate, desk = gate_of(rollout), here.engine.desk
        with pytest.raises(NotPromotable):
            await desk.promote(here.request("promote", BEN), rollout.id, "now")
        with pytest.raises(Exception, match="overruled once its bake is over"):
            await desk.override(here.request("override", BEN), rollout.id, "now")
        with pytest.raises(NotAnItem):
            await desk.tick(here.request("tick", ANA, gate=gate), rollout.id, "1", done=True)
        assert touched(here) == []


async def test_a_changed_plan_closes_the_gate_and_preflight_looks_again(tmp_path: Path) -> None:
    """X2, R21: what was approved was the other plan."""
    async with rig(tmp_path, wanting()) as here:
        rollout = await here.start()
        gate, desk = gate_of(rollout), here.engine.desk
        here.plans.trees["materializers"] = wanting(cooldown="1h")
        asked = await desk.replan(here.request("replan"), rollout.id, "shorter")
        assert asked.replan is not None
        accepted = here.request("approve", BEN, gate=asked.replan.id, surface="button")
        changed = await desk.accept_plan(accepted, rollout.id)
        assert (changed.state, changed.gate) == (State.PREFLIGHT, None)
        await here.settle()
        assert gate_of(await here.load(rollout)) != gate
        with pytest.raises(StaleClick):
            await approve(here, rollout, BEN, gate)


async def test_a_baseline_is_of_the_time_before_the_start_and_not_of_before_the_waiting(tmp_path: Path) -> None:
    """R5: it's taken anew while people are waited for."""
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "30m"}}
    stages = [{**each, "warn_unless": ["latency <= baseline + 10%"]} for each in tree()["stages"]]
    async with rig(tmp_path, wanting(metrics=metrics, stages=stages)) as here:
        rollout = await here.start()
        assert rollout.baselines["latency"].value == 2.0
        here.numbers.values["latency"] = 4.0
        await here.minutes(1)
        gate = gate_of(await here.load(rollout))
        rollout = await approve(here, rollout, BEN, gate)
        assert (rollout.state, rollout.baselines["latency"].value) == (State.BAKING, 4.0)


async def test_everybodys_page_shows_it_to_who_may_approve(tmp_path: Path) -> None:
    """S6: not to whoever started it."""
    async with rig(tmp_path, wanting()) as story:
        gate_of(await story.start(BEN))
        here = Desk(story)
        turns = {who: await here.turns(who) for who in (ANA, BEN, CLEO)}
        assert turns == {ANA: [], BEN: [], CLEO: [Turn.APPROVE]}


async def test_the_record_knows_who_let_it_start_and_how_long_they_were_waited_for(tmp_path: Path) -> None:
    """E1: in the decision, and in where the time went."""
    plan = wanting(stages=[{**wanting()["stages"][0], "bake": "1m"}])
    async with rig(tmp_path, plan) as here:
        rollout = await here.start()
        gate = gate_of(rollout)
        await here.minutes(3)
        await approve(here, rollout, BEN, gate)
        await here.minutes(2)
        ended = await here.load(rollout)
        records = await here.engine.rollouts.records(rollout.id)
        found = decision_of(records)
        assert (ended.state, found is not None) == (State.COMPLETED, True)
        [let] = found[1].raises if found else ()
        assert (let.before, let.after, let.verdict, [yes.person for yes in let.approvals]) == (0, 1, "pass", [BEN])
        assert spent(ended, records, here.now)[Phase.WAITING] == timedelta(minutes=3)
        [wait] = waits(ended, here.plans.find("materializers")[0], records)
        assert (wait.of, wait.ended, wait.by, wait.weight, wait.to) == (("@leads",), "approved", (BEN,), 0, 1)
