"""What a plan asks to be on record: mistakes are told by `plan check`, what is missing by the status (E5, X1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.planning.report import Mistake, Note, dotted
from bot.domain.record.noting import noted
from bot.domain.record.wanted import lacking, missing
from bot.domain.rollout import Rollout, Verdict
from bot.domain.steps import Happening, Step
from bot.domain.units import Weight
from bot.wording.telling import Telling
from bot.wording.waiting import waiting_lines
from tests.bot.domain.plan_trees import a_tree, report
from tests.builders import START, a_check, a_plan, a_rollout, a_stage, at_stage


def told(stage: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    """Mistakes and notes of the good plan with these changes, the last stage's among them."""
    tree = a_tree() | changes
    tree["stages"] = [
        tree["stages"][0] | {"checkpoints": ["15m", "5h", {"every": "1h"}]},
        tree["stages"][1] | (stage or {}),
    ]
    found = report(tree)
    told: list[Mistake | Note] = [*found.mistakes, *found.notes]
    return [f"{dotted(each.path)}: {each.what} — {each.hint}" for each in told if "comes after" not in each.what]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("lb_dif", "artifacts[0]: 'lb_dif' isn't an artifact that Perch makes — did you mean lb_diff?"),
        ("snapshot_soon", "artifacts[0]: 'snapshot_soon' names no moment — the time of a checkpoint, as: snapshot_15m"),
        (
            "snapshot_20m",
            "artifacts[0]: no stage has a checkpoint at 20m — add it to a stage's checkpoints; there are: 15m, 5h",
        ),
        (
            "snapshot_5h",
            "artifacts[0]: the stage at 1% may be left after 4h, before that checkpoint — bake longer, or ask for an "
            "earlier one",
        ),
        ("dashboards", "artifacts[0]: the plan names no dashboards — add them under dashboards:"),
        (
            "load_burst",
            "artifacts[0]: no stage has a task that is a load burst — add one under tasks: {load: …}; without it, it "
            "completes by an override only",
        ),
    ],
)
def test_what_can_never_be_on_record_is_told_when_the_plan_is_checked(asked: str, said: str) -> None:
    assert told(artifacts=[asked]) == [said]


def test_what_can_be_on_record_is_a_good_plan() -> None:
    board = {"id": "a", "url": "https://x/a"}
    assert (
        told(artifacts=["lb_diff", "dashboards", "decision", "snapshot_15m", "snapshot_2h"], dashboards=[board]) == []
    )
    assert told({"checkpoints": ["3d"]}, artifacts=["snapshot_3d"])[:-1] == []
    assert "dashboards[1]: 'a' is named twice — each id once" in told(dashboards=[board, board])


def test_an_address_is_one_of_the_web() -> None:
    [said] = told(dashboards=[{"id": "a", "url": "javascript:alert(1)"}])
    assert said.startswith("dashboards[0].url: 'javascript:alert(1)' doesn't have the form")


def at_the_end(plan: Plan, **changes: Any) -> Rollout:
    check = a_check(at=START, stage=len(plan.stages) - 1, verdict=Verdict.PASS)
    last = {"stage": len(plan.stages) - 1, "state": State.BAKING, "check": check, "baked": timedelta(hours=1)}
    return at_stage(plan, **{**last, **changes})


ASKING = a_plan(a_stage(checkpoints=["2m"]), a_stage("100%", checkpoints=["2m"]), artifacts=["lb_diff", "snapshot_2m"])


def test_a_snapshot_is_wanted_of_each_stage_that_has_the_checkpoint() -> None:
    rollout = at_the_end(ASKING, artifacts=("lb_diff", "snapshot_2m:1"))
    assert missing(rollout, ASKING) == ("snapshot_2m at 1%",)
    assert lacking(rollout, ASKING)[0].gone
    assert missing(rollout.but(adopts=Weight(100)), ASKING) == ()


def test_what_comes_by_itself_has_its_time_and_what_passed_by_has_none() -> None:
    rollout = at_the_end(ASKING, artifacts=("lb_diff", "snapshot_2m:0"))
    [coming] = lacking(rollout, ASKING)
    assert (coming.until, coming.gone) == (START + timedelta(minutes=2), False)
    [gone] = lacking(rollout.but(checkpoints=("T+2m", "T+4m")), ASKING)
    assert (gone.until, gone.gone) == (None, True)


def test_what_happens_is_kept_with_the_rollout() -> None:
    check = a_check(stage=1).model_dump(mode="json")
    happenings = (Happening("applied"), Happening("checkpoint", {"name": "T+2m", "check": check}), Happening("load"))
    step = noted(Step(a_rollout(), happenings))
    assert step.rollout.artifacts == ("lb_diff", "snapshot_2m:1", "load_burst")
    assert noted(Step(step.rollout, happenings)).rollout is step.rollout


def lines(rollout: Rollout, plan: Plan) -> list[str]:
    return waiting_lines(Telling({}, rollout, plan, START))


def test_the_status_says_what_the_end_lacks_and_what_to_do() -> None:
    """X1: like every other thing that is waited for."""
    rollout = at_the_end(ASKING, artifacts=("lb_diff", "snapshot_2m:1"), unmet_ends=("budget(x) > 25% (12%)",))
    waits = "the plan's end budget(x) &gt; 25% (12%); the artifact `snapshot_2m at 1%`, which can't come any more"
    assert lines(rollout.but(unfinished_told=True), ASKING) == [
        f"Waits for: {waits}.",
        "End it without: `/canary override materializers REASON` (override role; the decision names it).",
        "Take it back: `/canary rollback materializers`.",
    ]


def test_what_comes_by_itself_needs_nobody() -> None:
    [waits, then] = lines(at_the_end(ASKING, artifacts=("lb_diff", "snapshot_2m:0")), ASKING)
    assert (
        waits == "Waits for: the artifact `snapshot_2m`, 09:02 UTC (in 2 min)." or "the artifact `snapshot_2m" in waits
    )
    assert then.endswith("Nobody needs to act now.")
