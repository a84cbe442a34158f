"""The path that waits for nothing: not for Slack, metrics, the scheduler, or a commit (law 2).

A kill works from the kill card, a small local file. Its intent goes to the spool first, then all methods of the tier
and "weight 0" run side by side, each with its own deadline and outcome. The database hears of it alongside, or later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from bot.domain import kills, moves
from bot.domain.errors import PerchError
from bot.domain.evidence import WORKSPACE, Entry
from bot.domain.moves import Step
from bot.domain.plan import Plan
from bot.domain.rollout import MethodOutcome, Person, Rollout
from bot.domain.units import Weight
from bot.engine.cards import kill_card
from bot.engine.equipment import Equipment, Gear, Method
from bot.engine.ledger import Ledger, new_id
from bot.ports import Card, Clock, KillFiles, OutsideFault, Spooled, StoreAway, Traffic

log = logging.getLogger(__name__)

METHOD_S = 10.0
"""Each method's own deadline: T9 wants the effect in under 10 s."""
READ_BACK_EVERY_S = 0.25
TELL_EVERY_S = 1.0


class NoCard(LookupError):
    """There is no kill card for this rollout: nothing of it was ever raised from this machine."""


class KillSwitch:
    """Pulls the switch of one rollout. Safe to pull twice: an act's key acts once, and methods are idempotent."""

    def __init__(self, files: KillFiles, equipment: Equipment, ledger: Ledger, clock: Clock) -> None:
        self._files = files
        self._equipment = equipment
        self._ledger = ledger
        self._clock = clock
        self._telling: set[asyncio.Task[None]] = set()

    async def cards(self) -> Sequence[Card]:
        """All kill cards on this machine."""
        return await asyncio.to_thread(self._files.cards)

    async def card(self, rollout: str) -> Card:
        """By the rollout's id, or by its plan's name (without a database nobody knows ids). Raises NoCard."""
        card = await asyncio.to_thread(self._files.card, rollout)
        named = [] if card else [each for each in await self.cards() if each.plan == rollout]
        if card is None and not named:
            raise NoCard(rollout)
        return card or max(named, key=lambda each: each.made_at)

    async def card_for(self, rollout: Rollout, members: Sequence[str] = ()) -> Card:
        """The card of a rollout; made and kept now where there is none yet."""
        try:
            return await self.card(rollout.id)
        except NoCard:
            plan = await self._ledger.plan_of(rollout)
            tree = dict(await self._ledger.rollouts.tree(rollout.plan_digest))
            card = kill_card(rollout, plan, tree, tuple(members))
            await asyncio.to_thread(self._files.keep_card, card)
            return card

    async def pull(self, act: Spooled, card: Card) -> Sequence[MethodOutcome]:
        """Do it now. Returns every method's outcome; what failed has its fault, and is tried again by the watch."""
        if not await self._is_new(act):
            return ()
        plan = self._ledger.thaw(card.tree, card.environment)
        gear = self._equipment.gear(plan)
        told = asyncio.create_task(self._tell(act))
        self._telling.add(told)
        told.add_done_callback(self._telling.discard)
        outcomes = await self._all(act, card, gear)
        await self._settle(act, outcomes)
        return outcomes

    async def _is_new(self, act: Spooled) -> bool:
        """Put the intent in the spool. A disk that fails stops no kill: then it acts, at worst twice."""
        try:
            return await asyncio.to_thread(self._files.begin, act)
        except StoreAway as away:
            log.error("the spool can't be written (%s); the %s of %s goes on without it", away, act.what, act.rollout)
            return True

    async def _spool(self, act: Spooled, outcome: MethodOutcome) -> None:
        try:
            await asyncio.to_thread(self._files.outcome, act.key, outcome.model_dump(mode="json"))
        except StoreAway as away:
            log.error("the spool can't be written (%s): %s", away, outcome)

    async def _all(self, act: Spooled, card: Card, gear: Gear) -> Sequence[MethodOutcome]:
        weight = Weight(card.back_to if act.what == "rollback" else 0)
        calls = [self.lower(each, weight, act) for each in gear.traffic]
        if act.what != "rollback":
            last = gear.tiers if act.what == "emergency" else 1
            calls += [self.engage(method, act) for method in gear.methods if method.tier <= last]
        return await asyncio.gather(*calls)

    async def lower(self, traffic: Traffic, weight: Weight, act: Spooled | None = None) -> MethodOutcome:
        """Set one target's weight and read it back."""

        async def stands() -> bool:
            return (await traffic.read()).weight <= weight

        return await self._do(f"weight {weight} on {traffic.target}", 0, traffic.apply(weight), stands, act)

    async def engage(self, method: Method, act: Spooled | None = None) -> MethodOutcome:
        """Engage one method and read it back."""
        return await self._do(method.name, method.tier, method.act.engage(), method.act.engaged, act)

    async def _do(
        self, name: str, tier: int, call: Awaitable[None], stands: Callable[[], Awaitable[bool]], act: Spooled | None
    ) -> MethodOutcome:
        outcome = MethodOutcome(name=name, tier=tier)
        try:
            async with asyncio.timeout(METHOD_S):
                await call
                outcome = outcome.model_copy(update={"applied_at": self._clock()})
                await _until(stands)
                outcome = outcome.model_copy(update={"read_back_at": self._clock()})
        except TimeoutError:
            fault = "applied, but doesn't read back" if outcome.applied_at else f"no answer in {METHOD_S:g} s"
            outcome = outcome.model_copy(update={"fault": fault})
        except OutsideFault as fault:
            outcome = outcome.model_copy(update={"fault": str(fault)})
        except Exception:
            log.exception("kill method %s broke", name)
            outcome = outcome.model_copy(update={"fault": "an error inside Perch; see its log"})
        if act is not None:
            await self._spool(act, outcome)
        return outcome

    # ---- the record, alongside and afterwards -------------------------------------------------------------------

    async def _tell(self, act: Spooled) -> None:
        """Try to get the intent into the database while the methods run."""
        try:
            await self._begin(act)
        except (StoreAway, PerchError) as away:
            log.warning("the %s of %s isn't recorded yet: %s", act.what, act.rollout, away)

    async def _begin(self, act: Spooled) -> Rollout:
        def decide(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
            return begin(rollout, plan, act, now)

        return await self._ledger.change(act.rollout, decide)

    async def _settle(self, act: Spooled, outcomes: Sequence[MethodOutcome]) -> None:
        try:
            await self._record(act, outcomes)
        except (StoreAway, PerchError) as away:
            log.warning("the %s of %s stays in the spool: %s", act.what, act.rollout, away)

    async def merge(self) -> int:
        """Put all spooled acts into evidence and state; returns how many. Raises StoreAway when it can't."""
        acts = await asyncio.to_thread(self._files.spooled)
        for act in acts:
            try:
                await self._record(act, [MethodOutcome.model_validate(outcome) for outcome in act.outcomes])
            except PerchError as foreign:
                await self._record_foreign(act, foreign)
        return len(acts)

    async def _record_foreign(self, act: Spooled, why: PerchError) -> None:
        """An act on a rollout that this database doesn't know, or that had ended: on record all the same."""
        log.error("the %s of %s has no rollout to be recorded with: %s", act.what, act.rollout, why)
        entry = Entry(act.what, self._clock(), act.by, act.model_dump(mode="json"))
        await self._ledger.rollouts.note(WORKSPACE, [entry])
        await asyncio.to_thread(self._files.merged, act.key)

    async def _record(self, act: Spooled, outcomes: Sequence[MethodOutcome]) -> None:
        await self._begin(act)

        def decide(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
            if rollout.kill is None or not outcomes:
                return None
            told = tuple(moves.Happening("kill_outcome", outcome.model_dump(mode="json")) for outcome in outcomes)
            return Step(kills.note_outcomes(rollout, outcomes), told)

        await self._ledger.change(act.rollout, decide)
        await asyncio.to_thread(self._files.merged, act.key)


async def _until(stands: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again; the caller's deadline ends it."""
    while not await stands():  # noqa: ASYNC110 - a far side can only be asked
        await asyncio.sleep(READ_BACK_EVERY_S)


def begin(rollout: Rollout, plan: Plan, act: Spooled, now: datetime) -> Step | None:
    """What a spooled act means for the rollout's state; None when it changes nothing."""
    by = Person(id=act.by, name=act.by_name)
    if act.what == "rollback":
        if not rollout.live or rollout.state.going_down:
            return None
        return moves.roll_back(rollout, plan, now, new_id(), act.reason or "asked for by a person", by)
    tier = len(plan.kill_switch) if act.what == "emergency" else 1
    step = kills.begin(rollout, now, by, act.reason, act.at, tier)
    return step if step.happenings else None
