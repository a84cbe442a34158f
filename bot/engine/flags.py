"""The table of flags that Perch answers from (T10): in memory, read anew every second, and asking nobody meanwhile.

What it knows comes from three places. The store says what is in force. The plans' files name flags that no rollout has
touched yet: they answer with the stable side. The spool says what a kill or a rollback brings down that the store
doesn't know of yet: it frees at once, database or not (law 2).

Without the store the last that was known stays in force for AWAY: a failover is over by then, and nothing ever rises.
After that nobody guards a canary, and this process can't know whether it was taken back: everybody gets the stable
side. A flag at 100 % stays there: nothing serves on the other side any more, as far as anybody knows.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from bot.domain.errors import PerchError
from bot.domain.flags import WHOLE, Decided, Flag, Reason, Routing, Variant, decide
from bot.domain.kinds import Environment, Kinds, MissingEnvironment, fill_in
from bot.domain.plan import Part, Plan
from bot.domain.units import ZERO, Weight
from bot.ports import Clock, Flags, KillFiles, Plans, Spooled, StoreAway

log = logging.getLogger(__name__)

REFRESH_S = 1.0
"""How often the store and the spool are looked at: so old is what is answered at most."""
AWAY = timedelta(minutes=2)
"""How long the last that was known is answered while the store is away."""
PLANS = timedelta(seconds=10)
"""How often plan files are looked at."""
LINGERS = timedelta(minutes=1)
"""How long a way down that has left the spool still counts, unless the store shows it before: it goes on record first,
and reaches the flag a moment later."""


class UnknownFlag(LookupError):
    """No plan and no rollout has a flag of this name."""


class NotReady(Exception):
    """The store hasn't been read yet since the start."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one asker is told of one flag."""

    routing: Routing
    decided: Decided


@dataclass(slots=True)
class _WayDown:
    """A spooled act: which flags it brings down, how far, and since when it isn't in the spool any more."""

    keys: frozenset[str]
    to: Weight
    gone_at: datetime | None = None


