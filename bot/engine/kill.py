"""The path that waits for nothing: not for Slack, metrics, the scheduler, or a commit (law 2).

A kill works from the kill card, a small local file. Its intent goes to the spool first, then all methods of the tier
and "weight 0" run side by side, each with its own deadline and outcome. The database hears of it alongside, or later;
until it has, this process itself repeats what doesn't read back, and widens the tier.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from bot.domain import kills, moves, rollbacks, steps
from bot.domain.errors import AmbiguousRollout, OnlyObserved, PerchError, Stale
from bot.domain.evidence import WORKSPACE, Entry
from bot.domain.plan import Plan
from bot.domain.rollout import MethodOutcome, Person, Rollout
from bot.domain.steps import Step
from bot.domain.units import Weight
from bot.engine.acting import acting_for
from bot.engine.cards import kill_card
from bot.engine.equipment import Equipment, Gear, Method
from bot.engine.ledger import Ledger, new_id
from bot.engine.methods import Pace, Tries
from bot.engine.pursuit import Pursuit
from bot.ports import Card, Clock, KillFiles, Spooled, StoreAway, Traffic

log = logging.getLogger(__name__)

FILE_S = 0.5
"""How long a kill waits for the disk with the kill files, in which an fsync takes some milliseconds."""
FAR_BACK = 10
"""Of so many rollouts of a plan the one that lives is looked for."""
RECORD_S = 1.0
"""How long whoever killed waits for the record; it's written all the same, only later."""
Result = TypeVar("Result")


class NoCard(LookupError):
    """There is no kill card for this rollout: nothing of it was ever raised from this machine."""


