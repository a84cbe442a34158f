"""`perch evidence verify`: is a record whole, who signed it, and does it agree with what others saw of it?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from bot.domain.anchors import Anchor, verify_anchors
from bot.domain.evidence import Broken
from bot.domain.record.artifacts import RULES
from bot.domain.record.decision import decision_of
from bot.domain.redactions import Redaction
from bot.domain.signatures import PublicKeys, Signing, record_text
from bot.redaction import one_line
from bot.settings import Settings
from storage.bundle_check import WholeBundle, verify_bundle
from storage.database import Database, open_existing
from storage.evidence import find_chain
from storage.signing import KnownKeys, read_public_keys, read_signing_key
from storage.verifying import Checked, check_all, check_chain

T = TypeVar("T")
_HEAD = re.compile(r"(\d+):([0-9a-f]{8,64})")
UNSIGNED = "nothing but the chain of hashes speaks for those, and whoever may write the database can make that anew"

UNVOUCHED = "whoever may write the database can change a record and call it redacted"


class Seen(click.ParamType[Anchor]):
    """`NUMBER:HASH`, as read off a decision in Slack."""

    name = "number:hash"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Anchor:
        found = _HEAD.fullmatch(value.strip().strip("`").lower())
        if found is None or int(found[1]) < 1:
            self.fail(f"'{value}' is not NUMBER:HASH, such as 12:9f86d081884c7d65 (8 or more digits of the hash)")
        return Anchor(int(found[1]), found[2], "when it was written down for --head,")


@click.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Every chain in the database; the same as giving no name.")
@click.option("--public-key", "public_keys", multiple=True, metavar="KEY|FILE", help="Trust this key's signatures too.")
@click.option("--require-signed", is_flag=True, help="An unsigned record is a bad one; so is one no known key signed.")
@click.option(
    "--head", "heads", type=Seen(), multiple=True, metavar="NUMBER:HASH", help="Compare with what Slack says."
)
@click.option("--slack", is_flag=True, help="Read what was posted back from Slack and compare it.")
@click.pass_context
def verify(
    context: click.Context,
    name: str | None,
    everything: bool,
    public_keys: Sequence[str],
    require_signed: bool,
    heads: Sequence[Anchor],
    slack: bool,
) -> None:
    """Check that NAME (or a bundle's FILE, or every chain) is whole; exit 1 and name the first bad record if not."""
    if name is not None and everything:
        raise click.UsageError("give a name or --all, not both")
    if heads and name is None:
        raise click.UsageError("--head is about one rollout: give its name too")
    keys = trusted(context, public_keys)
    if name is not None and is_file(name):
        if slack:
            raise click.UsageError("--slack needs the database; for a file use --head NUMBER:HASH")
        verify_file(Path(name), keys, heads, require_signed)
        return
    found = ask(context, lambda database: _checked(database, name, keys))
    found = [_against(each, heads) for each in found]
    if slack:
        from commands.terminal.evidence_slack import compared

        found = compared(context, settings(context), found)
    _tell(name, found, require_signed)
    if name is not None:
        _tell_decision(found[0], keys)


def verify_file(file: Path, keys: PublicKeys, heads: Sequence[Anchor] = (), require_signed: bool = False) -> None:
    """Verify a bundle and say so. Raises BrokenBundle; exits 1 for what the heads and signatures don't bear out."""
    whole = verify_bundle(file, keys)
    checked = Checked(file.name, None, whole.records, whole.signing, whole.seals, whole.redactions)
    _stop_at([_against(checked, heads)], require_signed)
    click.echo(f"whole: {whole.plan} in {whole.environment}, rollout {whole.rollout}, {whole.head.number} records")
    if whole.rollout not in file.name:
        click.echo(f"name:  the file is called {file.name}; by its content it is the record of {whole.rollout}")
    click.echo(f"head:  {whole.head.hash} (compare it with the one posted in Slack)")
    _tell_artifacts(whole)
    _tell_decision(checked, keys)
    _tell_redactions(whole.redactions)
    _tell_signing(whole.signing)


def _tell_artifacts(whole: WholeBundle) -> None:
    if whole.artifacts is not None:
        click.echo(f"artifacts: {whole.artifacts}, each as the record gives it")
    elif whole.rules:
        other = f"they were made by rules {whole.rules}, and this Perch has rules {RULES}"
        click.echo(f"NOT MADE ANEW: the artifacts; {other}. They are as the manifest names them, no more")


def _tell_decision(checked: Checked, keys: PublicKeys) -> None:
    if line := decision_line(checked, keys):
        click.echo(line)


def decision_line(checked: Checked, keys: PublicKeys) -> str:
    """`decision: PROMOTE (record 31), signed by key …`; "" where there is none. Never silent about a signature."""
    found = decision_of(checked.records)
    if found is None:
        return ""
    record, made = found
    said, seal = f"decision: {made.decision} (record {record.number})", checked.seals.get(record.number)
    if seal is None:
        return f"{said}, UNSIGNED: nobody's key vouches for it"
    if keys and keys.signed(record_text(record), seal):
        return f"{said}, signed by key {seal.key}"
    return f"{said}, signed with key {seal.key}, NOT CHECKED: give the public key with --public-key"


def trusted(context: click.Context, public_keys: Sequence[str] = ()) -> KnownKeys:
    """The keys whose signatures count: Perch's own, the former ones that are set, and those given. Raises BadKey."""
    found = settings(context)
    given = [*read_public_keys([found.public_keys]), *read_public_keys(public_keys, "--public-key")]
    own = found.signing_key.get_secret_value()
    if own:
        given += read_public_keys([read_signing_key(own).public])
    return KnownKeys(given)


def settings(context: click.Context) -> Settings:
    """The settings that the context brings. Raises BadSetting."""
    found: Settings = context.obj["settings"]()
    return found


def ask(context: click.Context, question: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database that the context names, ask, close."""

    async def asked() -> T:
        database = await open_existing(context.obj["database_url"])
        database.archive = settings(context).archive_folder
        try:
            return await question(database)
        finally:
            await database.aclose()

    return asyncio.run(asked())


async def _checked(database: Database, name: str | None, keys: PublicKeys) -> list[Checked]:
    if name is None:
        return await check_all(database, keys)
    return [await check_chain(database, await find_chain(database, name), keys)]


def _against(checked: Checked, anchors: Sequence[Anchor]) -> Checked:
    """A chain that is whole by itself, held against what was seen of it."""
    if checked.broken is not None:
        return checked
    return replace(checked, broken=verify_anchors(checked.chain, checked.records, anchors))


def _tell(name: str | None, found: Sequence[Checked], require_signed: bool) -> None:
    _stop_at(found, require_signed)
    click.echo(f"whole: {name}" if name else f"whole: all {len(found)} chains")
    _tell_redactions([gone for each in found for gone in each.redactions])
    _tell_signing(sum((each.signing for each in found), Signing()))


def _stop_at(found: Sequence[Checked], require_signed: bool) -> None:
    """Name the first bad record of each chain that has one, and exit 1."""
    bad = [each.broken for each in found if each.broken is not None]
    if require_signed:
        bad += [_unsigned(each) for each in found if each.broken is None and _lacking(each.signing)]
    for each in bad:
        click.echo(f"broken: {each.chain}, record {each.number}: {each.what}", err=True)
    if bad:
        raise click.exceptions.Exit(1)


def _lacking(signing: Signing) -> int:
    return signing.unsigned + signing.unchecked


def _unsigned(checked: Checked) -> Broken:
    what = "it isn't signed" if checked.signing.unsigned else "no known public key can check its signature"
    return Broken(checked.chain, 1, f"{what}, and --require-signed was given")


def _tell_signing(signing: Signing) -> None:
    every = signing.signed + signing.unsigned + signing.unchecked
    if signing.signed:
        click.echo(f"signed: {signing.signed} of {every} records, each by a known key")
    if signing.unsigned:
        click.echo(f"NOT SIGNED: {signing.unsigned} of {every} records; {UNSIGNED}")
    if signing.unchecked:
        click.echo(f"NOT CHECKED: {signing.unchecked} signatures; give the public key with --public-key")


def _tell_redactions(found: Sequence[Redaction]) -> None:
    """Each is said, and loudly where nothing but the database speaks for it."""
    for each in found:
        many = {0: "state or messages alone", 1: "1 record"}.get(len(each.of), f"{len(each.of)} records")
        line = (
            f"redacted: {many} of {each.chain} by {each.by} on {each.at[:10]}, says record {each.number}: {each.reason}"
        )
        click.echo(one_line(line))
        if not each.signed:
            which = "NOT SIGNED" if each.signed is False else "NOT CHECKED"
            click.echo(f"{which}: record {each.number}; {UNVOUCHED}")


def is_file(name: str) -> bool:
    """Whether a bundle is meant, and no rollout or plan."""
    with suppress(OSError, ValueError):
        return Path(name).is_file() or Path(name).suffix == ".zip"
    return False
