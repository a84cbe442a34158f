"""The shell door: the console command `perch`. For scripts, and for when Slack is gone (U6).

COMMANDS is the table, word → where its click command is. A module is imported when its word is typed, so that each
command starts as fast as what it needs. Exit codes: 0 good, 1 a check failed, 2 wrong usage.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.terminal.words import Words

if TYPE_CHECKING:
    from bot.domain.plan import Plan

COMMANDS: Mapping[str, str] = {
    "run": "commands.terminal.run:run",
    "sandbox": "commands.terminal.sandbox:sandbox",
    "plan": "commands.terminal.plan:plan",
    "doctor": "commands.terminal.doctor:doctor",
    "rollouts": "commands.terminal.rollouts:rollouts",
    "status": "commands.terminal.status:status",
    "hold": "commands.terminal.hold:hold",
    "resume": "commands.terminal.resume:resume",
    "rollback": "commands.terminal.rollback:rollback",
    "kill": "commands.terminal.kill:kill",
    "falsealarm": "commands.terminal.falsealarm:falsealarm",
    "incident": "commands.terminal.incident:incident",
    "freeze": "commands.terminal.freeze:freeze",
    "unfreeze": "commands.terminal.unfreeze:unfreeze",
    "report": "commands.terminal.report:report",
    "trends": "commands.terminal.trends:trends_command",
    "evidence": "commands.terminal.evidence:evidence",
    "db": "commands.terminal.db:db",
}
_UP = "What leads up is asked for in Slack, where people are known: /canary {word}."
_LOOK = "Look: perch status NAME; in Slack /canary {word} tells more."
ELSEWHERE: Mapping[str, str] = {
    "list": "What is live: perch rollouts.",
    "history": "The past: perch rollouts, perch trends, perch report NAME.",
    **{word: _LOOK.format(word=word) for word in ("why", "details", "snapshot")},
    **{
        word: _UP.format(word=word) for word in ("start", "approve", "reject", "promote", "override", "replan", "rearm")
    },
}
"""Verbs of Slack that people try here."""


@click.group(
    "perch", cls=Words, table=COMMANDS, elsewhere=ELSEWHERE, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="perch", message="perch %(version)s")
@click.pass_context
def perch(ctx: click.Context) -> None:
    """Roll software out safely: stages, gates, kill switches and evidence. Slack is the main door; this is the other.

    Settings come from the environment: docs/operating.md lists them. Exit codes: 0 good, 1 a check failed, 2 wrong
    usage.
    """
    if ctx.obj is None:
        ctx.obj = given(os.environ)


def given(environment: Mapping[str, str]) -> dict[str, object]:
    """What commands may ask for: `plans`, `database_url`; `kinds`, `settings` and `live`, which work when called."""
    from bot.settings import Settings, read_settings

    fields = Settings.model_fields
    return {
        "plans": Path(environment.get("PERCH_PLANS") or fields["plans"].default),
        "database_url": environment.get("DATABASE_URL") or fields["database_url"].default,
        "kinds": _kinds,
        "settings": lambda: read_settings(environment),
        "live": _ask_live,
    }


def _kinds() -> object:
    from bot.assembly import all_kinds

    return all_kinds()


async def _ask_live(plan: Plan) -> list[str]:
    from commands.terminal.live import problems

    return await problems(plan, os.environ)


def main() -> None:
    """The entry point of the console command."""
    from commands.terminal.logs import log_to_stderr

    log_to_stderr(os.environ.get("PERCH_LOG_LEVEL", ""), otherwise="ERROR")
    perch.main(prog_name="perch")
