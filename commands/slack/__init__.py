"""The Slack door: what people type, click and react with becomes a Request, and is answered.

VERBS is the table, word → module: a verb is its file, its line here, its line in docs/verbs.md and its test.
`payloads.py` reads Slack's payloads, `bolt.py` is the only file that knows Bolt's app, `intake.py` keeps what came,
`worker.py` works on it; `sockets.py` and `signed.py` are the two ways in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.domain.errors import UnknownVerb
from bot.engine.requests import Desk, Reply, Request
from commands.slack import (
    approve,
    details,
    evidence,
    freeze,
    help,
    history,
    hold,
    kill,
    later,
    list,
    plan,
    promote,
    rearm,
    reject,
    resume,
    rollback,
    start,
    status,
    unfreeze,
    why,
)
from commands.slack.words import command, nearest


class Verb(Protocol):
    """What a verb's module has."""

    USAGE: str
    SUMMARY: str

    async def run(self, request: Request, desk: Desk) -> Reply:
        """Read the words, ask the desk, answer. Raises a Refusal."""
        ...


VERBS: Mapping[str, Verb] = {
    "start": start,
    "status": status,
    "list": list,
    "why": why,
    "approve": approve,
    "reject": reject,
    "promote": promote,
    "hold": hold,
    "resume": resume,
    "rollback": rollback,
    "kill": kill,
    "rearm": rearm,
    "freeze": freeze,
    "unfreeze": unfreeze,
    "plan": plan,
    "details": details,
    "evidence": evidence,
    "history": history,
    "help": help,
    **dict.fromkeys(later.LATER, later),
}

DOWNWARD = frozenset({"rollback", "kill", "hold"})
"""What law 2 keeps open while the database is away, and what never gets too old to act on."""


async def perform(request: Request, desk: Desk) -> Reply:
    """Run a request's verb. Raises UnknownVerb with the corrected whole command, and what the verb raises."""
    verb = VERBS.get(request.verb)
    if verb is None:
        meant = nearest(request.verb, VERBS)
        raise UnknownVerb(request.verb, command(meant, request.words) if meant else command("help"))
    return await verb.run(request, desk)
