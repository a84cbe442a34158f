"""APScheduler wakes the engine; it remembers nothing. What is due is in the database.

Its jobs live in memory only, never overlap, and are caught up as one: a missed wake-up costs nothing, because the next
one finds the same rows due.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

WAKE_S = 0.5
"""How often due rollouts are looked for; a check is late by this much at the most."""


class _Scheduler(AsyncIOScheduler):  # type: ignore[misc]
    """APScheduler waits for a time of day: after a clock was set back by three hours it would sleep for three hours."""

    def wakeup(self) -> None:
        """Each wake-up comes by the loop's own clock, which nobody sets: what lies further ahead than an interval
        is of before."""
        now = datetime.now(self.timezone)
        for job in self.get_jobs():
            if job.next_run_time is not None and job.next_run_time - now > job.trigger.interval:
                job.modify(next_run_time=now)
        super().wakeup()


class Schedule:
    """Calls async functions at intervals until closed."""

    def __init__(self) -> None:
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = _Scheduler(job_defaults=defaults, timezone="UTC")
        self._scheduler.add_listener(_log_error, EVENT_JOB_ERROR)
        # The listener logs what breaks; the library would again, and each call that a stop cuts short.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)

    def every(self, seconds: float, call: Callable[[], Awaitable[object]]) -> None:
        """Call at this interval, in seconds; a call that takes longer is not started twice."""
        self._scheduler.add_job(call, "interval", seconds=seconds)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()

    def close(self) -> None:
        """Stop waking anybody; a call under way is cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _log_error(event: JobExecutionEvent) -> None:
    if isinstance(event.exception, asyncio.CancelledError):
        return
    log.error("a scheduled call broke: %s", event.exception, exc_info=event.exception)
