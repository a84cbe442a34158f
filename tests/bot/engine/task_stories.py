"""A plan with a task, what the task does, and the ways in which a rollout stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.evidence import Record
from bot.domain.kinds import Kind
from bot.domain.rollout import Rollout
from bot.domain.units import Unit
from tests.fakes.tasks import FakeExercise
from tests.rig import Nothing, Rig, rig, tree

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