class KillSwitch:
    """Pulls the switch of one rollout. Safe to pull twice: an act's key acts once, and methods are idempotent."""

    def __init__(
        self, files: KillFiles, equipment: Equipment, ledger: Ledger, clock: Clock, pace: Pace | None = None
    ) -> None:
        self.files = files
        self._equipment = equipment
        self._ledger = ledger
        self._clock = clock
        self.pace = pace or Pace()
        self._tries = Tries(clock, self.pace)
        # Threads of its own: those that all share may all be waiting, for a name server say.
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="perch-kill")
        self._beside: set[asyncio.Task[None]] = set()
        self._pulling: set[str] = set()
        self._pursuits: dict[str, Pursuit] = {}

    # ---- cards --------------------------------------------------------------------------------------------------

    async def cards(self, plan: str = "") -> Sequence[Card]:
        """All kill cards on this machine, or those of a plan: a thousand take long on a busy disk. Raises StoreAway."""
        ours = await self._file(self.files.cards, plan) if plan else ()
        return ours or [card for card in await self._file(self.files.cards) if plan in ("", card.plan)]

    async def card(self, rollout: str) -> Card:
        """By the rollout's id, or by its plan's name (without a database nobody knows ids).

        Raises NoCard, StoreAway, and AmbiguousRollout where a name is live in several environments.
        """
        card = await self._file(self.files.card, rollout)
        if card is not None:
            return card
        named = await self.cards(rollout)
        named = [each for each in named if not each.completed] or named
        if not named:
            raise NoCard(rollout)
        if len({each.environment for each in named}) > 1:
            raise AmbiguousRollout(rollout, ", ".join(f"{each.rollout} ({each.environment})" for each in named))
        return max(named, key=lambda each: each.made_at)

    async def under_way(self, rollout: Rollout) -> bool:
        """Whether a kill of this plan is in the spool: then nothing of it may rise. Raises StoreAway."""
        acts = await self._file(self.files.spooled)
        return any((act.plan, act.environment) == (rollout.plan, rollout.environment) for act in acts)

    async def card_for(self, rollout: Rollout, members: Sequence[str] = ()) -> Card:
        """The card of a rollout; made and kept now where there is none yet, or none that can be read.

        Raises OnlyObserved: what Perch only watches never gets a card, and so can't be killed by anybody.
        """
        if rollout.mode == "observe":
            raise OnlyObserved(rollout.plan, "kill")
        try:
            return await self.card(rollout.id)
        except (NoCard, StoreAway):
            plan = await self._ledger.plan_of(rollout)
            tree = dict(await self._ledger.rollouts.tree(rollout.plan_digest))
            card = kill_card(rollout, plan, tree, tuple(members))
        try:
            await self._file(self.files.keep_card, card)
        except StoreAway as away:
            log.error("the kill card of %s can't be written (%s); the kill goes on without it", rollout.id, away)
        return card

    # ---- the act ------------------------------------------------------------------------------------------------

    async def pull(self, act: Spooled, card: Card, after: asyncio.Future[Any] | None = None) -> Sequence[MethodOutcome]:
        """Do it now. Returns every method's outcome; what failed has its fault, and is tried on.

        The record, and it alone, waits for `after`: what the act follows from is to be on record before it.
        """
        gear = self._equipment.gear(self._ledger.thaw(card.tree, card.environment))
        if act.key in self._pulling:
            return ()
        # Before the act is visible in the spool: a tick that merged it first would call it done, and nobody had acted.
        self._pulling.add(act.key)
        try:
            if not await self._is_new(act):
                self._pulling.discard(act.key)
                return ()
            telling = self._begin_beside(self._tell(act, after))
            outcomes = await self._all(act, card, gear)
        except BaseException:
            # Stopped in the middle: from the spool the next tick, or the next process, goes on with it.
            self._pulling.discard(act.key)
            raise
        settling = self._begin_beside(self._settle(act, card, outcomes, telling))
        await asyncio.wait({settling}, timeout=RECORD_S)
        return outcomes

    async def insist(self, act: Spooled, card: Card, outcomes: Sequence[MethodOutcome]) -> Sequence[MethodOutcome]:
        """Repeat what doesn't read back until all does, or every tier has had its time; for where no tick watches.

        Returns the newest outcomes.
        """
        pursuit = self._pursuit(act, card, outcomes)
        await pursuit.over()
        try:
            await self._record(act, pursuit.outcomes)
        except (StoreAway, PerchError) as away:
            log.warning("the %s of %s stays in the spool: %s", act.what, act.rollout, away)
        return pursuit.outcomes

    async def _is_new(self, act: Spooled) -> bool:
        """Put the intent in the spool. A disk that fails stops no kill: then it acts, at worst twice."""
        try:
            return await self._file(self.files.begin, act)
        except StoreAway as away:
            log.error("the spool can't be written (%s); the %s of %s goes on without it", away, act.what, act.rollout)
            return True

    async def _all(self, act: Spooled, card: Card, gear: Gear) -> Sequence[MethodOutcome]:
        weight = Weight(card.back_to if act.what == "rollback" else 0)
        calls = [self.lower(each, to, act) for each, to in gear.down_to(weight)]
        if act.what != "rollback":
            last = gear.tiers if act.what == "emergency" else 1
            calls += [self.engage(method, act) for method in gear.methods if method.tier <= last]
        return await asyncio.gather(*calls)

    async def lower(
        self, traffic: Traffic, weight: Weight, act: Spooled | None = None, within_s: float | None = None
    ) -> MethodOutcome:
        """Bring one target down to a weight, and read it back."""
        return await self._spooled(act, await self._tries.lower(traffic, weight, within_s))

    async def engage(self, method: Method, act: Spooled | None = None, within_s: float | None = None) -> MethodOutcome:
        """Engage one method, and read it back."""
        return await self._spooled(act, await self._tries.engage(method, within_s))

    async def _spooled(self, act: Spooled | None, outcome: MethodOutcome) -> MethodOutcome:
        if act is not None:
            try:
                await self._file(self.files.outcome, act.key, outcome.model_dump(mode="json"))
            except StoreAway as away:
                log.error("the spool can't be written (%s): %s", away, outcome)
        return outcome

    # ---- the record, alongside and afterwards -------------------------------------------------------------------
    #
    # What was done goes on record whoever works on the delivery by now: so it's committed for none (`acting_for`).

    async def _tell(self, act: Spooled, after: asyncio.Future[Any] | None) -> None:
        """Try to get the intent into the database while the methods run."""
        acting_for.set("")
        if after is not None:
            await asyncio.wait({after})
        try:
            await self._begin(act)
        except (StoreAway, PerchError) as away:
            log.warning("the %s of %s isn't recorded yet: %s", act.what, act.rollout, away)

    async def _begin(self, act: Spooled) -> Rollout:
        def decide(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
            return begin(rollout, plan, act, now)

        return await self._ledger.change(await self._whose(act), decide)

    async def _whose(self, act: Spooled) -> str:
        """The rollout that an act goes on record with: its own, or where that has ended the one that lives by now.

        The switch and the traffic are the plan's, and a machine may know an older card than the newest. Raises
        UnknownRollout, StoreAway.
        """
        own = await self._ledger.rollouts.load(act.rollout)
        if _concerns(act, own):
            return own.id
        latest = await self._ledger.rollouts.latest(act.plan, FAR_BACK, act.environment)
        ours = (each for each in latest if each.mode != "observe")
        return next((each.id for each in ours if _concerns(act, each)), own.id)

    async def _settle(
        self, act: Spooled, card: Card, outcomes: Sequence[MethodOutcome], telling: asyncio.Task[None]
    ) -> None:
        """On record, or tried on by this process until it is."""
        acting_for.set("")
        try:
            await asyncio.wait({telling}, timeout=RECORD_S)
            if not telling.done():
                self._pursuit(act, card, outcomes)
            await self._record(act, outcomes)
            self._watched(act.key)
        except (StoreAway, PerchError) as away:
            log.warning("the %s of %s stays in the spool: %s", act.what, act.rollout, away)
            self._pursuit(act, card, outcomes)
        finally:
            self._pulling.discard(act.key)

    def _pursuit(self, act: Spooled, card: Card, outcomes: Sequence[MethodOutcome]) -> Pursuit:
        if act.key not in self._pursuits:
            gear = self._equipment.gear(self._ledger.thaw(card.tree, card.environment))
            self._pursuits[act.key] = Pursuit(self, act, card, gear, outcomes, self._clock, self.pace)
        return self._pursuits[act.key]

    async def merge(self) -> int:
        """Put all spooled acts into evidence and state; returns how many. Raises StoreAway when it can't."""
        acts = [act for act in await self._file(self.files.spooled) if act.key not in self._pulling]
        for place, act in enumerate(acts):
            outcomes = [MethodOutcome.model_validate(outcome) for outcome in act.outcomes]
            try:
                await self._record(act, outcomes)
                self._watched(act.key)
            except Stale:
                log.info(
                    "the %s of %s is merged with the next tick: the rollout moves on all the time",
                    act.what,
                    act.rollout,
                )
            except PerchError as foreign:
                await self._record_foreign(act, foreign)
            except StoreAway:
                await self._pursue_all(acts[place:])
                raise
        return len(acts)

    def _watched(self, key: str) -> None:
        """It's on record: the tick sees to what is still on."""
        if pursuit := self._pursuits.pop(key, None):
            pursuit.leave()

    async def _pursue_all(self, acts: Sequence[Spooled]) -> None:
        """Acts that another process left, and no database to watch them by: go on with each from its card."""
        for act in acts:
            if act.key in self._pursuits:
                continue
            try:
                card = await self.card(act.rollout)
            except (NoCard, AmbiguousRollout):
                continue
            self._pursuit(act, card, [MethodOutcome.model_validate(outcome) for outcome in act.outcomes])

    async def _record_foreign(self, act: Spooled, why: PerchError) -> None:
        """An act on a rollout that this database doesn't know, or that had ended: on record all the same."""
        log.error("the %s of %s has no rollout to be recorded with: %s", act.what, act.rollout, why)
        entry = Entry(act.what, self._clock(), act.by, act.model_dump(mode="json"))
        await self._ledger.rollouts.note(WORKSPACE, [entry])
        await self._file(self.files.merged, act.key)

    async def _record(self, act: Spooled, outcomes: Sequence[MethodOutcome]) -> None:
        begun = await self._begin(act)

        def decide(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
            if rollout.kill is None or not outcomes:
                return None
            told = tuple(steps.Happening("kill_outcome", outcome.model_dump(mode="json")) for outcome in outcomes)
            noted = kills.note_outcomes(rollout, outcomes)
            return Step(noted, (*told, *kills.partly(noted)))

        await self._ledger.change(begun.id, decide)
        await self._file(self.files.merged, act.key)

    # ---- what it's made of --------------------------------------------------------------------------------------

    async def _file(self, work: Callable[..., Result], *arguments: object) -> Result:
        """File work beside the loop. Raises StoreAway, also where the disk gives no answer in time."""
        doing = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        done, _ = await asyncio.wait({doing}, timeout=FILE_S)
        if not done:
            doing.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise StoreAway(f"the disk with the kill files gave no answer in {FILE_S:g} s")
        return doing.result()

    def _begin_beside(self, doing: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(doing)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    async def aclose(self) -> None:
        """Stop repeating; what isn't merged is in the spool, for the next start."""
        for pursuit in self._pursuits.values():
            pursuit.leave()
        await asyncio.gather(*(pursuit.over() for pursuit in self._pursuits.values()))
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)


def _concerns(act: Spooled, rollout: Rollout) -> bool:
    """It lives, or this very act has ended it meanwhile."""
    return rollout.live or (rollout.kill is not None and rollout.kill.asked_at == act.at)


def begin(rollout: Rollout, plan: Plan, act: Spooled, now: datetime) -> Step | None:
    """What a spooled act means for the rollout's state; None when it changes nothing."""
    by = Person(id=act.by, name=act.by_name)
    if act.what == "rollback":
        if not rollout.live or rollout.state.going_down:
            return None
        if rollout.state.unmoved:
            return moves.abort(rollout, now, act.reason or "asked for by a person", by)
        return rollbacks.roll_back(rollout, plan, now, new_id(), act.reason or "asked for by a person", by)
    tier = len(plan.kill_switch) if act.what == "emergency" else 1
    step = kills.begin(rollout, now, by, act.reason, act.at, tier)
    return kills.expecting(step, rollout, plan, now) if step.happenings else None
