"""`perch evidence decision`: what a rollout came to, who answers for it, and whose key signed that (E4)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from bot.domain.record.decision import decision_of
from bot.domain.record.decision_text import decision_text
from bot.domain.signatures import PublicKeys
from commands.terminal.ending import Failed
from commands.terminal.evidence_verify import ask, decision_line, is_file, trusted
from storage.bundle_check import verify_bundle
from storage.database import Database
from storage.evidence import find_chain
from storage.verifying import Checked, check_chain


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The record as it was hashed, with its signature.")
@click.option("--public-key", "public_keys", multiple=True, metavar="KEY|FILE", help="Trust this key's signatures too.")
@click.pass_context
def decision(context: click.Context, name: str, as_json: bool, public_keys: tuple[str, ...]) -> None:
    """Print the decision of NAME, or of a bundle's FILE: guardrails, numbers, who authorised it, signature."""
    keys = trusted(context, public_keys)
    checked = _in_file(Path(name), keys) if is_file(name) else ask(context, lambda base: _kept(base, name, keys))
    if checked.broken is not None:
        bad = checked.broken
        raise Failed(f"The record isn't whole (record {bad.number}: {bad.what}); no decision is shown from it.")
    found = decision_of(checked.records)
    if found is None:
        raise Failed(f"{name} has no decision on record: it hasn't ended, or an older Perch ended it.")
    record, made = found
    seal = checked.seals.get(record.number)
    if as_json:
        told = {"record": asdict(record), "signature": asdict(seal) if seal else None}
        click.echo(json.dumps(told, ensure_ascii=False, sort_keys=True))
    else:
        click.echo(decision_text(made, record, seal), nl=False)
    click.echo(decision_line(checked, keys), err=True)


def _in_file(file: Path, keys: PublicKeys) -> Checked:
    whole = verify_bundle(file, keys)
    return Checked(whole.rollout, None, whole.records, whole.signing, whole.seals)


async def _kept(database: Database, name: str, keys: PublicKeys) -> Checked:
    return await check_chain(database, await find_chain(database, name), keys)
