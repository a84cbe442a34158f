"""What is to be mailed leaves the outbox for the queue of keepings: tried for days, where Slack's posts expire (S8)."""

from __future__ import annotations

import hashlib

from bot.domain.plan import Part
from bot.domain.plan_checks.notify import MAIL
from bot.ports import Clock, Denied, Queued
from bot.ports.archives import MAIL as KIND
from bot.ports.archives import Job, Keepings


class Mailing:
    """Takes letters in. Repeated after a crash it adds nothing: a message's letter has the message's name."""

    def __init__(self, keepings: Keepings, clock: Clock, *, able: bool) -> None:
        self._keepings, self._clock, self._able = keepings, clock, able

    async def take(self, queued: Queued) -> None:
        """Raises Denied where no mail server is set, StoreAway."""
        if not self._able:
            raise Denied("no mail server is set where Perch runs: PERCH_SMTP_URL")
        outgoing = queued.outgoing
        job = Job(
            id=hashlib.sha256(f"{queued.rollout}\n{outgoing.key}".encode()).hexdigest()[:32],
            rollout=queued.rollout,
            number=0,
            part=Part(kind=KIND, options={"to": outgoing.to.removeprefix(MAIL)}),
            made_at=self._clock(),
            lane=KIND,
            says={"say": outgoing.say, "facts": dict(outgoing.facts), "at": queued.at.isoformat()},
        )
        await self._keepings.ask([job])
