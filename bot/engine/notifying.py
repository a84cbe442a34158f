"""What is told to a plan's notifiers leaves the outbox for the queue of keepings: tried for days, in order (O4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from bot.domain.evidence import canonical
from bot.domain.kinds import Kind, Kinds
from bot.domain.plan import Part
from bot.domain.urgencies import Act, Hears
from bot.engine.ledger import Ledger
from bot.ports import Denied, Notifier, Queued
from bot.ports.archives import Job, Keepings
from bot.ports.notices import NOTIFIER


class Notifying:
    """Takes notices in. Repeated after a crash it adds nothing: a message's notice has the message's name."""

    def __init__(self, keepings: Keepings, ledger: Ledger, kinds: Kinds, wake: Callable[[], None]) -> None:
        self._keepings, self._ledger, self._kinds, self._wake = keepings, ledger, kinds, wake

    async def take(self, queued: Queued) -> None:
        """Raises Denied where the frozen plan has no such notifier, StoreAway."""
        name = queued.outgoing.to.removeprefix(NOTIFIER)
        plan = await self._ledger.plan_of(await self._ledger.rollouts.load(queued.rollout))
        part = plan.notifiers.get(name)
        kind = self._kinds.notifiers.get(part.kind) if part else None
        if part is None or kind is None:
            raise Denied(f"the plan has no notifier '{name}' that this Perch can tell")
        line = f"{queued.rollout}/{name}"
        if await self._wanted(queued, kind, line):
            await self._keepings.ask([self._job(queued, name, part, kind, line)])
            self._wake()

    async def _wanted(self, queued: Queued, kind: Kind[Notifier], line: str) -> bool:
        """A pager is woken by trouble alone; what follows from trouble is told to those alone who were told of it."""
        act = Act(str(queued.outgoing.facts["act"]))
        pages, follows = kind.hears is Hears.PAGES, bool(queued.outgoing.facts.get("follows"))
        if (pages and act is Act.NEWS) or (follows and kind.hears is Hears.EACH):
            return False
        after_others = follows or (pages and act is not Act.OPENS)
        return not after_others or await self._keepings.known(line)

    def _job(self, queued: Queued, name: str, part: Part, kind: Kind[Notifier], line: str) -> Job:
        outgoing = queued.outgoing
        return Job(
            id=hashlib.sha256(f"{queued.rollout}\n{outgoing.key}".encode()).hexdigest()[:32],
            rollout=queued.rollout,
            number=0,
            part=part,
            made_at=self._ledger.clock(),
            says={
                "say": outgoing.say,
                "facts": dict(outgoing.facts),
                "at": queued.at.isoformat(),
                "notifier": name,
            },
            lane=f"{part.kind}/{hashlib.sha256(canonical(part.options).encode()).hexdigest()[:12]}",
            line=line,
            turn=queued.number,
            newest=kind.hears is Hears.PAGES and outgoing.facts["act"] == Act.OVER,
        )
