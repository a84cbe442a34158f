"""`perch evidence redact`: take a person or a value out of the record for good; the chain says so, and stays whole."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from bot.assembly import signer_of
from bot.domain.redactions import VALUE, Scrub, next_person, person
from bot.redaction import REDACTED, SHORTEST, Redactor
from bot.settings import Settings
from commands.terminal.asking import shell_user
from commands.terminal.db_archive import counted
from commands.terminal.ending import Failed
from commands.terminal.evidence_verify import settings
from storage.address import database_file, is_a_file
from storage.database import Database, open_existing
from storage.evidence import chains, find_chain
from storage.redacting.erasing import Because, erase, sweep
from storage.redacting.files import scrub_files
from storage.redacting.found import Found, earlier, live_ids, look, threads

ELSEWHERE = (
    "Not reached: bundles, reports and backups made before this, logs, and what people wrote in Slack: docs/privacy.md"
)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{2,79}")


@click.command()
@click.argument("name", required=False)
@click.option("--person", "who", metavar="ID", help="A Slack user id, or shell:NAME. It becomes person-N.")
@click.option(
    "--value", metavar="TEXT|-", help="A text, such as a pasted token. - reads it from stdin: secrets go there."
)
@click.option("--as", "stands_for", metavar="person-N", help="Take a number that stands for this person already.")
@click.option("--reason", required=True, help="Why; it goes on record.")
@click.option("--dry-run", is_flag=True, help="Say where it is, and change nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_context
def redact(
    context: click.Context,
    name: str | None,
    who: str | None,
    value: str | None,
    stands_for: str | None,
    reason: str,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take a person or a value out of NAME, or of everything that is kept. It can't be undone."""
    if (who is None) == (value is None):
        raise click.UsageError("give --person ID or --value TEXT, one of them")
    if stands_for is not None and (who is None or not re.fullmatch(r"person-[1-9]\d{0,8}", stands_for)):
        raise click.UsageError("--as goes with --person, and is such as person-1")
    if not reason.strip():
        raise click.UsageError("--reason is empty; say why, for those who read the record later")
    asyncio.run(_redact(settings(context), name, who, _given(value), stands_for, reason.strip(), dry_run, yes))


def _given(value: str | None) -> str:
    return sys.stdin.read().strip() if value == "-" else (value or "").strip()


async def _redact(
    found: Settings,
    name: str | None,
    who: str | None,
    value: str,
    stands_for: str | None,
    reason: str,
    dry_run: bool,
    yes: bool,
) -> None:
    database = await open_existing(found.database_url)
    database.archive = found.archive_folder
    try:
        scrub = await _scrub(database, who, value, stands_for)
        named = [await find_chain(database, name)] if name else await chains(database)
        signer = signer_of(found)
        here = await look(database, named, scrub, signs=signer is not None)
        _tell(here)
        if dry_run:
            click.echo("nothing was changed")
            return
        if any(here.chains) and not yes:
            _ask()
        because = Because(shell_user(os.environ).id, datetime.now(UTC), reason)
        changed = await erase(database, here, scrub, because, signer)
        await _afterwards(database, found, here, scrub, changed)
    finally:
        await database.aclose()


def _ask() -> None:
    try:
        sure = click.confirm("Take it out for good?")
    except click.Abort:
        sure = False
    if not sure:
        raise Failed("nothing was changed. Next: the same with --yes, if it shall go")


async def _scrub(database: Database, who: str | None, value: str, stands_for: str | None) -> Scrub:
    if who is not None:
        if not _ID.fullmatch(who):
            raise Failed(f"'{who}' is no id of a person. Next: --person U0123ABCD, or shell:NAME, as the record has it")
        return person(who, stands_for or next_person(await earlier(database)))
    if len(value) < SHORTEST:
        raise Failed(f"a value has {SHORTEST} characters or more, or too much else would go. Nothing was changed")
    return Scrub(VALUE, REDACTED, Redactor([value]))


def _tell(found: Found) -> None:
    for each in filter(None, found.chains):
        records = sum(places for _, places in each.records)
        parts = [f"{counted(records, 'place')} in {counted(len(each.records), 'record')}"] if records else []
        parts += [f"{count} in {what}" for what, count in sorted(each.places.items()) if count]
        click.echo(f"{each.chain}: {', '.join(parts)}")
    for line in found.left:
        click.echo(f"left: {line}")
    if not any(found.chains):
        click.echo("it was found nowhere in the database")


async def _afterwards(database: Database, found: Settings, here: Found, scrub: Scrub, changed: int) -> None:
    """Files, which no commit covers, and what is out of Perch's reach."""
    await sweep(database)
    files, needed = await asyncio.to_thread(scrub_files, found.state, await live_ids(database), scrub)
    if files or needed:
        left = f"; {needed} that a kill still needs were left, so type this again later" if needed else ""
        click.echo(f"files of the kill path: {files} changed{left}")
    if not changed:
        return
    says = "says" if changed == 1 else "say"
    click.echo(f"redacted: it reads {scrub.stands_for} now, and {counted(changed, 'chain')} {says} so")
    _tell_slack(await threads(database, [each.chain for each in here.chains if each]))
    if is_a_file(found.database_url):
        click.echo(
            f"{database_file(found.database_url)} may keep old bytes in its free pages until it is written anew:"
        )
        click.echo("  stop Perch, then perch db archive --compact")
    click.echo(ELSEWHERE)


def _tell_slack(places: Sequence[tuple[str, str, str, int]]) -> None:
    for rollout, channel, ts, count in places:
        about = rollout or "no rollout"
        click.echo(f"In Slack: {counted(count, 'message')} of Perch's about {about}, channel {channel}, from {ts} on.")
    if places:
        click.echo("  Delete there what names it: an admin of the workspace may, and the bot's token (chat.delete)")
