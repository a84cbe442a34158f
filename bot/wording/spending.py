"""Where time went and who was waited for, in words: one rollout's, or many together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.record.durations import Phase
from bot.domain.record.waits_of_people import Wait
from bot.wording.language import t, t_many
from bot.wording.numbers import percent
from bot.wording.sentences import joined, plain, quoted, roughly, who
from bot.wording.sentences import span as lasted


def phase_words(phase: Phase) -> str:
    """What time was spent on."""
    return {
        Phase.PREFLIGHT: t("preflight"),
        Phase.MOVING: t("moving traffic"),
        Phase.BAKING: t("baking"),
        Phase.WAITING: t("waiting at gates"),
        Phase.HELD: t("on hold"),
        Phase.FROZEN: t("frozen"),
        Phase.GOING_DOWN: t("going down"),
        Phase.UNSEEN: t("Perch down"),
    }[phase]


def shares(spent: Mapping[Phase, float]) -> list[tuple[Phase, float]]:
    """Each phase with its share of the whole, the largest first; what is nothing is left out."""
    whole = sum(spent.values())
    found = [(phase, spent[phase] / whole) for phase in Phase if whole and spent.get(phase, 0.0) > 0]
    return sorted(found, key=lambda each: -each[1])


def coarse(length: timedelta) -> str:
    """A length of time as exact as anybody asks afterwards: whole minutes from ten on, whole hours from two days on."""
    seconds = max(length.total_seconds(), 0)
    if seconds < 10:
        return lasted(length)
    step = 3600 if seconds >= 2 * 86400 else 60 if seconds >= 600 else 1
    return roughly(timedelta(seconds=round(seconds / step) * step))


def share_text(share: float) -> str:
    """`62%`; a little is `under 1%`."""
    return t("under 1%") if 0 < share < 0.005 else percent(round(share * 100))


def spent_text(spent_s: Mapping[Phase, float], most: int = 5) -> str:
    """`baking 4 h (77%), waiting at gates 42 min (13%)`."""
    return ", ".join(
        t(
            "{what} {span} ({share})",
            what=phase_words(phase),
            span=coarse(timedelta(seconds=spent_s[phase])),
            share=share_text(share),
        )
        for phase, share in shares(spent_s)[:most]
    )


def waits_text(waits: Sequence[Wait], now: datetime) -> str:
    """All waits at gates in few words: the only one, or how many, how long together, and the longest."""
    gates = [wait for wait in waits if wait.kind == "gate" and wait.lasted(now) >= timedelta(seconds=1)]
    if not gates:
        return ""
    longest = max(gates, key=lambda wait: wait.lasted(now))
    if len(gates) == 1:
        return wait_text(longest, now)
    together = sum((wait.lasted(now) for wait in gates), timedelta(0))
    return t(
        "{count} gates waited {span} together; the longest {longest}",
        count=len(gates),
        span=coarse(together),
        longest=wait_text(longest, now),
    )


def wait_text(wait: Wait, now: datetime) -> str:
    """`waited 42 min for @sre-leads; Ben approved`."""
    span, whom = coarse(wait.lasted(now)), joined([who(each) for each in wait.of], "or")
    if wait.kind == "hold":
        return _hold(wait, span, whom)
    waited = t("waited {span} for {whom}", span=span, whom=whom) if whom else t("waited {span}", span=span)
    return "; ".join(filter(None, (waited, _answer(wait), _told(wait))))


def _hold(wait: Wait, span: str, whom: str) -> str:
    held = t("on hold {span}", span=span)
    if whom:
        held = t("on hold {span}, {whom}'s turn", span=span, whom=whom)
    why = f" ({plain(wait.why, 80)})" if wait.why else ""
    return "; ".join(filter(None, (f"{held}{why}", _answer(wait))))


def _answer(wait: Wait) -> str:
    by = joined([who(person) for person in wait.by])
    match wait.ended:
        case "approved":
            return t("{who} approved", who=by) if by else t("nobody had to approve")
        case "rejected":
            return t("{who} rejected it: {reason}", who=by, reason=quoted(wait.why, 80)) if by else ""
        case "expired":
            return t("nobody answered in time")
        case "resumed":
            return t("{who} resumed it", who=by) if by else ""
        case "overruled":
            return t("{who} overruled it", who=by) if by else ""
        case "down":
            return t("{who} took it down", who=by or "Perch")
        case "held":
            return t("{who} put it on hold", who=by or "Perch")
        case "closed":
            return t("closed: {why}", why=plain(wait.why, 80)) if wait.why else t("closed again")
        case "open":
            return t("still waiting")
        case _:
            return ""


def _told(wait: Wait) -> str:
    if wait.escalated:
        return t("escalated {count} ×", count=wait.escalated)
    return ""


def late(pending: int) -> str:
    """What an answer lacks because it isn't summed up yet; "" where that's nothing."""
    if not pending:
        return ""
    return t_many(
        pending,
        "{count} older rollout isn't summed up yet, and isn't counted; ask again in some minutes.",
        "{count} older rollouts aren't summed up yet, and aren't counted; ask again in some minutes.",
    )
