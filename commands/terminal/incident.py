"""`perch incident NAME sev2 WHAT`: open, end and list incidents; for when Slack is gone too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import click

from bot.domain.rollout import Rollout
from bot.domain.severities import Severity, severity
from bot.settings import Settings
from commands.terminal.asking import json_option, request

HOW = "perch incident NAME sev1|sev2|sev3|sev4 WHAT, perch incident NAME end [ID], or perch incident [NAME]"


@click.command()
@click.argument("name", required=False, default="")
@click.argument("words", nargs=-1)
@json_option
@click.pass_context
def incident(ctx: click.Context, name: str, words: tuple[str, ...], as_json: bool) -> None:
    """Open an incident of the rollout NAME (`sev2 the queue stands still`), `end [ID]` it, or list what is there."""
    if words and words[0] != "end" and (severity(words[0]) is None or len(words) < 2):
        raise click.UsageError(f"Say how bad it is, and what: {HOW}.")
    for line in asyncio.run(_do(ctx.obj["settings"](), name, words, as_json)):
        click.echo(line)


async def _do(settings: Settings, name: str, words: Sequence[str], as_json: bool) -> list[str]:
    from commands.terminal.engine import open_engine

    async with open_engine(settings) as engine:
        desk = engine.desk
        if not name:
            return _shown(await desk.live(), as_json)
        rollout = await desk.find(name, live=False)
        asked = request("incident", name, "", engine.ledger.clock)
        if words and words[0] == "end":
            rollout = await desk.end_incident(asked, rollout.id, words[1] if len(words) > 1 else "")
        elif words:
            how_bad = severity(words[0]) or Severity.SEV4
            rollout = await desk.open_incident(asked, rollout.id, how_bad, " ".join(words[1:]))
        return _shown([rollout], as_json, ended=True)


def _shown(rollouts: Sequence[Rollout], as_json: bool, *, ended: bool = False) -> list[str]:
    from bot.assembly import utc_now
    from bot.wording.incidents import line
    from bot.wording.plain_text import plain_text

    found = [(rollout, each) for rollout in rollouts for each in rollout.incidents if ended or each.open]
    if as_json:
        told = [{"rollout": rollout.id, **each.model_dump(mode="json")} for rollout, each in found]
        return [json.dumps(told, indent=2)]
    return [plain_text(f"{rollout.plan}: {line(each, utc_now())}") for rollout, each in found] or ["No incident."]
