"""A live rollout's plan changes only by a new version that somebody else approved (R21)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import NotAllowed, NotReplanned, StaleClick
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from tests.rig import ANA, BEN, CLEO, DEV, Rig, again, rig, tree

pytestmark = pytest.mark.anyio


def edited(story: Rig, stage: int = 0, **changes: Any) -> None:
    """Somebody edits the plan's file: one stage of it."""
    stages = [dict(each) for each in story.plans.trees["materializers"]["stages"]]
    stages[stage].update(changes)
    story.plans.trees["materializers"] = {**story.plans.trees["materializers"], "stages": stages}


async def asked(story: Rig, rollout: Rollout, user: str = ANA) -> Rollout:
    return await story.engine.desk.replan(story.request("replan", user), rollout.id, "the limit was a guess")


async def approve(story: Rig, rollout: Rollout, user: str = BEN) -> Rollout:
    gate = rollout.replan.id if rollout.replan else ""
    return await story.engine.desk.accept_plan(story.request("approve", user, surface="button", gate=gate), rollout.id)


async def test_an_edited_file_changes_nothing_until_another_person_has_approved(tmp_path: Path) -> None:
    """R21: the diff is shown and kept, the digests before and after are in evidence, the verdict is the new plan's."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.numbers.values["success"] = 97.0
        edited(story, promote_when=["success > 96%"])
        await story.minutes(1)
        waiting = await asked(story, rollout)
        assert waiting.replan is not None
        assert waiting.replan.lines[0][1:] == ("success > 98%", "success > 96%")
        await story.minutes(1)
        before = await story.load(rollout)
        assert before.check is not None
        assert before.check.verdict == "fail"
        with pytest.raises(NotAllowed):
            await approve(story, before, ANA)
        with pytest.raises(NotAllowed):
            await approve(story, before, DEV)
        changed = await approve(story, before)
        assert (changed.replan, changed.plan_digest) == (None, waiting.replan.after)
        await story.minutes(1)
        after = await story.load(rollout)
        assert after.check is not None
        assert after.check.verdict == "pass"
        assert after.baked > before.baked
        record = next(each for each in await story.engine.rollouts.records(rollout.id) if each.kind == "replanned")
        assert (record.body["before"], record.body["after"]) == (rollout.plan_digest, changed.plan_digest)
        assert record.body["by"] == [BEN]


async def test_the_new_plan_is_there_after_a_restart(tmp_path: Path) -> None:
    """Law 5: it was committed together with the wish."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        edited(story, bake="9m")
        await approve(story, await asked(story, rollout))
        async with again(story, tmp_path) as later:
            plan = await later.engine.desk.plan_of(await later.load(rollout))
            assert plan.stages[0].bake.total_seconds() == 540


async def test_an_open_gate_closes_and_its_approvals_with_it(tmp_path: Path) -> None:
    """X2: they were given to another plan. Who asked for the change may not approve leaving the stage."""
    stages = [{**each, "approvals": {"need": 1}} for each in tree()["stages"]]
    async with rig(tmp_path, tree(stages=stages)) as story:
        rollout = await story.until_gate(await story.start())
        edited(story, promote_when=["success > 97%"])
        changed = await approve(story, await asked(story, rollout, CLEO))
        assert (changed.state, changed.gate) == (State.BAKING, None)
        reopened = await story.until_gate(changed)
        with pytest.raises(NotAllowed):
            await story.approve(reopened, CLEO)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"roles": {"operators": ["@sre"], "approvers": ["@sre"], "override": ["@sre"]}}, "roles"),
        ({"kill_switch": []}, "kill_switch"),
        ({"channel": "#elsewhere"}, "channel"),
    ],
)
async def test_what_a_rollout_stands_on_does_not_change_while_it_is_live(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.plans.trees["materializers"] = tree(**change)
        with pytest.raises(NotReplanned, match=why):
            await asked(story, rollout)


async def test_stages_that_are_behind_keep_their_weights_and_mirrors_and_later_ones_may_change(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        edited(story, 0, weight="2%")
        with pytest.raises(NotReplanned, match="keep their weights"):
            await asked(story, rollout)
        edited(story, 0, weight="1%", mirror="5%")
        with pytest.raises(NotReplanned, match="keep what they mirror"):
            await asked(story, rollout)
        edited(story, 0, weight="1%", mirror="0%")
        edited(story, 1, weight="5%")
        changed = await approve(story, await asked(story, rollout))
        assert (await story.engine.desk.plan_of(changed)).stages[1].weight.percent == 5


async def test_a_button_of_a_change_that_was_replaced_or_rejected_does_nothing(tmp_path: Path) -> None:
    """Law 6, X2."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        edited(story, bake="5m")
        first = await asked(story, rollout)
        edited(story, bake="6m")
        second = await asked(story, rollout)
        with pytest.raises(StaleClick):
            await approve(story, first)
        await story.engine.desk.reject_plan(story.request("reject", BEN), rollout.id, "no")
        with pytest.raises(StaleClick):
            await approve(story, second)
        assert (await story.load(rollout)).plan_digest == rollout.plan_digest


async def test_an_unchanged_file_asks_for_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        assert await story.engine.desk.newer(rollout) == []
        with pytest.raises(NotReplanned, match="already"):
            await asked(story, rollout)
