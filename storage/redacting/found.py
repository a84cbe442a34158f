"""Where a person or a value is in the database: looked for by reading alone, before anything is changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel, col

from bot.domain.errors import PerchError
from bot.domain.evidence import REDACTED_KIND, WORKSPACE, Record, canonical
from bot.domain.planning.reading import digest
from bot.domain.redactions import Scrub
from bot.domain.rollout import Rollout
from bot.ports import Archived
from storage.archive.parquet import Row
from storage.archive.shelf import archived, rows_in
from storage.database import Database
from storage.evidence import read
from storage.tables import (
    ArchiveRow,
    DeliveryRow,
    EvidenceRow,
    FreezeRow,
    FrozenPlanRow,
    MeasurementRow,
    MessageRow,
    PlaceRow,
    RolloutRow,
    table,
)
from storage.verifying import check_chain

_ROLLOUTS, _PLANS, _MEASURED = table(RolloutRow), table(FrozenPlanRow), table(MeasurementRow)


class CantRedact(PerchError):
    """Nothing was changed, and why."""


@dataclass(frozen=True, slots=True)
class Update:
    """One row that changes: its table, its key, and the columns anew."""

    table: Table
    key: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(slots=True)
class InChain:
    """What is to go from one chain and from what belongs to its rollout."""

    chain: str
    records: list[tuple[Record, int]] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    plan: dict[str, str] = field(default_factory=dict)
    """The digest of the frozen plan that it was in, and that of what is left of it."""
    new_plan: dict[str, Any] = field(default_factory=dict)
    archive: tuple[Archived, Sequence[Row]] | None = None

    def __bool__(self) -> bool:
        return bool(self.records or self.updates or self.plan or self.archive)

    def more(self, what: str, places: int, *updates: Update) -> None:
        """Another row, or several, that change."""
        if places:
            self.places[what] = self.places.get(what, 0) + places
            self.updates += updates


@dataclass(slots=True)
class Found:
    """All that is to go. `left` says what stays, and why."""

    chains: list[InChain] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


async def look(database: Database, chains: Sequence[str], scrub: Scrub, *, signs: bool = False) -> Found:
    """Look through chains and all that belongs to them. `signs`: a redaction will be signed.

    Raises CantRedact for a broken chain, and for a signed one that would get an unsigned record; StoreAway.
    """
    found = Found()
    for chain in chains:
        checked = await check_chain(database, chain)
        if checked.broken is not None:
            bad = checked.broken
            raise CantRedact(
                f"the evidence of {chain} is broken at record {bad.number}, so nothing was redacted: that hides it",
                f"perch evidence verify {chain}",
            )
        if checked.signing.unchecked and not signs:
            raise CantRedact(
                f"the evidence of {chain} is signed and PERCH_SIGNING_KEY isn't set here; nothing was redacted",
                "set the key that Perch runs with, and type it again",
            )
        here = InChain(chain)
        here.records = [(fresh, places) for fresh, places in map(scrub.record, checked.records) if places]
        if chain == WORKSPACE:
            await _outside_rollouts(database, here, scrub, found.left)
        elif not await _of_rollout(database, here, scrub, found.left):
            continue
        found.chains.append(here)
    return found


async def earlier(database: Database) -> Sequence[Record]:
    """Every record that says what was redacted before. Raises StoreAway."""
    rows = table(EvidenceRow)
    return read("all rollouts", await _every(database, select(rows).where(col(EvidenceRow.kind) == REDACTED_KIND)))


async def threads(database: Database, chains: Sequence[str]) -> Sequence[tuple[str, str, str, int]]:
    """Where Perch's own messages about rollouts stand in Slack: rollout, channel, the first one's ts, how many."""
    rows, some = table(PlaceRow), col(PlaceRow.rollout).in_(chains)
    chosen = select(rows.c.rollout, rows.c.channel, func.min(rows.c.ts), func.count()).where(some)
    grouped = chosen.group_by(rows.c.rollout, rows.c.channel).order_by(rows.c.rollout, rows.c.channel)
    return [tuple(row) for row in await _every(database, grouped)]


async def live_ids(database: Database) -> Sequence[str]:
    """The rollouts whose kill cards a kill still needs."""
    return [row.id for row in await _every(database, select(_ROLLOUTS.c.id).where(col(RolloutRow.live)))]


async def _of_rollout(database: Database, here: InChain, scrub: Scrub, left: list[str]) -> bool:
    """Its state, messages and measurements; False for one that is live, which stays as it is."""
    chosen = select(_ROLLOUTS).where(col(RolloutRow.id) == here.chain)
    row = await _first(database, chosen)
    body, places = scrub.tree(json.loads(row.body))
    if row.live or row.watched:
        if places or here.records:
            left.append(f"{here.chain} is live, so nothing of it was changed; type this again when it has ended")
        return False
    await _plan(database, here, scrub, row)
    if places or here.plan:
        body["plan_digest"] = here.plan.get("left", row.plan_digest)
        # Read once, so that a state that Perch couldn't load is never written.
        Rollout.model_validate(body)
        fresh = {"body": json.dumps(body, ensure_ascii=False), "plan_digest": body["plan_digest"]}
        here.updates.append(Update(_ROLLOUTS, {"id": here.chain, "revision": row.revision}, fresh))
        here.places["state"] = places
    await _messages(database, here, scrub, left, here.chain)
    await _measurements(database, here, scrub)
    for rows in _others():
        await _texts(database, here, scrub, rows)
    return True


def _others() -> Sequence[Table]:
    """Every further table that belongs to rollouts: one that a later version adds needs no line here."""
    known = {each.name for each in (table(MessageRow), _MEASURED, table(ArchiveRow))}
    return [each for each in SQLModel.metadata.sorted_tables if "rollout" in each.c and each.name not in known]


async def _texts(database: Database, here: InChain, scrub: Scrub, rows: Table) -> None:
    """All texts of a rollout's rows, JSON or not, but those by which a row is found."""
    texts = [each.name for each in rows.c if isinstance(each.type, String) and not each.primary_key]
    names = [name for name in texts if name != "rollout"]
    for row in await _every(database, select(rows).where(rows.c.rollout == here.chain)):
        fresh = {name: _text(scrub, getattr(row, name)) for name in names if getattr(row, name) is not None}
        places = sum(count for _, count in fresh.values())
        key = {each.name: getattr(row, each.name) for each in rows.primary_key}
        here.more(rows.name, places, Update(rows, key, {name: text for name, (text, _) in fresh.items()}))


