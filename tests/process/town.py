"""Perch processes between a workspace and a service, all over real sockets; people, clock and faults in one hand.

The far sides live in the test's own process, so they outlive every Perch and keep their own records.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.assembly import all_kinds
from bot.domain.evidence import WORKSPACE, Record, verify
from bot.domain.rollout import Rollout
from bot.engine.saying import LANDS_WITHIN
from bot.sandbox.workspace import Workspace
from storage.database import Database, open_existing
from storage.outbox import GAVE_UP, SqlOutbox
from storage.outbox_order import SENDING, unsent
from storage.plans import PlanFolder
from storage.rollouts import SqlRollouts
from storage.spool import KillFolder
from storage.tables import DeliveryRow, MessageRow
from tests.process import plans as short
from tests.process.clock import SharedClock
from tests.process.points import Fault
from tests.process.processes import Order, Process, begin
from tests.process.service import FarService
from tests.scenarios.opening import write_plan
from tests.scenarios.story import PLAN, Story
from tests.sqlite import sqlite_in

RATE = 10.0
"""Clock seconds for each real one."""


class Eyes:
    """Looks into the store from outside, as an auditor would; writes nothing. Has what stories ask of a desk."""

    def __init__(self, address: str, clock: SharedClock) -> None:
        self._address = address
        self._clock = clock
        self._database: Database | None = None
        self._opening = asyncio.Lock()

    async def store(self) -> SqlRollouts:
        """The rollouts. Raises StoreAway until a Perch has made the database."""
        return SqlRollouts(await self._opened(), self._clock)

    async def _opened(self) -> Database:
        async with self._opening:
            if self._database is None:
                self._database = await open_existing(self._address)
            return self._database

    async def latest(self, plan: str = "", limit: int = 10) -> Sequence[Rollout]:
        return await (await self.store()).latest(plan, limit)

    async def live(self, plan: str = "") -> Sequence[Rollout]:
        return await (await self.store()).live(plan)

    async def load(self, id: str) -> Rollout:
        return await (await self.store()).load(id)

    async def records(self, rollout: Rollout) -> Sequence[Record]:
        return await (await self.store()).records(rollout.id)

    async def workspace(self) -> Sequence[Record]:
        """What belongs to no rollout."""
        return await (await self.store()).records(WORKSPACE)

    async def verify(self, rollout: Rollout) -> object | None:
        store = await self.store()
        return verify(rollout.id, await store.records(rollout.id), await store.head(rollout.id))

    async def unsaid(self) -> int:
        """How many messages still wait to be said, or are on their way."""
        return (await SqlOutbox(await self._opened()).unsaid())[0]

    async def unposted(self) -> list[str]:
        """Messages that still wait to be posted. Edits don't count: while a rollout lives there's always another."""
        chosen = select(col(MessageRow.key)).where(unsent(), col(MessageRow.edits) == "")
        return [f"'{key}' isn't said yet" for (key,) in await self._rows(chosen)]

    async def left_on_its_way(self, before: datetime) -> datetime | None:
        """When the last of what was taken in hand before that time is due again; None where nothing was left so."""
        due = col(MessageRow.not_before)
        chosen = select(due).where(col(MessageRow.state) == SENDING, due < before + LANDS_WITHIN)
        return max((at for (at,) in await self._rows(chosen)), default=None)

    async def given_up(self) -> list[str]:
        """Messages that weren't said and won't be; answers and snapshots may come too late to be of use."""
        passing = col(MessageRow.say).in_(["answer", "snapshot"])
        chosen = select(col(MessageRow.key), col(MessageRow.why)).where(col(MessageRow.state) == GAVE_UP, ~passing)
        return [f"'{key}' was never said: {why}" for key, why in await self._rows(chosen)]

    async def unworked(self) -> list[str]:
        """Requests that were taken in and not worked on."""
        chosen = select(col(DeliveryRow.key)).where(col(DeliveryRow.done_at).is_(None))
        return [f"the request {key} wasn't worked on" for (key,) in await self._rows(chosen)]

    async def _rows(self, chosen: Any) -> Sequence[Any]:
        async def work(connection: AsyncConnection) -> Sequence[Any]:
            return (await connection.execute(chosen)).all()

        return await (await self._opened()).read(work)

    async def aclose(self) -> None:
        if self._database is not None:
            await self._database.aclose()


class Town(Story):
    """A story whose Perch is a process, or several. `new_perch` starts one; all are ended with the town."""

    def __init__(self, folder: Path, clock: SharedClock, workspace: Workspace, far: FarService, address: str) -> None:
        self.folder, self.clock, self.far = folder, clock, far
        self.processes: list[Process] = []
        self._town_workspace = workspace
        self.eyes = Eyes(address, clock)
        environment = {
            "PATH": os.environ["PATH"],
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_SIGNING_SECRET": workspace.signing_secret,
            "SLACK_API_URL": workspace.api_url,
            "SERVICE_URL": far.url,
            "PERCH_PLANS": str(folder / "plans"),
            "DATABASE_URL": address,
            "PERCH_STATE": str(folder / "state"),
            "PORT": "0",
        }
        desk = SimpleNamespace(engine=SimpleNamespace(desk=self.eyes))
        super().__init__(cast(Any, None), cast(Any, desk), environment)

    @property
    def workspace(self) -> Workspace:
        return self._town_workspace

    def new_perch(
        self,
        *faults: Fault,
        bugs: Sequence[str] = (),
        only: str = "",
        settings: Mapping[str, str] | None = None,
        quicker: float = 10.0,
    ) -> Process:
        """Start a Perch; `await process.ready()` before people talk to it. `settings` changes its environment."""
        return self._begin(Order(self._with(settings), self.folder, self._clock_file, faults, bugs, only, (), quicker))

    def shell(self, *words: str, settings: Mapping[str, str] | None = None) -> Process:
        """Run `perch WORDS…`; `await process.ends()` gives its exit code, `process.log` what it said."""
        return self._begin(Order(self._with(settings), self.folder, self._clock_file, words=words))

    def plan_as_it_is(self, name: str = PLAN) -> Any:
        """A plan as its file stands."""
        return PlanFolder(self.folder / "plans", all_kinds()).find(name)[0]

    def spooled(self, plan: str) -> bool:
        """Whether an act downward waits in a spool; replicas have a state folder each, all named `state…`."""
        folders = [folder for folder in self.folder.glob("state*") if folder.is_dir()]
        return any(act.plan == plan for folder in folders for act in KillFolder(folder).spooled())

    async def close(self) -> None:
        """End every process that this town began."""
        for process in self.processes:
            await process.kill()
            process.close()
        await self.eyes.aclose()

    @property
    def _clock_file(self) -> Path:
        return self.folder / "clock"

    def _with(self, settings: Mapping[str, str] | None) -> dict[str, str]:
        return {**self.environment, **(settings or {})}

    def _begin(self, order: Order) -> Process:
        process = begin(order)
        self.processes.append(process)
        return process


@asynccontextmanager
async def new_town(
    folder: Path,
    *,
    database_url: str = "",
    rate: float = RATE,
    plans: Sequence[Mapping[str, Any]] = (),
    names: Sequence[str] = (PLAN,),
    enforce_rate_limits: bool = False,
    ack_within_s: float = 3.0,
) -> AsyncIterator[Town]:
    """A town without a Perch yet. `plans` take the place of the short plan for each of `names`."""
    given = [dict(each) for each in plans] or [short.plan(name) for name in names]
    for each in given:
        write_plan(folder, each)
    clock = SharedClock.make(folder / "clock", rate)
    far = FarService([str(each["name"]) for each in given])
    workspace = Workspace(clock=clock.seconds, enforce_rate_limits=enforce_rate_limits, ack_within_s=ack_within_s)
    await far.start()
    await workspace.start()
    town = Town(folder, clock, workspace, far, database_url or sqlite_in(folder))
    try:
        yield town
    finally:
        await town.close()
        await workspace.stop()
        await far.stop()
