"""What was heard from Alertmanager, for the workspace's chain: once for each firing and what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from bot.domain.evidence import Entry
from bot.ports import Clock, StoreAway
from bot.redaction import Redactor
from commands.web.alerts import Alert

log = logging.getLogger(__name__)

REMEMBERED = 1000
WITHIN_S = 2.0
"""How long whoever posted waits for the record; it is written all the same, but by then he is answered."""

Note = Callable[[Sequence[Entry]], Awaitable[None]]


class AlertRecords:
    """Collects what is heard, and keeps it with one commit for each delivery: an alert storm is one record more."""

    def __init__(self, note: Note, by: str, clock: Clock, redact: Redactor) -> None:
        self._note, self._by, self._clock, self._redact = note, by, clock, redact
        self._heard: list[Entry] = []
        self._known: OrderedDict[str, None] = OrderedDict()
        self._keeping: set[asyncio.Task[None]] = set()

    def hear(self, alert: Alert, did: str, rollout: str = "", why: str = "") -> None:
        """To be kept, unless this process has kept it: what fires is repeated every few minutes."""
        key = f"{alert.occasion}:{alert.status}:{did}:{rollout}:{why}"
        if key in self._known:
            return
        self._known[key] = None
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        facts = {
            "name": self._redact(alert.name),
            "status": alert.status,
            "starts_at": alert.startsAt[:40],
            "fingerprint": alert.fingerprint[:40],
            "labels": {name: self._redact(value) for name, value in alert.shown_labels.items()},
            "did": did,
            "rollout": rollout,
            "why": why,
        }
        self._heard.append(Entry("alert", self._clock(), self._by, facts))

    async def keep(self) -> None:
        """Write down what was heard. Never raises: a lost record stops no act."""
        entries, self._heard = self._heard, []
        if entries:
            keeping = asyncio.create_task(self._write(entries))
            self._keeping.add(keeping)
            keeping.add_done_callback(self._keeping.discard)
            await asyncio.wait({keeping}, timeout=WITHIN_S)

    async def _write(self, entries: Sequence[Entry]) -> None:
        try:
            await self._note(entries)
        except StoreAway as away:
            log.warning("%s alerts aren't on record: %s", len(entries), away)
