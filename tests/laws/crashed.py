"""A rollout lived through by Perch processes that die at named points, and people who don't give up.

What wasn't acknowledged is typed or clicked again, as people do; whoever dies is started again, as a supervisor does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.ports import StoreAway
from bot.sandbox.workspace.delivery import Outcome
from tests.process import plans
from tests.process.audit import at_odds, findings
from tests.process.plans import stage
from tests.process.points import Fault
from tests.process.processes import Process
from tests.process.town import RATE, Town, new_town
from tests.process.witness import Witness
from tests.scenarios.story import CHANNEL, PLAN, Message, buttons
from tests.waiting import STORY_HANGS_S

AGAIN_S = 0.5
"""How long a person looks whether something came of it, before doing it again."""
POLL_S = 0.04
"""Each look reads and parses a row: looking all the time would take the very processor that is waited for."""
LOOK_EVERY_S = 0.1
MOVING = (State.PREFLIGHT, State.SHIFTING, State.ROLLING_BACK, State.KILLING, State.STUCK)
SOON_S = 4.0
"""How long that is looked for which a planted bug keeps from coming."""
BEN, CLEO = "U01BEN0001", "U01CLEO001"
NOTHING_TO_DO = Outcome(error="nothing to do yet")
Act = Callable[[], Awaitable[Outcome]]


async def whole(looking: Coroutine[Any, Any, None]) -> None:
    """Look to the end, also when cancelled: a query that is cut off would leave its connection open."""
    task = asyncio.create_task(looking)
    try:
        await asyncio.shield(task)
    finally:
        await task


@dataclass
class Lives:
    """Perch, started again whenever it dies; each life has one fault until none is left."""

    town: Town
    lives: Sequence[Sequence[Fault]]
    bugs: Sequence[str] = ()
    processes: list[Process] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What didn't agree in the store when one of them had just died."""

    async def go_on(self) -> None:
        """Until cancelled."""
        left = list(self.lives)
        while True:
            began = self.town.clock()
            process = self.town.new_perch(*(left.pop(0) if left else ()), bugs=self.bugs)
            self.processes.append(process)
            over = asyncio.create_task(process.over())
            while not over.done():
                await asyncio.wait({over}, timeout=LOOK_EVERY_S)
                await whole(self._pass_the_time(began))
            last = process.passed[-1:]
            assert not last or not last[0].startswith("exit"), f"{process.passed[-3:]}\n{process.last_words()}"
            with suppress(StoreAway):
                self.wrong += await at_odds(self.town)

    async def _pass_the_time(self, began: datetime) -> None:
        """What the dead one left on its way isn't waited for: once all rests, the clock goes on to when it's due."""
        with suppress(StoreAway):
            due = await self.town.eyes.left_on_its_way(began)
            if due is not None and self.town.workspace.connected and not await self._moving():
                self.town.clock.forward(max((due - self.town.clock()).total_seconds(), 0.0))

    async def _moving(self) -> bool:
        rollouts = await self.town.eyes.latest(PLAN, 1)
        return any(each.intent is not None or each.state in MOVING for each in rollouts)

    @property
    def passed(self) -> list[str]:
        """Every point that any of them passed, in order."""
        return [line for process in self.processes for line in process.passed]

    @property
    def unmet(self) -> list[Fault]:
        """Faults that never happened."""
        happened = [line.partition(" at ")[2] for line in self.passed if " at " in line]
        faults = [fault for life in self.lives for fault in life]
        return [fault for fault in faults if not any(fault.names(point) for point in happened)]


class Deadline:
    """When a wait has lasted too long. It begins anew with each life, for many may end within one wait."""

    def __init__(self, town: Town, within_s: float) -> None:
        self.within_s = within_s
        self._town = town
        self._lives = -1
        self._at = 0.0

    def over(self) -> bool:
        """Whether it's past, now."""
        now = asyncio.get_running_loop().time()
        if (lives := len(self._town.processes)) != self._lives:
            self._lives, self._at = lives, now + self.within_s
        return now >= self._at


