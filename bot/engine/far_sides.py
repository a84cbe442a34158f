"""What is asked of one far side, by whomever in this process: its limits are shared, and what it does is counted (U7).

An adapter's own `at_once` holds for one object. Plans that ask the same server with other options, and diagnoses, have
objects of their own; here they meet. A diagnosis takes none of a check's turns: all of them together have one beside.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question, Source

MINUTE_S = 60.0
OK = "ok"
ABANDONED = "abandoned"
"""Nobody waited for the answer any longer."""


class Gate:
    """So many at once; None is any number. Who came first goes first."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.inside = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    async def __aenter__(self) -> None:
        if self._queue or not self._open:
            await self._turn()
        self.inside += 1

    async def __aexit__(self, *fault: object) -> None:
        self.inside -= 1
        self._let_in()

    async def _turn(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._queue:
                self._queue.remove(turn)
            elif not turn.cancelled():
                # It had its turn, and doesn't take it.
                self.inside -= 1
                self._let_in()
            raise
        self.inside -= 1

    def _let_in(self) -> None:
        """A turn is taken for whoever is let in, until he takes it himself."""
        while self._queue and self._open:
            self.inside += 1
            self._queue.popleft().set_result(None)

    @property
    def _open(self) -> bool:
        return self.limit is None or self.inside < self.limit


class FarSide:
    """One server, and what this process asks of it. Of several limits that plans state the smallest holds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gate, self.beside = Gate(), Gate(1)
        self.per_minute: int | None = None
        self.outcomes: Counter[str] = Counter()
        self.took_s = 0.0
        """In all, of those that were answered or given up."""
        self._asked: deque[float] = deque()

    @property
    def under_way(self) -> int:
        return self.gate.inside + self.beside.inside

    @property
    def waiting(self) -> int:
        return self.gate.waiting + self.beside.waiting

    def limit(self, at_once: int | None, per_minute: int | None) -> None:
        """Take over what a plan states; None states nothing."""
        self.gate.limit = _smaller(self.gate.limit, at_once)
        self.per_minute = _smaller(self.per_minute, per_minute)

    def may_ask(self, now_s: float) -> bool:
        """Whether the minute's budget isn't used up; one question is taken from it then."""
        if self.per_minute is None:
            return True
        while self._asked and now_s - self._asked[0] >= MINUTE_S:
            self._asked.popleft()
        if len(self._asked) >= self.per_minute:
            return False
        self._asked.append(now_s)
        return True


def _smaller(known: int | None, stated: int | None) -> int | None:
    return min(filter(None, (known, stated)), default=None)


class FarSides:
    """All of a process, by name: the kind, and where the server is."""

    def __init__(self) -> None:
        self._known: dict[str, FarSide] = {}

    def __call__(self) -> Sequence[FarSide]:
        return list(self._known.values())

    def shared(self, source: Source, kind: str, options: Any, *, joins: bool, beside: bool) -> Source:
        """The source, asked within what its far side bears. `joins`: many questions are one request to it, and only
        the source itself knows how many requests there are."""
        far = self._known.setdefault(name := _name(kind, options), FarSide(name))
        far.limit(None if joins else getattr(options, "at_once", None), getattr(options, "per_minute", None))
        return SharedSource(source, far, far.beside if beside else far.gate)


def _name(kind: str, options: Any) -> str:
    """No path, no query and no user: an address may hold a secret there."""
    try:
        place = urlsplit(str(getattr(options, "url", "")))
        port = f":{place.port}" if place.port else ""
    except ValueError:
        return kind
    return f"{kind} {place.hostname}{port}" if place.hostname else kind


class SharedSource:
    """A `Source` that waits for its turn at the far side, and counts."""

    def __init__(self, source: Source, far: FarSide, gate: Gate) -> None:
        self._source, self._far, self._gate = source, far, gate

    async def ask(self, question: Question, at: datetime) -> Answer:
        return await self._in_turn(lambda: self._source.ask(question, at), at)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return await self._in_turn(lambda: self._source.history(question, start, end), end)

    async def _in_turn(self, asking: Callable[[], Awaitable[Answer]], at: datetime) -> Answer:
        clock = asyncio.get_running_loop().time
        async with self._gate:
            if not self._far.may_ask(clock()):
                self._far.outcomes[Missing.NOT_ASKED.value] += 1
                return NoData(Missing.NOT_ASKED, f"its budget of {self._far.per_minute} a minute is used up", at)
            began, outcome = clock(), ABANDONED
            try:
                answer = await asking()
                outcome = answer.missing.value if isinstance(answer, NoData) else OK
            finally:
                self._far.took_s += clock() - began
                self._far.outcomes[outcome] += 1
        return answer

    async def aclose(self) -> None:
        await self._source.aclose()
