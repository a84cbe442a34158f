"""The conditions of the status message: three to five lines, the worst first, then what is nearest to its limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.rollout import Line
from bot.domain.trends import History
from bot.wording.claims import roomy
from bot.wording.conditions import GOOD, QUIET, is_bad, trouble
from bot.wording.language import t
from bot.wording.nearest import about, ranked
from bot.wording.sparks import trend_of

MOST, LEAST = 5, 3


def glance(lines: Sequence[Line], history: History, now: datetime, *, good: bool = True) -> list[str]:
    """What a reader must see; without `good`, only what is bad. What isn't shown is counted."""
    texts = trouble(lines, now, MOST, tail=lambda line: tail(line, history))
    bad = [line for line in lines if is_bad(line)]
    if not good:
        return texts
    shown = _good(lines, {about(line) for line in bad}, MOST - len(bad))
    for group, heading in (
        (GOOD[0], t("✅ Met, tightest first:")),
        (GOOD[1], t("⏲ Not judged yet:")),
        (QUIET, t("💤 Not fired:")),
    ):
        members = [line for line in shown if group.members(line)]
        texts += [f"*{heading}*"] if members else []
        texts += [roomy(line) + tail(line, history) for line in members]
    return texts


def _good(lines: Sequence[Line], told: set[str], room: int) -> list[Line]:
    """One line for each metric that isn't told yet; triggers only where there is nothing else to show."""
    fine = [line for line in ranked(lines) if not is_bad(line) and about(line) not in told]
    wanted, triggers = [[line for line in fine if (line.role == "trigger") is quiet] for quiet in (False, True)]
    chosen: dict[str, Line] = {}
    for line in wanted:
        chosen.setdefault(about(line), line)
    for line in triggers:
        if len(chosen) < LEAST:
            chosen.setdefault(about(line), line)
    return list(chosen.values())[: max(room, 0)]


def tail(line: Line, history: History) -> str:
    """What follows a condition: where its metric goes."""
    shown = trend_of(line, history)
    return f" {shown}" if shown else ""
