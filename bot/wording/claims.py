"""One condition in words: what was measured against its limit, and what the plan claims."""

from __future__ import annotations

from datetime import datetime

from bot.domain.conditions import About, Condition, Op
from bot.domain.language.grammar import parse
from bot.domain.language.misread import Misread
from bot.domain.rollout import Line
from bot.wording.numbers import against, number
from bot.wording.remarks import remark
from bot.wording.sentences import code, span

_SIGNS = {
    Op.ABOVE: "&gt;",
    Op.AT_LEAST: "≥",
    Op.BELOW: "&lt;",
    Op.AT_MOST: "≤",
    Op.EQUAL: "=",
    Op.NOT_EQUAL: "≠",
}
"""As Slack wants them: escaped."""
_IS = {
    Op.ABOVE: "over",
    Op.AT_LEAST: "at least",
    Op.BELOW: "under",
    Op.AT_MOST: "at most",
    Op.EQUAL: "exactly",
    Op.NOT_EQUAL: "anything but",
}
_PROBES = {About.UP: True, About.DOWN: False}


def read(text: str) -> Condition | None:
    """The condition behind a line's text; None for one that this version can't read."""
    try:
        return parse(text)
    except (Misread, ValueError, IndexError):
        return None


def compact(line: Line) -> str:
    """`` `error_rate` 0% (< 2%) ``: a condition and its value in one line of a phone."""
    condition = read(line.condition)
    if condition is not None and condition.subject.about in _PROBES and line.met is not None:
        return f"{code(condition.subject.name)} is {_seen(line, condition)}"
    if condition is None or line.met is None or line.role == "trigger":
        return f"{code(line.condition)}: {_seen(line, condition)}"
    if line.value is None or condition.op is None or line.threshold is None:
        return code(line.condition)
    wanted = f"{_SIGNS[condition.op]} {number(line.threshold, line.unit)}"
    return f"{subject(line)} {number(line.value, line.unit, line.threshold)} ({wanted})"


def value_text(line: Line) -> str:
    """`` `error_rate` 0% ``; "" for a condition without a number."""
    if line.value is None or line.threshold is None:
        return ""
    return f"{subject(line)} {number(line.value, line.unit, line.threshold)}"


def _seen(line: Line, condition: Condition | None) -> str:
    """The value alone; without data, why there is none."""
    if line.met is None:
        return f"no data, {remark(line.detail)}" if line.detail else "no data"
    if condition is not None and condition.subject.about in _PROBES:
        up = _PROBES[condition.subject.about] is line.met
        return ("up" if up else "down") + _in_brackets(line.detail)
    shown = number(line.value, line.unit, line.threshold) if line.value is not None else "not true"
    return shown + _in_brackets(line.detail)


def measured(line: Line, now: datetime, *, was: bool = False) -> str:
    """A bad condition: value, how far off, limit, baseline; with `was`, as a sentence about the past."""
    condition = read(line.condition)
    if line.met is None:
        return f"{code(line.condition)}: {_seen(line, condition)}"
    verb = " was" if was else ""
    if condition is not None and condition.subject.about in _PROBES:
        return f"{code(condition.subject.name)} {'was' if was else 'is'} {_seen(line, condition)}"
    if line.value is None or line.threshold is None:
        return f"{code(line.condition)}" + _in_brackets(line.detail)
    value = number(line.value, line.unit, line.threshold)
    aside = [f"baseline {number(line.reference, line.unit)}"] if line.reference is not None else []
    aside += [remark(line.detail)] if line.detail else []
    aside += [f"for {span(now - line.since)}"] if line.since is not None and now > line.since else []
    return f"{subject(line)}{verb} {value}, {against(line.value, line.threshold, line.unit)}" + _brackets(aside)


def _in_brackets(detail: str) -> str:
    return _brackets([remark(detail)] if detail else [])


def _brackets(aside: list[str]) -> str:
    return f" ({', '.join(aside)})" if aside else ""


def subject(line: Line) -> str:
    """What the condition speaks of, as plans spell it; ages and availabilities say that they are such."""
    condition = read(line.condition)
    if condition is None:
        return code(line.condition)
    match condition.subject.about:
        case About.METRIC:
            return code(condition.subject.name)
        case About.AGE_OF:
            return f"age of {code(condition.subject.name)}"
        case About.AVAILABILITY:
            return f"availability of {code(condition.subject.name)}"
        case _:
            return code(line.condition)


def claim(text: str, *, holds: bool) -> str:
    """`` `error_rate` is back under 1% ``, or what is still wrong; for what is checked after a rollback."""
    condition = read(text)
    verb = "is back" if holds else "is not"
    if condition is None:
        return f"{code(text)} {'holds' if holds else 'does not hold'}"
    if condition.subject.about in _PROBES:
        return f"{code(condition.subject.name)} {verb} {condition.subject.about.value}"
    words = text.split(" within ")[0].split(f" {condition.op} ", 1) if condition.op else []
    if condition.op is None or len(words) != 2:
        return f"{code(text)} {'holds' if holds else 'does not hold'}"
    late = f" after {span(condition.within)}" if condition.within and not holds else ""
    return f"{code(words[0])} {verb} {_IS[condition.op]} {remark(words[1])}{late}"