@dataclass
class People:
    """Who types and clicks until it has its effect."""

    town: Town
    hangs_at: str = ""
    """What never comes, for a planted bug: it isn't waited for very long. All else may take a busy machine's time."""

    def patience(self, what: str) -> float:
        """In seconds."""
        return SOON_S if self.hangs_at and what in self.hangs_at else STORY_HANGS_S

    async def rollout(self) -> Rollout | None:
        """The newest one, once there is a database and a rollout in it."""
        with suppress(StoreAway):
            return next(iter(await self.town.eyes.latest(PLAN, 1)), None)
        return None

    async def until(self, what: str, *states: State, stage: int | None = None) -> None:
        """Wait until the rollout is in one of these states."""

        async def there() -> bool:
            rollout = await self.rollout()
            return rollout is not None and rollout.state in states and stage in (None, rollout.stage)

        await self.see(there, what)

    async def see(self, there: Callable[[], Awaitable[bool]], what: str, within_s: float | None = None) -> None:
        """Look until it is so. Fails in words."""
        deadline = Deadline(self.town, within_s or self.patience(what))
        while not await there():
            assert not deadline.over(), f"{what}, not within {deadline.within_s:g} s: {await self.rollout()}"
            await asyncio.sleep(POLL_S)

    async def insist(self, act: Act, there: Callable[[], Awaitable[bool]], what: str) -> None:
        """Do it, look, and do it again, until it is so."""
        deadline = Deadline(self.town, self.patience(what))
        while not await there():
            assert not deadline.over(), f"{what}, not within {deadline.within_s:g} s: {await self.rollout()}"
            if self.town.workspace.connected and (await act()).acked:
                with suppress(AssertionError):
                    await self.see(there, what, AGAIN_S)
            await asyncio.sleep(POLL_S)

    async def type(self, who: str, words: str, there: Callable[[], Awaitable[bool]]) -> None:
        """Type a command until it has its effect."""
        await self.insist(lambda: self.town.workspace.command(who, CHANNEL, f"/canary {words}"), there, words)

    async def start(self) -> None:
        """Ana starts it; where its raise came too late, she resumes."""

        async def bakes() -> bool:
            rollout = await self.rollout()
            return rollout is not None and rollout.state in (State.BAKING, State.GATE)

        async def ask() -> Outcome:
            rollout = await self.rollout()
            return await self._say(f"start {PLAN} 1%") if rollout is None else await self._resume(rollout)

        await self.insist(ask, bakes, f"start {PLAN} 1%")
        self.really(1.0)

    async def approve(self) -> None:
        """Ben approves the gate that stands in the channel, until it was used and its weight is there."""

        async def promoted() -> bool:
            rollout = await self.rollout()
            return rollout is not None and rollout.stage == 1 and rollout.state is State.BAKING

        async def ask() -> Outcome:
            rollout = await self.rollout()
            if rollout is not None and (self._gate() is None or rollout.state is State.HELD):
                return await self._resume(rollout)
            return await self._click_yes("ben")

        await self.insist(ask, promoted, "it is approved")
        self.really(50.0)

    async def ask_to_start(self) -> None:
        """Ana starts it, and its gate is there; she does nothing more."""

        async def asked() -> bool:
            rollout = await self.rollout()
            return rollout is not None and rollout.state is State.START_GATE

        async def ask() -> Outcome:
            return await self._say(f"start {PLAN} 1%") if await self.rollout() is None else NOTHING_TO_DO

        await self.insist(ask, asked, "its start asks for approvals")

    async def approve_start(self, who: str) -> None:
        """Say yes to the start until that is on record, and never again. Fails when it rises before."""
        known = len(await self.yeses())

        async def said() -> bool:
            raised = self.town.far.raised(PLAN)
            yes = len(await self.yeses()) > known
            assert yes or not raised, f"it was set to {raised} before {who} had said yes"
            return yes

        await self.insist(lambda: self._click_yes(who), said, f"{who}'s yes is on record")

    async def looked_again(self) -> None:
        """Wait until preflight was green once more since the newest yes at the start's gate."""

        async def looked() -> bool:
            rollout = await self.rollout()
            if rollout is None:
                return False
            given = rollout.gate.approvals if rollout.gate is not None else ()
            assert given, f"a yes of two is on record, and no gate has it: {rollout}"
            return rollout.green_at is not None and rollout.green_at > given[-1].at

        await self.see(looked, "preflight is repeated")

    async def yeses(self) -> list[str]:
        """Whose approvals are on record, in order."""
        return [record.actor for record in await self.records() if record.kind == "approved"]

    async def records(self) -> Sequence[Record]:
        """Of the only rollout."""
        [rollout] = await self.town.eyes.latest(PLAN)
        return await self.town.eyes.records(rollout)

    def _gate(self) -> Message | None:
        """The gate's message as it stands in the channel, while it has its buttons."""
        return next((each for each in self.town.messages() if "reject" in buttons(each)), None)

    async def _click_yes(self, who: str) -> Outcome:
        gate = self._gate()
        if gate is None:
            return NOTHING_TO_DO
        return await self.town.workspace.click(who, CHANNEL, gate["ts"], "approve", None, seen=gate)

    async def _resume(self, rollout: Rollout) -> Outcome:
        """A raise that a crash delayed for too long is held (law 1); somebody has to look, and say go on."""
        return await self._say(f"resume {PLAN}") if rollout.state is State.HELD else NOTHING_TO_DO

    async def _say(self, words: str) -> Outcome:
        return await self.town.workspace.command("ana", CHANNEL, f"/canary {words}")

    def really(self, weight: float) -> None:
        """Fails unless just this is on."""
        real = self.town.far.parts[PLAN].weight
        assert real == weight, f"it bakes at {weight:g}%, and really {real:g}% is on"

    async def told(self) -> None:
        """Wait until everything is said, and nothing more is on its way."""

        async def said() -> bool:
            return not await self.town.eyes.unsaid() and not await self.town.eyes.unworked()

        await self.see(said, "everything is said")


