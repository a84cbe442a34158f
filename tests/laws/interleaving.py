"""A deterministic scheduler: who goes on at each stop is chosen, written down, and can be chosen again.

Everybody runs on an event loop of its own kind. Whoever comes to a `stop` (tests put one into every port) waits there;
when nobody can go on by himself, the order says whose turn it is. Time stands still while anybody waits at a stop, and
jumps to the next deadline when nobody does. So a run is decided by its order alone, and takes no time.

`every_order` walks them all, depth first: each run repeats the choices of the one before up to the last that has
another way. `sampled_orders` draws some from a seed. A failure names its order; `Order((0, 1, 1, …))` replays it.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

MOST_STOPS = 2000
"""A run with more never ends."""

who: ContextVar[str] = ContextVar("who", default="deed")
"""Who comes to a stop, for the order's story."""


@dataclass
class Order:
    """Which of those who wait goes on, at each stop where there was a choice; from `pick` beyond the given ones."""

    given: Sequence[int] = ()
    pick: Callable[[int], int] = lambda of: 0
    taken: list[tuple[int, int]] = field(default_factory=list)
    """(the one chosen, of how many), at each choice."""
    story: list[str] = field(default_factory=list)
    """Every stop that was passed, as `who: what`."""

    def choose(self, waiting: Sequence[str]) -> int:
        """The place of the one who goes on."""
        place = 0
        if len(waiting) > 1:
            at = len(self.taken)
            place = self.given[at] if at < len(self.given) else self.pick(len(waiting))
            self.taken.append((place, len(waiting)))
        self.story.append(waiting[place])
        return place

    def __str__(self) -> str:
        choices = tuple(place for place, _ in self.taken)
        return f"in the order {choices}:\n  " + "\n  ".join(self.story)


class _Turns(selectors.SelectSelector):
    """Where a loop looks for work when it has none: here it hands out turns, or lets time pass."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order
        self.now = 0.0
        self.waiting: list[tuple[str, asyncio.Future[None]]] = []

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout == 0:
            return []
        self.waiting = [each for each in self.waiting if not each[1].done()]
        if self.waiting:
            assert len(self.order.story) < MOST_STOPS, f"it never ends, {self.order}"
            place = self.order.choose([what for what, _ in self.waiting])
            self.waiting.pop(place)[1].set_result(None)
        else:
            assert timeout is not None, f"everybody waits for somebody else, {self.order}"
            self.now += timeout
        return []


class Stepping(asyncio.SelectorEventLoop):
    """A loop whose time and turns are `_Turns`'s, and whose threads are steps like any other."""

    def __init__(self, order: Order, stops: Collection[str]) -> None:
        self.turns = _Turns(order)
        self.stops = stops
        super().__init__(self.turns)

    def time(self) -> float:
        return self.turns.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Work in a thread is one step, with a stop before it."""
        return self.create_task(_in_thread(func, arguments))


async def _in_thread(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    named = work.args[0] if isinstance(work, partial) and work.args else work
    await stop(getattr(named, "__name__", "works"))
    return work(*arguments)


async def stop(what: str) -> None:
    """Wait here for a turn, where this story stops at such places."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Stepping)
    if what not in loop.stops:
        return
    turn: asyncio.Future[None] = loop.create_future()
    loop.turns.waiting.append((f"{who.get()}: {what}", turn))
    await turn


async def pass_time(seconds: float) -> None:
    """Time as one of the actors: it passes when its turn comes, whatever the others are in the middle of."""
    await stop("time")
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Stepping)
    loop.turns.now += seconds


class Stopping:
    """A port whose every call stops before it is made."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        if not asyncio.iscoroutinefunction(call):
            return call

        async def stopped(*arguments: Any, **named: Any) -> Any:
            await stop(name)
            return await call(*arguments, **named)

        return stopped


Story = Callable[[], Coroutine[Any, Any, None]]


def play(story: Story, order: Order, stops: Collection[str]) -> None:
    """One run. Raises AssertionError with the order in it."""
    loop = Stepping(order, stops)
    try:
        loop.run_until_complete(story())
    except AssertionError as wrong:
        raise AssertionError(f"{wrong}\n{order}") from wrong
    finally:
        _end(loop)


def _end(loop: Stepping) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


def every_order(story: Story, stops: Collection[str], most: int = 4000) -> int:
    """Run a story in every order there is; returns how many that were. Fails where there are more than `most`."""
    given: list[int] | None = []
    for number in range(1, most + 1):
        order = Order(given or ())
        play(story, order, stops)
        given = _next(order.taken)
        if given is None:
            return number
    raise AssertionError(f"there are more than {most} orders; stop at fewer places, or sample")


def _next(taken: Sequence[tuple[int, int]]) -> list[int] | None:
    """The choices that lead to the next order: the last one that has another way takes it."""
    for last in reversed(range(len(taken))):
        place, of = taken[last]
        if place + 1 < of:
            return [*(earlier for earlier, _ in taken[:last]), place + 1]
    return None


def sampled_orders(story: Story, stops: Collection[str], seed: int, number: int) -> None:
    """Run a story in so many orders drawn from a seed, the same ones each time. A failure names seed and order."""
    drawn = random.Random(seed)
    for _ in range(number):
        try:
            play(story, Order(pick=drawn.randrange), stops)
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}: {wrong}") from wrong
