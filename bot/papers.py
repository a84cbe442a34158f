"""The papers of a rollout: what is kept of it elsewhere, and what is mailed. Each writer adds one beside the bundle."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from bot.domain.evidence import Record, canonical
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.urgencies import Act, Urgency
from bot.engine.ledger import Ledger
from bot.engine.reporting import chronicle
from bot.ports import Chronicles, Notice, Outgoing
from bot.ports.archives import Job, Letter, Parcel
from storage.bundle import MEASUREMENTS, RECORDS, export, parse_record
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Subject:
    """What papers are written from, all of one moment: that of the bundle that lies beside them."""

    rollout: Rollout
    plan: Plan
    records: Sequence[Record]
    measured: Sequence[Mapping[str, Any]]
    """As in the bundle's measurements: metric, at, value, missing, detail."""

    @property
    def at(self) -> datetime:
        """The last record's time. A paper that told the present time would be another one at each try."""
        return datetime.fromisoformat(self.records[-1].at) if self.records else self.rollout.started_at


Writer = Callable[[Subject], Awaitable[Mapping[str, bytes]]]
"""Files by name: the same record must give the same bytes, so what tells a time tells `subject.at`. May read more than
the subject has, and raises StoreAway when it can't; what takes long to word belongs into a thread."""


async def decision(subject: Subject) -> Mapping[str, bytes]:
    """The decision as it is on record; nothing for a rollout that has none."""
    found = [record for record in subject.records if record.kind == "decision"]
    if not found:
        return {}
    return {f"{subject.rollout.id}.decision.json": (canonical(dict(found[-1].body)) + "\n").encode()}


def report(chronicles: Chronicles) -> Writer:
    """Who writes the deployment report, as of the bundle's last record."""

    async def written(subject: Subject) -> Mapping[str, bytes]:
        # All the words there are: a shell's way down starts faster without them.
        from bot.wording.report.files import files

        told = await chronicles.of(subject.rollout.id)
        made = await asyncio.to_thread(files, chronicle(told, subject.plan, lambda: subject.at))
        return {file.name: file.content.encode() for file in made}

    return written


OPENED = (".html", ".md")
"""What goes with a letter: what its reader can open."""
ENDS = frozenset({"completed", "rolled_back", "killed", "aborted", "observed"})


class RolloutPapers:
    """The `Papers` port: the bundle, and what `writers` make of it."""

    def __init__(self, database: Database, ledger: Ledger, writers: Sequence[Writer] = (decision,)) -> None:
        self.writers = writers
        self._database, self._ledger = database, ledger

    async def parcel(self, rollout: str) -> Parcel:
        content = await export(self._database, rollout)
        subject = await self._subject(content, rollout)
        files = {f"{rollout}.perch.zip": content, **await self._written(subject)}
        number = subject.records[-1].number if subject.records else 0
        return Parcel(subject.rollout, number, files)

    async def letter(self, job: Job) -> Letter:
        # All the words there are: a shell's way down starts faster without them.
        from bot.wording.mail import mail

        rollout = await self._ledger.rollouts.load(job.rollout)
        plan = await self._ledger.plan_of(rollout)
        facts: Mapping[str, Any] = job.says["facts"]
        said = Outgoing(str(job.says["say"]), key=job.id, facts=facts)
        subject, text = mail(said, rollout, plan, self._ledger.clock())
        files = await self._enclosed(job.rollout) if facts.get("event") in ENDS else {}
        return Letter(str(job.part.options["to"]), subject, text, job.id, files)

    async def notice(self, job: Job) -> Notice:
        # All the words there are: a shell's way down starts faster without them.
        from bot.wording.mail import mail

        rollout = await self._ledger.rollouts.load(job.rollout)
        plan = await self._ledger.plan_of(rollout)
        facts: Mapping[str, Any] = job.says["facts"]
        said = Outgoing(str(job.says["say"]), key=job.id, facts=facts)
        subject, text = mail(said, rollout, plan, self._ledger.clock())
        return Notice(
            key=job.id,
            rollout=rollout.id,
            event=str(facts["event"]),
            act=Act(facts["act"]),
            urgency=Urgency(facts["urgency"]) if facts.get("urgency") else None,
            subject=subject,
            text=text,
            at=datetime.fromisoformat(job.says["at"]),
            plan=rollout.plan,
            service=rollout.service,
            environment=rollout.environment,
            version=rollout.version,
            reason=str(facts.get("reason") or facts.get("why") or rollout.reason),
            classes=tuple(facts.get("classes") or ()),
            links=dict(plan.links),
            enclosing=partial(self._papers, job.rollout),
            whole=plan,
        )

    async def _papers(self, rollout: str) -> Mapping[str, bytes]:
        """The bundle, and what a reader can open beside it, of one that has ended."""
        if (await self._ledger.rollouts.load(rollout)).live:
            return {}
        files = (await self.parcel(rollout)).files
        return {name: content for name, content in files.items() if name.endswith((*OPENED, ".perch.zip"))}

    async def _enclosed(self, rollout: str) -> Mapping[str, bytes]:
        written = await self._written(await self._subject(await export(self._database, rollout), rollout))
        return {name: content for name, content in written.items() if name.endswith(OPENED)}

    async def _subject(self, bundle: bytes, id: str) -> Subject:
        rollout = await self._ledger.rollouts.load(id)
        with zipfile.ZipFile(io.BytesIO(bundle)) as files:
            records, measured = (files.read(name).decode().splitlines() for name in (RECORDS, MEASUREMENTS))
        return Subject(
            rollout,
            await self._ledger.plan_of(rollout),
            [parse_record(line) for line in records],
            [json.loads(line) for line in measured],
        )

    async def _written(self, subject: Subject) -> Mapping[str, bytes]:
        return {name: content for writer in self.writers for name, content in (await writer(subject)).items()}
