"""The Slack door: what people type, click and react with becomes a Request, and is answered.

VERBS is the table, word → module: a verb is its file, its line here, its line in docs/verbs.md and its test.
`dialogs.py` is the table of dialogs, `payloads.py` reads Slack's payloads, `bolt.py` is the only file that knows Bolt's
app, `intake.py` keeps what came, `worker.py` works on it; `sockets.py` and `signed.py` are the two ways in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.errors import UnknownVerb
from bot.engine.requests import Desk, Reply, Request
from bot.wording.manual import Who
from commands.slack import (
    acknowledge,
    approve,
    details,
    diagnose,
    evidence,
    falsealarm,
    freeze,
    help,
    history,
    hold,
    incident,
    kill,
    list,
    override,
    plan,
    promote,
    rearm,
    reject,
    replan,
    report,
    resume,
    rollback,
    snapshot,
    start,
    status,
    tick,
    unfreeze,
    untick,
    watch,
    why,
)
from commands.slack.words import command, nearest


class Verb(Protocol):
    """What a verb's module has."""

    USAGE: str
    SUMMARY: str
    WHO: Who

    @property
    def EXAMPLES(self) -> Sequence[str]:
        """Whole commands without `/canary`, ready to copy."""
        ...

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
    "tick": tick,
    "untick": untick,
    "acknowledge": acknowledge,
    "promote": promote,
    "override": override,
    "hold": hold,
    "resume": resume,
    "rollback": rollback,
    "kill": kill,
    "rearm": rearm,
    "falsealarm": falsealarm,
    "freeze": freeze,
    "unfreeze": unfreeze,
    "watch": watch,
    "diagnose": diagnose,
    "incident": incident,
    "plan": plan,
    "replan": replan,
    "snapshot": snapshot,
    "report": report,
    "details": details,
    "evidence": evidence,
    "history": history,
    "help": help,
}

DOWNWARD = frozenset({"rollback", "kill", "hold"})
"""What law 2 keeps open while the database is away, and what never gets too old to act on."""


def _mended(words: Sequence[str], desk: Desk) -> Sequence[str]:
    """The first word as the plan that it nearly names, so that what is suggested works."""
    plans = desk.plans()
    if not words or any(words[0].startswith(plan) for plan in plans):
        return words
    return [nearest(words[0], plans, cutoff=0.75) or words[0], *words[1:]]


async def perform(request: Request, desk: Desk) -> Reply:
    """Run a request's verb. Raises UnknownVerb with the corrected whole command, and what the verb raises."""
    verb = VERBS.get(request.verb)
    if verb is None:
        meant = nearest(request.verb, VERBS)
        raise UnknownVerb(request.verb, command(meant, _mended(request.words, desk)) if meant else command("help"))
    return await verb.run(request, desk)
