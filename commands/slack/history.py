"""`/canary history`: how rollouts went, from the record; one of them in full, or all of a plan added up."""

from __future__ import annotations

from bot.domain.record.summary import Wanted
from bot.domain.record.trends_of_plans import trends
from bot.engine.requests import Desk, Reply, Request
from bot.wording import history as words
from bot.wording import trends as sums
from bot.wording.manual import Who
from commands.slack.asked_for import AskedFor, asked_for
from commands.slack.naming import shown, speak_of

USAGE = "history [NAME] [trends] [since=30d] [outcome=rolled_back] [env=…] [share]"
SUMMARY = "How rollouts went: outcome, where time went, who was waited for; one by its id; `trends` adds a plan up."
WHO: Who = "all"
EXAMPLES = (
    "history",
    "history materializers since=30d outcome=down",
    "history materializers trends",
)
SHOWN, SHOWN_OF_ONE = 20, 50
SHARE = "share"


async def run(request: Request, desk: Desk) -> Reply:
    """Newest first, what is live before it."""
    kept = [word for word in request.words if word.lower() != SHARE]
    answer = await _answer(request, desk, await asked_for(kept, request.at, desk))
    return answer.model_copy(update={"in_channel": len(kept) < len(request.words)})


async def _answer(request: Request, desk: Desk, asked: AskedFor) -> Reply:
    if asked.one is None:
        return await (_trends if asked.trends else _list)(request, desk, asked)
    await speak_of(asked.one, desk)
    links = await desk.links([asked.one.id])
    return shown(words.one(await desk.summary(asked.one), request.at, links.get(asked.one.id, "")))


async def _list(request: Request, desk: Desk, asked: AskedFor) -> Reply:
    most = SHOWN_OF_ONE if asked.wanted.plan else SHOWN
    found = await desk.recount(asked.wanted, most)
    links = await desk.links([each.rollout for each in (*found.live, *found.ended)[:SHOWN]])
    said = words.history(
        found.ended,
        found.live,
        request.at,
        total=found.total,
        pending=found.pending,
        links=links,
        all_live=found.all_live,
        plan=asked.wanted.plan,
        narrowed=asked.wanted != Wanted(plan=asked.wanted.plan),
    )
    return shown(said)


async def _trends(request: Request, desk: Desk, asked: AskedFor) -> Reply:
    wanted = asked.wanted
    found = await desk.recount(wanted)
    summed = trends(found.ended, plan=wanted.plan, since=wanted.since, pending=found.pending)
    names = [] if wanted.plan else sorted({each.plan for each in found.ended})
    return shown(sums.trends(summed, request.at, names))
