"""Carries out the tasks of stages (O6, R24) beside everything else: no check, no way down, no message waits for one.

A task is on record before it begins, and only the process that put it there begins it, once. While it runs it is
looked whether it still may: what this process saves is heard at once, what others do within `LOOK_S`, a kill in the
spool too, so that it stops where there is no database. Of one whose process is gone the next says that there is no
result.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain import tasks
from bot.domain.errors import Stale
from bot.domain.plan import Plan, Task
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.domain.task_runs import TaskRun
from bot.domain.task_standing import stopped_by, task_of
from bot.domain.tasks import Result
from bot.engine.equipment import Equipment
from bot.engine.ledger import Ledger
from bot.ports import Attempt, Denied, KillFiles, Leases, OutsideFault, Ran, StoreAway

log = logging.getLogger(__name__)

AT_ONCE = 16
"""So many tasks at the same time in one process; more wait for their turn."""
LEASE_S, RENEW_S = 30.0, 10.0
GRACE = timedelta(seconds=5)
"""So long the process that put a task on record has to take it up, before another says that nobody did."""
LOOK_S = 0.25
BLIND_S = 5.0
"""So long a task goes on where nobody can say whether it may: the database is away."""
KEEP_EVERY_S = 2.0
INTERRUPTED = "Perch was interrupted in the middle of it"
BROKE = "it broke inside Perch; see the log"
"""As they go on record."""


@dataclass
class _Running:
    """A task under way here. `why` is what stops it, once it does."""

    run: TaskRun
    rollout: Rollout
    why: str = ""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    doing: asyncio.Task[None] | None = None

    def stop_for(self, why: str) -> None:
        if why and not self.why:
            self.why = why
            self.stop.set()


class Tasks:
    """`saw` begins what is due and stops what may no longer run, and returns at once. `owner` is this process."""

    def __init__(self, ledger: Ledger, equipment: Equipment, leases: Leases, files: KillFiles, owner: str) -> None:
        self._ledger, self._equipment, self._leases, self._files = ledger, equipment, leases, files
        self._owner = owner
        self._running: dict[str, _Running] = {}
        self._known: set[str] = set()
        """All that was ever taken up here: an older value of a rollout doesn't begin it again."""
        self._turns = asyncio.Semaphore(AT_ONCE)

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved."""
        for running in [*self._running.values()]:
            if running.rollout.id == rollout.id:
                running.stop_for(stopped_by(rollout, running.run.stage, self._ledger.clock()))
        for run in rollout.tasks:
            if run.ended_at is None and run.id not in self._known:
                self._take_up(rollout, run)

    def _take_up(self, rollout: Rollout, run: TaskRun) -> None:
        running = _Running(run, rollout)
        self._running[run.id] = running
        self._known.add(run.id)
        # In a context of its own: it outlives the request that was at work here, and acts for no delivery.
        running.doing = asyncio.create_task(self._supervised(running), context=Context())
        running.doing.add_done_callback(lambda _: self._running.pop(run.id, None))

    async def _supervised(self, running: _Running) -> None:
        try:
            if running.run.owner == self._owner:
                await self._own(running)
            else:
                await self._others(running)
        except StoreAway as away:
            self._known.discard(running.run.id)
            log.warning("task '%s' of %s has to wait: %s", running.run.name, running.rollout.id, away)
        except Exception:
            log.exception("task '%s' of %s broke", running.run.name, running.rollout.id)

    async def _others(self, running: _Running) -> None:
        """Another process's: where nobody holds it any more, nobody knows what it did."""
        now = self._ledger.clock()
        if abs(now - running.run.at) < GRACE or not await self._leased(running.run):
            self._known.discard(running.run.id)
            return
        await self._keep(running, Result("unfinished", now, INTERRUPTED))

    async def _own(self, running: _Running) -> None:
        if not await self._leased(running.run):
            # Who has it now found nobody at it, and has said so.
            return
        try:
            result = await self._carried_out(running)
        except StoreAway:
            raise
        except Exception:
            log.exception("task '%s' of %s broke", running.run.name, running.rollout.id)
            result = Result("failed", self._ledger.clock(), BROKE)
        await self._keep(running, result)

    async def _leased(self, run: TaskRun) -> bool:
        return bool(await self._leases.take(f"task:{run.id}", self._ledger.clock(), LEASE_S))

    # ---- doing it -----------------------------------------------------------------------------------------------

    async def _carried_out(self, running: _Running) -> Result:
        plan = await self._ledger.plan_of(running.rollout)
        task = task_of(plan, running.run)
        if task is None:
            return Result("stopped", self._ledger.clock(), "the plan has no such task any more")
        exercise = self._equipment.exercise(plan, task)
        try:
            attempt = exercise.attempt()
        except Denied as refused:
            return Result("failed", self._ledger.clock(), str(refused))
        watching = asyncio.create_task(self._watch(running))
        try:
            fault = await self._until_over(running, attempt, exercise.takes)
        finally:
            watching.cancel()
        return self._result(running, task, attempt.result(), fault)

    async def _until_over(self, running: _Running, attempt: Attempt, takes: timedelta) -> str:
        """Why it didn't come to its own end, or ""; nothing of it runs on."""
        if running.why:
            return running.why
        doing = asyncio.create_task(self._in_turn(attempt, takes.total_seconds()))
        stopping = asyncio.create_task(running.stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            doing.cancel()
            stopping.cancel()
            await asyncio.gather(doing, stopping, return_exceptions=True)
        if doing.cancelled():
            return running.why
        fault = doing.exception()
        if isinstance(fault, TimeoutError):
            return f"it didn't end within {takes.total_seconds():g} s"
        if isinstance(fault, Exception) and not isinstance(fault, OutsideFault):
            log.error("task '%s' of %s broke", running.run.name, running.rollout.id, exc_info=fault)
            return BROKE
        return str(fault) if fault is not None else ""

    async def _in_turn(self, attempt: Attempt, seconds: float) -> None:
        async with self._turns, asyncio.timeout(seconds):
            await attempt.carry_out()

    def _result(self, running: _Running, task: Task, ran: Ran, fault: str) -> Result:
        tells = self._equipment.kinds.tasks[task.part.kind].tells
        expected = tasks.judged(task.expect, ran.numbers, tells)
        whole = not fault
        told: dict[str, Any] = {
            "at": self._ledger.clock(),
            "numbers": [
                {"name": name, "value": ran.numbers[name], "unit": tells[name].value}
                for name in tells
                if name in ran.numbers
            ],
            "expected": expected,
            "output": ran.output,
            "cut": ran.cut,
        }
        if fault and running.why:
            return Result("stopped", why=running.why, **told)
        made = Happening(ran.record, {"task": task.name, **ran.facts}) if ran.record and whole else None
        why = fault or ran.fault or tasks.unmet(expected)
        return Result("failed" if why else "passed", why=why, made=made, **told)

    # ---- whether it still may -----------------------------------------------------------------------------------

    async def _watch(self, running: _Running) -> None:
        """Until something stops it. Other processes act too, and a kill may come while the database hangs."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch_files(running))
                group.create_task(self._watch_store(running))
        except* Exception as broken:
            log.error("task '%s' of %s can't be watched", running.run.name, running.rollout.id, exc_info=broken)
            running.stop_for("nobody can see any more whether it may go on")

    async def _watch_files(self, running: _Running) -> None:
        while not running.why:
            await asyncio.sleep(LOOK_S)
            running.stop_for(await asyncio.to_thread(self._going_down, running.rollout))

    async def _watch_store(self, running: _Running) -> None:
        clock = asyncio.get_running_loop().time
        seen = leased = clock()
        while not running.why:
            await asyncio.sleep(LOOK_S)
            try:
                async with asyncio.timeout(BLIND_S):
                    if clock() - leased >= RENEW_S:
                        running.stop_for("" if await self._leased(running.run) else "another process took it for lost")
                        leased = clock()
                    rollout = await self._ledger.rollouts.load(running.rollout.id)
            except (StoreAway, TimeoutError):
                if clock() - seen >= BLIND_S:
                    running.stop_for("the database is away, so nobody can say whether it may go on")
            else:
                seen = clock()
                running.stop_for(stopped_by(rollout, running.run.stage, self._ledger.clock()))

    def _going_down(self, rollout: Rollout) -> str:
        """Which way down is under way in files, or ""."""
        here = (rollout.plan, rollout.environment)
        acts = {act.what for act in self._files.spooled() if (act.plan, act.environment) == here}
        return ("the rollout rolls back" if acts == {"rollback"} else "the rollout was killed") if acts else ""

    # ---- its end ------------------------------------------------------------------------------------------------

    async def _keep(self, running: _Running, result: Result) -> None:
        """Put it on record, however long that takes; it is nobody else's meanwhile."""

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return tasks.ended(fresh, plan, running.run.id, result, now)

        while True:
            try:
                await self._ledger.change_in_peace(running.rollout.id, decide)
                return
            except (StoreAway, Stale) as away:
                log.warning("the end of task '%s' isn't on record yet: %s", running.run.name, away)
                await asyncio.sleep(KEEP_EVERY_S)

    async def idle(self) -> None:
        """Wait until none is under way."""
        while doing := [each.doing for each in self._running.values() if each.doing is not None]:
            await asyncio.wait(doing)

    async def aclose(self) -> None:
        """Stop, and wait three seconds at the most; what was under way stays on record as begun, and has no result."""
        doing = [each.doing for each in self._running.values() if each.doing is not None]
        for task in doing:
            task.cancel()
        if doing:
            await asyncio.wait(doing, timeout=3)
