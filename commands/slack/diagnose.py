"""`/canary diagnose materializers latency_p99`: look now, as the metric's runbook says (R14)."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.diagnosis import begun
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.words import typed

USAGE = "diagnose [NAME] [METRIC]"
SUMMARY = "Look now, as the runbooks of bad metrics say (or of one metric); the answers come in the thread."
WHO: Who = "operate"
EXAMPLES = ("diagnose materializers", "diagnose materializers latency_p99")


async def run(request: Request, desk: Desk) -> Reply:
    """Begin it. An ended rollout can be looked at too: what is bad often shows best then."""
    said = typed("diagnose", request.words)
    rollout = await named(request, desk, said.name, live=False, guess=True)
    metrics = await desk.diagnose(request, rollout.id, said.plain[1] if len(said.plain) > 1 else "")
    return await receipt(request, desk, begun(metrics), rollout)
