"""One engine, and a rollout for each sickness: all are checked side by side, over real HTTP, by a moved clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.sources import KINDS
from bot.domain.errors import PerchError
from bot.domain.machine import State
from bot.domain.rollout import Check, Rollout, Verdict
from bot.domain.units import Weight
from bot.engine.requests import Start
from tests.laws.sickness import FarSide, far_side
from tests.rig import ANA, BEN, Rig, rig

STAGE: dict[str, Any] = {
    "bake": "3m",
    "settle": "0s",
    "promote_when": ["success > 98%", "errors < 2%"],
    "rollback_when": ["success < 90%", "errors > 5%"],
}


def plan(name: str, url: str, number: int, deadline: str = "20s", **changes: Any) -> dict[str, Any]:
    """A plan of two stages whose numbers all come from one source. `number` is its traffic target's."""
    query = {"source": "prom", "unit": "percent"}
    return {
        "name": name,
        "service": name,
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@leads"], "override": ["@leads"]},
        "sources": {"prom": {"kind": "prometheus", "url": f"{url}/{name}", "deadline": deadline}},
        "sides": {"canary": 'v="new"', "stable": 'v="old"'},
        "metrics": {
            "success": {**query, "query": "success{$side}"},
            "errors": {**query, "query": "errors{$side}"},
        },
        "traffic": [{"kind": "fake", "number": number}],
        "confirm": {"within": "5s"},
        "every": {"check": "1m", "snapshot": "5m"},
        "no_data": {"after": "3m", "then": "hold"},
        "stages": [{**STAGE, "weight": "1%"}, {**STAGE, "weight": "100%"}],
        **changes,
    }


@dataclass
class Seen:
    """What one look at one rollout left."""

    state: State
    stage: int
    weight: float
    check: Check | None

    @property
    def verdict(self) -> Verdict | None:
        return self.check.verdict if self.check else None

    def detail(self, metric: str) -> str:
        """What the check says of a metric."""
        lines = self.check.lines if self.check else ()
        return next((line.detail for line in lines if line.metric == metric and line.met is None), "")


@dataclass
class Ward:
    """The rollouts by name, and what was seen of each since `watch` began."""

    story: Rig
    far: FarSide
    names: Sequence[str]
    ids: dict[str, str] = field(default_factory=dict)
    seen: dict[str, list[Seen]] = field(default_factory=dict)

    async def start(self) -> None:
        for name in self.names:
            rollout = await self.story.engine.desk.start(
                self.story.request("start"), Start(plan=name, weight=Weight(1), version="v2")
            )
            self.ids[name] = rollout.id
        await self.story.settle()
        await self.minutes(1)

    async def rollout(self, name: str) -> Rollout:
        return await self.story.engine.rollouts.load(self.ids[name])

    def real(self, name: str) -> float:
        """The weight really in force."""
        return self.story.traffic[list(self.names).index(name)].weight.percent

    async def minutes(self, number: int) -> None:
        """A check each minute, and what was seen of it."""
        for _ in range(number):
            self.story.now += timedelta(minutes=1)
            await self.story.settle()
            for name in self.names:
                now = await self.rollout(name)
                self.seen.setdefault(name, []).append(Seen(now.state, now.stage, self.real(name), now.check))

    async def until(self, state: State) -> None:
        """All of them are there."""
        for _ in range(12):
            if all([(await self.rollout(name)).state is state for name in self.names]):
                return
            await self.minutes(1)
        where = {name: (await self.rollout(name)).state for name in self.names}
        raise AssertionError(f"not all are {state}: {where}")

    async def approve(self, name: str) -> str:
        """Say yes to whatever gate there is; what Perch refuses with, or "" when it counts."""
        try:
            now = await self.rollout(name)
            if now.gate is None:
                return "no gate is open"
            request = self.story.request("approve", BEN, surface="button", gate=now.gate.id)
            await self.story.engine.desk.approve(request, now.id)
        except PerchError as refused:
            return str(refused)
        await self.story.engine.ticker.idle()
        return ""

    async def resume(self) -> None:
        """All that is held goes on."""
        for name in self.names:
            if (await self.rollout(name)).state is State.HELD:
                await self.story.engine.desk.resume(self.story.request("resume", ANA), self.ids[name], "well again")

    def watch(self) -> None:
        """Forget what was seen before."""
        self.seen = {}


@asynccontextmanager
async def ward(folder: Path, names: Sequence[str], **changes: Any) -> AsyncIterator[Ward]:
    """A healthy far side, and a rollout that bakes at 1 % for each name."""
    async with far_side() as far:
        Path(folder).mkdir(exist_ok=True)
        plans = {name: plan(name, far.url, number, **changes) for number, name in enumerate(names)}
        async with rig(folder, targets=len(names), plans=plans, sources={"prometheus": KINDS["prometheus"]}) as story:
            here = Ward(story, far, names)
            await here.start()
            try:
                yield here
            finally:
                far.released.set()
                await story.engine.equipment.aclose()
