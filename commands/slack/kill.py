"""`/canary kill` and the menu's Kill: throw the kill switch. Waits for nothing (law 2)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.errors import BadRequest
from bot.domain.kills import still_on
from bot.domain.phrases import Phrase
from bot.domain.rollout import Rollout
from bot.engine.requests import NO_REASON, Desk, KillAsked, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from bot.wording.sentences import joined, plain
from commands.slack.naming import receipt, target
from commands.slack.words import command, typed

USAGE = "kill NAME [REASON] · kill all now [REASON]"
SHOWN = 40
MOST = 600
SUMMARY = "Throw the kill switch: every method of the plan, and weight 0, at once."
WHO: Who = "operate"
EXAMPLES = ("kill materializers it burns", "kill all now")


async def run(request: Request, desk: Desk) -> Reply:
    """Kill one rollout, or all of them with the word `now`."""
    said = typed("kill", request.words)
    if not request.rollout and said.name.lower() in ("all", "--all"):
        return await _all(request, desk, said.plain[1:])
    rollout = await target(request, desk, said.name, live=False)
    killed = await desk.kill(request, rollout, _reason(request, said.rest))
    return await receipt(request, desk, _thrown(killed), killed)


def _thrown(killed: Rollout) -> str:
    on = still_on(killed.kill) if killed.kill else []
    if not on:
        return t("The kill switch of {plan} is thrown.", plan=killed.plan)
    return t(
        "The kill switch of {plan} is thrown. STILL ON: {what}. Perch tries it again every second.",
        plan=killed.plan,
        what=plain("; ".join(on), MOST),
    )


async def _all(request: Request, desk: Desk, words: tuple[str, ...]) -> Reply:
    if not words or words[0].lower() != "now":
        raise BadRequest(
            Phrase("This kills everything that is live. Say it once more, with 'now'."), command("kill all now")
        )
    killed = await desk.kill_all(request, _reason(request, " ".join(words[1:])))
    return Reply(text=_all_told(killed))


def _all_told(asked: Sequence[KillAsked]) -> str:
    if not asked:
        return t("Nothing was live, so nothing was killed.")
    done = [each.name for each in asked if not each.fault and not each.still_on]
    partly = [f"{each.name} ({plain('; '.join(each.still_on), 200)})" for each in asked if each.still_on]
    failed = [f"{each.name} ({each.fault})" for each in asked if each.fault]
    told = [t("Killed: {names}.", names=_some(done))] if done else []
    if partly:
        told.append(
            t("Killed, but something is STILL ON: {names}. Perch tries it again every second.", names=_some(partly))
        )
    if failed:
        again = t(
            "NOT killed, still on: {names}. Type {command} again, or kill each by name.",
            names=_some(failed),
            command=command("kill all now"),
        )
        told.append(again)
    return " ".join(told)


def _some(names: Sequence[str]) -> str:
    return joined(names, most=SHOWN)


def _reason(request: Request, typed_reason: str) -> str:
    return request.reason or typed_reason or NO_REASON
