"""`/canary list`: what is being rolled out."""

from __future__ import annotations

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Reply, Request
from bot.wording.manual import Who
from bot.wording.rosters import listing
from commands.slack.naming import shown
from commands.slack.words import command

USAGE = "list [WORD]"
SUMMARY = "Everything that is live, what waits for a person first; or what a plan, service or environment names."
WHO: Who = "all"
EXAMPLES = ("list", "list production")


async def run(request: Request, desk: Desk) -> Reply:
    """All live rollouts, and what is frozen; with a word, those that it fits. Raises BadRequest if it fits none."""
    live = await desk.live()
    word = " ".join(request.words).lower()
    if not word:
        return shown(listing(live, request.at, await desk.standing()))
    meant = [each for each in live if any(word in part for part in _names(each))]
    if not meant:
        raise BadRequest(
            Phrase("Nothing live has '{word}' in its plan, service or environment.", word=word), command("list")
        )
    return shown(listing(meant, request.at))


def _names(rollout: Rollout) -> tuple[str, ...]:
    return rollout.plan.lower(), rollout.service.lower(), rollout.environment.lower()
