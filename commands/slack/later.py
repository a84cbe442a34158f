"""Verbs that are reserved for a later version: an honest answer instead of a riddle."""

from __future__ import annotations

from bot.domain.errors import NotNow
from bot.engine.requests import Desk, Reply, Request

USAGE = "override · snapshot · watch · replan · report"
SUMMARY = "Not in this version yet."
LATER = {
    "override": "/canary promote NAME REASON",
    "snapshot": "/canary why",
    "watch": "/canary status",
    "replan": "/canary plan",
    "report": "/canary evidence",
}
"""Each with the verb of today that comes nearest."""


async def run(request: Request, desk: Desk) -> Reply:
    """Say so, and what comes nearest."""
    raise NotNow(f"'{request.verb}' is not in this version yet; nothing was done.", LATER[request.verb])