class FlagTable:
    """Answers for flags, and counts what it answered: per variant, never per key."""

    def __init__(
        self,
        flags: Flags,
        plans: Plans,
        kinds: Kinds,
        environment: Environment,
        files: KillFiles,
        clock: Clock,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._flags, self._plans, self._kinds, self._files = flags, plans, kinds, files
        self._environment, self._clock, self._draw = environment, clock, draw
        self._table: Mapping[str, Flag] = {}
        self._stored: Mapping[str, Flag] | None = None
        self._planned: Mapping[str, tuple[str, Routing]] = {}
        self._down: dict[str, _WayDown] = {}
        self._fresh: Counter[tuple[str, Variant]] = Counter()
        self.read_at: datetime | None = None
        """When the store was last read."""
        self.plans_at: datetime | None = None
        self.totals: Counter[tuple[str, Variant]] = Counter()
        """All that was decided since the start."""

    # ---- answers ------------------------------------------------------------------------------------------------

    def names(self) -> Sequence[str]:
        """Every flag there is. Raises NotReady."""
        if self._stored is None:
            raise NotReady
        return list(self._table)

    def answer(self, key: str, context: Mapping[str, Any]) -> Answer:
        """Decide for one asker, and count it. Raises UnknownFlag, NotReady, and Unaskable as `decide` does."""
        if self._stored is None or self.read_at is None:
            raise NotReady
        flag = self._table.get(key)
        if flag is None:
            raise UnknownFlag(key)
        if abs(self._clock() - self.read_at) > AWAY and flag.in_force < WHOLE:
            decided = Decided(Variant.STABLE, Reason.STALE)
        else:
            decided = decide(flag, context, self._draw())
        self._fresh[key, decided.variant] += 1
        self.totals[key, decided.variant] += 1
        return Answer(flag.routing, decided)

    # ---- what is known ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the table fresh, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(REFRESH_S)

    async def look(self) -> None:
        """`refresh`, whatever breaks."""
        try:
            await self.refresh()
        except Exception:
            log.exception("the flags can't be read anew; they are answered as last known, and tried again")

    async def refresh(self) -> None:
        """Look at everything once. A store or a disk that is away is logged: what it said last stays."""
        now = self._clock()
        if self.plans_at is None or abs(now - self.plans_at) >= PLANS:
            self._planned, self.plans_at = await asyncio.to_thread(self._in_plans), now
        try:
            self._see_spool(await asyncio.to_thread(self._files.spooled), now)
        except StoreAway as away:
            log.warning("the spool can't be read, so a kill in it isn't seen by the flags: %s", away)
        # What the spool says counts before anything is waited for.
        self._compose(now)
        try:
            self._stored = {flag.routing.key: flag for flag in await self._flags.all()}
            self.read_at = self._clock()
        except StoreAway as away:
            log.warning("flags are answered as of %s: %s", self.read_at, away)
        self._compose(now)
        await self._keep_counts(now)

    def _compose(self, now: datetime) -> None:
        stored = self._stored or {}
        table = {key: Flag(routing=routing) for key, (_, routing) in self._planned.items()}
        for key, flag in stored.items():
            planned = self._planned.get(key)
            table[key] = flag if flag.defined or planned is None else flag.model_copy(update={"routing": planned[1]})
        for act, way in [*self._down.items()]:
            reached = all(stored[key].in_force <= way.to for key in way.keys if key in stored)
            if way.gone_at is not None and (reached or abs(now - way.gone_at) > LINGERS):
                del self._down[act]
                continue
            for key in way.keys & table.keys():
                table[key] = table[key].at_most(way.to)
        self._table = table

    def _see_spool(self, acts: Sequence[Spooled], now: datetime) -> None:
        spooled = {act.key: act for act in acts}
        for key, way in self._down.items():
            way.gone_at = None if key in spooled else way.gone_at or now
        for key, act in spooled.items():
            if key not in self._down:
                self._down[key] = self._way_down(act)

    def _way_down(self, act: Spooled) -> _WayDown:
        """By the kill card; where there is none any more, by the plan's name, and then down to nothing."""
        ours = frozenset(key for key, (plan, _) in self._planned.items() if plan == act.plan)
        try:
            card = self._files.card(act.rollout)
            plan = self._plans.thaw(card.tree, card.environment) if card else None
        except (StoreAway, PerchError):
            card = plan = None
        if card is None or plan is None:
            return _WayDown(ours, ZERO)
        keys = frozenset(self._keys_of(plan))
        return _WayDown(keys, Weight(card.back_to) if act.what == "rollback" else ZERO)

    # ---- plans --------------------------------------------------------------------------------------------------

    def _in_plans(self) -> dict[str, tuple[str, Routing]]:
        """The flags that plans' files name, each with its plan."""
        found: dict[str, tuple[str, Routing]] = {}
        for name in self._plans.names():
            try:
                plan, _ = self._plans.find(name)
            except PerchError:
                continue
            found.update({routing.key: (name, routing) for routing in self._routings(plan)})
        return found

    def _routings(self, plan: Plan) -> Iterator[Routing]:
        for part in plan.traffic:
            kind = self._kinds.traffic.get(part.kind)
            if kind is not None and kind.routing is not None:
                options = self._options(kind.options, part)
                if options is not None:
                    yield kind.routing(options)

    def _keys_of(self, plan: Plan) -> Iterator[str]:
        yield from (routing.key for routing in self._routings(plan))
        for part in (part for tier in plan.kill_switch for part in tier):
            kind = self._kinds.kill.get(part.kind)
            if kind is not None and kind.switches is not None:
                options = self._options(kind.options, part)
                if options is not None:
                    yield kind.switches(options)

    def _options(self, model: Any, part: Part) -> Any:
        """None where the environment lacks something: then its rollout can't have started here either."""
        try:
            return model.model_validate(fill_in(part.options, self._environment))
        except (MissingEnvironment, ValidationError):
            return None

    # ---- counts -------------------------------------------------------------------------------------------------

    async def _keep_counts(self, now: datetime) -> None:
        if not self._fresh:
            return
        counts, self._fresh = self._fresh, Counter()
        try:
            await self._flags.count(counts, now)
        except StoreAway:
            self._fresh.update(counts)
