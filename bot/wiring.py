"""The engine's parts, each made once, from those that it stands on: the picture of who knows whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version

from bot.domain.kinds import Kinds
from bot.domain.measurements import Measurement
from bot.domain.plan import Part, Plan
from bot.domain.signatures import PublicKeys, Signer
from bot.engine.actions import Mover
from bot.engine.board import StatusBoard
from bot.engine.cards import CardKeeper
from bot.engine.deeds import Deeds
from bot.engine.desk import FrontDesk
from bot.engine.diagnosing import Diagnoses
from bot.engine.effects import Effects
from bot.engine.equipment import Equipment, Gear
from bot.engine.flags import FlagTable
from bot.engine.freezing import Freezing
from bot.engine.gather import Round
from bot.engine.keeping import Keeping
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.methods import Pace
from bot.engine.obstacles import Obstacles
from bot.engine.recounting import Recounting
from bot.engine.rehearsal import Rehearsals
from bot.engine.reporting import Reports
from bot.engine.rights import Rights
from bot.engine.starting import Starting
from bot.engine.tasks import Tasks
from bot.engine.tick import Ticker
from bot.engine.upkeep import CardCopies, Upkeep
from bot.engine.works import Works
from bot.papers import RolloutPapers, decision, report
from bot.ports import Clock, Directory, KillFiles, Plans
from bot.ports.archives import Mailer
from bot.redaction import Redactor
from bot.wording.report.files import files as files_of_report
from storage.chronicles import SqlChronicles
from storage.database import Database
from storage.flags import SqlFlags
from storage.freezes import SqlFreezes
from storage.histories import SqlHistories
from storage.inbox import SqlInbox
from storage.keepings import SqlKeepings
from storage.leases import SqlLeases
from storage.outbox import SqlOutbox
from storage.pruning import prune
from storage.rollouts import SqlRollouts
from storage.summaries import SqlSummaries
from storage.verifying import NO_KEYS


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
    diagnoses: Diagnoses
    tasks: Tasks
    effects: Effects
    """These three begin by themselves where they hear of what is saved: add their `saw` to the ledger's `on_saved`."""
    upkeep: Upkeep
    ticker: Ticker
    freezing: Freezing
    desk: FrontDesk
    reports: Reports
    keepings: SqlKeepings
    keeping: Keeping
    flags: FlagTable
    """Answers from what it last read: let its `run` go on beside."""

    async def aclose(self) -> None:
        """Let what is under way come to rest, first what gives work to others."""
        first = (self.keeping, self.ticker, self.tasks, self.effects, self.works, self.switch)
        for part in (*first, self.diagnoses, self.rehearsals, self.cards):
            await part.aclose()
        await self.equipment.aclose()


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """What the engine stands on, whatever is behind the ports; `engine` puts it together."""

    kinds: Kinds
    plans: Plans
    environment: Mapping[str, str]
    database: Database
    files: KillFiles
    directory: Directory
    clock: Clock
    redact: Redactor | None = None
    signer: Signer | None = None
    keys: PublicKeys = NO_KEYS
    kill_pace: Pace | None = None
    keep: Sequence[Part] = ()
    mailer: Mailer | None = None

    def engine(self) -> Engine:
        """The whole of it. Who hears of each save: deeds first, then what a kill needs, then who keeps papers."""
        heard = [self.works.begin, self.cards.saw, self.rehearsals.saw, self.keeping.saw]
        self.ledger.on_saved.extend(heard)
        return Engine(
            plans=self.plans,
            equipment=self.equipment,
            ledger=self.ledger,
            rollouts=self.rollouts,
            inbox=SqlInbox(self.database, self.clock),
            outbox=self.outbox,
            files=self.files,
            switch=self.switch,
            works=self.works,
            cards=self.cards,
            rehearsals=self.rehearsals,
            diagnoses=Diagnoses(self.ledger, self.equipment, self.leases),
            tasks=Tasks(self.ledger, self.equipment, self.leases, self.files, self.database.me),
            effects=Effects(self.ledger, self.equipment, self.leases, self.mover.fence),
            upkeep=self.upkeep,
            ticker=self.ticker,
            freezing=self.freezing,
            desk=self.desk,
            reports=self.reports,
            keepings=self.keepings,
            keeping=self.keeping,
            flags=FlagTable(self.flags, self.plans, self.kinds, self.environment, self.files, self.clock),
        )

    # ---- the store ----------------------------------------------------------------------------------------------

    @cached_property
    def rollouts(self) -> SqlRollouts:
        return SqlRollouts(self.database, self.clock, self.signer)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self.database)

    @cached_property
    def leases(self) -> SqlLeases:
        return SqlLeases(self.database)

    @cached_property
    def flags(self) -> SqlFlags:
        return SqlFlags(self.database)

    @cached_property
    def freezes(self) -> SqlFreezes:
        return SqlFreezes(self.database, self.clock, self.signer)

    @cached_property
    def keepings(self) -> SqlKeepings:
        return SqlKeepings(self.database, self.clock, self.signer)

    # ---- who decides and acts -----------------------------------------------------------------------------------

    @cached_property
    def equipment(self) -> Equipment:
        return Equipment(
            self.kinds, self.environment, self.redact, keep=self.keep, mailer=self.mailer, flags=self.flags
        )

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.rollouts, self.plans, self.clock, version("perch"))

    @cached_property
    def rights(self) -> Rights:
        return Rights(self.directory)

    @cached_property
    def freezing(self) -> Freezing:
        return Freezing(self.freezes, self.ledger, self.plans, self.rights, self.files)

    @cached_property
    def switch(self) -> KillSwitch:
        return KillSwitch(self.files, self.equipment, self.ledger, self.clock, self.kill_pace)

    @cached_property
    def works(self) -> Works:
        return Works(Deeds(self.mover.carry_out, self.leases, self.ledger).carry_out)

    @cached_property
    def mover(self) -> Mover:
        return Mover(self.ledger, self.equipment, self.files, self.freezes, self._look, self.rights.members)

    async def _look(self, plan: Plan, gear: Gear, name: str) -> Measurement:
        return (await Round(self.clock(), self.kinds).metrics(plan, gear.sources, [name]))[name]

    @cached_property
    def cards(self) -> CardKeeper:
        return CardKeeper(self.files)

    @cached_property
    def rehearsals(self) -> Rehearsals:
        return Rehearsals(self.ledger, self.equipment, self.files, self.rights.members)

    @cached_property
    def ticker(self) -> Ticker:
        """Its baselines may come from what was measured before."""
        board, histories = StatusBoard(self.outbox, self.clock), SqlHistories(self.database)
        made = (self.ledger, self.equipment, self.kinds, self.works, self.switch, self.clock, self.database.me)
        return Ticker(*made, board.of, histories)

    @cached_property
    def desk(self) -> FrontDesk:
        obstacles = Obstacles(self.ledger, self.plans, self.equipment, self.switch, self.freezes)
        starting = Starting(self.ledger, self.plans, self.rights, obstacles)
        made = (self.ledger, self.plans, self.rights, starting, self.switch, self.equipment, self.freezing)
        return FrontDesk(*made, self.recounting, self.outbox)

    # ---- what is over -------------------------------------------------------------------------------------------

    @cached_property
    def recounting(self) -> Recounting:
        return recounts(self.database, self.ledger)

    @cached_property
    def reports(self) -> Reports:
        return Reports(self.chronicles, self.plans.thaw, files_of_report, self.clock)

    @cached_property
    def chronicles(self) -> SqlChronicles:
        return SqlChronicles(self.database, self.keys)

    @cached_property
    def keeping(self) -> Keeping:
        papers = RolloutPapers(self.database, self.ledger, (decision, report(self.chronicles)))
        return Keeping(self.keepings, papers, self.ledger, self.equipment, self.database.me)

    @cached_property
    def upkeep(self) -> Upkeep:
        """Processes on one machine share a folder of kill cards; on several, each keeps its own."""
        one = self.database.one_machine
        copies = None if one else CardCopies(self.ledger, self.files, self.rights.members)
        return Upkeep(copies, partial(prune, self.database), self.clock, self.recounting.fill)


def recounts(database: Database, ledger: Ledger) -> Recounting:
    """What answers about rollouts that are over, over an open database."""
    return Recounting(SqlSummaries(database), ledger, ledger.clock)
