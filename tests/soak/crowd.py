"""People who type, click and react at random, allowed or not; what they meet may be long over."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.process.town import Town
from tests.scenarios.story import CHANNEL, buttons
from tests.soak.fleet import Fleet

PEOPLE = ("ana", "ben", "cleo", "dev", "gus")
LEADS = ("ben", "cleo")


@dataclass
class Crowd:
    """Acts until cancelled."""

    town: Town
    fleet: Fleet
    dice: random.Random
    acts: Counter[str]

    async def go_on(self) -> None:
        """Several at the same time."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._act())
                await asyncio.sleep(self.dice.uniform(0.03, 0.25))

    async def _act(self) -> None:
        acts: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._start, 8),
            (self._approve, 10),
            (self._react, 4),
            (self._types, 4),
            (self._goes_down, 1),
            (self._old_click, 2),
            (self._freezes, 1),
            (self._shell, 1),
        ]
        act = self.dice.choices([each for each, _ in acts], [often for _, often in acts])[0]
        self.acts[act.__name__.strip("_").replace("_", " ")] += 1
        with suppress(LookupError, TimeoutError):
            await act()

    def _plan(self) -> str:
        return self.dice.choice([*self.town.far.parts])

    async def _say(self, who: str, words: str) -> None:
        await self.town.workspace.command(who, CHANNEL, f"/canary {words}")

    async def _start(self) -> None:
        plan = self._plan()
        await self._say("ana", f"rearm {plan}" if self.town.far.parts[plan].killed else f"start {plan} 1%")

    async def _approve(self) -> None:
        who = self.dice.choice(LEADS if self.dice.random() < 0.8 else PEOPLE)
        for gate in [each for each in self.town.messages() if "reject" in buttons(each)]:
            action = "approve" if self.dice.random() < 0.95 else "reject"
            await self.town.workspace.click(who, CHANNEL, gate["ts"], action, None, seen=gate)

    async def _react(self) -> None:
        gates = [each for each in self.town.messages() if "reject" in buttons(each)]
        if gates:
            gate = self.dice.choice(gates)
            await self.town.workspace.react(self.dice.choice(PEOPLE), CHANNEL, gate["ts"], "white_check_mark")

    async def _types(self) -> None:
        words = self.dice.choice(["status", "why", "list", "hold", "resume", "resume", "resume", "promote", "history"])
        reason = " because of soak" if words == "promote" else ""
        await self._say(self.dice.choice(PEOPLE), f"{words} {self._plan()}{reason}")

    async def _goes_down(self) -> None:
        words = self.dice.choice(["rollback", "kill"])
        await self._say(self.dice.choice(PEOPLE), f"{words} {self._plan()} soak")

    async def _freezes(self) -> None:
        """One service for some seconds, everything for one, or what is frozen is let go."""
        service = f"denis-{self._plan()}"
        words = self.dice.choice(
            [f"freeze {service} for 4s soak", "freeze all for 1s soak", f"unfreeze {service} soak"]
        )
        await self._say(self.dice.choice(PEOPLE), words)

    async def _old_click(self) -> None:
        """On a message as it stood on a screen long ago."""
        seen = [each for each in self.town.messages() if buttons(each)]
        if seen:
            old = self.dice.choice(seen)
            action = self.dice.choice(sorted(buttons(old) - {"more"}) or ["more"])
            await asyncio.sleep(self.dice.uniform(0.1, 1.0))
            if action != "more":
                await self.town.workspace.click(self.dice.choice(PEOPLE), CHANNEL, old["ts"], action, None, seen=old)

    async def _shell(self) -> None:
        """An operator at the machine."""
        word = self.dice.choice(["kill", "rollback", "status", "status", "hold"])
        slot = self.dice.choice([*self.fleet.now])
        said = self.town.shell(word, self._plan(), settings=self.fleet.settings(slot))
        with suppress(TimeoutError):
            await said.ends()
