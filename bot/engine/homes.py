"""Everybody's page, kept current for as long as they may look at it.

Who opens theirs gets it at once. After that it's shown anew when something was saved, and once a minute for what other
processes saved; a page that hasn't changed isn't sent again. Nothing here decides: what can't be shown is logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.errors import PerchError
from bot.domain.evidence import canonical
from bot.domain.freezes import Freeze
from bot.domain.gates import approvals_of
from bot.domain.rollout import Rollout
from bot.engine.ledger import Ledger
from bot.engine.rights import Rights
from bot.engine.threads import Threads
from bot.ports import Clock, OutsideFault, SlowDown, StoreAway
from bot.ports.homes import Glimpse, Home, HomePages, Turn

log = logging.getLogger(__name__)

LOOKED_AT = timedelta(hours=12)
"""Whoever opened their page so long ago gets it anew when they open it again."""
EVERY_S = 60.0
GATHER_S = 2.0
"""Saves that follow each other so closely are shown together: Slack takes about a hundred pages a minute."""
LIVE, ENDED = 20, 10
Drawn = Callable[[Home], Sequence[Mapping[str, Any]]]


class Homes:
    """Supervised: `opened` and `saw` only take note, `run` does the work. `draw` is `bot.wording.home.home`."""

    def __init__(
        self,
        ledger: Ledger,
        rights: Rights,
        standing: Callable[[], Any],
        threads: Threads,
        pages: HomePages,
        draw: Drawn,
        clock: Clock,
    ) -> None:
        self._ledger, self._rights, self._standing = ledger, rights, standing
        self._threads, self._pages, self._draw, self._clock = threads, pages, draw, clock
        self._looking: dict[str, datetime] = {}
        self._shown: dict[str, str] = {}
        """What stands on each page, to tell whether anything changed."""
        self._woken = asyncio.Event()

    def opened(self, user: str) -> None:
        """Somebody looks at their page now."""
        self._looking[user] = self._clock()
        self._shown.pop(user, None)
        self._woken.set()

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved."""
        if self._looking:
            self._woken.set()

    async def run(self) -> None:
        """Show pages until cancelled."""
        while True:
            pause = await self.show()
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def show(self) -> float:
        """Show each page that has changed; returns how many seconds to let pass before the next time."""
        self._woken.clear()
        since = self._clock() - LOOKED_AT
        self._looking = {user: at for user, at in self._looking.items() if at > since}
        try:
            if self._looking:
                await self._show_all()
        except SlowDown as slow:
            self._woken.set()
            return slow.retry_after_s
        except (OutsideFault, StoreAway, PerchError) as fault:
            log.warning("a page of Slack's Home can't be shown now: %s", fault)
        except Exception:
            log.exception("a page of Slack's Home broke")
        return GATHER_S

    async def _show_all(self) -> None:
        live = [await self._glimpse(each) for each in (await self._ledger.rollouts.live())[:LIVE]]
        newest = await self._ledger.rollouts.latest(limit=LIVE + ENDED)
        ended = [await self._glimpse(each) for each in newest if not each.live][:ENDED]
        freezes = await self._standing()
        for user in [*self._looking]:
            await self._show(user, live, ended, freezes)

    async def _show(
        self, user: str, live: Sequence[Glimpse], ended: Sequence[Glimpse], freezes: Sequence[Freeze]
    ) -> None:
        waiting = [(turn, each) for each in live for turn in await self._turns(user, each)]
        page = [dict(block) for block in self._draw(Home(waiting, live, freezes, ended, self._clock()))]
        drawn = canonical({"page": page})
        if self._shown.get(user) != drawn:
            await self._pages.publish(user, page)
            self._shown[user] = drawn

    async def _glimpse(self, rollout: Rollout) -> Glimpse:
        plan = await self._ledger.plan_of(rollout)
        links = await self._threads.links([rollout.id])
        return Glimpse(rollout, plan, links.get(rollout.id, ""))

    async def _turns(self, user: str, glimpse: Glimpse) -> Sequence[Turn]:
        """Why this rollout waits for this person; most pressing first."""
        rollout, turns = glimpse.rollout, list[Turn]()
        if rollout.state.at_gate and await self._may_approve(user, glimpse):
            turns.append(Turn.APPROVE)
        open_asks = [each for each in rollout.asked if each.by is None]
        if any([await self._rights.is_among(user, each.of) for each in open_asks]):
            turns.append(Turn.ACKNOWLEDGE)
        if rollout.hold is not None and await self._is(user, rollout.hold.owner):
            turns.append(Turn.HOLD)
        if not turns and rollout.watcher and await self._is(user, rollout.watcher):
            turns.append(Turn.WATCH)
        return turns

    async def _is(self, user: str, entry: str) -> bool:
        """A plan may name its watcher by handle."""
        return entry == user or (entry.startswith("@") and await self._rights.is_among(user, (entry,)))

    async def _may_approve(self, user: str, glimpse: Glimpse) -> bool:
        gate, rollout = glimpse.rollout.gate, glimpse.rollout
        if gate is None or any(approval.person.id == user for approval in gate.approvals):
            return False
        wanted = approvals_of(gate, glimpse.plan)
        if wanted.not_requester and user in rollout.involved:
            return False
        return await self._rights.is_among(user, glimpse.plan.roles.approvers)
