"""The engine put together from adapters and storage: what `perch run`, the shell verbs and the tests share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from adapters.sources import KINDS as SOURCES
from adapters.traffic import CONFIRM, KILL, TRAFFIC
from bot.domain.kinds import Kinds
from bot.domain.measurements import Measurement
from bot.domain.plan import Plan
from bot.domain.secret_names import PERCHS_OWN
from bot.domain.signatures import Signer
from bot.engine.actions import Mover
from bot.engine.cards import CardKeeper
from bot.engine.confirm import Look
from bot.engine.deeds import Deeds
from bot.engine.desk import FrontDesk
from bot.engine.equipment import Equipment, Gear
from bot.engine.freezing import Freezing
from bot.engine.gather import Round
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.methods import Pace
from bot.engine.rehearsal import Rehearsals
from bot.engine.rights import Rights
from bot.engine.starting import Starting
from bot.engine.tick import Ticker
from bot.engine.upkeep import CardCopies, Upkeep
from bot.engine.works import Works
from bot.ports import Clock, Directory, KillFiles, Plans
from bot.redaction import Redactor, secrets_in
from bot.settings import Settings
from storage.database import Database
from storage.freezes import SqlFreezes
from storage.inbox import SqlInbox
from storage.leases import SqlLeases
from storage.outbox import SqlOutbox
from storage.plans import PlanFolder
from storage.pruning import prune
from storage.rollouts import SqlRollouts
from storage.signing import read_signing_key
from storage.spool import KillFolder


def utc_now() -> datetime:
    """The one real clock."""
    return datetime.now(UTC)


def all_kinds() -> Kinds:
    """Every kind that a plan may name."""
    return Kinds(sources=SOURCES, traffic=TRAFFIC, kill=KILL, confirm=CONFIRM)


@dataclass(frozen=True, slots=True)
class Engine:
    """What decides and acts, put together."""

    plans: Plans
    equipment: Equipment
    ledger: Ledger
    rollouts: SqlRollouts
    inbox: SqlInbox
    outbox: SqlOutbox
    files: KillFiles
    switch: KillSwitch
    works: Works
    cards: CardKeeper
    rehearsals: Rehearsals
    upkeep: Upkeep
    ticker: Ticker
    freezing: Freezing
    desk: FrontDesk


def build_engine(
    settings: Settings,
    environment: Mapping[str, str],
    database: Database,
    directory: Directory,
    clock: Clock = utc_now,
    kinds: Kinds | None = None,
    files: Callable[[Path], KillFiles] = KillFolder,
    redact: Redactor | None = None,
) -> Engine:
    """The engine with real adapters over an open database. Nothing is started, and nothing outside is touched."""
    kinds = kinds or all_kinds()
    plans = PlanFolder(settings.plans, kinds)
    redact = redact or Redactor(secrets_in(environment))
    redact.spare(plans.names())
    for_plans = {name: value for name, value in environment.items() if name not in PERCHS_OWN}
    return wire(
        kinds=kinds,
        plans=plans,
        environment=for_plans,
        database=database,
        files=files(settings.state),
        directory=directory,
        clock=clock,
        redact=redact,
        signer=signer_of(settings),
    )


def signer_of(settings: Settings) -> Signer | None:
    """Who signs evidence; None where no key is set. Raises BadKey."""
    key = settings.signing_key.get_secret_value()
    return read_signing_key(key) if key else None


def wire(
    *,
    kinds: Kinds,
    plans: Plans,
    environment: Mapping[str, str],
    database: Database,
    files: KillFiles,
    directory: Directory,
    clock: Clock,
    redact: Redactor | None = None,
    signer: Signer | None = None,
    kill_pace: Pace | None = None,
) -> Engine:
    """Put the engine's parts together, whatever is behind the ports."""
    equipment = Equipment(kinds, environment, redact)
    rollouts, freezes = SqlRollouts(database, clock, signer), SqlFreezes(database, clock, signer)
    ledger, rights = Ledger(rollouts, plans, clock), Rights(directory)
    freezing = Freezing(freezes, ledger, plans, rights, files)
    starting = Starting(ledger, plans, rights, equipment, files, freezes)
    switch = KillSwitch(files, equipment, ledger, clock, kill_pace)
    works = _works(Mover(ledger, equipment, files, freezes, _looking(clock, kinds), rights.members), database, ledger)
    cards, rehearsals = CardKeeper(files), Rehearsals(ledger, equipment, files, rights.members)
    ledger.on_saved.extend([works.begin, cards.saw, rehearsals.saw])
    return Engine(
        plans=plans,
        equipment=equipment,
        ledger=ledger,
        rollouts=rollouts,
        inbox=SqlInbox(database, clock),
        outbox=SqlOutbox(database),
        files=files,
        switch=switch,
        works=works,
        cards=cards,
        rehearsals=rehearsals,
        upkeep=_upkeep(database, ledger, files, rights),
        ticker=Ticker(ledger, equipment, kinds, works, switch, clock, database.me),
        freezing=freezing,
        desk=FrontDesk(ledger, plans, rights, starting, switch, equipment, freezing),
    )


def _works(mover: Mover, database: Database, ledger: Ledger) -> Works:
    return Works(Deeds(mover.carry_out, SqlLeases(database), ledger).carry_out)


def _upkeep(database: Database, ledger: Ledger, files: KillFiles, rights: Rights) -> Upkeep:
    """Processes on one machine share a folder of kill cards; on several, each keeps its own."""
    copies = None if database.one_machine else CardCopies(ledger, files, rights.members)
    return Upkeep(copies, partial(prune, database), ledger.clock)


def _looking(clock: Clock, kinds: Kinds) -> Look:
    async def look(plan: Plan, gear: Gear, name: str) -> Measurement:
        return (await Round(clock(), kinds).metrics(plan, gear.sources, [name]))[name]

    return look
