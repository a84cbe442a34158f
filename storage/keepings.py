"""The queue of what is to be kept elsewhere: asked for once, worked on by one process at a time, done on record."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import and_, exists, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.evidence import WORKSPACE, Entry, canonical
from bot.domain.plan import Part
from bot.domain.rollout import PERCH, Rollout
from bot.domain.signatures import Signer
from bot.ports import Clock, Lane, Outgoing
from bot.ports.archives import Ended, Job, Kept, Standing
from storage.database import Database
from storage.evidence import note
from storage.outbox import put
from storage.tables import KeepingRow, RolloutRow, table

log = logging.getLogger(__name__)

WAITING, DONE, DROPPED = "waiting", "done", "dropped"

_KEEPINGS = table(KeepingRow)
_OTHERS = _KEEPINGS.alias("others")
OVERTAKEN = "what came after it says more"
_UNSWEPT = (
    ~col(RolloutRow.watched),
    col(RolloutRow.ended_at).is_not(None),
    col(RolloutRow.swept) != col(RolloutRow.head_number),
)


class SqlKeepings:
    """The `Keepings` port over the database; what it adds is for shells and for /metrics."""

    def __init__(self, database: Database, clock: Clock, signer: Signer | None = None) -> None:
        self._database, self._clock, self._signer = database, clock, signer

    async def ended(self, limit: int) -> Sequence[Ended]:
        wanted = select(col(RolloutRow.body), col(RolloutRow.head_number)).where(*_UNSWEPT)

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            rows: Sequence[Any] = (await connection.execute(wanted.limit(limit))).all()
            return rows

        rows = await self._database.read(work)
        return [Ended(rollout, row.head_number) for row in rows if (rollout := _readable(row.body)) is not None]

    async def ask(self, jobs: Sequence[Job], swept: Ended | None = None) -> None:
        async def work(connection: AsyncConnection) -> None:
            if jobs:
                await connection.execute(self._database.insert_new(_KEEPINGS), [_columns(job) for job in jobs])
            if swept is not None:
                here = update(table(RolloutRow)).where(col(RolloutRow.id) == swept.rollout.id)
                await connection.execute(here.values(swept=swept.number))

        await self._database.write(work)

    async def lanes(self, now: datetime, rollout: str = "") -> Sequence[str]:
        due = select(_KEEPINGS.c.lane).where(*_due(now, rollout)).distinct().order_by(_KEEPINGS.c.lane)

        async def work(connection: AsyncConnection) -> Sequence[str]:
            return list((await connection.execute(due)).scalars())

        return await self._database.read(work)

    async def claim(
        self, now: datetime, owner: str, lease_s: float, limit: int, lane: str, rollout: str = ""
    ) -> Sequence[Job]:
        ids = (
            select(_KEEPINGS.c.id)
            .where(*_due(now, rollout), _KEEPINGS.c.lane == lane)
            .order_by(_KEEPINGS.c.not_before, _KEEPINGS.c.turn)
            .limit(limit)
            .with_for_update(skip_locked=True, of=_KEEPINGS)
        )
        lease = {"lease_owner": owner, "lease_until": now + timedelta(seconds=lease_s)}
        claiming = update(_KEEPINGS).where(_KEEPINGS.c.id.in_(select(ids.cte("due").c.id))).values(lease)

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            rows: Sequence[Any] = (await connection.execute(claiming.returning(*_KEEPINGS.c))).all()
            return rows

        return sorted(map(_job, await self._database.write(work)), key=lambda job: (job.made_at, job.turn))

    async def standing(self, job: Job, now: datetime) -> Standing:
        if not job.line:
            return Standing.FIRST
        mine = _KEEPINGS.c
        newer = and_(mine.turn > job.turn, mine.newest)
        busy = and_(mine.turn < job.turn, mine.state == WAITING, mine.lease_until > now)
        seen = select(func.count().filter(newer), func.count().filter(busy)).where(mine.line == job.line)

        async def work(connection: AsyncConnection) -> Standing:
            overtaken, behind = (await connection.execute(seen)).one()
            if overtaken:
                return Standing.OVERTAKEN
            return Standing.BEHIND if behind else Standing.FIRST

        return await self._database.read(work)

    async def known(self, line: str) -> bool:
        any_ = select(_KEEPINGS.c.id).where(_KEEPINGS.c.line == line).limit(1)

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(any_)).first() is not None

        return await self._database.read(work)

    async def places(self, line: str) -> Sequence[str]:
        mine = _KEEPINGS.c
        done = select(mine.place).where(mine.line == line, mine.state == DONE).order_by(mine.turn)

        async def work(connection: AsyncConnection) -> Sequence[str]:
            return list((await connection.execute(done)).scalars())

        return await self._database.read(work)

    async def overtaken(self, job: Job, owner: str, now: datetime) -> None:
        changed = {"state": DROPPED, "why": OVERTAKEN, "done_at": now}
        await self._database.write(lambda connection: self._change(connection, job, owner, changed))

    async def done(self, job: Job, owner: str, place: str, now: datetime) -> None:
        entry = _entry(job, place, now)
        changed = {"state": DONE, "place": place, "why": "", "done_at": now, "tries": job.tries + 1}

        async def work(connection: AsyncConnection) -> None:
            if not await self._change(connection, job, owner, changed):
                return
            # It locks the chain until the commit: of two that are done at once, the later one sees the earlier.
            await note(self._database, connection, WORKSPACE, [entry], self._signer)
            if job.newest:
                await connection.execute(_before(job).values(state=DROPPED, why=OVERTAKEN, done_at=now))
            if not job.says:
                await self._tell_kept(connection, job.rollout, now)

        await self._database.write(work)

    async def later(self, job: Job, owner: str, until: datetime, why: str, *, tell: bool = False) -> None:
        changed = {"not_before": until, "why": _text(why), "tries": job.tries + 1, "told": job.told or tell}
        facts = {
            "kind": job.part.kind,
            "why": why,
            "since": job.made_at.isoformat(),
            "to": job.whom if job.says else "",
            "notifier": job.notice,
        }
        told = Outgoing("not_kept", f"not_kept:{job.id}", facts, Lane.URGENT, thread=True, broadcast=True)

        async def work(connection: AsyncConnection) -> None:
            if await self._change(connection, job, owner, changed) and tell:
                await put(self._database, connection, [told], self._clock(), job.rollout)

        await self._database.write(work)

    async def of(self, rollout: str) -> Sequence[Kept]:
        """How each job of a rollout stands, oldest first. Raises StoreAway."""
        mine = select(_KEEPINGS).where(_KEEPINGS.c.rollout == rollout).order_by(_KEEPINGS.c.made_at, _KEEPINGS.c.id)

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            rows: Sequence[Any] = (await connection.execute(mine)).all()
            return rows

        return [Kept(_job(row), row.state, row.place, row.why, row.done_at) for row in await self._database.read(work)]

    async def hurry(self, rollout: str, jobs: Sequence[Job], now: datetime) -> None:
        """What waits for its next try is due now; so are `jobs`, done or given up as they may be. Raises StoreAway."""
        again = or_(_KEEPINGS.c.state == WAITING, _KEEPINGS.c.id.in_([job.id for job in jobs]))
        waits = update(_KEEPINGS).where(_KEEPINGS.c.rollout == rollout, again)
        changed = {"state": WAITING, "not_before": now, "done_at": None}
        await self._database.write(lambda connection: connection.execute(waits.values(changed)))

    async def drop(self, rollout: str, by: str, now: datetime) -> Sequence[Kept]:
        """Give up what isn't done, on record; returns what was given up. Raises StoreAway."""
        waits = update(_KEEPINGS).where(_KEEPINGS.c.rollout == rollout, _KEEPINGS.c.state == WAITING)
        dropping = waits.values(state=DROPPED, done_at=now, lease_owner=None, lease_until=None).returning(*_KEEPINGS.c)

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            rows: Sequence[Any] = (await connection.execute(dropping)).all()
            facts = [{"rollout": rollout, "destination": _job(row).part.kind, "why": row.why} for row in rows]
            entries = [Entry("not_kept", now, by, each) for each in facts]
            if entries:
                await note(self._database, connection, WORKSPACE, entries, self._signer)
            return rows

        return [Kept(_job(row), row.state, row.place, row.why, row.done_at) for row in await self._database.write(work)]

    async def waiting(self) -> tuple[int, datetime | None]:
        """How many jobs aren't done, and since when the oldest isn't. Raises StoreAway."""
        open_ = select(func.count(), func.min(_KEEPINGS.c.made_at)).where(_KEEPINGS.c.state == WAITING)

        async def work(connection: AsyncConnection) -> tuple[int, datetime | None]:
            found = (await connection.execute(open_)).one()
            return found[0], found[1]

        return await self._database.read(work)

    async def _change(self, connection: AsyncConnection, job: Job, owner: str, values: dict[str, Any]) -> bool:
        """False where the job is another's by now, or was given up."""
        mine = (_KEEPINGS.c.id == job.id, _KEEPINGS.c.lease_owner == owner, _KEEPINGS.c.state == WAITING)
        changing = update(_KEEPINGS).where(*mine).values({**values, "lease_owner": None, "lease_until": None})
        return bool((await connection.execute(changing)).rowcount)

    async def _tell_kept(self, connection: AsyncConnection, rollout: str, now: datetime) -> None:
        """With the last of them: once, for a known key is left out. What is kept again later is on record only."""
        mine = select(_KEEPINGS.c.state, _KEEPINGS.c.place, _KEEPINGS.c.says).where(_KEEPINGS.c.rollout == rollout)
        rows = (await connection.execute(mine.order_by(_KEEPINGS.c.made_at, _KEEPINGS.c.id))).all()
        papers = [row for row in rows if not json.loads(row.says)]
        if any(row.state == WAITING for row in papers):
            return
        places = list(dict.fromkeys(row.place for row in papers if row.state == DONE))
        told = Outgoing("kept", f"kept:{rollout}", {"places": places}, thread=True)
        await put(self._database, connection, [told], now, rollout)


