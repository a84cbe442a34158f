"""`/canary help`: the verbs by what people want, all with their usage, or one with who may, what happens, examples."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.manual import Manual, Who, manual, overview, usages
from commands import slack
from commands.slack.naming import shown
from commands.slack.words import nearest, typed

USAGE = "help [VERB|all]"
SUMMARY = "All verbs; or one, with who may, what happens then, and examples to copy."
WHO: Who = "all"
EXAMPLES = ("help", "help override", "help all")
ALL = "all"


async def run(request: Request, desk: Desk) -> Reply:
    """All verbs on one screen, all with what they do, or one."""
    asked = typed("help", request.words).name.lower()
    known = {name: Manual(verb.USAGE, verb.SUMMARY, verb.WHO, verb.EXAMPLES) for name, verb in slack.VERBS.items()}
    if asked == ALL:
        return shown(usages(known))
    one = asked if asked in known else nearest(asked, known) if asked else ""
    return shown(manual(one, known[one]) if one else overview(known))
