"""Rollouts and inbox in memory, kept to the same contracts as the real ones; the rest of the store is beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from bot.domain.errors import Stale, UnknownPlan, UnknownRollout
from bot.domain.evidence import WORKSPACE, Broken, Entry, Head, Record, canonical, extend, verify
from bot.domain.measurements import Measurement
from bot.domain.obstacles import AlreadyLive
from bot.domain.rollout import Rollout
from bot.ports import Change, Clock, Delivery
from tests.fakes.kill_files import MemoryKillFiles
from tests.fakes.outage import Outage
from tests.fakes.outbox import MemoryOutbox

__all__ = ["MemoryInbox", "MemoryKillFiles", "MemoryOutbox", "MemoryRollouts", "Outage"]


@dataclass
class _Kept:
    """What memory holds of one rollout besides its value; JSON, so that nothing comes back that a row couldn't hold."""

    body: str
    lease_until: datetime | None = None
    lease_owner: str = ""


@lru_cache(maxsize=256)
def _read(body: str) -> Rollout:
    """Remembered, for stories ask for the same row again and again; nobody can change what they get."""
    return Rollout.model_validate_json(body)


class MemoryRollouts:
    """`Rollouts` in memory. `outbox`, when given, gets the messages of each save."""

    def __init__(self, clock: Clock, outbox: MemoryOutbox | None = None, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outbox = outbox or MemoryOutbox()
        self._outage = outage or Outage()
        self._kept: dict[str, _Kept] = {}
        self._trees: dict[str, str] = {}
        self._chains: dict[str, tuple[list[Record], Head]] = {WORKSPACE: ([], Head())}
        self.measured: dict[str, list[tuple[str, Measurement]]] = {}

    async def create(self, rollout: Rollout, tree: Mapping[str, Any], change: Change) -> Rollout:
        self._outage.check()
        self._one_live(rollout)
        if change.beside is not None and {one.id for one in self._all() if one.live} - change.beside:
            raise Stale(rollout.id, 1)
        self._trees.setdefault(rollout.plan_digest, canonical(dict(tree)))
        self._chains[rollout.id] = ([], Head())
        return self._keep(rollout.but(revision=1), change)

    async def save(self, rollout: Rollout, change: Change) -> Rollout:
        self._outage.check()
        if self._rollout(rollout.id).revision != rollout.revision or not self._may(rollout.id, change):
            raise Stale(rollout.id, rollout.revision)
        self._one_live(rollout)
        for digest, tree in change.trees.items():
            self._trees.setdefault(digest, canonical(dict(tree)))
        return self._keep(rollout.but(revision=rollout.revision + 1), change)

    async def load(self, id: str) -> Rollout:
        self._outage.check()
        return self._rollout(id)

    async def live(self, plan: str = "") -> Sequence[Rollout]:
        self._outage.check()
        mine = (one for one in self._all() if one.live and plan in ("", one.plan))
        return sorted(mine, key=lambda one: one.started_at)

    async def latest(self, plan: str = "", limit: int = 10, environment: str = "") -> Sequence[Rollout]:
        self._outage.check()
        chosen = [one for one in self._all() if plan in ("", one.plan) and environment in ("", one.environment)]
        return sorted(chosen, key=lambda one: one.started_at, reverse=True)[:limit]

    async def engaged(self) -> Sequence[Rollout]:
        self._outage.check()
        return sorted((one for one in self._all() if one.kill_stands), key=lambda one: one.started_at, reverse=True)

    async def claim(self, now: datetime, owner: str, lease_s: float, limit: int) -> Sequence[Rollout]:
        due = [one for one in self._all() if one.watched and one.due_at <= now and self._free(one.id, now)]
        claimed = sorted(due, key=lambda one: one.due_at)[:limit]
        for one in claimed:
            self._kept[one.id].lease_until = now + timedelta(seconds=lease_s)
            self._kept[one.id].lease_owner = owner
        return claimed

    async def renew(self, now: datetime, claims: Mapping[str, str], lease_s: float) -> None:
        self._outage.check()
        for id, owner in claims.items():
            kept = self._kept[id]
            if kept.lease_owner == owner and not self._free(id, now):
                kept.lease_until = now + timedelta(seconds=lease_s)

    async def bring_forward(self, now: datetime, beyond: timedelta) -> None:
        self._outage.check()
        for one in self._all():
            if one.due_at > now + beyond:
                kept = self._kept[one.id]
                kept.body, kept.lease_until = one.but(due_at=now).model_dump_json(), None

    async def tree(self, digest: str) -> Mapping[str, Any]:
        self._outage.check()
        if digest not in self._trees:
            raise UnknownPlan(digest, "perch db check")
        tree: Mapping[str, Any] = json.loads(self._trees[digest])
        return tree

    async def note(self, chain: str, entries: Sequence[Entry]) -> None:
        self._outage.check()
        self._append(chain, entries)

    async def records(self, chain: str) -> Sequence[Record]:
        self._outage.check()
        return tuple(self._chains[chain][0]) if chain in self._chains else ()

    async def head(self, chain: str) -> Head:
        self._outage.check()
        return self._chain(chain)[1]

    async def verify(self, chain: str) -> Broken | None:
        return verify(chain, await self.records(chain), await self.head(chain))

    async def revision(self, id: str) -> int:
        self._outage.check()
        return self._rollout(id).revision

    def _all(self) -> Iterable[Rollout]:
        return [_read(kept.body) for kept in self._kept.values()]

    def _rollout(self, id: str) -> Rollout:
        if id not in self._kept:
            raise UnknownRollout(id, "/canary list")
        return _read(self._kept[id].body)

    def _one_live(self, rollout: Rollout) -> None:
        for other in self._all():
            same = (other.plan, other.environment) == (rollout.plan, rollout.environment)
            if rollout.live and other.live and same and other.id != rollout.id:
                raise AlreadyLive(other.plan, other.environment, other.state.value)

    def _may(self, id: str, change: Change) -> bool:
        calm = not change.patient or self._free(id, self._clock())
        return calm and self._claimed(id, change.claim)

    def _claimed(self, id: str, claim: str) -> bool:
        return not claim or (self._kept[id].lease_owner == claim and not self._free(id, self._clock()))

    def _free(self, id: str, now: datetime) -> bool:
        until = self._kept[id].lease_until
        return until is None or until <= now

    def _keep(self, rollout: Rollout, change: Change) -> Rollout:
        body = rollout.model_dump_json()
        self._append(rollout.id, change.evidence)
        self._outbox.put(change.messages, self._clock(), rollout.id)
        self.measured.setdefault(rollout.id, []).extend(change.measured.items())
        self._kept[rollout.id] = _Kept(body)
        return rollout

    def _chain(self, chain: str) -> tuple[list[Record], Head]:
        if chain not in self._chains:
            raise UnknownRollout(chain, "/canary list")
        return self._chains[chain]

    def _append(self, chain: str, entries: Sequence[Entry]) -> None:
        records, head = self._chain(chain)
        added, head = extend(chain, head, entries)
        self._chains[chain] = ([*records, *added], head)


class MemoryInbox:
    """`Inbox` in memory."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._taken: dict[str, Delivery] = {}
        self._done: set[str] = set()

    async def take(self, delivery: Delivery) -> bool:
        self._outage.check()
        if delivery.key in self._taken:
            return False
        self._taken[delivery.key] = replace(delivery, request=json.loads(canonical(dict(delivery.request))))
        return True

    async def waiting(self) -> Sequence[Delivery]:
        self._outage.check()
        waiting = (delivery for key, delivery in self._taken.items() if key not in self._done)
        return sorted(waiting, key=lambda delivery: (delivery.at, delivery.key))

    async def done(self, key: str) -> None:
        self._outage.check()
        self._done.add(key)
