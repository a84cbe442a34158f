"""`perch evidence`: show a record and its decision, verify it, export it, keep it
elsewhere, take something out of it, and the key that signs it.

The context object brings `database_url` and `settings`. StoreAway, and refusals (BrokenBundle among them), are left to
whoever runs the command: one line, exit code 1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from bot.domain.evidence import Record
from bot.redaction import one_line
from bot.wording.records import gist
from commands.terminal.ending import Failed
from commands.terminal.evidence_decision import decision
from commands.terminal.evidence_keep import keep
from commands.terminal.evidence_redact import redact
from commands.terminal.evidence_verify import ask, settings, trusted, verify, verify_file
from storage.bundle import export
from storage.database import Database
from storage.durable import replace
from storage.evidence import find_chain, read_chain
from storage.signing import new_key, read_signing_key


@click.group()
def evidence() -> None:
    """The append-only record: show, decision, verify, export, keep, redact, key.

    NAME is a rollout's id, a plan's name (its newest rollout), or `workspace`.
    """


@evidence.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, as it was hashed.")
@click.pass_context
def show(context: click.Context, name: str, as_json: bool) -> None:
    """Print the records of NAME, oldest first, in a line each; all that they say with --json."""

    async def records(database: Database) -> Sequence[Record]:
        return await read_chain(database, await find_chain(database, name))

    for record in ask(context, records):
        click.echo(json.dumps(asdict(record), ensure_ascii=False, sort_keys=True) if as_json else _line(record))


@evidence.command(name="export")
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: <rollout>.perch.zip")
@click.pass_context
def export_(context: click.Context, name: str, output: Path | None) -> None:
    """Write the bundle of NAME: one file that anybody can verify with `perch evidence verify FILE`, offline."""

    async def bundle(database: Database) -> tuple[str, bytes]:
        chain = await find_chain(database, name)
        return chain, await export(database, chain)

    rollout, content = ask(context, bundle)
    # A rewritten database may hold any id: the file lies where the command was typed.
    file = output or Path(Path(f"{rollout}.perch.zip").name)
    try:
        replace(file, content)
    except OSError as fault:
        raise click.FileError(str(file), f"{fault.strerror}; choose another with -o") from fault
    click.echo(f"{file} ({len(content)} bytes)")
    verify_file(file, trusted(context))


@evidence.command()
@click.option("--new", is_flag=True, help="Make a private key and print it as PERCH_SIGNING_KEY wants it.")
@click.pass_context
def key(context: click.Context, new: bool) -> None:
    """Print the public key of PERCH_SIGNING_KEY, for those who verify; with --new, make a private one."""
    if new:
        made = new_key()
        click.echo(made)
        click.echo(f"public: {read_signing_key(made).public} (give it to those who verify)", err=True)
        return
    own = settings(context).signing_key.get_secret_value()
    if not own:
        raise Failed("PERCH_SIGNING_KEY isn't set: evidence isn't signed. Next: perch evidence key --new")
    signer = read_signing_key(own)
    click.echo(signer.public)
    click.echo(f"id: {signer.id}", err=True)


evidence.add_command(verify)
evidence.add_command(decision)
evidence.add_command(keep)
evidence.add_command(redact)


def _line(record: Record) -> str:
    """One screen's width: what a record says in full is for `--json`."""
    told = one_line(gist(record.body))
    return f"{record.number:>5}  {record.at}  {record.actor:<12} {record.kind:<16} {told}".rstrip()
