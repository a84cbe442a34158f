"""Conditions written back the way plans spell them: `parse(spell(condition))` is the same condition."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bot.domain.conditions import About, Condition, Number, Reference, Relative, Subject
from bot.domain.units import Unit

_SUFFIX = {
    Unit.PERCENT: "%",
    Unit.SECONDS: "s",
    Unit.MILLISECONDS: "ms",
    Unit.COUNT: "",
    Unit.PER_SECOND: "/s",
    Unit.PER_MINUTE: "/min",
    Unit.PER_HOUR: "/h",
    Unit.BYTES: "B",
    Unit.TIMESTAMP: "",
}


def spell(condition: Condition) -> str:
    """Write a condition in full, its clauses in their usual order."""
    parts = [_subject(condition.subject)]
    if condition.op is not None and condition.value is not None:
        value = condition.value
        parts += [condition.op.value, _number(value) if isinstance(value, Number) else _relative(value)]
    if condition.after is not None:
        parts.append(f"after {exactly(condition.after)}")
    if condition.lasting is not None:
        parts.append(f"for {exactly(condition.lasting)}")
    if condition.times is not None:
        parts.append(f"{condition.times} times in a row")
    if condition.within is not None:
        parts.append(f"within {exactly(condition.within)}")
    return " ".join(parts)


def exactly(span: timedelta) -> str:
    """A duration to the microsecond, as plans write it: "1d2h", "1500ms" is "1s500ms"."""
    micros = span // timedelta(microseconds=1)
    parts = []
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)):
        count, micros = divmod(micros, size)
        if count:
            parts.append(f"{count}{unit}")
    if micros:
        parts.append(f"{_plain(micros / 1000)}ms")
    return "".join(parts) or "0s"


def spell_number(number: Number) -> str:
    """A number with its unit: "95%", "10/min", "100"."""
    return _number(number)


def _subject(subject: Subject) -> str:
    match subject.about:
        case About.METRIC:
            return subject.name
        case About.DOWN | About.UP | About.NEVER_DECREASES:
            return f"{subject.name} {subject.about}"
        case About.BURN:
            return f"burn({', '.join([subject.name, *map(exactly, subject.over)])})"
        case About.AGE_OF | About.AVAILABILITY | About.BUDGET:
            return f"{subject.about}({subject.name})"
        case phrase:
            return phrase.value


def _number(number: Number) -> str:
    return _plain(number.value) + _SUFFIX[number.unit]


def _relative(relative: Relative) -> str:
    base = (
        f"{exactly(relative.ago)} ago" if relative.reference is Reference.AGO and relative.ago else relative.reference
    )
    if relative.change == 0 and relative.unit is None:
        return base
    sign = "-" if relative.change < 0 else "+"
    suffix = "%" if relative.unit is None else "pp" if relative.unit is Unit.PERCENT else _SUFFIX[relative.unit]
    return f"{base} {sign} {_plain(abs(relative.change))}{suffix}"


def _plain(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
