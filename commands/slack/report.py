"""`/canary report`: what the evidence says about a rollout, in one message, or all of it as files (E6)."""

from __future__ import annotations

from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from bot.wording.report.message import report
from bot.wording.sentences import plain
from commands.slack.naming import named, shown, telling
from commands.slack.words import typed

USAGE = "report [NAME] [share|file]"
SUMMARY = "The deployment report: outcome, stages, numbers, incidents; share for the channel, file for the whole of it."
WHO: Who = "all"
EXAMPLES = ("report materializers", "report materializers share", "report materializers file")


async def run(request: Request, desk: Desk) -> Reply:
    """From the records; ended rollouts included. `share` is for all, `file` brings HTML and Markdown to the thread."""
    words = [word for word in request.words if word.lower() not in ("share", "file")]
    rollout = await named(request, desk, typed("report", words).name, live=False, guess=True)
    if "file" in map(str.lower, request.words):
        return await _file(request, desk, rollout)
    answer = shown(report(await telling(request, desk, rollout), await desk.records(rollout)))
    return answer.model_copy(update={"in_channel": len(words) < len(request.words)})


async def _file(request: Request, desk: Desk, rollout: Rollout) -> Reply:
    """Posted by the outbox, as all is: it may take some seconds."""
    command = f"perch report {plain(rollout.id, 60)} --html"
    if await desk.send_report(request, rollout):
        return Reply(text=t("The report of {name} comes as a file in its thread.", name=plain(rollout.plan, 60)))
    return Reply(text=t("Nobody posts files here. In a shell: `{command}`", command=command))
