"""Rehearse the kill without changing anything (X3): each method and target tried, the card and the spool written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain import rehearsals
from bot.domain.plan import Plan
from bot.domain.planning.reading import digest
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.engine.actions import Members
from bot.engine.cards import kill_card
from bot.engine.equipment import Equipment, Gear, Method
from bot.engine.ledger import Ledger
from bot.ports import KillFiles, OutsideFault, StoreAway, Traffic

log = logging.getLogger(__name__)

CALL_S = 15.0
AT_ONCE = 8
"""So many rollouts are rehearsed together: after a restart a thousand may be due."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How it went. `former` is what each method's target holds now, by method name."""

    faults: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    former: dict[str, str] = field(default_factory=dict)


Heard = Callable[[str, str, str], None]
"""Told of each thing when it has been tried: what, the fault or "", and what was said."""
PAPER = "kill card and spool"


def _unheard(what: str, fault: str, said: str) -> None: ...


async def rehearse(gear: Gear, files: KillFiles, heard: Heard = _unheard) -> Rehearsal:
    """Try all that a kill needs. Never raises for what a far side or the disk does."""
    async with asyncio.TaskGroup() as group:
        methods = [group.create_task(_method(each, heard)) for each in gear.methods]
        targets = (*gear.traffic, *gear.mirrors)
        traffic = [group.create_task(_tried(f"traffic {each.target}", _target(each), heard)) for each in targets]
        paper = group.create_task(_tried(PAPER, _paper(files), heard))
    done = [*((fault, said) for fault, said, _ in (task.result() for task in methods)), *(t.result() for t in traffic)]
    done.append(paper.result())
    standing = {each.name: task.result()[2] for each, task in zip(gear.methods, methods, strict=True)}
    return Rehearsal(
        faults=tuple(fault for fault, _ in done if fault),
        tried=tuple(said for fault, said in done if not fault),
        former={name: former for name, former in standing.items() if former is not None},
    )


async def _method(method: Method, heard: Heard) -> tuple[str, str, str | None]:
    standing: list[str] = []

    async def tried() -> str:
        said = await method.act.rehearse()
        standing.append(await method.act.former())
        return said

    fault, said = await _tried(f"kill switch {method.name}", tried(), heard)
    return fault, said, standing[0] if standing else None


async def _target(traffic: Traffic) -> str:
    said = await traffic.rehearse()
    await traffic.read()
    return said


async def _paper(files: KillFiles) -> str:
    await asyncio.to_thread(files.rehearse)
    return "can be written"


async def _tried(what: str, call: Awaitable[str], heard: Heard = _unheard) -> tuple[str, str]:
    """(the fault or "", what was tried)."""
    fault, said = "", ""
    try:
        async with asyncio.timeout(CALL_S):
            said = await call
    except TimeoutError:
        fault = f"no answer in {CALL_S:g} s"
    except (OutsideFault, StoreAway) as outside:
        fault = str(outside) or "no answer"
    heard(what, fault, said)
    return (f"{what}: {fault}", "") if fault else ("", f"{what}: {said}")


class Rehearsals:
    """Repeats the rehearsal of what is live, beside the checks: a far side that hangs delays none of them."""

    def __init__(self, ledger: Ledger, equipment: Equipment, files: KillFiles, members: Members) -> None:
        self._ledger = ledger
        self._equipment = equipment
        self._files = files
        self._members = members
        self._running: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved. Begins a rehearsal where one is due, and returns at once."""
        if rollout.id not in self._running and rehearsals.due(rollout, self._ledger.clock()):
            self._running[rollout.id] = task = asyncio.create_task(self._again(rollout))
            task.add_done_callback(lambda _: self._running.pop(rollout.id))

    async def _again(self, rollout: Rollout) -> None:
        try:
            async with self._turns:
                plan = await self._ledger.plan_of(rollout)
                fault, said = await _tried("kill card", self._card(rollout, plan))
                went = await rehearse(self._equipment.gear(plan), self._files)
                await self._note(rollout, [fault, *went.faults], [said, *went.tried])
        except StoreAway as away:
            log.warning("the rehearsal of %s isn't on record: %s", rollout.id, away)
        except Exception:
            log.exception("the rehearsal of %s broke; it is repeated at the next check", rollout.id)

    async def _note(self, rollout: Rollout, faults: Sequence[str], tried: Sequence[str]) -> None:
        def note(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            due = rehearsals.due(fresh, now)
            return rehearsals.noted(fresh, now, [*filter(None, faults)], [*filter(None, tried)]) if due else None

        await self._ledger.change(rollout.id, note)

    async def _card(self, rollout: Rollout, plan: Plan) -> str:
        """A card that's lost, torn or of another plan is written anew: without it a shell can't kill by itself."""
        card = await asyncio.to_thread(self._files.card, rollout.id)
        if card is not None and digest(card.tree, card.environment) == rollout.plan_digest:
            return "can be read"
        tree = dict(await self._ledger.rollouts.tree(rollout.plan_digest))
        fresh = kill_card(rollout, plan, tree, await self._members(plan))
        await asyncio.to_thread(self._files.keep_card, fresh)
        return "was missing or damaged, and is written anew"

    async def idle(self) -> None:
        """Wait until none is under way."""
        while self._running:
            await asyncio.wait(self._running.values())

    async def aclose(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
