"""Rollouts: load, claim, and save state + evidence + messages + measurements in one transaction (law 4)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Integer, Select, bindparam, delete, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.errors import Stale, UnknownPlan, UnknownRollout
from bot.domain.evidence import WORKSPACE, Broken, Entry, Head, Record, canonical
from bot.domain.machine import State
from bot.domain.obstacles import AlreadyLive
from bot.domain.rollout import Rollout
from bot.domain.signatures import Signer
from bot.ports import Change, Clock, Lane, StoreAway
from storage import inbox, measurements, outbox
from storage.clocks import bring_forward
from storage.database import Database
from storage.evidence import append, head_columns, head_of, keep_head, note, read_chain, take_turns
from storage.histories import SqlHistories
from storage.leases import SqlLeases
from storage.restore import mark_restored
from storage.tables import RESTORED, FrozenPlanRow, MarkRow, RolloutRow, table
from storage.verifying import check_chain

_ROLLOUTS = table(RolloutRow)

_SAVE = (
    update(_ROLLOUTS)
    .where(col(RolloutRow.id) == bindparam("id_read"), col(RolloutRow.revision) == bindparam("revision_read"))
    .values(lease_owner=None, lease_until=None)
    .returning(col(RolloutRow.head_number), col(RolloutRow.head_hash), col(RolloutRow.head_key))
)
"""Finds only the revision that was read. Whoever saves ends the lease: what its holder knows isn't true any more.

