"""Conditions as people read them: the mark, what the plan says, what was measured, and against what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.rollout import Check, Line
from bot.wording.sentences import VERDICT_WORDS, code, many, number, plain, span

_RANK = {("trigger", True): 0, ("hard", None): 1, ("hard", False): 2, ("trigger", None): 3, ("soft", False): 4}


def line_text(line: Line, now: datetime) -> str:
    """`❌ `error_rate < 2%`: 6.2% (must hold)`, with limit and baseline where the threshold is relative."""
    mark, role = _mark(line)
    parts = [f"{mark} {code(line.condition)}: {_measured(line)}"]
    if line.reference is not None and line.threshold is not None:
        parts.append(f"limit {number(line.threshold, line.unit)}")
        parts.append(f"baseline {number(line.reference, line.unit)}")
    if line.since is not None and line.met is not (line.role != "trigger") and now > line.since:
        parts.append(f"for {span(now - line.since)}")
    if line.detail and line.met is not None:
        parts.append(plain(line.detail, 120))
    return ", ".join(parts) + f" ({role})"


def _measured(line: Line) -> str:
    if line.met is None:
        return f"no data: {plain(line.detail, 160)}" if line.detail else "no data"
    if line.value is None:
        return "true" if line.met else "not true"
    return number(line.value, line.unit, beside=line.threshold)


def _mark(line: Line) -> tuple[str, str]:
    match line.role, line.met:
        case "trigger", True:
            return "🛑", "rollback trigger, fired"
        case "trigger", False:
            return "✅", "rollback trigger, quiet"
        case "trigger", None:
            return "❔", "rollback trigger, can't be judged"
        case "hard", True:
            return "✅", "must hold, holds"
        case "hard", False:
            return "❌", "must hold, doesn't"
        case "soft", True:
            return "✅", "should hold, holds"
        case "soft", False:
            return "⚠️", "should hold, doesn't"
        case _:
            return "❔", "must hold, unknown" if line.role == "hard" else "should hold, unknown"


def worst_first(lines: Sequence[Line]) -> list[Line]:
    """What needs attention first; quiet triggers last."""

    def rank(line: Line) -> int:
        quiet = 9 if line.role == "trigger" else {"hard": 6, "soft": 7}[line.role]
        return _RANK.get((line.role, line.met), 5 if line.met is None else quiet)

    return sorted(lines, key=rank)


def line_texts(lines: Sequence[Line], now: datetime, most: int) -> list[str]:
    """The `most` that matter most, and how many more there are."""
    ranked = worst_first(lines)
    shown = [line_text(line, now) for line in ranked[:most]]
    if len(ranked) > most:
        quiet = all(not _speaks(line) for line in ranked[most:])
        shown.append(f"… and {many(len(ranked) - most, 'more condition')}{', none of them bad' if quiet else ''}")
    return shown


def _speaks(line: Line) -> bool:
    return line.met is None or line.met is (line.role == "trigger")


def verdict_text(check: Check | None) -> str:
    """`✅ pass: 5 of 5 conditions hold`; says what is unmeasured instead of passing over it."""
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
    if check.settling:
        parts.append("still settling, not judged yet")
    text = VERDICT_WORDS[check.verdict]
    return f"{text}: {', '.join(parts)}" if parts else text
