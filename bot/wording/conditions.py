"""The conditions of a check as people read them: what is bad first and in full, what is good in a word.

Each mark has its word once, as a heading; below it there's one line per condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.rollout import Check, Line, Verdict
from bot.wording.claims import compact, measured, subject, value_text
from bot.wording.sentences import VERDICT_WORDS, many

_COUNTING = re.compile(r"true for \d|in a row")


@dataclass(frozen=True, slots=True)
class _Group:
    """Conditions that stand alike; `verdict` is what they alone would make of a check."""

    heading: str
    members: Callable[[Line], bool]
    verdict: Verdict | None = None


def _counting(line: Line) -> bool:
    """A trigger that is true, but not yet for long enough."""
    return line.role == "trigger" and line.counts and line.met is False and bool(_COUNTING.search(line.detail))


BAD = (
    _Group("🛑 Fired", lambda line: line.counts and line.role == "trigger" and line.met is True, Verdict.BREACH),
    _Group("⏳ Counting up to a rollback", _counting),
    _Group("❌ Not met", lambda line: line.counts and line.role == "hard" and line.met is False, Verdict.FAIL),
    _Group("❔ No data", lambda line: line.counts and line.role != "soft" and line.met is None, Verdict.NO_DATA),
    _Group("⚠️ Warnings", lambda line: line.counts and line.role == "soft" and line.met is not True, Verdict.WARN),
)
GOOD = (
    _Group("✅ Met", lambda line: line.counts and line.role != "trigger" and line.met is True),
    _Group("⏲ Not judged yet", lambda line: not line.counts and line.role != "trigger"),
)
QUIET = _Group("💤 Quiet triggers", lambda line: line.role == "trigger" and line.met is not True and not _bad(line))


def _bad(line: Line) -> bool:
    return any(group.members(line) for group in BAD)


def trouble(lines: Sequence[Line], now: datetime, most: int, verdict: Verdict | None = None) -> list[str]:
    """What isn't good, worst first, under its headings; `verdict` was said already and is not said again.

    Left out is what adds nothing: a warning about a metric that is already worse than a warning.
    """
    worse = {subject(line) for line in lines if line.role != "soft" and line.met is not None and _bad(line)}
    return _told([line for line in lines if line.role != "soft" or subject(line) not in worse], now, most, verdict)


def _told(lines: Sequence[Line], now: datetime, most: int, verdict: Verdict | None = None) -> list[str]:
    texts: list[str] = []
    shown = 0
    for group in BAD:
        members = [line for line in lines if group.members(line)][: max(most - shown, 0)]
        if members and (verdict is None or group.verdict is not verdict):
            texts.append(f"*{group.heading}:*")
        texts += [measured(line, now) for line in members]
        shown += len(members)
    left = sum(map(_bad, lines)) - shown
    return [*texts, f"… and {left} more like these"] if left else texts


def tally_text(lines: Sequence[Line]) -> str:
    """`5 of 5 conditions hold, 6 triggers quiet`; never counts the unmeasured among the good."""
    wanted = [line for line in lines if line.role != "trigger" and line.counts]
    early = [line for line in lines if line.role != "trigger" and not line.counts]
    quiet = sum(QUIET.members(line) for line in lines)
    parts = [f"{sum(line.met is True for line in wanted)} of {many(len(wanted), 'condition')} hold"] if wanted else []
    parts += [f"{many(len(early), 'condition')} not judged yet"] if early else []
    parts += [f"{many(quiet, 'trigger')} quiet"] if quiet else []
    return ", ".join(parts)


def line_texts(lines: Sequence[Line], now: datetime, most: int, *, triggers: bool = True) -> list[str]:
    """Every condition under its heading, `most` of them; without `triggers`, the quiet ones are only counted."""
    texts = _told(lines, now, most)
    room = most - sum(map(_bad, lines))
    for group in (*GOOD, QUIET) if triggers else GOOD:
        members = [line for line in lines if group.members(line)]
        if not members:
            continue
        texts += [f"*{group.heading}:*", *map(compact, members[: max(room, 0)])]
        if len(members) > room:
            texts.append(f"… and {len(members) - max(room, 0)} more, none of them bad")
        room -= len(members)
    if not triggers and (quiet := sum(map(QUIET.members, lines))):
        texts.append(f"{many(quiet, 'rollback trigger')} quiet")
    return texts


def values_text(lines: Sequence[Line], most: int = 6) -> str:
    """`` `success_rate` 100% · `error_rate` 0% ``: the values of what holds, in one line."""
    held = list(dict.fromkeys(value for line in lines if GOOD[0].members(line) and (value := value_text(line))))
    more = [f"{len(held) - most} more"] if len(held) > most else []
    return " · ".join([*held[:most], *more])


def verdict_text(check: Check | None) -> str:
    """`✅ pass: 5 of 5 conditions hold`; what is unjudged or unmeasured is said, not passed over."""
    if check is None:
        return "no check yet"
    wanted = [line for line in check.lines if line.role != "trigger"]
    met = sum(line.met is True for line in wanted)
    unknown = sum(line.met is None for line in check.lines)
    fired = sum(line.role == "trigger" and line.met is True for line in check.lines)
    parts = [f"{met} of {many(len(wanted), 'condition')} hold"] if wanted else []
    if unknown:
        parts.append(f"{unknown} without data")
    if fired:
        parts.append(f"{many(fired, 'rollback trigger')} fired")
    if check.settling and not check.judged and check.verdict is not Verdict.BREACH:
        return "⏳ settling: not judged yet"
    text = VERDICT_WORDS[check.verdict]
    return f"{text}: {', '.join(parts)}" if parts else text