def _readable(body: str) -> Rollout | None:
    """One damaged row must not stop the others; perch db check names it."""
    try:
        return Rollout.model_validate_json(body)
    except (ValidationError, UnicodeError):
        log.error("a rollout's row can't be read, so nothing of it is kept; see perch db check")
        return None


def _due(now: datetime, rollout: str) -> list[Any]:
    """Waiting, due, nobody's, and first in its line; of one rollout or of all."""
    mine, other = _KEEPINGS.c, _OTHERS.c
    in_the_way = or_(not_(mine.newest), other.lease_until > now)
    earlier = (other.line == mine.line, other.turn < mine.turn, other.state == WAITING, in_the_way)
    first = or_(mine.line == "", ~exists(select(other.id).where(*earlier).correlate(_KEEPINGS)))
    asked = [mine.rollout == rollout] if rollout else []
    return [mine.state == WAITING, mine.not_before <= now, _free(now), first, *asked]


def _before(job: Job) -> Any:
    """What waits before it in its line, nobody's as it may be: all of it is over."""
    mine = _KEEPINGS.c
    return update(_KEEPINGS).where(mine.line == job.line, mine.turn < job.turn, mine.state == WAITING)


def _entry(job: Job, place: str, now: datetime) -> Entry:
    body: dict[str, Any] = {"rollout": job.rollout, "destination": job.part.kind, "place": place}
    body["tries"] = job.tries + 1
    if job.notice:
        event = dict(job.says["facts"]).get("event", "")
        return Entry("notified", now, PERCH.id, {**body, "notifier": job.whom, "event": event})
    if job.mail:
        return Entry("mailed", now, PERCH.id, body)
    return Entry("kept", now, PERCH.id, {**body, "record": job.number})


def _free(now: datetime) -> Any:
    return or_(col(KeepingRow.lease_until).is_(None), col(KeepingRow.lease_until) <= now)


def _columns(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "rollout": job.rollout,
        "number": job.number,
        "part": canonical(job.part.model_dump(mode="json")),
        "says": canonical(dict(job.says)),
        "state": WAITING,
        "made_at": job.made_at,
        "not_before": job.made_at,
        "tries": 0,
        "told": False,
        "lane": job.lane,
        "line": job.line,
        "turn": job.turn,
        "newest": job.newest,
        "why": "",
        "place": "",
    }


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        rollout=row.rollout,
        number=row.number,
        part=Part.model_validate(json.loads(row.part)),
        made_at=row.made_at,
        says=json.loads(row.says),
        tries=row.tries,
        told=row.told,
        lane=row.lane,
        line=row.line,
        turn=row.turn,
        newest=row.newest,
    )


def _text(outside: str) -> str:
    """A far side's words: PostgreSQL keeps no NUL in a text."""
    return outside.replace("\0", "\N{REPLACEMENT CHARACTER}")
