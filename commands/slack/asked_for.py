"""Which rollouts of the past are asked for: a plan, a rollout, `since=30d`, `outcome=rolled_back`, `env=production`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import AmbiguousRollout, UnknownRollout
from bot.domain.machine import State
from bot.domain.record.refusals import NoPast, NotAnOutcome, NotASpan
from bot.domain.record.summary import OUTCOMES, Wanted
from bot.domain.rollout import Rollout
from bot.domain.units import parse_duration
from bot.engine.requests import Desk
from commands.slack.words import Typed, command, nearest, typed

OPTIONS = {"plan", "since", "outcome", "env"}
TRENDS = "trends"
LISTED = 8


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What was asked: many rollouts, or one of them; as a list, or added up."""

    wanted: Wanted
    one: Rollout | None = None
    trends: bool = False


async def asked_for(words: Sequence[str], now: datetime, desk: Desk) -> AskedFor:
    """Read the words after the verb. Raises NoPast, NotASpan or NotAnOutcome with the corrected command."""
    said = typed("history", _joined(words), OPTIONS)
    adds = any(word.lower() == TRENDS for word in said.plain)
    names = [word for word in said.plain if word.lower() != TRENDS]
    name = said.options.get("plan") or (names[0] if names else "")
    known = await desk.known_plans() if name else []
    one = None
    if name and name not in known:
        one = await _one(name, desk, known, words)
    plan = name if one is None else one.plan
    wanted = Wanted(
        plan=plan,
        environment=said.options.get("env", ""),
        since=_since(said, words, now),
        outcomes=_outcomes(said, words),
    )
    return AskedFor(wanted, None if adds else one, adds)


def _joined(words: Sequence[str]) -> list[str]:
    """`--since 30d` as a shell has it, as `since=30d`."""
    found: list[str] = []
    dangling = ""
    for word in words:
        bare = word.lstrip("-\u2013\u2014")
        if dangling:
            found.append(f"{dangling}={word}")
            dangling = ""
        elif bare != word and bare.lower() in OPTIONS:
            dangling = bare.lower()
        elif bare != word:
            found.append(bare)
        else:
            found.append(word)
    return [*found, f"{dangling}="] if dangling else found


async def _one(name: str, desk: Desk, known: Sequence[str], words: Sequence[str]) -> Rollout:
    """The rollout of this id. Raises NoPast."""
    try:
        found = await desk.find(name, live=False)
    except (UnknownRollout, AmbiguousRollout):
        found = None
    if found is not None and found.id == name:
        return found
    meant = nearest(name, known) or (found.plan if found is not None else "")
    corrected = command("history", [meant if word == name else word for word in words]) if meant else command("history")
    raise NoPast(name, corrected, ", ".join(known[:LISTED]))


def _since(said: Typed, words: Sequence[str], now: datetime) -> datetime | None:
    given = said.options.get("since")
    if given is None:
        return None
    try:
        return now - parse_duration(given)
    except (ValueError, OverflowError):
        raise NotASpan(given, _with(words, "since", given, "30d")) from None


def _outcomes(said: Typed, words: Sequence[str]) -> frozenset[State]:
    given = said.options.get("outcome", "")
    spelled = given.lower().replace("-", "_").replace(" ", "_")
    if not spelled:
        return frozenset()
    if spelled in OUTCOMES:
        return OUTCOMES[spelled]
    meant = nearest(spelled, OUTCOMES) or "rolled_back"
    raise NotAnOutcome(given, ", ".join(OUTCOMES), _with(words, "outcome", given, meant))


def _with(words: Sequence[str], option: str, given: str, better: str) -> str:
    """The same command with another value of one option."""
    kept = [word for word in _joined(words) if word.partition("=")[0].lower() != option]
    return command("history", [*kept, f"{option}={better}"])