Built once: SQLAlchemy takes longer to build a statement than SQLite to run it.
"""
_SAVE_CLAIMED = _SAVE.where(
    col(RolloutRow.lease_owner) == bindparam("claim"), col(RolloutRow.lease_until) > bindparam("now")
)
"""The same for a look, whose answers are worth as much as its claim: a paused process wakes up with old ones."""

_SAVE_PATIENT = _SAVE.where(or_(col(RolloutRow.lease_owner).is_(None), col(RolloutRow.lease_until) <= bindparam("now")))

_DUE = (
    select(col(RolloutRow.id))
    .where(
        col(RolloutRow.watched),
        col(RolloutRow.due_at) <= bindparam("now"),
        or_(col(RolloutRow.lease_until).is_(None), col(RolloutRow.lease_until) <= bindparam("now")),
    )
    .order_by(col(RolloutRow.due_at))
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
"""Ids of watched, due rollouts without a lease that holds, oldest due first."""
_CLAIM = (
    update(_ROLLOUTS)
    .where(col(RolloutRow.id).in_(select(_DUE.cte("due").c.id)))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
    .returning(col(RolloutRow.body))
)
"""Found once, in a part of its own: beside an update PostgreSQL may look again, and take more than `limit`."""

_BODY = select(col(RolloutRow.body)).where(col(RolloutRow.id) == bindparam("id"))
_LIVE = select(col(RolloutRow.id)).where(col(RolloutRow.live))
_TREE = select(col(FrozenPlanRow.tree)).where(col(FrozenPlanRow.digest) == bindparam("digest"))

LONGEST = timedelta(days=60)
"""Hardly a rollout takes longer."""
HOLDING_S = 60.0
"""How long a start may take to hold what was restored before another process does."""

log = logging.getLogger(__name__)


class SqlRollouts:
    """The `Rollouts` port over the database."""

    def __init__(self, database: Database, clock: Clock, signer: Signer | None = None) -> None:
        self._database = database
        self.histories = SqlHistories(database)
        self._clock = clock
        self._signer = signer
        self._told_unsigned = signer is not None

    @property
    def one_machine(self) -> bool:
        """Whether every process that uses this database runs on this machine."""
        return self._database.one_machine

    async def create(self, rollout: Rollout, tree: Mapping[str, Any], change: Change) -> Rollout:
        created = rollout.but(revision=1)
        plan = {"digest": rollout.plan_digest, "tree": canonical(dict(tree)), "at": rollout.started_at}

        async def work(connection: AsyncConnection) -> Rollout:
            if change.beside is not None:
                await self._only_beside(connection, created, change.beside)
            await connection.execute(self._database.insert_new(table(FrozenPlanRow)), plan)
            head = await append(connection, created.id, Head(), change.evidence, self._signer)
            row = {"id": created.id, **_columns(created), **head_columns(created.id, head, self._signer)}
            await connection.execute(insert(_ROLLOUTS), row)
            await self._bring(connection, created.id, change)
            return created

        return await self._write_live(created, work, urgent=True)

    async def save(self, rollout: Rollout, change: Change) -> Rollout:
        saved = rollout.but(revision=rollout.revision + 1)

        async def work(connection: AsyncConnection) -> Rollout:
            over = {**_columns(saved), "id_read": saved.id, "revision_read": rollout.revision}
            saving = _SAVE_PATIENT if change.patient else _SAVE
            if change.claim:
                saving, over = _SAVE_CLAIMED, {**over, "claim": change.claim}
            if change.claim or change.patient:
                over |= {"now": self._clock()}
            found = (await connection.execute(saving, over)).first()
            if found is None:
                raise Stale(rollout.id, rollout.revision)
            if change.evidence:
                self._tell_unsigned(saved.id, found.head_key)
                head = Head(found.head_number, found.head_hash)
                head = await append(connection, saved.id, head, change.evidence, self._signer)
                await keep_head(connection, saved.id, head, self._signer)
            await self._bring(connection, saved.id, change)
            return saved

        told = any(message.lane is Lane.URGENT for message in change.messages)
        return await self._write_live(saved, work, urgent=told or saved.state.going_down)

    async def load(self, id: str) -> Rollout:
        found = await self._bodies(_BODY, id=id)
        if not found:
            raise UnknownRollout(id, "/canary list")
        return _read(found[0])

    async def live(self, plan: str = "") -> Sequence[Rollout]:
        chosen = select(col(RolloutRow.body)).where(col(RolloutRow.live)).order_by(col(RolloutRow.started_at))
        return _readable(await self._bodies(_of(chosen, plan)))

    async def latest(self, plan: str = "", limit: int = 10, environment: str = "") -> Sequence[Rollout]:
        chosen = select(col(RolloutRow.body)).order_by(col(RolloutRow.started_at).desc()).limit(limit)
        return _readable(await self._bodies(_of(chosen, plan, environment)))

    async def engaged(self) -> Sequence[Rollout]:
        killed = col(RolloutRow.state).in_([state.value for state in (State.KILLING, State.STUCK, State.KILLED)])
        chosen = select(col(RolloutRow.body)).where(killed).order_by(col(RolloutRow.started_at).desc())
        return [each for each in _readable(await self._bodies(chosen)) if each.kill_stands]

    async def ended_since(self, since: datetime) -> Sequence[tuple[str, str]]:
        """Plan and environment of what has ended since then, and didn't begin more than LONGEST before."""
        ended = select(col(RolloutRow.plan), col(RolloutRow.environment)).distinct()
        # By the index of starts: the rows of years would have to be read otherwise, bodies and all.
        lately = ended.where(col(RolloutRow.started_at) >= since - LONGEST)
        chosen = lately.where(~col(RolloutRow.live), col(RolloutRow.ended_at) >= since)

        async def work(connection: AsyncConnection) -> Sequence[tuple[str, str]]:
            return [(plan, environment) for plan, environment in await connection.execute(chosen)]

        return await self._database.read(work)

    async def claim(self, now: datetime, owner: str, lease_s: float, limit: int) -> Sequence[Rollout]:
        lease = {"now": now, "limit": limit, "owner": owner, "until": now + timedelta(seconds=lease_s)}

        async def work(connection: AsyncConnection) -> Sequence[str]:
            return (await connection.execute(_CLAIM, lease)).scalars().all()

        await self._database.end_frozen()
        claimed = await self._database.write(work, urgent=True)
        return sorted(_readable(claimed), key=lambda rollout: rollout.due_at)

    async def renew(self, now: datetime, claims: Mapping[str, str], lease_s: float) -> None:
        held = tuple_(col(RolloutRow.id), col(RolloutRow.lease_owner)).in_(list(claims.items()))
        ours = update(_ROLLOUTS).where(held, col(RolloutRow.lease_until) > now)
        renewing = ours.values(lease_until=now + timedelta(seconds=lease_s))
        await self._database.write(lambda connection: connection.execute(renewing), urgent=True)

    async def bring_forward(self, now: datetime, beyond: timedelta) -> None:
        await self._database.write(lambda connection: bring_forward(connection, now, beyond), urgent=True)

    async def free_leases(self) -> None:
        """For a start: what processes of this machine left behind, where all of them are on this machine."""
        await SqlLeases(self._database).free_the_gone()

    async def tree(self, digest: str) -> Mapping[str, Any]:
        found = await self._bodies(_TREE, digest=digest)
        if not found:
            raise UnknownPlan(digest, "perch db check")
        tree: Mapping[str, Any] = json.loads(found[0])
        return tree

    async def note(self, chain: str, entries: Sequence[Entry]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await note(self._database, connection, chain, entries, self._signer)

        await self._database.write(work)

    async def records(self, chain: str) -> Sequence[Record]:
        return await read_chain(self._database, chain)

    async def head(self, chain: str) -> Head:
        return await self._database.read(lambda connection: head_of(connection, chain))

    async def verify(self, chain: str) -> Broken | None:
        return (await check_chain(self._database, chain)).broken

    async def revision(self, id: str) -> int:
        async def work(connection: AsyncConnection) -> int | None:
            return await connection.scalar(select(col(RolloutRow.revision)).where(col(RolloutRow.id) == id))

        found = await self._database.read(work)
        if found is None:
            raise UnknownRollout(id, "/canary list")
        return found

    async def restored(self) -> datetime | None:
        """When a backup was put in this database's place, until that is acknowledged."""
        chosen = select(col(MarkRow.at)).where(col(MarkRow.name) == RESTORED)
        return await self._database.read(lambda connection: connection.scalar(chosen))

    async def mark_restored(self) -> None:
        """For a database that somebody put back by other means than `perch db restore`."""
        await mark_restored(self._database, self._clock())

    async def may_hold_restored(self, now: datetime) -> bool:
        """Whether it is for this process to hold what was restored: of several that start together, for one."""
        return bool(await SqlLeases(self._database).take(RESTORED, now, HOLDING_S))

    async def acknowledge_restored(self) -> None:
        """Everything live is held now: the next start is an ordinary one."""
        forget = delete(table(MarkRow)).where(col(MarkRow.name) == RESTORED)
        await self._database.write(lambda connection: connection.execute(forget))

    async def _only_beside(self, connection: AsyncConnection, rollout: Rollout, known: frozenset[str]) -> None:
        """One start after the other: each sees what the one before it has brought to life. Raises Stale."""
        await take_turns(self._database, connection, WORKSPACE)
        live = (await connection.execute(_LIVE)).scalars().all()
        if not known.issuperset(live):
            raise Stale(rollout.id, rollout.revision)

    async def _write_live(self, rollout: Rollout, work: Any, *, urgent: bool) -> Rollout:
        """Write; a broken unique index means that the plan is live already in that environment."""
        try:
            written: Rollout = await self._database.write(work, urgent=urgent)
        except IntegrityError:
            for other in await self.live():
                if (other.plan, other.environment) == (rollout.plan, rollout.environment) and other.id != rollout.id:
                    raise AlreadyLive(other.plan, other.environment, other.state.value) from None
            raise
        return written

    def _tell_unsigned(self, rollout: str, key: str | None) -> None:
        """Once: a shell without the key goes on, for down is always open, and its records will be named by verify."""
        if key is not None and not self._told_unsigned:
            self._told_unsigned = True
            log.error(
                "the record of %s is signed and PERCH_SIGNING_KEY isn't set here: what is done now is on record "
                "unsigned, and perch evidence verify will name it. Set the key where Perch and its shell commands run",
                rollout,
            )

    async def _bring(self, connection: AsyncConnection, rollout: str, change: Change) -> None:
        if change.delivery:
            await inbox.act(self._database, connection, change.delivery)
        for digest, tree in change.trees.items():
            plan = {"digest": digest, "tree": canonical(dict(tree)), "at": self._clock()}
            await connection.execute(self._database.insert_new(table(FrozenPlanRow)), plan)
        await outbox.put(self._database, connection, change.messages, self._clock(), rollout)
        await measurements.keep(self._database, connection, rollout, change.measured)

    async def _bodies(self, chosen: Select[str], **given: str) -> Sequence[str]:
        async def work(connection: AsyncConnection) -> Sequence[str]:
            return (await connection.execute(chosen, given)).scalars().all()

        return await self._database.read(work)


def _of(chosen: Select[str], plan: str, environment: str = "") -> Select[str]:
    """Those of a plan and of an environment; of all with ""."""
    chosen = chosen.where(col(RolloutRow.plan) == plan) if plan else chosen
    return chosen.where(col(RolloutRow.environment) == environment) if environment else chosen


def _columns(rollout: Rollout) -> dict[str, Any]:
    return {
        "plan": rollout.plan,
        "environment": rollout.environment,
        "service": rollout.service,
        "state": rollout.state.value,
        "live": rollout.live,
        "watched": rollout.watched,
        "revision": rollout.revision,
        "due_at": rollout.due_at,
        "started_at": rollout.started_at,
        "ended_at": rollout.ended_at,
        "plan_digest": rollout.plan_digest,
        "body": rollout.model_dump_json(),
    }


def _read(body: str) -> Rollout:
    try:
        return Rollout.model_validate_json(body)
    except (ValidationError, UnicodeError) as fault:
        raise StoreAway("a rollout's row can't be read; see perch db check") from fault


def _readable(bodies: Sequence[str]) -> list[Rollout]:
    """One damaged row must not stop the others."""
    found = []
    for body in bodies:
        try:
            found.append(_read(body))
        except StoreAway as away:
            log.error("%s", away)
    return found
