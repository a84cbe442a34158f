"""Which of the artifacts that a plan asks for are on record, and which aren't: a missing one forbids "successful" (E5).

What has come to be on record is kept with the rollout as it happens, so that a check needn't read the chain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.language.spelling import exactly
from bot.domain.plan import Plan, Stage
from bot.domain.planning.artifacts import SNAPSHOT, snapshot_at
from bot.domain.rollout import Rollout


@dataclass(frozen=True, slots=True)
class Lack:
    """An artifact that isn't on record. `until`: when it comes by itself; `gone`: it can't come any more."""

    name: str
    until: datetime | None = None
    gone: bool = False


def snapshot(checkpoint: str, stage: int) -> str:
    """How a checkpoint's snapshot is kept with the rollout: `snapshot_15m:0` of `T+15m` at the first stage."""
    return f"{SNAPSHOT}{checkpoint.removeprefix('T+')}:{stage}"


def has(stage: Stage, at: timedelta) -> bool:
    """Whether a stage has a checkpoint at this time, by itself or, within its bake, as one of a row."""
    within = at <= max(stage.bake, stage.clean_for or timedelta(0))
    return any(
        each.at == at or (each.every is not None and within and at >= each.every and not at % each.every)
        for each in stage.checkpoints
    )


def missing(rollout: Rollout, plan: Plan, coming: Iterable[str] = ()) -> tuple[str, ...]:
    """All that the plan asks for and that isn't on record, overruled or not. `coming` is recorded this very moment."""
    return tuple(lack.name for lack in _lacks(rollout, plan, coming))


def lacking(rollout: Rollout, plan: Plan, coming: Iterable[str] = ()) -> tuple[Lack, ...]:
    """What forbids "successful": missing, and not overruled by a person."""
    given = overruled(rollout)
    return tuple(lack for lack in _lacks(rollout, plan, coming) if lack.name not in given)


def overruled(rollout: Rollout) -> frozenset[str]:
    """The artifacts that a person has said it may end without."""
    return frozenset(
        each.condition for override in rollout.overrides if override.what == "artifacts" for each in override.overruled
    )


def _lacks(rollout: Rollout, plan: Plan, coming: Iterable[str]) -> Iterator[Lack]:
    there = {*rollout.artifacts, *coming}
    for name in dict.fromkeys(plan.artifacts):
        at = snapshot_at(name)
        if at is not None:
            yield from _snapshots(name, at, rollout, plan, there)
        elif name not in there and not _declared(name, plan):
            yield Lack(name, gone=name == "lb_diff" and rollout.stage == len(plan.stages) - 1)


def _declared(name: str, plan: Plan) -> bool:
    """What the plan itself holds, or what its end makes."""
    return {"dashboards": bool(plan.dashboards), "alerts": bool(plan.alerts), "decision": True}.get(name, False)


def _snapshots(name: str, at: timedelta, rollout: Rollout, plan: Plan, there: Collection[str]) -> Iterator[Lack]:
    """One of each stage that has the checkpoint, from the stage on that Perch began with."""
    stages = [index for index, stage in enumerate(plan.stages) if has(stage, at) and index >= _first(rollout, plan)]
    for index in stages:
        if snapshot(exactly(at), index) in there:
            continue
        spelled = name if len(stages) == 1 else f"{name} at {plan.stage_weight(index)}"
        since = rollout.entered_at if index == rollout.stage else None
        gone = index < rollout.stage or (since is not None and exactly(at) in _past(rollout))
        yield Lack(spelled, since + at if since is not None and not gone else None, gone)


def _past(rollout: Rollout) -> frozenset[str]:
    """Checkpoints of the present stage whose time has passed, told or not."""
    return frozenset(name.removeprefix("T+") for name in rollout.checkpoints)


def _first(rollout: Rollout, plan: Plan) -> int:
    """A rollout that took over traffic began at that weight's stage."""
    return next((index for index, stage in enumerate(plan.stages) if stage.weight == rollout.adopts), 0)