def _text(scrub: Scrub, stored: str) -> tuple[str, int]:
    try:
        value = json.loads(stored) if stored[:1] in ("{", "[") else stored
    except ValueError:
        value = stored
    fresh, places = scrub.tree(value)
    return fresh if isinstance(fresh, str) else json.dumps(fresh, ensure_ascii=False), places


async def _messages(database: Database, here: InChain, scrub: Scrub, left: list[str], rollout: str) -> None:
    messages = table(MessageRow)
    waiting = 0
    for row in await _every(database, select(messages).where(messages.c.rollout == rollout)):
        facts, places = scrub.tree(json.loads(row.facts))
        texts = {name: scrub.tree(getattr(row, name)) for name in ("to", "only_for", "why")}
        places += sum(count for _, count in texts.values())
        if places and row.ended_at is None:
            waiting += 1
            continue
        fresh = {name: text for name, (text, _) in texts.items()} | {"facts": canonical(facts)}
        here.more("messages", places, Update(messages, {"number": row.number}, fresh))
    if waiting:
        left.append(f"{waiting} messages of {here.chain} are still to be sent; type this again when they are")


async def _measurements(database: Database, here: InChain, scrub: Scrub) -> None:
    details = select(_MEASURED).where(col(MeasurementRow.rollout) == here.chain, col(MeasurementRow.detail) != "")
    for row in await _every(database, details):
        detail, places = scrub.tree(row.detail)
        key = {"rollout": row.rollout, "metric": row.metric, "at": row.at}
        here.more("measurements", places, Update(_MEASURED, key, {"detail": detail}))
    shelf = await database.read(lambda connection: archived(connection, here.chain))
    if shelf is None:
        return
    rows = await rows_in(shelf, database.archive)
    fresh = [row._replace(detail=scrub.tree(row.detail)[0]) for row in rows]
    changed = sum(before != after for before, after in zip(rows, fresh, strict=True))
    if changed:
        here.places["measurements"] = here.places.get("measurements", 0) + changed
        here.archive = shelf, fresh


async def _outside_rollouts(database: Database, here: InChain, scrub: Scrub, left: list[str]) -> None:
    """What belongs to no rollout: requests, answers, freezes."""
    await _messages(database, here, scrub, left, "")
    for rows, column, what, over in (
        (table(DeliveryRow), "request", "requests", col(DeliveryRow.done_at)),
        (table(FreezeRow), "body", "freezes", col(FreezeRow.ended_at)),
    ):
        key = next(iter(rows.primary_key)).name
        for row in await _every(database, select(rows).where(over.is_not(None))):
            fresh, places = scrub.tree(json.loads(getattr(row, column)))
            here.more(what, places, Update(rows, {key: getattr(row, key)}, {column: canonical(fresh)}))


async def _plan(database: Database, here: InChain, scrub: Scrub, rollout: Any) -> None:
    """What is left of its frozen plan is another plan, with a digest of its own: a later start with the same file must
    not get that one."""
    row = await _first(database, select(_PLANS).where(_PLANS.c.digest == rollout.plan_digest))
    tree, places = scrub.tree(json.loads(row.tree))
    if places:
        left = digest(tree, rollout.environment)
        here.plan, here.places["plan"] = {"digest": row.digest, "left": left}, places
        here.new_plan = {"digest": left, "tree": canonical(tree), "at": row.at}


async def _every(database: Database, chosen: Any) -> Sequence[Any]:
    async def work(connection: AsyncConnection) -> Sequence[Any]:
        return list((await connection.execute(chosen)).all())

    return await database.read(work, within_s=60.0)


async def _first(database: Database, chosen: Any) -> Any:
    rows = await _every(database, chosen)
    if not rows:
        raise CantRedact("the rollout isn't there any more; nothing was redacted", "perch rollouts")
    return rows[0]
