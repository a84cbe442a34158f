"""The tick: claim what is due, then for each rollout gather, decide, commit, act, confirm, tell; in that order.

After a crash at any line the next tick carries on: the row says what is wanted, and repeating is safe.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta
from itertools import count

from bot.domain.acting import next_try
from bot.domain.clocks import set_right
from bot.domain.errors import Stale
from bot.domain.kinds import Kinds
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.domain.tasks import Outlook, begun
from bot.engine.board import Watch, unwatched
from bot.engine.checking import check
from bot.engine.equipment import Equipment, Gear
from bot.engine.gather import Remembered, Round
from bot.engine.kept import Kept
from bot.engine.kill import KillSwitch
from bot.engine.kill_watch import KillWatch
from bot.engine.ledger import Ledger, new_id
from bot.engine.preflight import preflight
from bot.engine.preflighted import after_preflight
from bot.engine.shared_switches import SharedSwitches, held_off
from bot.engine.verification import verification
from bot.engine.works import Works
from bot.ports import Clock, Histories, Spooled, StoreAway

log = logging.getLogger(__name__)

LEASE_S = 30.0
RENEW = timedelta(seconds=LEASE_S / 3)
TURNS = 16
"""So many looks use the database together: a thousand at once would stand before whoever clicks.

The looks themselves are not limited: one whose source hangs must not keep others waiting."""
OVERTAKEN_S = 0.2
"""How long a kill that a check asks for waits to hear that the rollout has moved on meanwhile (law 2: no longer)."""
SLIGHT = timedelta(seconds=1)
"""A clock that is set back by less makes a check late by less."""
FAR_AHEAD = timedelta(hours=1)
"""For a start, that knows no earlier time: hardly a plan is checked so rarely."""
AT_ONCE = 2000
"""The most rollouts taken by one tick; sources have budgets of their own."""


class Ticker:
    """Checks live rollouts when they are due. `tick` only starts the work: a slow far side delays nobody else."""

    def __init__(
        self,
        ledger: Ledger,
        equipment: Equipment,
        kinds: Kinds,
        works: Works,
        switch: KillSwitch,
        clock: Clock,
        owner: str,
        board: Callable[[Rollout], Watch] = lambda rollout: unwatched,
        histories: Histories | None = None,
    ) -> None:
        self._ledger = ledger
        self._equipment = equipment
        self._kinds = kinds
        self._works = works
        self._switch = switch
        self._shared = SharedSwitches(ledger, switch, equipment)
        self._watch = KillWatch(switch, clock, switch.pace)
        self._clock = clock
        self._owner = owner
        self._board = board
        self._remembered = Remembered(histories, ledger.rollouts, ledger.plan_of) if histories is not None else None
        self._kept = Kept()
        self._ticks = count(1)
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._claims: dict[str, str] = {}
        """By rollout, the claim that the look under way rests on."""
        self._renewed_at: datetime | None = None
        self._ticked_at: datetime | None = None
        self._turns = asyncio.Semaphore(TURNS)
        self.looked_at: datetime | None = None
        """When what is due was last found out: not yet, or long ago, where the database is away or hangs."""

    async def tick(self) -> int:
        """Start a look at each rollout that is due; returns how many. A database that is away is logged, not raised."""
        now = self._clock()
        try:
            await self._merge()
            await self._set_right(now)
            await self._renew(now)
            claim = f"{self._owner}/{next(self._ticks)}"
            claimed = await self._ledger.rollouts.claim(now, claim, LEASE_S, AT_ONCE)
        except StoreAway as away:
            log.error("no checks: the database is away (%s)", away)
            return 0
        self.looked_at = now
        round = Round(now, self._kinds, remembered=self._remembered, kept=self._kept)
        for rollout in claimed:
            if rollout.id in self._looks:
                # Its claim had lapsed, so its answers come too late: this process slept, or the database was away.
                self._looks.pop(rollout.id).cancel()
            self._claims[rollout.id] = claim
            self._looks[rollout.id] = asyncio.create_task(self._look(rollout, round, claim))
        return len(claimed)

    async def _set_right(self, now: datetime) -> None:
        """A clock that was set back, while Perch ran or before: nothing waits for the old time to come again."""
        before = self._ticked_at
        if before is None:
            await self._ledger.rollouts.bring_forward(now, FAR_AHEAD)
        elif now < before - SLIGHT:
            log.error("the clock of this machine was set back by %s: all is checked anew", before - now)
            await self._ledger.rollouts.bring_forward(now, timedelta(0))
        self._ticked_at = now

    async def _renew(self, now: datetime) -> None:
        """A look may take longer than a lease where a source is slow and busy; nobody else should ask it as well."""
        if self._renewed_at is None or not self._claims:
            self._renewed_at = now
        elif abs(now - self._renewed_at) >= RENEW:
            await self._ledger.rollouts.renew(now, self._claims, LEASE_S)
            self._renewed_at = now

    async def _merge(self) -> None:
        """What can't be merged yet stops no check: while it is in the spool nobody raises anyway."""
        try:
            await self._switch.merge()
        except StoreAway as away:
            log.error("the spool can't be merged into the evidence yet (%s)", away)

    @property
    def looking(self) -> int:
        """How many rollouts this process has claimed and looks at just now."""
        return len(self._looks)

    async def idle(self) -> None:
        """Wait until all looks and deeds that were started are over."""
        while self._looks:
            await asyncio.wait(self._looks.values())
        await self._works.idle()

    async def aclose(self) -> None:
        looks = [*self._looks.values()]
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)
        await self._kept.aclose()

    async def _look(self, rollout: Rollout, round: Round, claim: str) -> None:
        try:
            async with self._turn(rollout):
                plan = await self._ledger.plan_of(rollout)
            step, measured = await self._step(rollout, plan, round.of(rollout))
            keeping = asyncio.ensure_future(self._keep(rollout, step, plan, measured, claim))
            try:
                if step.emergency:
                    await self._emergency(rollout, step.emergency, keeping)
                self._works.begin(await keeping)
            finally:
                keeping.cancel()
        except Stale:
            log.info("rollout %s moved on during its check; the next one decides afresh", rollout.id)
        except StoreAway as away:
            log.error("rollout %s: the check can't be recorded (%s)", rollout.id, away)
        except Exception:
            log.exception("rollout %s: its check broke; it is tried again when its lease ends", rollout.id)
        finally:
            if self._claims.get(rollout.id) == claim:
                del self._looks[rollout.id], self._claims[rollout.id]

    async def _keep(self, rollout: Rollout, step: Step, plan: Plan, measured: dict[str, object], claim: str) -> Rollout:
        async with self._turn(rollout):
            return await self._ledger.keep(rollout, step, plan, self._clock(), measured, claim)

    def _turn(self, rollout: Rollout) -> AbstractAsyncContextManager[object]:
        """What is on its way down waits for no turn (law 2)."""
        return nullcontext() if rollout.state.going_down else self._turns

    async def _step(self, rollout: Rollout, plan: Plan, round: Round) -> tuple[Step, dict[str, object]]:
        gear, rollout = self._equipment.gear(plan), set_right(rollout, plan, round.now)
        match rollout.state:
            case State.PREFLIGHT | State.START_GATE:
                return await self._preflight(rollout, plan, gear, round), {}
            case State.SHIFTING | State.BAKING | State.GATE | State.HELD:
                step, measured = await check(rollout, plan, gear, round, self._kinds)
                ahead = {each.task.mark: Outlook(each.exercise.about, each.exercise.takes) for each in gear.tasks}
                return begun(step, plan, round.now, new_id(), self._owner, ahead), dict(measured)
            case State.KILLING | State.STUCK if rollout.kill is not None:
                return await self._watch.look(rollout, plan, gear, round), {}
            case State.ROLLING_BACK | State.STUCK:
                return Step(rollout.but(due_at=round.now + timedelta(seconds=5))), {}
            case _ if not rollout.verify_left:
                return Step(rollout.but(due_at=next_try(rollout, round.now))), {}
            case _:
                return await verification(rollout, plan, gear, round), {}

    async def _preflight(self, rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Step:
        # At the start's gate it is repeated each minute, which nobody needs to watch.
        watch = unwatched if rollout.state is State.START_GATE else self._board(rollout)
        held = await self._held_off(rollout, plan)
        report = await preflight(rollout, plan, gear, round, self._switch.files, watch)
        # Before and after: what its switches hold is read in between, and a kill may come meanwhile, or its rearm.
        held = held or await self._held_off(rollout, plan)
        return after_preflight(rollout, plan, report.held_off(held), round.now, new_id())

    async def _held_off(self, rollout: Rollout, plan: Plan) -> Mapping[str, str]:
        """What the kills of others hold off of its switches; who only watches touches none."""
        return {} if rollout.mode == "observe" else held_off(await self._shared.in_the_way(plan))

    async def _emergency(self, rollout: Rollout, reason: str, keeping: asyncio.Future[Rollout]) -> None:
        """Pull every tier, whether or not the check can be recorded; not for a check that others have overtaken."""
        await asyncio.wait({keeping}, timeout=OVERTAKEN_S)
        if keeping.done() and isinstance(keeping.exception(), Stale):
            return
        act = Spooled(
            key=f"emergency:{rollout.id}:{rollout.revision}",
            what="emergency",
            rollout=rollout.id,
            plan=rollout.plan,
            environment=rollout.environment,
            by="perch",
            by_name="Perch",
            reason=reason,
            at=self._clock(),
        )
        await self._switch.pull(act, await self._switch.card_for(rollout), after=keeping)
