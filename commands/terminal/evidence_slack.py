"""`perch evidence verify --slack`: the database against what was posted of it, read back from Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import click
from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.client import slack_client
from adapters.notify.slack.records import posted_anchors
from bot.domain.anchors import verify_anchors
from bot.domain.evidence import WORKSPACE, Broken
from bot.engine.saying import DECISIONS
from bot.ports import OutsideFault, Posted
from bot.settings import Settings
from commands.terminal.ending import Failed
from commands.terminal.evidence_verify import ask
from storage.database import Database
from storage.outbox import SqlOutbox
from storage.verifying import Checked


def compared(context: click.Context, settings: Settings, found: Sequence[Checked]) -> list[Checked]:
    """Each chain that is whole by itself, held against its thread in Slack. Raises Failed, StoreAway."""
    token = settings.slack_bot_token.get_secret_value()
    if not token:
        raise Failed("SLACK_BOT_TOKEN isn't set, so Slack can't be asked. Next: set it, or give --head NUMBER:HASH")
    threads = ask(context, lambda database: _threads(database, found))
    return asyncio.run(_compared(token, settings.slack_api_url, found, threads))


async def _threads(database: Database, found: Sequence[Checked]) -> dict[str, Posted]:
    """Where each rollout's thread begins, by chain."""
    outbox = SqlOutbox(database)
    places = {each.chain: await outbox.place(each.chain, f"status:{each.chain}") for each in found}
    return {chain: place for chain, place in places.items() if place is not None}


async def _compared(token: str, api: str, found: Sequence[Checked], threads: dict[str, Posted]) -> list[Checked]:
    async with slack_client(token, api) as client:
        return [await _held_against(client, each, threads.get(each.chain)) for each in found]


async def _held_against(client: AsyncWebClient, checked: Checked, thread: Posted | None) -> Checked:
    if checked.broken is not None or checked.chain == WORKSPACE:
        return checked
    try:
        anchors = await posted_anchors(client, checked.chain, thread) if thread else []
    except OutsideFault as fault:
        raise Failed(f"{checked.chain} couldn't be compared with Slack: {fault}") from fault
    broken = verify_anchors(checked.chain, checked.records, anchors)
    if broken is None and not anchors:
        broken = _nothing_posted(checked, thread)
    if broken is None and anchors:
        broken = _untold(checked, anchors[-1].number)
    if broken is None and anchors:
        click.echo(f"agrees with Slack: {checked.chain}, {len(anchors)} decisions, the last at {anchors[-1].number}")
    return replace(checked, broken=broken)


def _untold(checked: Checked, told: int) -> Broken | None:
    """A redaction that neither a key nor Slack speaks for may be a change that somebody calls so."""
    for gone in checked.redactions:
        if gone.number > told and not gone.signed:
            what = "it says that records were redacted, isn't signed, and Slack wasn't told of it"
            return Broken(checked.chain, gone.number, f"{what}; if it was just ordered, wait until it is")
    return None


def _nothing_posted(checked: Checked, thread: Posted | None) -> Broken | None:
    """A rollout whose decisions were told, of which Slack shows nothing, can't be called whole."""
    told = [record for record in checked.records if record.kind in DECISIONS and record.body.get("told")]
    if not told:
        return None
    where = "its thread in Slack shows no decision" if thread else "no thread in Slack is known for it"
    return Broken(checked.chain, told[0].number, f"{where}, though this one was told there: it can't be compared")
