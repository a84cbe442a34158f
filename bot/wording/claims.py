"""One condition in words: what was measured against its limit, and what the plan claims."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.conditions import About, Condition, Op
from bot.domain.language.grammar import parse
from bot.domain.language.misread import Misread
from bot.domain.rollout import Line
from bot.wording.language import t
from bot.wording.numbers import against, number, room_left
from bot.wording.remarks import remark
from bot.wording.sentences import code, span

WORTH_SAYING = timedelta(seconds=1)
"""What has lasted a shorter time has only just begun; nobody is told for how long."""
_SIGNS = {
    Op.ABOVE: "&gt;",
    Op.AT_LEAST: "≥",
    Op.BELOW: "&lt;",
    Op.AT_MOST: "≤",
    Op.EQUAL: "=",
    Op.NOT_EQUAL: "≠",
}
"""As Slack wants them: escaped."""
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
        return t("{subject} is {seen}", subject=code(condition.subject.name), seen=_seen(line, condition))
    if condition is None or line.met is None or line.role == "trigger":
        return f"{code(line.condition)}: {_seen(line, condition)}"
    if line.value is None or condition.op is None or line.threshold is None:
        return code(line.condition)
    wanted = f"{_SIGNS[condition.op]} {number(line.threshold, line.unit)}"
    return f"{subject(line)} {number(line.value, line.unit, line.threshold)} ({wanted})"


def _seen(line: Line, condition: Condition | None) -> str:
    """The value alone; without data, why there is none."""
    if line.met is None:
        return t("no data, {why}", why=remark(line.detail)) if line.detail else t("no data")
    if condition is not None and condition.subject.about in _PROBES:
        up = _PROBES[condition.subject.about] is line.met
        return (t("up") if up else t("down")) + _in_brackets(line.detail)
    shown = number(line.value, line.unit, line.threshold) if line.value is not None else t("not true")
    return shown + _in_brackets(line.detail)


def measured(line: Line, now: datetime, *, was: bool = False) -> str:
    """A bad condition: value, how far off, limit, baseline; with `was`, as a sentence about the past."""
    condition = read(line.condition)
    if line.met is None:
        return f"{code(line.condition)}: {_seen(line, condition)}"
    if condition is not None and condition.subject.about in _PROBES:
        name, seen = code(condition.subject.name), _seen(line, condition)
        return (
            t("{subject} was {seen}", subject=name, seen=seen)
            if was
            else t("{subject} is {seen}", subject=name, seen=seen)
        )
    if line.value is None or line.threshold is None:
        return f"{code(line.condition)}" + _in_brackets(line.detail)
    value = number(line.value, line.unit, line.threshold)
    shown = f"{value}, {against(line.value, line.threshold, line.unit)}{_brackets(_asides(line, now))}"
    return t("{subject} was {value}", subject=subject(line), value=shown) if was else f"{subject(line)} {shown}"


def roomy(line: Line) -> str:
    """A good condition in one line of a phone: value, margin, limit, baseline."""
    condition = read(line.condition)
    if condition is None or condition.subject.about in _PROBES or line.value is None or line.threshold is None:
        return compact(line)
    shown = f"{number(line.value, line.unit, line.threshold)}, {room_left(line.value, line.threshold, line.unit)}"
    base = line.reference
    return f"{subject(line)} {shown}" + _brackets(
        [t("baseline {value}", value=number(base, line.unit))] if base is not None else []
    )


def _asides(line: Line, now: datetime) -> list[str]:
    aside = []
    if line.reference is not None:
        aside.append(t("baseline {value}", value=number(line.reference, line.unit)))
    if line.detail:
        aside.append(remark(line.detail))
    if line.since is not None and now - line.since >= WORTH_SAYING:
        aside.append(t("for {span}", span=span(now - line.since)))
    return aside


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
            return t("age of {metric}", metric=code(condition.subject.name))
        case About.AVAILABILITY:
            return t("availability of {metric}", metric=code(condition.subject.name))
        case _:
            return code(line.condition)


def claim(text: str, *, holds: bool) -> str:
    """`` `error_rate` is under 1% again ``, or what is still wrong; for what is checked after a rollback."""
    condition = read(text)
    if condition is not None and condition.subject.about in _PROBES:
        seen = t("up") if _PROBES[condition.subject.about] else t("down")
        return _is_back(code(condition.subject.name), seen, "", holds=holds)
    op = condition.op if condition is not None else None
    words = text.split(" within ")[0].split(f" {op} ", 1) if op else []
    if condition is None or op is None or len(words) != 2:
        return t("{claim} holds", claim=code(text)) if holds else t("{claim} does not hold", claim=code(text))
    late = span(condition.within) if condition.within else ""
    return _is_back(code(words[0]), _limited(op, remark(words[1])), late, holds=holds)


def _is_back(name: str, wanted: str, late: str, *, holds: bool) -> str:
    if holds:
        return t("{subject} is {wanted} again", subject=name, wanted=wanted)
    if late:
        return t("{subject} is not {wanted} after {span}", subject=name, wanted=wanted, span=late)
    return t("{subject} is not {wanted}", subject=name, wanted=wanted)


def _limited(op: Op, limit: str) -> str:
    return {
        Op.ABOVE: t("over {limit}", limit=limit),
        Op.AT_LEAST: t("at least {limit}", limit=limit),
        Op.BELOW: t("under {limit}", limit=limit),
        Op.AT_MOST: t("at most {limit}", limit=limit),
        Op.EQUAL: t("exactly {limit}", limit=limit),
        Op.NOT_EQUAL: t("anything but {limit}", limit=limit),
    }[op]
