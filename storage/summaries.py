"""Ended rollouts summed up: one small row each, out of date as soon as its rollout's record has grown."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Select, delete, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.evidence import Record
from bot.domain.record.summary import FORM, Summary, Wanted
from bot.domain.rollout import Rollout
from bot.ports import Chronicle
from storage.database import Database
from storage.tables import EvidenceRow, RolloutRow, SummaryRow, table

log = logging.getLogger(__name__)

_EVIDENCE, _SUMMARIES = table(EvidenceRow), table(SummaryRow)
LONG_S = 30.0
"""Reading ten thousand summaries takes longer than a question that somebody waits for with a kill in hand."""


class SqlSummaries:
    """The `Summaries` port over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def behind(self, plan: str = "") -> Sequence[str]:
        present = (
            col(SummaryRow.rollout).is_not(None),
            col(SummaryRow.head_number) == col(RolloutRow.head_number),
            col(SummaryRow.form) == FORM,
        )
        chosen = (
            select(col(RolloutRow.id))
            .outerjoin(_SUMMARIES, col(SummaryRow.rollout) == col(RolloutRow.id))
            .where(not_(col(RolloutRow.live)), or_(*(not_(each) for each in present)))
            .order_by(col(RolloutRow.ended_at).desc())
        )
        return await self._all(chosen.where(col(RolloutRow.plan) == plan) if plan else chosen)

    async def chronicles(self, rollouts: Sequence[str]) -> Sequence[Chronicle]:
        ids = list(rollouts)
        rows = select(col(RolloutRow.id), col(RolloutRow.body), col(RolloutRow.head_number))
        chains = select(_EVIDENCE).order_by(_EVIDENCE.c.chain, _EVIDENCE.c.number)

        async def work(connection: AsyncConnection) -> tuple[Sequence[Any], Sequence[Any]]:
            found = (await connection.execute(rows.where(col(RolloutRow.id).in_(ids)))).all()
            return found, (await connection.execute(chains.where(_EVIDENCE.c.chain.in_(ids)))).all()

        found, records = await self._database.read(work)
        by_chain: dict[str, list[Any]] = {}
        for record in records:
            by_chain.setdefault(record.chain, []).append(record)
        told = [_chronicle(row, by_chain.get(row.id, [])) for row in found]
        return [each for each in told if each is not None]

    async def keep(self, summaries: Sequence[tuple[Summary, int]]) -> None:
        rows = [_columns(summary, head) for summary, head in summaries if summary.ended_at is not None]
        if not rows:
            return
        whole = [summary.rollout for summary, _ in summaries if summary.whole]
        poorer = [row for row in rows if row["rollout"] not in whole]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(_SUMMARIES).where(col(SummaryRow.rollout).in_(whole)))
            # Another process may have summed up the same meanwhile, and then its word is as good.
            await connection.execute(self._database.insert_new(_SUMMARIES), rows)
            for row in poorer:
                known = col(SummaryRow.rollout) == row["rollout"]
                upto = {"head_number": row["head_number"], "form": FORM}
                await connection.execute(update(_SUMMARIES).where(known).values(upto))

        await self._database.write(work)

    async def kept(self, wanted: Wanted, most: int | None = None) -> Sequence[Summary]:
        chosen = _among(select(col(SummaryRow.body)), wanted).order_by(col(SummaryRow.ended_at).desc())
        return [each for body in await self._all(chosen.limit(most)) if (each := _read(body)) is not None]

    async def count(self, wanted: Wanted) -> int:
        chosen = _among(select(func.count()).select_from(_SUMMARIES), wanted)
        return int((await self._all(chosen))[0])

    async def plans(self) -> Sequence[str]:
        kept = select(col(SummaryRow.plan)).distinct()
        return sorted({*await self._all(kept), *await self._all(select(col(RolloutRow.plan)).distinct())})

    async def _all(self, chosen: Select[Any]) -> Sequence[Any]:
        async def work(connection: AsyncConnection) -> Sequence[Any]:
            return list((await connection.execute(chosen)).scalars())

        found: Sequence[Any] = await self._database.read(work, within_s=LONG_S)
        return found


def _among(chosen: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.plan:
        chosen = chosen.where(col(SummaryRow.plan) == wanted.plan)
    if wanted.environment:
        chosen = chosen.where(col(SummaryRow.environment) == wanted.environment)
    if wanted.outcomes:
        chosen = chosen.where(col(SummaryRow.state).in_(sorted(state.value for state in wanted.outcomes)))
    return chosen.where(col(SummaryRow.ended_at) >= wanted.since) if wanted.since else chosen


def _columns(summary: Summary, head: int) -> dict[str, Any]:
    return {
        "rollout": summary.rollout,
        "plan": summary.plan,
        "environment": summary.environment,
        "state": summary.state.value,
        "ended_at": summary.ended_at,
        "head_number": head,
        "form": FORM,
        "body": summary.model_dump_json(exclude_defaults=True),
    }


def _chronicle(row: Any, records: Sequence[Any]) -> Chronicle | None:
    """A damaged record must not stop the others; `perch evidence verify` names it."""
    try:
        rollout = Rollout.model_validate_json(row.body)
    except (ValidationError, UnicodeError):
        log.error("a rollout's row can't be read (%s); see perch db check", row.id)
        return None
    try:
        return Chronicle(rollout, [_record(record) for record in records], row.head_number)
    except (ValueError, TypeError):
        log.error("the evidence of %s is damaged; see perch evidence verify %s", row.id, row.id)
        return Chronicle(rollout, (), row.head_number)


def _record(row: Any) -> Record:
    """A record as it stands: whether it is what was written is for `verify` to say, and takes twice as long."""
    body = json.loads(row.body)
    if not isinstance(body, dict):
        raise TypeError("a record's body is no object")
    return Record(row.chain, row.number, row.kind, row.at, row.actor, body, row.previous, row.hash)


def _read(body: str) -> Summary | None:
    """What a newer or a damaged Perch wrote is left out, and made anew by whoever finds it behind."""
    try:
        return Summary.model_validate_json(body)
    except (ValidationError, UnicodeError):
        log.error("a summary can't be read; it is left out")
        return None
