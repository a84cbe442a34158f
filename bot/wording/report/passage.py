"""Where the time of a rollout went, as a bar and in words; and when nobody looked, as the measurements tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median

from bot.domain.checks import GAP
from bot.domain.chronicle import Chronicle
from bot.domain.record import durations
from bot.domain.record.durations import Phase, Stretch
from bot.domain.record.reading import moment_of
from bot.wording.language import t
from bot.wording.report.pieces import Band, Bar, Section, Share
from bot.wording.sentences import span
from bot.wording.spending import phase_words

SILENT = 4
"""A gap this many times the usual one isn't the source's rhythm any more."""


def stretches(chronicle: Chronicle) -> list[Stretch]:
    """The whole time in which it was live, in order."""
    return durations.stretches(chronicle.rollout, chronicle.records, chronicle.until, silences(chronicle))


def lengths(found: Sequence[Stretch]) -> dict[Phase, timedelta]:
    """How long each phase took in all, in the enum's order; what didn't happen is left out."""
    sums = {phase: sum((each.span for each in found if each.phase is phase), timedelta(0)) for phase in Phase}
    return {phase: length for phase, length in sums.items() if length}


def silences(chronicle: Chronicle) -> list[Stretch]:
    """When nobody looked: longer than a check may be late, and than the source's own rhythm explains."""
    measured = {point.at for points in chronicle.points.values() for point in points}
    if len(measured) < 2:
        return []
    moments = sorted(measured | {moment for record in chronicle.records if (moment := moment_of(record)) is not None})
    usual = median((later - earlier).total_seconds() for earlier, later in pairwise(sorted(measured)))
    check = chronicle.plan.every.check
    longest = max(GAP * check, timedelta(seconds=SILENT * usual))
    ends = [moment for moment in moments if chronicle.began <= moment <= chronicle.until]
    return [
        Stretch(Phase.UNSEEN, earlier + check, later)
        for earlier, later in pairwise([*ends, chronicle.until])
        if later - earlier > longest
    ]


def bands(found: Sequence[Stretch]) -> tuple[Band, ...]:
    """What a chart marks: all but the ordinary."""
    plain = (Phase.BAKING, Phase.MOVING)
    return tuple(Band(each.phase.value, each.since, each.until) for each in found if each.phase not in plain)


def passage(chronicle: Chronicle, found: Sequence[Stretch]) -> Section | None:
    """The bar, and what it says in words; nothing for a rollout that took no time."""
    parts = lengths(found)
    if not parts:
        return None
    whole = sum(parts.values(), timedelta(0))
    shares = tuple(
        Share(phase.value, phase_words(phase), span(length), length / whole) for phase, length in parts.items()
    )
    told = ", ".join(f"{share.name} {share.length}" for share in shares)
    alt = t("{whole} in all: {parts}.", whole=span(whole), parts=told)
    return Section(t("Where the time went"), (Bar(shares, alt),))
