"""Blocking work with a deadline, each in a thread of its own: a hung disk can't use up threads that a kill needs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")

_LAST_WORD_S = 1.0
"""How long is waited for work that was given up, so that what it still does is done before the caller goes on."""


async def in_own_thread(work: Callable[[threading.Event], Result], timeout_s: float) -> Result:
    """Run `work`; raises what it raises, and TimeoutError when it takes longer.

    The event that `work` gets is set when nobody waits any more: work that changes something looks at it right
    before, and changes nothing then.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Result] = loop.create_future()
    given_up, ended = threading.Event(), asyncio.Event()

    def deliver(result: Result | None, error: BaseException | None) -> None:
        ended.set()
        if outcome.done():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)  # type: ignore[arg-type]

    def body() -> None:
        result, error = None, None
        try:
            result = work(given_up)
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, result, error)

    threading.Thread(target=body, name="perch-file", daemon=True).start()
    try:
        async with asyncio.timeout(timeout_s):
            return await outcome
    finally:
        given_up.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORD_S):
                await ended.wait()
