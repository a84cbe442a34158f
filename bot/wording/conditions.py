"""The conditions of a check as people read them: what is bad first and in full, what is good in a word.

Each mark has its word once, as a heading; below it there's one line per condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.rollout import Check, Line, Verdict
from bot.wording.claims import compact, measured, subject
from bot.wording.language import t, t_many
from bot.wording.sentences import verdict_words

_COUNTING = re.compile(r"true for \d|in a row")


@dataclass(frozen=True, slots=True)
class _Group:
    """Conditions that stand alike; `verdict` is what they alone would make of a check."""

    heading: Callable[[], str]
    members: Callable[[Line], bool]
    verdict: Verdict | None = None


def counting(line: Line) -> bool:
    """A trigger that is true, but not yet for long enough."""
    return line.role == "trigger" and line.counts and line.met is False and bool(_COUNTING.search(line.detail))


BAD = (
    _Group(
        lambda: t("🛑 Fired"), lambda line: line.counts and line.role == "trigger" and line.met is True, Verdict.BREACH
    ),
    _Group(lambda: t("⏳ Counting up to a rollback"), counting),
    _Group(
        lambda: t("❌ Not met"), lambda line: line.counts and line.role == "hard" and line.met is False, Verdict.FAIL
    ),
    _Group(
        lambda: t("❔ No data"), lambda line: line.counts and line.role != "soft" and line.met is None, Verdict.NO_DATA
    ),
    _Group(
        lambda: t("⚠️ Warnings"), lambda line: line.counts and line.role == "soft" and line.met is not True, Verdict.WARN
    ),
)
GOOD = (
    _Group(lambda: t("✅ Met"), lambda line: line.counts and line.role != "trigger" and line.met is True),
    _Group(lambda: t("⏲ Not judged yet"), lambda line: not line.counts and line.role != "trigger"),
)
QUIET = _Group(
    lambda: t("💤 Quiet triggers"), lambda line: line.role == "trigger" and line.met is not True and not is_bad(line)
)


def is_bad(line: Line) -> bool:
    return any(group.members(line) for group in BAD)


Tail = Callable[[Line], str]
"""What follows a condition's line."""


def no_tail(line: Line) -> str:
    return ""


def trouble(
    lines: Sequence[Line], now: datetime, most: int, verdict: Verdict | None = None, tail: Tail = no_tail
) -> list[str]:
    """What isn't good, worst first, under its headings; `verdict` was said already and is not said again.

    Left out is what adds nothing: a warning about a metric that is already worse than a warning.
    """
    worse = {subject(line) for line in lines if line.role != "soft" and line.met is not None and is_bad(line)}
    return _told(
        [line for line in lines if line.role != "soft" or subject(line) not in worse], now, most, verdict, tail
    )


def _told(
    lines: Sequence[Line], now: datetime, most: int, verdict: Verdict | None = None, tail: Tail = no_tail
) -> list[str]:
    texts: list[str] = []
    shown = 0
    for group in BAD:
        members = [line for line in lines if group.members(line)][: max(most - shown, 0)]
        if members and (verdict is None or group.verdict is not verdict):
            texts.append(f"*{group.heading()}:*")
        texts += [measured(line, now) + tail(line) for line in members]
        shown += len(members)
    left = sum(map(is_bad, lines)) - shown
    return [*texts, t("… and {count} more like these", count=left)] if left else texts


def tally_text(lines: Sequence[Line]) -> str:
    """`5 of 5 conditions hold, 6 triggers quiet`; never counts the unmeasured among the good."""
    wanted = [line for line in lines if line.role != "trigger" and line.counts]
    early = [line for line in lines if line.role != "trigger" and not line.counts]
    quiet = sum(QUIET.members(line) for line in lines)
    parts = [_holding(wanted)] if wanted else []
    if early:
        parts.append(t_many(len(early), "{count} condition not judged yet", "{count} conditions not judged yet"))
    if quiet:
        parts.append(t_many(quiet, "{count} trigger quiet", "{count} triggers quiet"))
    return ", ".join(parts)


def line_texts(lines: Sequence[Line], now: datetime, most: int, *, triggers: bool = True) -> list[str]:
    """Every condition under its heading, `most` of them; without `triggers`, the quiet ones are only counted."""
    texts = _told(lines, now, most)
    room = most - sum(map(is_bad, lines))
    for group in (*GOOD, QUIET) if triggers else GOOD:
        members = [line for line in lines if group.members(line)]
        if not members:
            continue
        texts += [f"*{group.heading()}:*", *map(compact, members[: max(room, 0)])]
        if len(members) > room:
            texts.append(t("… and {count} more, none of them bad", count=len(members) - max(room, 0)))
        room -= len(members)
    if not triggers and (quiet := sum(map(QUIET.members, lines))):
        texts.append(t_many(quiet, "{count} rollback trigger quiet", "{count} rollback triggers quiet"))
    return texts


def verdict_text(check: Check | None) -> str:
    """`✅ pass: 5 of 5 conditions hold`; what is unjudged or unmeasured is said, not passed over."""
    if check is None:
        return t("no check yet")
    if check.settling and not check.judged and check.verdict is not Verdict.BREACH:
        return t("⏳ settling: not judged yet")
    text, parts = verdict_words(check.verdict), _counts(check)
    return f"{text}: {', '.join(parts)}" if parts else text


def _counts(check: Check) -> list[str]:
    wanted = [line for line in check.lines if line.role != "trigger"]
    unknown = sum(line.met is None for line in check.lines)
    fired = sum(line.role == "trigger" and line.met is True for line in check.lines)
    parts = [_holding(wanted)] if wanted else []
    if unknown:
        parts.append(t("{count} without data", count=unknown))
    if fired:
        parts.append(t_many(fired, "{count} rollback trigger fired", "{count} rollback triggers fired"))
    return parts


def _holding(wanted: Sequence[Line]) -> str:
    return t_many(
        len(wanted),
        "{met} of {count} condition hold",
        "{met} of {count} conditions hold",
        met=sum(line.met is True for line in wanted),
    )
