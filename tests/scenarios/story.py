"""What a story is told with: people act in the workspace, and everything is read where people would read it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, TypeVar

from bot.app import Perch
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.sandbox.service import Service
from bot.sandbox.workspace import Workspace
from bot.sandbox.world import World
from tests.waiting import STORY_HANGS_S

Message = dict[str, Any]
T = TypeVar("T")
CHANNEL = "#canary-live"
PLAN = "materializers"


async def eventually(ask: Callable[[], Awaitable[T | None]], what: str, within: float = STORY_HANGS_S) -> T:
    """Ask again and again until the answer is true; for what only the engine knows. Fails with `what` in words."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        if answer := await ask():
            return answer
        assert loop.time() < deadline, f"not within {within:g} s: {what}"
        await asyncio.sleep(0.03)


@dataclass
class Story:
    """Perch, unmodified, between a Slack-like workspace and a service; all over real sockets."""

    world: World
    perch: Perch
    environment: Mapping[str, str]

    @property
    def workspace(self) -> Workspace:
        return self.world.workspace

    @property
    def service(self) -> Service:
        return self.world.service

    # People

    async def types(self, who: str, words: str) -> str:
        """Type a command without its `/canary`; the answer that only this person sees."""
        before = len(self.workspace.ephemerals(who, CHANNEL))
        outcome = await self.workspace.command(who, CHANNEL, f"/canary {words}")
        assert outcome.acked, outcome.error
        return await self.whispered(who, before)

    async def whispered(self, who: str, before: int) -> str:
        """What the next message says that only this person sees, after the first `before` ones."""

        def newest() -> Message | None:
            there = self.workspace.ephemerals(who, CHANNEL)
            return there[before] if len(there) > before else None

        return text(await self.seen(newest))

    async def clicks(self, who: str, message: Message, action: str, value: str | None = None) -> None:
        """Use a button, or an entry of the menu, of a message as it was seen."""
        outcome = await self.workspace.click(who, CHANNEL, message["ts"], action, value, seen=message)
        assert outcome.acked, outcome.error

    async def clicks_and_reads(self, who: str, message: Message, action: str) -> str:
        """Use a button, and read what only the clicker is told."""
        before = len(self.workspace.ephemerals(who, CHANNEL))
        await self.clicks(who, message, action)
        return await self.whispered(who, before)

    async def reacts(self, who: str, message: Message, name: str = "white_check_mark") -> None:
        await self.workspace.react(who, CHANNEL, message["ts"], name)

    async def takes_back(self, who: str, message: Message, name: str = "white_check_mark") -> None:
        await self.workspace.unreact(who, CHANNEL, message["ts"], name)

    async def chooses(self, who: str, word: str) -> None:
        """Choose from the status message's menu: `kill`, `why`, `details`, `evidence`."""
        status = await self.status()
        await self.clicks(who, status, "more", next(each for each in _menu(status) if each.startswith(f"{word}|")))

    async def dialog(self, who: str) -> Message:
        """The dialog that this person has open."""
        return await self.seen(lambda: next(iter(self.workspace.views(who)), None))

    # Reading

    async def seen(self, look: Callable[[], T | None], within: float = STORY_HANGS_S) -> T:
        """Wait for something in the workspace."""
        try:
            return await self.workspace.until(look, within)
        except TimeoutError as failed:
            failed.add_note(await self._as_it_stands())
            raise

    def messages(self) -> list[Message]:
        return self.workspace.messages(CHANNEL)

    async def message(self, has: str) -> Message:
        """A message of the channel that says this."""
        return await self.seen(lambda: next((each for each in self.messages() if has in text(each)), None))

    async def status(self, has: str = "") -> Message:
        """The status message, once it says this."""

        def shown() -> Message | None:
            found = [each for each in self.messages() if _has(each, "more") and has in text(each)]
            return found[-1] if found else None

        return await self.seen(shown)

    async def held_status(self) -> Message:
        """The status message of a rollout that is held: an open gate says "on hold" too, of what it may become."""

        def shown() -> Message | None:
            return next((each for each in self.messages() if {"more", "resume"} <= buttons(each)), None)

        return await self.seen(shown)

    async def gate(self) -> Message:
        """The message of the open gate."""
        return await self.seen(lambda: next((each for each in self.messages() if _has(each, "reject")), None))

    async def again(self, message: Message, has: str) -> Message:
        """The same message, once it says this."""

        def shown() -> Message | None:
            return next((each for each in self.messages() if each["ts"] == message["ts"] and has in text(each)), None)

        return await self.seen(shown)

    async def thread(self, has: str) -> Message:
        """A reply in the status message's thread that says this."""
        status = await self.status()

        def shown() -> Message | None:
            replies = self.workspace.thread(CHANNEL, status["ts"])[1:]
            return next((each for each in replies if has in text(each)), None)

        return await self.seen(shown)

    # The engine

    async def start(self, who: str = "ana", words: str = "1%") -> Rollout:
        """Start, and wait until the first weight is read back."""
        answer = await self.types(who, f"start {PLAN} {words}")
        assert "is started" in answer, answer
        return await self.until(State.BAKING)

    async def to_gate(self) -> Message:
        """Start, and bake until the gate stands in the channel."""
        await self.start()
        return await self.gate()

    async def rollout(self) -> Rollout:
        """The plan's newest rollout."""
        return (await self.perch.engine.desk.latest(PLAN, 1))[0]

    async def until(self, *states: State, within: float = STORY_HANGS_S) -> Rollout:
        """The rollout, once it is in one of these states."""

        async def there() -> Rollout | None:
            rollout = await self.rollout()
            assert rollout.live or rollout.state in states, "it ended"
            return rollout if rollout.state in states else None

        try:
            return await eventually(there, f"{PLAN} is {' or '.join(states)}", within)
        except AssertionError as failed:
            failed.add_note(await self._as_it_stands())
            raise

    async def _as_it_stands(self) -> str:
        """The newest rollout and its last records, for a failure's message."""
        if not (newest := await self.perch.engine.desk.latest(PLAN, 1)):
            return "there is no rollout"
        last = [(each.kind, each.body) for each in (await self.perch.engine.desk.records(newest[0]))[-3:]]
        return f"it is {newest[0].state}, with {newest[0].gate} and {newest[0].check}; the last on record: {last}"

    async def record(self) -> list[str]:
        """The kinds of all records of the rollout, in order."""
        return [each.kind for each in await self.perch.engine.desk.records(await self.rollout())]

    async def whole(self) -> bool:
        """Whether the rollout's record verifies."""
        return await self.perch.engine.desk.verify(await self.rollout()) is None


def text(message: Message) -> str:
    """A message's text as people read it, without Slack's escapes."""
    return unescape(message["text"])


def buttons(message: Message) -> set[str]:
    """The action ids of a message's controls."""
    return {element["action_id"] for element in _elements(message) if "action_id" in element}


def _has(message: Message, action: str) -> bool:
    return action in buttons(message)


def _elements(message: Message) -> list[Message]:
    return [element for block in message.get("blocks", []) for element in block.get("elements", [])]


def _menu(message: Message) -> list[str]:
    return [option["value"] for element in _elements(message) for option in element.get("options", ())]
