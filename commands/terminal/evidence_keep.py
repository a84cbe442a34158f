"""`perch evidence keep`: put the papers of an ended rollout where its plan says, now and by hand (E9)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bot.domain.errors import NotNow
from bot.domain.phrases import Phrase
from bot.ports.archives import Ended, Kept
from bot.settings import Settings
from bot.wording.plain_text import plain_text
from commands.terminal.asking import shell_user
from commands.terminal.ending import Failed
from commands.terminal.evidence_verify import ask, settings
from storage.evidence import find_chain
from storage.keepings import DONE, WAITING

if TYPE_CHECKING:
    from bot.assembly import Engine

NOWHERE = (
    "{plan} names nowhere to keep its papers. Nothing was done. Next: write keep: in its plan, or set PERCH_KEEP "
    "(docs/keeping.md)"
)


@click.command()
@click.argument("name")
@click.option("--give-up", is_flag=True, help="Stop trying what isn't kept or mailed yet; that is put on record.")
@click.pass_context
def keep(context: click.Context, name: str, give_up: bool) -> None:
    """Put the papers of NAME, an ended rollout, where its plan or PERCH_KEEP says; say where they lie.

    What lies there already isn't put again. Exit code 1 when a destination didn't take them: Perch goes on trying.
    """
    rollout = ask(context, lambda database: find_chain(database, name))
    asyncio.run((_give_up if give_up else _keep)(settings(context), rollout))


async def _keep(given: Settings, id: str) -> None:
    from commands.terminal.engine import open_engine

    async with open_engine(given) as engine:
        ended = await _found(engine, id)
        plan = await engine.ledger.plan_of(ended.rollout)
        parts = engine.equipment.kept_at(plan)
        if not parts and not await engine.keepings.of(ended.rollout.id):
            raise Failed(NOWHERE.format(plan=plan.name))
        jobs = engine.keeping.jobs(ended, parts)
        await engine.keepings.ask(jobs, ended)
        await engine.keepings.hurry(ended.rollout.id, jobs, engine.ledger.clock())
        await engine.keeping.only(ended.rollout.id)
        _tell(ended, await engine.keepings.of(ended.rollout.id))


async def _give_up(given: Settings, id: str) -> None:
    from commands.terminal.engine import open_engine

    async with open_engine(given) as engine:
        ended = await _found(engine, id)
        dropped = await engine.keepings.drop(ended.rollout.id, shell_user(os.environ).id, engine.ledger.clock())
        for each in dropped:
            click.echo(plain_text(f"given up: {_called(each)} ({each.why or 'not tried yet'})"))
        if not dropped:
            click.echo(f"nothing of {ended.rollout.id} waits to be kept")


async def _found(engine: Engine, id: str) -> Ended:
    """An ended rollout. Raises UnknownRollout, and NotNow for one that isn't over."""
    rollout = await engine.rollouts.load(id)
    if rollout.live or rollout.watched:
        what = Phrase("{id} isn't over: its papers are kept when it has ended and was verified.", id=id)
        raise NotNow(what, f"/canary status {rollout.plan}")
    return Ended(rollout, (await engine.rollouts.head(id)).number)


def _tell(ended: Ended, found: Sequence[Kept]) -> None:
    """What lies where, each place once; raises Failed when something doesn't."""
    done = dict.fromkeys(f"kept: {each.place}" for each in found if each.state == DONE)
    for line in done:
        click.echo(plain_text(line))
    waiting = [each for each in found if each.state == WAITING]
    for each in waiting:
        why = each.why or "another Perch is at it, or it couldn't be written down"
        click.echo(plain_text(f"not yet: {_called(each)}: {why}"), err=True)
    if waiting:
        raise Failed(
            f"Of {ended.rollout.id}, {len(waiting)} aren't kept yet; a Perch that runs goes on trying. "
            f"Next: perch doctor, then perch evidence keep {ended.rollout.id} (--give-up ends it)"
        )


def _called(kept: Kept) -> str:
    if kept.job.notice:
        return f"notifier {kept.job.whom}"
    return f"mail to {kept.job.whom}" if kept.job.mail else kept.job.part.kind
