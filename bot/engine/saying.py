"""Says one message: finds its place, words it, posts, edits or whispers it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.errors import PerchError
from bot.domain.plan import Plan
from bot.domain.plan_checks.notify import is_mail
from bot.domain.rollout import Rollout
from bot.domain.trends import NO_HISTORY, History
from bot.engine.mailing import Mailing
from bot.engine.notifying import Notifying
from bot.engine.pictures import Pictures
from bot.engine.recalling import Recall
from bot.engine.reporting import REPORT, HandingOver, refused
from bot.engine.spreading import Spreading, names_people
from bot.ports import (
    SECOND_WAY,
    Clock,
    Denied,
    Lane,
    Messenger,
    Outbox,
    Outgoing,
    OutsideFault,
    Posted,
    Queued,
    Rollouts,
    Said,
    SecondWay,
)
from bot.ports.leases import NotOurs
from bot.ports.notices import is_for_a_notifier

Wording = Callable[[Outgoing, Rollout | None, Plan | None, datetime, History], Said]
PlanOf = Callable[[Rollout], Awaitable[Plan]]
"""The plan that is frozen with a rollout."""

CALL_WITHIN_S = 12.0
LANDS_WITHIN = timedelta(seconds=2 * CALL_WITHIN_S)
"""From taking a message in hand: one deadline to begin the call, and one for the call."""
ROOT_WITHIN = timedelta(minutes=2)
"""How long a thread's message waits for the message that begins the thread."""
KNOWN = 5000


def handed_on(outgoing: Outgoing) -> bool:
    """Whether it isn't for Slack at all: mail, or a notifier of the plan's."""
    return is_mail(outgoing.to) or is_for_a_notifier(outgoing.to)


class NoThread(Exception):
    """The message that begins the thread isn't posted yet."""


DECISIONS = frozenset(
    {"promoted", "held", "extended", "retried", "rolling_back", "rolled_back", "killed", "completed", "aborted"}
)
"""What is posted together with where the record stands (law 9)."""
WITH_RECORD = DECISIONS | {"redacted"}
"""And what was taken out of it later, for a forger may call a change so."""


