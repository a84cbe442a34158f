"""`/canary kill` and the menu's Kill: throw the kill switch. Waits for nothing (law 2)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.errors import BadRequest
from bot.domain.kills import still_on
from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, KillAsked, Reply, Request
from bot.wording.sentences import plain
from commands.slack.naming import receipt, target
from commands.slack.words import command, typed

USAGE = "kill NAME [REASON] · kill all now [REASON]"
SHOWN = 40
MOST = 600
SUMMARY = "Throw the kill switch: every method of the plan, and weight 0, at once."


async def run(request: Request, desk: Desk) -> Reply:
    """Kill one rollout, or all of them with the word `now`."""
    said = typed("kill", request.words)
    if not request.rollout and said.name.lower() in ("all", "--all"):
        return await _all(request, desk, said.plain[1:])
    rollout = await target(request, desk, said.name, live=False)
    killed = await desk.kill(request, rollout, _reason(request, said.rest))
    return await receipt(request, desk, f"The kill switch of {killed.plan} is thrown.{_on(killed)}", killed)


def _on(killed: Rollout) -> str:
    on = still_on(killed.kill) if killed.kill else []
    return f" STILL ON: {plain('; '.join(on), MOST)}. Perch tries it again every second." if on else ""


async def _all(request: Request, desk: Desk, words: tuple[str, ...]) -> Reply:
    if not words or words[0].lower() != "now":
        raise BadRequest("This kills everything that is live. Say it once more, with 'now'.", command("kill all now"))
    killed = await desk.kill_all(request, _reason(request, " ".join(words[1:])))
    return Reply(text=_all_told(killed))


def _all_told(asked: Sequence[KillAsked]) -> str:
    if not asked:
        return "Nothing was live, so nothing was killed."
    done = [each.name for each in asked if not each.fault and not each.still_on]
    partly = [f"{each.name} ({plain('; '.join(each.still_on), 200)})" for each in asked if each.still_on]
    failed = [f"{each.name} ({each.fault})" for each in asked if each.fault]
    told = [f"Killed: {_some(done)}."] if done else []
    if partly:
        told.append(f"Killed, but something is STILL ON: {_some(partly)}. Perch tries it again every second.")
    if failed:
        again = f"Type {command('kill all now')} again, or kill each by name."
        told.append(f"NOT killed, still on: {_some(failed)}. {again}")
    return " ".join(told)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def _reason(request: Request, typed_reason: str) -> str:
    return request.reason or typed_reason or f"asked by {request.actor.name or request.actor.id}"
