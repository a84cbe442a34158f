"""An event loop on which hours pass in a moment: where everything waits, the clock leaps to what is next."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Leaping(selectors.DefaultSelector):
    """Never waits: it says how long it would have."""

    leapt_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits for something that no clock brings")
        self.leapt_s += max(timeout, 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaps = _Leaping()
        super().__init__(self._leaps)

    def time(self) -> float:
        return self._leaps.leapt_s


def in_no_time(story: Coroutine[Any, Any, T]) -> T:
    """Run a story that only waits for the clock; for memory and fakes alone, as threads and sockets take real time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(story)
