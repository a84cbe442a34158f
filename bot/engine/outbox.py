"""Sends what is in the outbox: in order, once, urgent before routine, worded at the last moment.

Each due message is sent by a task of its own, so one slow post holds nobody back; order inside a thread is the outbox's
promise (only the first of a line is due). A post of which it isn't known whether it stands is looked for before it is
repeated; everything else is safe to repeat.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.engine.pace import Budgets, Pace
from bot.engine.saying import ROOT_WITHIN, NoThread, Sayer, handed_on
from bot.ports import (
    Clock,
    Denied,
    Lane,
    Outbox,
    Outgoing,
    OutsideFault,
    Queued,
    ShutOut,
    SlowDown,
    StoreAway,
    Uncertain,
    Unwelcome,
)
from bot.ports.leases import NotOurs

log = logging.getLogger(__name__)

AT_ONCE = {Lane.URGENT: 16, Lane.ROUTINE: 4}
"""How many messages of a lane are on their way at the same time."""
LOOK_EVERY_S = 0.5
FEW, MANY = 100, 4000
EXPIRES = {"answer": timedelta(minutes=30)}
"""What nobody wants to read any more after this long; a snapshot, once the next one is due."""
AGAIN_S = 60.0
"""The longest pause between two tries."""
UNWELCOME = timedelta(days=1)
"""How long a message waits for a channel that refuses it to be mended."""


class Sender:
    """Supervised: a message that can't be sent never ends it.

    What matters and can't be posted in a plan's channel is posted in `second_channel`, where there is one.
    """

    def __init__(
        self,
        outbox: Outbox,
        sayer: Sayer,
        clock: Clock,
        pace: Pace | None = None,
        *,
        second_channel: str = "",
    ) -> None:
        self._outbox = outbox
        self._sayer = sayer
        self._second_channel = second_channel
        self._clock = clock
        self._budgets = Budgets(pace or Pace())
        self._woken = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._lanes: dict[int, Lane] = {}
        self._edited: dict[int, tuple[str, str]] = {}
        """Which message of which rollout: of two edits on their way the older could be the one that stays."""
        self._reach = FEW

    @property
    def under_way(self) -> int:
        """How many messages are on their way now."""
        return len(self._under_way)

    def wake(self) -> None:
        """There is something new to be said."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled; then give what is on its way three seconds."""
        try:
            while True:
                self._woken.clear()
                await self._rest(await self._look())
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way.values(), timeout=3)
            for task in self._under_way.values():
                task.cancel()

    async def _rest(self, at_most_s: float) -> None:
        try:
            async with asyncio.timeout(at_most_s):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _look(self) -> float:
        """Send what may go now; returns the seconds until looking again is worth while."""
        # What ended while we read may still be in what we read.
        known = set(self._under_way)
        try:
            if not await self._outbox.may_send(self._clock()):
                return LOOK_EVERY_S
            due = await self._outbox.due(self._clock(), self._reach)
            waits = [await self._consider(queued) for queued in due if queued.number not in known]
        except StoreAway:
            log.warning("the outbox can't be read; trying again")
            return LOOK_EVERY_S
        # All that was looked at has to wait its turn: what comes behind may go to a channel with room.
        stuck = len(due) == self._reach and all(waits)
        self._reach = min(self._reach * 2, MANY) if stuck else FEW
        return min([LOOK_EVERY_S, *(max(wait, 0.01) for wait in waits if wait)])

    async def _consider(self, queued: Queued) -> float:
        """Begin to send, or say how many seconds its turn is away."""
        lane = queued.outgoing.lane
        if handed_on(queued.outgoing):
            # A row of our own database: it waits for no budget of Slack's, and for no post that hangs.
            self._begin(queued)
            return 0.0
        if queued.outgoing.edits and (queued.rollout, queued.outgoing.edits) in self._edited.values():
            return LOOK_EVERY_S
        if sum(each is lane for each in self._lanes.values()) >= AT_ONCE[lane]:
            return LOOK_EVERY_S
        wait = await self._wait(queued)
        if not wait:
            self._begin(queued)
        return wait

    async def _wait(self, queued: Queued) -> float:
        """Seconds until the budgets let it go; takes from them when that's now."""
        outgoing, now = queued.outgoing, self._clock()
        if outgoing.only_for:
            return 0.0
        if outgoing.edits:
            message = f"{queued.rollout}/{outgoing.edits}"
            wait = self._budgets.wait_to_edit(message, outgoing.lane, now)
            if wait <= 0:
                self._budgets.edits(message, now)
            return max(wait, 0.0)
        channel = await self._sayer.channel(queued)
        wait = self._budgets.wait_to_post(channel, outgoing.lane, now)
        if wait <= 0:
            self._budgets.posts(channel, now)
        return wait

    def _begin(self, queued: Queued) -> None:
        task = asyncio.create_task(self._send(queued), name=f"message {queued.outgoing.key}")
        self._under_way[queued.number] = task
        if not handed_on(queued.outgoing):
            self._lanes[queued.number] = queued.outgoing.lane
        self._edited[queued.number] = (queued.rollout, queued.outgoing.edits)
        task.add_done_callback(lambda _: self._end(queued.number))

    def _end(self, number: int) -> None:
        del self._under_way[number], self._edited[number]
        self._lanes.pop(number, None)
        self.wake()

    async def _send(self, queued: Queued) -> None:
        """Bring one message to an end, or put it off. Never raises but when cancelled."""
        try:
            if self._clock() - queued.at > await self._keeps(queued):
                await self._give_up(queued, "it came too late to be of use")
                return
            posted = await self._sayer.say(queued)
            await _kept(lambda: self._outbox.said(queued.number, posted, self._clock()))
        except NotOurs as taken:
            log.debug("message %s is left alone: %s", queued.outgoing.key, taken)
        except NoThread:
            await self._without_thread(queued)
        except SlowDown as slow:
            await self._slow_down(queued, slow)
        except ShutOut as refused:
            await self._later(queued, AGAIN_S, str(refused), uncertain=False)
        except Unwelcome as refused:
            await self._unwelcome(queued, str(refused))
        except Denied as denied:
            await self._denied(queued, str(denied))
        except (OutsideFault, TimeoutError) as fault:
            unsure = isinstance(fault, Uncertain | TimeoutError)
            pause = min(2.0 ** min(queued.tries, 10), AGAIN_S)
            await self._later(queued, pause, str(fault) or "no answer in time", uncertain=unsure)
        except StoreAway:
            log.warning("the database went away while '%s' was sent", queued.outgoing.key)
            await self._later(queued, 1.0, "the database was away", uncertain=True)
        except Exception:
            log.exception("message %s (%s) can't be sent", queued.outgoing.key, queued.outgoing.say)
            await self._give_up(queued, "it can't be worded or sent; see the log")

    # What becomes of a message that couldn't be sent

    async def _without_thread(self, queued: Queued) -> None:
        if self._clock() - queued.at > ROOT_WITHIN:
            await self._give_up(queued, "the message that begins its thread was never posted")
        else:
            await self._later(queued, 0.5, "waits for the message that begins its thread", uncertain=False)

    async def _slow_down(self, queued: Queued, slow: SlowDown) -> None:
        now = self._clock()
        until = now + timedelta(seconds=slow.retry_after_s)
        if queued.outgoing.edits:
            self._budgets.pause_edits(until, now)
        elif not queued.outgoing.only_for:
            self._budgets.pause_posts(await self._sayer.channel(queued), until, now)
        await self._later(queued, slow.retry_after_s, str(slow), uncertain=False)

    async def _later(self, queued: Queued, seconds: float, why: str, *, uncertain: bool) -> None:
        until = self._clock() + timedelta(seconds=seconds)
        unsure = uncertain and not queued.outgoing.edits and not queued.outgoing.only_for
        await _kept(lambda: self._outbox.later(queued.number, until, why, uncertain=unsure or queued.uncertain))

    async def _keeps(self, queued: Queued) -> timedelta:
        """How long somebody may still want to read it: a snapshot until the next one, most things for ever."""
        if queued.outgoing.say != "snapshot":
            return EXPIRES.get(queued.outgoing.say, timedelta.max)
        _, plan = await self._sayer.about(queued.rollout)
        return (plan.every.snapshot if plan else timedelta(0)) + timedelta(seconds=AGAIN_S)

    async def _unwelcome(self, queued: Queued, why: str) -> None:
        """A channel refuses us: what matters goes to the second one; the rest waits for people to mend the first."""
        outgoing = queued.outgoing
        ours = bool(queued.rollout) and outgoing.to in ("", self._second_channel)
        if not ours or self._clock() - queued.at > UNWELCOME:
            await self._denied(queued, why)
            return
        if outgoing.lane is Lane.URGENT and not outgoing.edits and not outgoing.to:
            await _kept(lambda: self._tell_of(queued, why))
            if self._second_channel:
                await _kept(lambda: self._outbox.readdress(queued.number, self._second_channel))
                return
        # Edits share one budget: a shut channel's mustn't use it up for those of the open ones.
        await self._later(queued, 5 * AGAIN_S if outgoing.edits else AGAIN_S, why, uncertain=False)

    async def _denied(self, queued: Queued, why: str) -> None:
        await self._give_up(queued, why)
        urgent_post = queued.outgoing.lane is Lane.URGENT and not queued.outgoing.edits and queued.rollout
        if not urgent_post or queued.outgoing.to.startswith("user:"):
            return
        await _kept(lambda: self._tell_of(queued, why))

    async def _tell_of(self, queued: Queued, why: str) -> None:
        """Once for each rollout: whoever started it, and the second channel, hear that the channel hears nothing."""
        rollout, plan = await self._sayer.about(queued.rollout)
        if rollout is None or plan is None:
            return
        where = queued.outgoing.to or plan.channel
        key, facts = f"undelivered:{queued.rollout}:{where}", {"where": where, "why": why}
        notices = []
        if rollout.requester.id.startswith(("U", "W")):
            to = f"user:{rollout.requester.id}"
            notices.append(Outgoing("undelivered", key=key, facts=facts, lane=Lane.URGENT, to=to))
        if self._second_channel not in ("", where):
            there = f"{key}:{self._second_channel}"
            notices.append(Outgoing("undelivered", key=there, facts=facts, lane=Lane.URGENT, to=self._second_channel))
        await self._outbox.add(notices, self._clock(), queued.rollout)

    async def _give_up(self, queued: Queued, why: str) -> None:
        level = logging.INFO if queued.outgoing.say in ("snapshot", "answer") else logging.ERROR
        log.log(level, "message %s (%s) isn't sent: %s", queued.outgoing.key, queued.outgoing.say, why)
        await _kept(lambda: self._outbox.gave_up(queued.number, why, self._clock()))


async def _kept(write: Callable[[], Awaitable[None]]) -> None:
    """Write what became of a message, however long the database is away: an unwritten end is a message said twice."""
    while True:
        try:
            await write()
            return
        except StoreAway:
            await asyncio.sleep(1.0)