async def a_rollback(people: People) -> None:
    """Up by a start, a gate and an approval; then the canary is slow, and it comes down by itself."""
    await people.start()
    await people.approve()
    people.town.far.parts[PLAN].latency_p99 = 20.0
    await people.until("it rolls back", State.ROLLED_BACK)


async def a_start_of_two(people: People) -> None:
    """A start that needs two: nothing moves before both have said yes, and then it bakes with nobody's help."""
    await people.ask_to_start()
    await people.approve_start("ben")
    await people.looked_again()
    await people.approve_start("cleo")
    await people.until("it rises", State.BAKING, stage=0)
    people.really(1.0)
    records = await people.records()
    opened = [record.kind for record in records].count("gate")
    used = [record.body["by"] for record in records if record.kind == "promoted"]
    assert opened == 1, f"{opened} gates for one start"
    assert used == [[BEN, CLEO]] == [said := await people.yeses()], f"approved by {said}, promoted by {used}"


async def a_kill(people: People) -> None:
    """Killed by a typed word, put back by another."""
    await people.start()

    async def killed() -> bool:
        rollout = await people.rollout()
        return rollout is not None and rollout.state is State.KILLED

    async def rearmed() -> bool:
        rollout = await people.rollout()
        return rollout is not None and rollout.rearmed_at is not None

    async def asked() -> bool:
        rollout = await people.rollout()
        return rollout is not None and rollout.kill is not None

    await people.type("ana", f"kill {PLAN} it eats tools", asked)
    await people.see(killed, "it is killed")
    await people.type("ana", f"rearm {PLAN}", rearmed)


async def a_hand(people: People) -> None:
    """Perch is killed, the weight is lowered by hand meanwhile: the next life holds it there, and says so."""
    await people.start()
    await people.until("it bakes", State.BAKING)
    people.town.far.parts[PLAN].percent = 0.0
    await people.town.processes[-1].kill()
    await people.until("it is held", State.HELD)
    assert people.town.far.raised(PLAN) == [1.0], "what was lowered by hand was raised again"


Tale = Callable[[People], Awaitable[None]]
LONG_LAST: dict[str, Any] = {
    "stages": [stage("1%"), stage("50%", bake="1h")],
    "every": {"check": "2s", "snapshot": "5m"},
}
"""A last bake that doesn't end while anybody is being restarted."""
FOR_TWO: dict[str, Any] = {
    "start_approvals": {"need": 2},
    "stages": [stage("1%", bake="24h"), stage("50%")],
    "every": {"check": "30s", "snapshot": "1h"},
    "gate": {"expires": "24h", "then": "hold"},
    "no_data": {"after": "24h", "then": "hold"},
    "confirm": {"metric": "canary_pct", "within": "24h"},
}
"""Two yeses before anything moves: between them one lies in the store. Nothing comes too late while Perch is dead."""


@asynccontextmanager
async def lived(
    folder: Path,
    tale: Tale,
    lives: Sequence[Sequence[Fault]] = (),
    bugs: Sequence[str] = (),
    hangs_at: str = "",
    rate: float = RATE,
    database_url: str = "",
    **changes: Any,
) -> AsyncIterator[tuple[Lives, list[str]]]:
    """Tell a story to its end; gives the lives that it took, and all that was found wrong.

    `changes` take the place of what the plan says.
    """
    folder.mkdir(exist_ok=True)
    given = [plans.plan(**LONG_LAST | changes)]
    async with new_town(folder, plans=given, rate=rate, ack_within_s=1.0, database_url=database_url) as town:
        witness, people, lived = Witness(town), People(town, hangs_at), Lives(town, lives, bugs)
        try:
            async with asyncio.TaskGroup() as group:
                going = group.create_task(lived.go_on())
                await tale(people)
                await people.told()
                going.cancel()
        except ExceptionGroup as failed:
            # What was seen on the way says more than that the story didn't come to its end.
            raise AssertionError("; ".join([*witness.wrong, *lived.wrong, str(failed.exceptions[0])])) from failed
        yield lived, [*witness.wrong, *lived.wrong, *await findings(town)]


async def caught(folder: Path, bug: str, tale: Tale, *faults: Fault, found: str, **changes: Any) -> None:
    """Tell a story with a planted bug, the first life with these faults. Raises AssertionError when it's `found`."""
    async with lived(folder, tale, [faults], [bug], found, **changes) as (_, wrong):
        assert not wrong, "; ".join(wrong)


async def nothing_is_wrong(folder: Path, tale: Tale, faults: Sequence[Fault], **changes: Any) -> None:
    """One life for each fault, one after the other; what a life couldn't meet is met in a story of its own."""
    async with lived(folder, tale, [[fault] for fault in faults], **changes) as (lives, wrong):
        assert not wrong, f"{faults}: {wrong}"
    for number, alone in enumerate(lives.unmet):
        async with lived(folder / f"alone-{number}", tale, [[alone]], **changes) as (lives, wrong):
            assert not wrong, f"{alone}: {wrong}"
            assert not lives.unmet, f"'{alone.point}' is never passed ({alone.nth}.): mend tests/laws/known_points.py"
