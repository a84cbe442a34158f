"""The Perch processes of an episode: whoever dies is started again, each life with a fault of its own perhaps."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.ports import StoreAway
from tests.laws import known_points
from tests.process.audit import at_odds
from tests.process.points import Deed, Fault
from tests.process.processes import Process
from tests.process.town import Town

POINTS = [
    fault.point
    for fault in (
        *known_points.SAVES_TO_A_ROLLBACK,
        *known_points.SAVES_TO_A_KILL,
        *known_points.ON_THE_WAY_TO_A_ROLLBACK,
        *known_points.THE_SWITCH,
        *known_points.AND_BACK,
    )
]
DEEDS: tuple[Deed, ...] = ("kill", "kill", "pause", "raise", "raise", "delay")
STARTS_AGAIN_S = 0.2


@dataclass
class Fleet:
    """One process per slot. While `calm`, new lives have no faults."""

    town: Town
    slots: int
    dice: random.Random
    faults: Counter[str]
    wrong: list[str]
    checks: Counter[str]
    bugs: Sequence[str] = ()
    calm: bool = True
    now: dict[int, Process] = field(default_factory=dict)

    async def keep(self, slot: int) -> None:
        """Until cancelled."""
        while True:
            faults = [] if self.calm or self.dice.random() < 0.4 else [self._fault()]
            process = self.now[slot] = self.town.new_perch(*faults, bugs=self.bugs, settings=self.settings(slot))
            await process.over()
            self._look_at_the_end(process)
            with suppress(StoreAway):
                self.checks["row and evidence agree at a death"] += 1
                self.wrong += [f"after a death: {each}" for each in await at_odds(self.town)]
            await asyncio.sleep(STARTS_AGAIN_S)

    def settings(self, slot: int) -> dict[str, str]:
        """Replicas have a folder of kill cards each, as on machines of their own."""
        return {"PERCH_STATE": str(self.town.folder / f"state{slot}")}

    def some(self) -> Process | None:
        """One that lives."""
        alive = [process for process in self.now.values() if process.alive]
        return self.dice.choice(alive) if alive else None

    async def ready(self) -> None:
        """Wait until every slot's first process is ready."""
        while len(self.now) < self.slots:
            await asyncio.sleep(0.01)
        for process in [*self.now.values()]:
            await process.ready()

    def complaints(self) -> list[str]:
        """What any of them logged as a mistake of its own."""
        logs = [process.log.read_text(errors="replace") for process in self.town.processes if process.log.exists()]
        return [
            f"a traceback in a log: …{log[max(log.find('Traceback') - 300, 0) :][:1500]}"
            for log in logs
            if "Traceback" in log
        ]

    def wake(self) -> None:
        """Whoever stopped itself or was stopped goes on."""
        for process in self.now.values():
            process.wake()

    def _fault(self) -> Fault:
        if self.dice.random() < 0.2:
            self.faults["database that refuses commits for a while"] += 1
            return Fault("before commit *", "raise", nth=self.dice.randint(1, 200), times=self.dice.randint(5, 40))
        do = self.dice.choice(DEEDS)
        return Fault(
            self.dice.choice(POINTS), do, nth=self.dice.randint(1, 4), seconds=self.dice.uniform(0.2, 3.0), times=2
        )

    def _look_at_the_end(self, process: Process) -> None:
        lines = process.passed
        for deed in ("kill", "pause", "raise", "delay"):
            self.faults[f"{deed} at a named point"] += sum(line.startswith(f"{deed} at ") for line in lines)
        if "broke: see the log" in lines:
            self.wrong.append(f"Perch broke: {process.last_words()[-800:]}")