class Sayer:
    """What is said about a rollout is worded from its newest state; `wording` is `bot.wording.say`."""

    def __init__(
        self,
        outbox: Outbox,
        messenger: Messenger,
        rollouts: Rollouts,
        plan_of: PlanOf,
        wording: Wording,
        clock: Clock,
        second_way: SecondWay | None = None,
        spreading: Spreading | None = None,
        *,
        recall: Recall | None = None,
        pictures: Pictures | None = None,
        reports: HandingOver | None = None,
        mailing: Mailing | None = None,
        notifying: Notifying | None = None,
    ) -> None:
        self._mailing, self._notifying = mailing, notifying
        self._spreading = spreading
        self._second_way = second_way
        self._recall, self._pictures, self._reports = recall, pictures, reports
        self._outbox, self._messenger, self._rollouts, self._plan_of = outbox, messenger, rollouts, plan_of
        self._wording = wording
        self._clock = clock
        self._channels: dict[str, str] = {}

    async def say(self, queued: Queued) -> Posted | None:
        """Say it once; returns where it stands, None for what stands nowhere.

        Raises OutsideFault, TimeoutError (it may stand), NoThread, StoreAway, and what wording raises.
        """
        if queued.outgoing.to == SECOND_WAY:
            await self._tell(queued)
            return None
        if queued.outgoing.only_for:
            await self._whisper(queued)
            return None
        if handed_on(queued.outgoing):
            await self._hand_on(queued)
            return None
        if self._spreading is not None and names_people(queued.outgoing.to):
            await self._take_in_hand(queued)
            _, plan = await self.about(queued.rollout)
            async with asyncio.timeout(CALL_WITHIN_S):
                await self._spreading.spread(queued, plan.channel if plan else "")
            return None
        if queued.outgoing.edits:
            return await self._edit(queued)
        if queued.outgoing.say == REPORT and self._reports is not None:
            return await self._hand_over(queued, self._reports)
        return await self._post(queued)

    async def _hand_on(self, queued: Queued) -> None:
        """To the queue, which tries for days."""
        way = self._notifying if is_for_a_notifier(queued.outgoing.to) else self._mailing
        if way is None:
            raise Denied(f"there is no way to {queued.outgoing.to} here")
        await way.take(queued)

    async def text(self, queued: Queued) -> str:
        """What a message would say now, as plain text; "" for one that can't be worded."""
        try:
            return (await self._worded(queued)).text
        except (PerchError, LookupError):
            return ""

    async def _tell(self, queued: Queued) -> None:
        if self._second_way is None:
            raise Denied("there is no second way any more: PERCH_FALLBACK_URL is not set")
        said = await self._worded(queued)
        await self._outbox.sending(queued.number, self._clock() + LANDS_WITHIN)
        async with asyncio.timeout(CALL_WITHIN_S):
            await self._second_way.tell(said.text)

    async def _take_in_hand(self, queued: Queued) -> None:
        """Right before it is posted. Raises NotOurs; TimeoutError when this process slept in between.

        Then another process may have looked for the message already and not found it: whoever is next looks again.
        """
        began = self._clock()
        if not await self._outbox.may_send(began):
            raise NotOurs("another process sends now")
        await self._outbox.sending(queued.number, began + LANDS_WITHIN)
        if (self._clock() - began).total_seconds() > CALL_WITHIN_S:
            raise TimeoutError("it took too long to begin")

    async def _whisper(self, queued: Queued) -> None:
        said = await self._worded(queued)
        await self._take_in_hand(queued)
        async with asyncio.timeout(CALL_WITHIN_S):
            await self._messenger.whisper(queued.outgoing.to, queued.outgoing.only_for, said)

    async def _edit(self, queued: Queued) -> Posted:
        posted = await self._outbox.place(queued.rollout, queued.outgoing.edits)
        if posted is None:
            raise Denied(f"there is no message '{queued.outgoing.edits}' to be changed")
        await self._take_in_hand(queued)
        # Worded with the row in hand: a newer edit waits for this one, so the newest state is what stays.
        said = await self._worded(queued)
        async with asyncio.timeout(CALL_WITHIN_S):
            await self._messenger.edit(posted, said, mark=queued.outgoing.key)
        return posted

    async def _post(self, queued: Queued) -> Posted:
        outgoing = queued.outgoing
        to, thread = await self._place(queued)
        if queued.uncertain:
            async with asyncio.timeout(CALL_WITHIN_S):
                found = await self._messenger.find(to, outgoing.key, thread=thread)
            if found is not None:
                return found
        said = await self._worded(queued)
        if self._pictures is not None:
            said = await self._pictures.added(said)
        await self._take_in_hand(queued)
        loud = outgoing.broadcast and bool(thread)
        async with asyncio.timeout(CALL_WITHIN_S):
            return await self._messenger.post(to, said, thread=thread, broadcast=loud, mark=outgoing.key)

    async def _hand_over(self, queued: Queued, reports: HandingOver) -> Posted | None:
        """A message with files; what they are refused for is said in their place, with the shell's command."""
        to, thread = await self._place(queued)
        try:
            if await reports.stands(queued, to, thread):
                return None
            # Counted as a try already: what is slow or refused to be deposited must not be tried each second.
            await self._take_in_hand(queued)
            files = await reports.deposited(queued)
            text = (await self._worded(queued)).text
            await self._take_in_hand(queued)
            async with asyncio.timeout(CALL_WITHIN_S):
                await reports.share(to, files, text, thread)
        except (OutsideFault, TimeoutError) as fault:
            why = refused(fault, queued)
            if not why:
                raise
            told = replace(queued.outgoing, facts={**queued.outgoing.facts, "refused": why})
            return await self._post(replace(queued, outgoing=told))
        return None

    async def _worded(self, queued: Queued) -> Said:
        rollout, plan = await self.about(queued.rollout)
        outgoing = queued.outgoing
        if outgoing.say in WITH_RECORD and queued.rollout:
            head = await self._rollouts.head(queued.rollout)
            facts = {**outgoing.facts, "record": {"number": head.number, "hash": head.hash}}
            outgoing = replace(outgoing, facts=facts)
        history = await self._recall.of(outgoing, rollout) if self._recall is not None else NO_HISTORY
        return self._wording(outgoing, rollout, plan, self._clock(), history)

    async def _place(self, queued: Queued) -> tuple[str, str]:
        """Where to post, and the timestamp of the thread's first message, "" for a message of its own.

        Beside the rollout's status message it goes by the channel's id, which outlives a rename.
        """
        outgoing, root = queued.outgoing, None
        if queued.rollout and (outgoing.thread or not outgoing.to):
            root = await self._outbox.place(queued.rollout, f"status:{queued.rollout}")
        to = root.channel if root is not None and not outgoing.to else await self.channel(queued)
        if not outgoing.thread:
            return to, ""
        if root is not None:
            return to, root.ts
        if self._clock() - queued.at > ROOT_WITHIN and outgoing.lane is Lane.URGENT:
            return to, ""
        raise NoThread

    async def about(self, id: str) -> tuple[Rollout | None, Plan | None]:
        """The rollout as it is now, and its frozen plan; nothing for a message that belongs to none."""
        if not id:
            return None, None
        rollout = await self._rollouts.load(id)
        return rollout, await self._plan_of(rollout)

    async def channel(self, queued: Queued) -> str:
        """Where a post goes: to whom it says, or to the plan's channel."""
        if queued.outgoing.to or not queued.rollout:
            return queued.outgoing.to
        if queued.rollout not in self._channels:
            if len(self._channels) > KNOWN:
                self._channels.clear()
            try:
                _, plan = await self.about(queued.rollout)
            except PerchError:
                return ""
            self._channels[queued.rollout] = plan.channel if plan else ""
        return self._channels[queued.rollout]
