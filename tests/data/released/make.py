"""Keep what a release leaves behind, so that later versions are shown to take it up. Run by the release's own code:

    python -m tests.data.released.make VERSION

Writes `database.sql` (a dump: rollouts under way in every kind of state, a gate half approved, a raise that hasn't
landed, a way down that doesn't come, kills done and under way, messages and a delivery waiting, frozen plans of real
adapters) and `world.json` (what the far sides held at that moment, the plans, and the kill's files) to a folder of that
name.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from bot.assembly import all_kinds
from bot.domain.machine import State
from bot.domain.planning.reading import digest
from bot.domain.rollout import Person, Rollout
from bot.domain.units import Weight
from bot.engine.requests import Start
from bot.ports import Change, Delivery
from storage.plans import PlanFolder
from tests.fakes.traffic import Trouble
from tests.rig import BEN, CLEO, START, Rig, rig, tree

ROOT = Path(__file__).parents[3]
NAMES = ("bakes", "at-gate", "on-hold", "shifting", "stuck", "killing", "killed", "completed", "rolled-back")
TWO = {"need": 2, "not_requester": True}


def plans() -> dict[str, dict[str, Any]]:
    """A plan for each state; its number is that of its traffic target and kill switch."""
    made = {}
    for number, name in enumerate(NAMES):
        stages = [{**stage, "approvals": TWO} for stage in tree()["stages"]]
        made[name] = tree(
            name=name,
            traffic=[{"kind": "fake", "number": number}],
            kill_switch=[[{"kind": "fake", "number": number}]],
            killed_when=["new_jobs == 0 within 30s"],
            stages=stages[:1] if name == "completed" else stages,
            confirm={"within": "400ms"},
        )
    return made


async def start(story: Rig, name: str) -> Rollout:
    rollout = await story.engine.desk.start(story.request("start"), Start(plan=name, weight=Weight(1), version="v2"))
    await story.settle()
    return await story.load(rollout)


async def live_through(story: Rig) -> None:
    """Bring each plan's rollout to where it is to be kept."""
    desk, far = story.engine.desk, dict(zip(NAMES, story.traffic, strict=True))
    first = {name: await start(story, name) for name in NAMES if name != "bakes"}
    await desk.rollback(story.request("rollback"), first["rolled-back"].id, "it looked odd")
    await desk.kill(story.request("kill"), first["killed"].id, "fire")
    await story.minutes(6)
    await desk.hold(story.request("hold"), first["on-hold"].id, "lunch", None)
    await story.approve(first["at-gate"], BEN)
    far["stuck"].far.trouble = Trouble.FAIL
    await desk.rollback(story.request("rollback"), first["stuck"].id, "errors")
    await start(story, "bakes")
    await story.minutes(2)
    story.kills[NAMES.index("killing")].far.trouble = Trouble.FAIL
    await desk.kill(story.request("kill"), first["killing"].id, "fire")
    await story.settle()
    far["shifting"].far.trouble = Trouble.HANG
    await story.approve(first["shifting"], BEN)
    gate = (await story.load(first["shifting"])).gate
    assert gate is not None
    await desk.approve(story.request("approve", CLEO, surface="button", gate=gate.id), first["shifting"].id)
    await story.engine.inbox.take(Delivery(key="click:1", at=story.now, request={"verb": "status"}))


async def freeze_real_plans(story: Rig) -> None:
    """Plans of real adapters, as rollouts that ended: only their frozen trees matter."""
    for file in (ROOT / "plans/materializers.yaml", ROOT / "tests/plans/everything.yaml"):
        written = yaml.safe_load(file.read_text())
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, f"{written['name']}.yaml").write_text(file.read_text())
            plan, frozen = PlanFolder(Path(folder), all_kinds()).find(written["name"])
        rollout = Rollout(
            id=f"real-{file.stem}",
            plan=f"real-{file.stem}",
            plan_digest=digest(frozen, plan.environment),
            service=plan.service,
            environment=plan.environment,
            version="v1",
            requester=Person(id="U0ANA"),
            started_at=START,
            due_at=START,
            state=State.ABORTED,
        )
        await story.engine.rollouts.create(rollout, frozen, Change())


async def kept(folder: Path) -> tuple[str, dict[str, Any]]:
    """The dump, and the world around it."""
    async with rig(folder, targets=len(NAMES), switches=len(NAMES), plans=plans()) as story:
        await freeze_real_plans(story)
        await live_through(story)
        world = {
            "now": story.now.isoformat(),
            "plans": plans(),
            "weights": [traffic.weight.percent for traffic in story.traffic],
            "switches": [switch.standing for switch in story.kills],
        }
    state = folder / "state"
    files = {str(file.relative_to(state)): file.read_text() for file in sorted(state.rglob("*")) if file.is_file()}
    with closing(sqlite3.connect(folder / "perch.db")) as connection:
        return "\n".join(connection.iterdump()) + "\n", {**world, "state": files}


def main() -> None:
    into = Path(__file__).parent / sys.argv[1]
    into.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        dump, world = asyncio.run(kept(Path(folder)))
    (into / "database.sql").write_text(dump)
    (into / "world.json").write_text(json.dumps(world, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
