"""Keeps the papers of ended rollouts where their plans say (E9), hands in mail (S8), and tells a plan's notifiers (O4).

All of it is tried until it's done. What hangs holds up its own lane alone: a page waits for no mail, and no archive.
Papers are found by a sweep over what has ended, so that a crash between an end and here loses nothing; never in a tick,
and never in anybody's way: each try has a deadline, and what a stop cuts short is done again. Putting twice is keeping
once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

from bot.domain.errors import PerchError
from bot.domain.evidence import canonical
from bot.domain.plan import Part
from bot.domain.planning.report import PlanMistakes
from bot.domain.rollout import Rollout
from bot.domain.urgencies import Urgency
from bot.engine.equipment import Equipment
from bot.engine.ledger import Ledger
from bot.ports import Denied, OutsideFault, StoreAway, Uncertain
from bot.ports.archives import MAIL, Ended, Job, Keepings, Papers, Standing

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
TRY_S = 150.0
"""The longest that one try may take, making the papers included."""
LEASE_S = 240.0
"""How long a job is nobody else's: longer than a try, so that two processes don't put the same thing side by side."""
NOTICE_TRY_S, NOTICE_LEASE_S = 60.0, 100.0
"""The same for a notice: what comes after it in its line waits for the lease, should the process die meanwhile."""
AT_ONCE = 4
"""In each lane."""
PAPER_LANES = ("", MAIL)
SWEEP = 50
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 15 * 60.0
LONGEST_PAGE_PAUSE_S = 60.0
UNSURE_PAUSE_S = 60.0
"""What may have been told all the same is looked for before it is told again, and far sides need time to find it."""
BEHIND_S = 1.0
TELL_AFTER, TELL_OF_A_PAGE_AFTER = timedelta(hours=1), timedelta(seconds=30)
"""How long what may pass by itself is tried in silence; what a person must mend is told at once."""


class Keeping:
    """Supervised: nothing that goes wrong with one job ends it, or holds up the others."""

    def __init__(self, keepings: Keepings, papers: Papers, ledger: Ledger, equipment: Equipment, owner: str) -> None:
        self.papers = papers
        self._keepings, self._ledger, self._equipment = keepings, ledger, equipment
        self._claims = (f"{owner}/keep{number}" for number in count(1))
        self._under_way: dict[asyncio.Task[None], str] = {}
        """And the lane of each."""
        self._woken = asyncio.Event()

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved: with its end there may be something to keep."""
        if not rollout.live:
            self._woken.set()

    def wake(self) -> None:
        """There is something new in the queue."""
        self._woken.set()

    async def run(self) -> None:
        """Go on until cancelled; a database that is away is waited for."""
        try:
            while True:
                self._woken.clear()
                await self._look()
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            await self.aclose()

    async def _look(self) -> None:
        try:
            await self.sweep()
            await self.begin()
        except StoreAway as away:
            log.warning("keeping papers has to wait: %s", away)
        except Exception:
            log.exception("keeping papers broke; it is tried again")

    async def sweep(self) -> int:
        """Ask for what ended rollouts' plans want kept; returns how many rollouts were looked at. Raises StoreAway."""
        ended = await self._keepings.ended(SWEEP)
        for each in ended:
            await self._keepings.ask(await self._wanted(each), each)
        return len(ended)

    async def _wanted(self, ended: Ended) -> list[Job]:
        try:
            plan = await self._ledger.plan_of(ended.rollout)
        except (PerchError, PlanMistakes) as fault:
            log.error("nothing of %s is kept elsewhere: its plan can't be read (%s)", ended.rollout.id, fault)
            return []
        return self.jobs(ended, self._equipment.kept_at(plan))

    def jobs(self, ended: Ended, parts: Sequence[Part]) -> list[Job]:
        """One for each destination; asked for twice they are the same."""
        now, rollout = self._ledger.clock(), ended.rollout.id
        return [Job(_id(ended, part), rollout, ended.number, part, now) for part in _each_once(parts)]

    async def begin(self, rollout: str = "") -> int:
        """Work on what is due (of one rollout, or of all) as far as there is room, each in a task of its own.

        Returns how much of it was begun. Raises StoreAway.
        """
        begun = 0
        for lane in await self._keepings.lanes(self._ledger.clock(), rollout):
            room = AT_ONCE - sum(busy == lane for busy in self._under_way.values())
            if room > 0:
                begun += await self._begin_in(lane, room, rollout)
        return begun

    async def _begin_in(self, lane: str, room: int, rollout: str) -> int:
        owner = next(self._claims)
        lease_s = LEASE_S if lane in PAPER_LANES else NOTICE_LEASE_S
        jobs = await self._keepings.claim(self._ledger.clock(), owner, lease_s, room, lane, rollout)
        for job in jobs:
            task = asyncio.create_task(self._attempt(job, owner), name=f"keeping {job.rollout} {job.part.kind}")
            self._under_way[task] = lane
            task.add_done_callback(self._ended)
        return len(jobs)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._woken.set()

    async def only(self, rollout: str) -> None:
        """One try of all that is due of one rollout. Raises StoreAway."""
        while await self.begin(rollout):
            await self.idle()

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def aclose(self) -> None:
        """Cut short what is under way, and wait three seconds at the most; it is done again after the next start."""
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=3)

    async def _attempt(self, job: Job, owner: str) -> None:
        """One try. Never raises but when cancelled: what can't be written down now, its lease gives to the next."""
        try:
            try:
                if not await self._its_turn(job, owner):
                    return
                async with asyncio.timeout(_try_s(job)):
                    place = await self._done(job)
            except TimeoutError:
                await self._later(job, owner, f"no answer within {_try_s(job):g} s", unsure=True)
            except Uncertain as unsure:
                await self._later(job, owner, str(unsure), unsure=True)
            except Denied as refused:
                await self._later(job, owner, str(refused), final=True)
            except OutsideFault as fault:
                await self._later(job, owner, str(fault))
            else:
                await self._keepings.done(job, owner, place, self._ledger.clock())
        except StoreAway as away:
            # It may be the record itself that can't be read: then the row takes the reason, and people are told of it.
            await _quietly(self._later(job, owner, str(away)))
        except Exception:
            log.exception("%s of %s can't be kept", job.part.kind, job.rollout)
            await _quietly(self._later(job, owner, "it broke inside Perch; see the log"))

    async def _its_turn(self, job: Job, owner: str) -> bool:
        """What is over isn't told any more, and nothing overtakes what is being told in its line."""
        now = self._ledger.clock()
        standing = await self._keepings.standing(job, now)
        if standing is Standing.OVERTAKEN:
            await self._keepings.overtaken(job, owner, now)
        elif standing is Standing.BEHIND:
            await self._keepings.later(job, owner, now + timedelta(seconds=BEHIND_S), "waits for the one before it")
        return standing is Standing.FIRST

    async def _done(self, job: Job) -> str:
        if job.notice:
            earlier = tuple(await self._keepings.places(job.line))
            notice = replace(await self.papers.notice(job), earlier=earlier)
            return await self._equipment.notifier(job.part).tell(notice)
        return await (self._mail(job) if job.mail else self._put(job))

    async def _put(self, job: Job) -> str:
        return await self._equipment.archive(job.part).put(await self.papers.parcel(job.rollout))

    async def _mail(self, job: Job) -> str:
        mailer = self._equipment.mailer
        if mailer is None:
            raise Denied("no mail server is set where Perch runs: PERCH_SMTP_URL")
        return await mailer.send(await self.papers.letter(job))

    async def _later(self, job: Job, owner: str, why: str, *, final: bool = False, unsure: bool = False) -> None:
        now, pages = self._ledger.clock(), _pages(job)
        tell = not job.told and (final or now - job.made_at >= (TELL_OF_A_PAGE_AFTER if pages else TELL_AFTER))
        longest = LONGEST_PAGE_PAUSE_S if pages else LONGEST_PAUSE_S
        pause = min(FIRST_PAUSE_S * 2.0 ** min(job.tries, 16), longest)
        if unsure and job.notice:
            pause = max(pause, UNSURE_PAUSE_S)
        log.warning("%s about %s isn't done yet: %s; tried again in %d s", job.whom, job.rollout, why, pause)
        await self._keepings.later(job, owner, now + timedelta(seconds=pause), why, tell=tell)


def _try_s(job: Job) -> float:
    return NOTICE_TRY_S if job.notice else TRY_S


def _pages(job: Job) -> bool:
    """Somebody is to be woken: that can't wait for an hour to be known."""
    return job.notice and job.says["facts"].get("urgency") == Urgency.PAGE


def _id(ended: Ended, part: Part) -> str:
    told = canonical({"rollout": ended.rollout.id, "number": ended.number, "part": part.model_dump(mode="json")})
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _each_once(parts: Sequence[Part]) -> list[Part]:
    return [part for place, part in enumerate(parts) if part not in parts[:place]]


async def _quietly(doing: Awaitable[None]) -> None:
    try:
        await doing
    except StoreAway:
        return
