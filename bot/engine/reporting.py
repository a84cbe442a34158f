"""The report of a rollout as files: read, worded beside the loop, put where people are, shown in the thread once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from bot.domain.chronicle import Chronicle
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.ports import (
    Attachment,
    Chronicles,
    Clock,
    Denied,
    Files,
    Lane,
    Outgoing,
    OutsideFault,
    Queued,
    ShutOut,
    Told,
    Unwelcome,
)

log = logging.getLogger(__name__)

Written = Callable[[Chronicle], Sequence[Attachment]]
Thaw = Callable[[Mapping[str, object], str], Plan]

REPORT = "report"
"""What such a message says."""
WITHIN_S = 18.0
"""For reading, wording and depositing together: before anybody else may think that it has landed."""
TRIES = 10
"""After so many, words go without the files: whoever needs them has the shell's command."""


def report_due(before: Rollout, after: Rollout) -> bool:
    """Whether a step ended a rollout for good, its verification and actions included, and there's something to tell."""
    nothing_moved = after.state is State.ABORTED and after.shifted_at is None
    return before.unsaid and not after.unsaid and not nothing_moved


def report_message(rollout: Rollout, revision: int, asked: str = "") -> Outgoing:
    """The message that brings the files; `asked` is the key of whoever wants them once more."""
    facts = {"revision": revision}
    key = f"report:{rollout.id}:{asked or revision}"
    return Outgoing(REPORT, key=key, facts=facts, lane=Lane.ROUTINE, thread=True)


class Reports:
    """Reads all about a rollout and words it. `written` is `bot.wording.report.files.files`."""

    def __init__(self, chronicles: Chronicles, thaw: Thaw, written: Written, clock: Clock) -> None:
        self._chronicles, self._thaw, self._written, self._clock = chronicles, thaw, written, clock

    async def chronicle(self, rollout: str) -> Chronicle:
        """Raises UnknownRollout, BrokenPlan, StoreAway."""
        told = await self._chronicles.of(rollout)
        return chronicle(told, self._thaw(told.tree, told.rollout.environment), self._clock)

    async def files(self, rollout: str) -> Sequence[Attachment]:
        """HTML and Markdown. Worded in a thread of its own: a long story takes some tenths of a second."""
        return await asyncio.to_thread(self._written, await self.chronicle(rollout))


def chronicle(told: Told, plan: Plan, clock: Clock) -> Chronicle:
    """What was read, with the plan that it ran."""
    return Chronicle(told.rollout, plan, told.records, told.points, clock(), told.head, told.signing, told.broken)


class HandingOver:
    """Puts a report's files where people are."""

    def __init__(self, reports: Reports, files: Files) -> None:
        self._reports = reports
        self._files = files

    async def deposited(self, queued: Queued) -> Mapping[str, str]:
        """The titles by id, to be shown with one call. Raises as `Files` does, and TimeoutError."""
        async with asyncio.timeout(WITHIN_S):
            files = [_named(file, queued) for file in await self._reports.files(queued.rollout)]
            return {await self._files.deposit(file): file.name for file in files}

    async def stands(self, queued: Queued, to: str, thread: str) -> bool:
        """Whether an earlier try was shown after all."""
        if not queued.uncertain:
            return False
        async with asyncio.timeout(WITHIN_S):
            first = _named((await self._reports.files(queued.rollout))[0], queued)
            return await self._files.shared(to, first.name, thread=thread)

    async def share(self, to: str, files: Mapping[str, str], text: str, thread: str) -> None:
        await self._files.share(to, files, text, thread=thread)


def refused(fault: OutsideFault | TimeoutError, queued: Queued) -> str:
    """Why it goes without its files from here on; "" where trying again may help."""
    if isinstance(fault, ShutOut | Unwelcome):
        return ""
    if isinstance(fault, Denied):
        return str(fault)
    return str(fault) or "no answer in time" if queued.tries >= TRIES else ""


def _named(file: Attachment, queued: Queued) -> Attachment:
    """With the revision that it was asked for at: what was shown can be told from what wasn't."""
    path, revision = PurePath(file.name), queued.outgoing.facts.get("revision", 0)
    return Attachment(f"{path.stem}-r{revision}{path.suffix}", file.content, file.title)
