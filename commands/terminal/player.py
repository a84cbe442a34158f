"""Plays people in the sandbox's workspace, and writes down what everybody there would read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from bot.domain.machine import ENDS, State
from bot.sandbox.service import Service
from bot.sandbox.workspace import Workspace
from bot.wording.plain_text import plain_text
from bot.wording.sentences import cut, state_words
from commands.terminal.ending import Failed
from commands.terminal.playground import CHANNEL, Playground

Say = Callable[[str], None]
Message = dict[str, Any]

STEP_S = 60.0
"""No stage of the sandbox's plan takes longer; a wait that does ends the script."""
DAY_S = 86400.0
SHOWN = 180
CAST = ("ana", "ben", "cleo")


class Player:
    """One pair of hands for everybody. What waits raises TimeoutError after STEP_S."""

    def __init__(self, playground: Playground, say: Say) -> None:
        self.service: Service = playground.world.service
        self._workspace: Workspace = playground.world.workspace
        self._say = say
        self._began = time.monotonic()
        self._seen: set[str] = set()
        self._scene_from = ""
        self._answered: set[str] = set()

    def scene(self, title: str) -> None:
        """A new part of the story; what was said before belongs to the former."""
        self._scene_from = max((message["ts"] for message in self._messages()), default="")
        self._say(f"\n== {title}")

    def note(self, text: str) -> None:
        """One line of the transcript, with the seconds since the beginning, after what was said before it."""
        for message in self._unseen():
            self._seen.add(message["ts"])
            self._write(f"Perch: {self._short(message['text'])}")
        self._write(text)

    async def transcribe(self) -> None:
        """Write down what Perch says in the channel as it comes, until cancelled."""
        while True:
            for message in await self._until(self._unseen, within=DAY_S):
                self._seen.add(message["ts"])
                self._write(f"Perch: {self._short(message['text'])}")

    async def types(self, who: str, line: str) -> None:
        """Type a slash command. Raises Failed when it isn't taken."""
        self.note(f"{who.capitalize()} types: {line}")
        outcome = await self._workspace.command(who, CHANNEL, line)
        if not outcome.acked:
            raise Failed(f"The command wasn't taken ({outcome.error}), so the script stopped.")

    async def reacts(self, who: str) -> None:
        """Approve the open gate with a reaction."""
        self.note(f"{who.capitalize()} reacts with ✅")
        await self._workspace.react(who, CHANNEL, self._answer_gate(), "white_check_mark")

    async def clicks(self, who: str) -> None:
        """Approve the open gate with its button."""
        self.note(f"{who.capitalize()} clicks Approve")
        await self._workspace.click(who, CHANNEL, self._answer_gate(), "approve")

    async def ticks(self, who: str) -> None:
        """Tick what is to be ticked at the open gate."""
        gate = self._open_gate()
        message = next((message for message in self._messages() if message["ts"] == gate), {})
        for action in (each for each in _controls(message) if each.startswith("tick.")):
            self.note(f"{who.capitalize()} ticks the checklist")
            await self._workspace.click(who, CHANNEL, message["ts"], action)

    async def gate_or_end(self) -> bool:
        """Wait for the next gate, or the end; whether it's a gate."""
        await self._until(lambda: self._open_gate() or self._over())
        return self._open_gate() is not None

    async def until_serving(self) -> None:
        """Wait until the first stage serves: it bakes, or (messages may be some seconds behind) is past that."""
        await self._until(lambda: self._shows(State.BAKING) or self._shows(State.GATE))

    async def until_over(self) -> None:
        """Wait until the status message says an end."""
        await self._until(self._over)

    async def _until(self, seen: Callable[[], Any], within: float = STEP_S) -> Any:
        return await self._workspace.until(seen, within)

    def _messages(self) -> list[Message]:
        return self._workspace.messages(CHANNEL)

    def _of_scene(self) -> Iterator[Message]:
        return (message for message in self._messages() if message["ts"] > self._scene_from)

    def _unseen(self) -> list[Message]:
        return [message for message in self._messages() if "bot_id" in message and message["ts"] not in self._seen]

    def _write(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def _short(self, text: str) -> str:
        """What a notification would show: the beginning, on one line, people by name."""
        for person in CAST:
            text = text.replace(f"<@{self._workspace.person(person).id}>", person.capitalize())
        return cut(plain_text(" ".join(text.split())), SHOWN)

    def _shows(self, state: State) -> bool:
        """The scene's first message that answers no other is the rollout's status, edited in place."""
        roots = (message["text"] for message in self._of_scene() if message.get("thread_ts") in (None, message["ts"]))
        return f", {state_words(state)}" in next(roots, "")

    def _over(self) -> bool:
        return any(self._shows(state) for state in ENDS)

    def _open_gate(self) -> str | None:
        """The `ts` of a gate that nobody answered yet: it has a control to reject it."""
        gates = [message["ts"] for message in self._of_scene() if _has_control(message, "reject")]
        return next((ts for ts in gates if ts not in self._answered), None)

    def _answer_gate(self) -> str:
        gate = self._open_gate()
        if gate is None:
            raise Failed("The gate was gone before it could be answered, so the script stopped.")
        self._answered.add(gate)
        return gate


def _has_control(message: Message, action_id: str) -> bool:
    return action_id in _controls(message)


def _controls(message: Message) -> list[str]:
    """The action ids of what can be used in a message."""
    blocks = message.get("blocks", [])
    elements = [each for block in blocks for each in (*block.get("elements", []), block.get("accessory", {}))]
    return [str(element.get("action_id")) for element in elements]
