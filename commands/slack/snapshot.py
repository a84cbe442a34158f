"""`/canary snapshot`: ask every source now, and show what each metric is (S3)."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.manual import Who
from bot.wording.snapshots import measured_now
from commands.slack.naming import named, shown, telling
from commands.slack.words import typed

USAGE = "snapshot [NAME] [share]"
SUMMARY = "Ask every source now: all metrics in a table, for you alone or, with share, for the channel."
WHO: Who = "all"
EXAMPLES = ("snapshot", "snapshot materializers share")


async def run(request: Request, desk: Desk) -> Reply:
    """Measure, and answer the asker; `share` is for all."""
    words = [word for word in request.words if word.lower() != "share"]
    rollout = await named(request, desk, typed("snapshot", words).name, live=False, guess=True)
    check, found = await desk.glimpse(rollout)
    answer = shown(measured_now(await telling(request, desk, rollout), check, found))
    return answer.model_copy(update={"in_channel": len(words) < len(request.words)})
