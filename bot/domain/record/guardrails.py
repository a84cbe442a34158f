"""Every guardrail of the stages that were judged, PASS or FAIL, and the numbers behind it (E4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any, Literal

from bot.domain.conditions import Condition
from bot.domain.language.grammar import parse
from bot.domain.language.misread import Misread
from bot.domain.language.spelling import exactly
from bot.domain.plan import Plan
from bot.domain.record.looks_on_record import Looked
from bot.domain.value import Value
from bot.domain.verdicts import Line, Role

Result = Literal["PASS", "FAIL", "NO DATA"]
NEVER = "never judged"
LOW_IS_BAD = (" > ", " >= ")
_RANGE = re.compile(r"\[\s*(\d+(?:\.\d+)?(?:ms|[smhdwy]))\s*[\]:]")


class Guardrail(Value):
    """One condition of one stage as it stood when it was last judged there. What was never judged never passes."""

    stage: int
    weight: float
    role: Role
    condition: str
    metric: str = ""
    result: Result
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    window: str = ""
    """Over which time it was judged: `for`, in a row, `after`, and how far its query looks back."""
    at: datetime | None = None
    """When that was measured."""
    detail: str = ""
    bad: int = 0
    """In how many of the looks on record it was bad; `bad_at` is the last of them."""
    bad_at: datetime | None = None


class Summary(Value):
    """One condition's numbers over all looks on record, of all stages."""

    condition: str
    role: Role
    metric: str = ""
    unit: str = ""
    threshold: float | None = None
    worst: float | None = None
    median: float | None = None
    last: float | None = None
    count: int = 0
    """Looks with a value."""
    no_data: int = 0
    """Looks without one."""


def guardrails(plan: Plan, looks: Sequence[Looked], entered: Iterable[int] = ()) -> tuple[Guardrail, ...]:
    """All conditions of each stage that was looked at, or `entered`, in the plan's order."""
    stages = sorted({look.stage for look in looks} | set(entered))
    return tuple(
        _guardrail(plan, stage, role, condition, metric, looks)
        for stage in stages
        if 0 <= stage < len(plan.stages)
        for role, condition, metric in _conditions(plan, stage, looks)
    )


def summaries(looks: Iterable[Looked]) -> tuple[Summary, ...]:
    """By condition, in the order in which they first appear."""
    lines: dict[tuple[Role, str], list[Line]] = {}
    for look in looks:
        for line in look.lines:
            if line.counts:
                lines.setdefault((line.role, line.condition), []).append(line)
    return tuple(_summary(of) for of in lines.values())


def low_is_bad(role: Role, condition: str) -> bool:
    """Whether small values are the bad ones: of what must be above its limit, and of what fires below it."""
    wants_high = any(op in f" {condition} " for op in LOW_IS_BAD)
    return wants_high if role != "trigger" else not wants_high


def is_bad(line: Line) -> bool:
    """Measured, and not as it should be; for a trigger, that it fired."""
    return line.met is (line.role == "trigger")


def _conditions(plan: Plan, stage: int, looks: Sequence[Looked]) -> Iterator[tuple[Role, str, str]]:
    """The plan's own, and what an earlier plan of the same rollout judged there."""
    at = plan.stages[stage]
    rules: tuple[tuple[Role, Sequence[Condition]], ...] = (
        ("trigger", [rule.condition for rule in at.rollback_when]),
        ("hard", [rule.condition for rule in at.promote_when]),
        ("soft", [rule.condition for rule in at.warn_unless]),
    )
    found = {(role, each.text): each.subject.name for role, conditions in rules for each in conditions}
    for look in looks:
        if look.stage == stage:
            for line in look.lines:
                found.setdefault((line.role, line.condition), line.metric)
    return ((role, condition, metric) for (role, condition), metric in found.items())


def _guardrail(plan: Plan, stage: int, role: Role, condition: str, metric: str, looks: Sequence[Looked]) -> Guardrail:
    seen = [(look.at, line) for look in looks if look.stage == stage for line in look.lines]
    judged = [(at, line) for at, line in seen if (line.role, line.condition) == (role, condition) and line.counts]
    bad = [at for at, line in judged if is_bad(line)]
    at, line = judged[-1] if judged else (None, Line(role=role, condition=condition, detail=NEVER))
    return Guardrail(
        stage=stage,
        weight=plan.stage_weight(stage).percent,
        role=role,
        condition=condition,
        metric=metric,
        result=_result(line),
        value=line.value,
        unit=line.unit,
        threshold=line.threshold,
        window=window(plan, condition, metric),
        at=at,
        detail=line.detail,
        bad=len(bad),
        bad_at=bad[-1] if bad else None,
    )


def _result(line: Line) -> Result:
    if line.met is None:
        return "NO DATA"
    return "FAIL" if is_bad(line) else "PASS"


def window(plan: Plan, text: str, metric: str) -> str:
    """`for 5m, after 2m, query over 5m`; "" where it is judged at one moment, by what the source says then."""
    condition = _read(text)
    parts = []
    if condition is not None:
        parts += [f"for {exactly(condition.lasting)}"] if condition.lasting else []
        parts += [f"{condition.times} in a row"] if condition.times else []
        parts += [f"after {exactly(condition.after)}"] if condition.after else []
        parts += [f"burn over {exactly(over)}" for over in condition.subject.over]
    asked = plan.metrics.get(metric)
    ranges = dict.fromkeys(_ranges(asked.ask)) if asked is not None else {}
    return ", ".join([*parts, *(f"query over {each}" for each in ranges)])


def _ranges(ask: Mapping[str, Any]) -> Iterator[str]:
    """What a question says of the time that it looks back over: PromQL's ranges, or `over`."""
    yield from _RANGE.findall(str(ask))
    for part in (ask, *(part for part in ask.values() if isinstance(part, Mapping))):
        if isinstance(over := part.get("over"), str):
            yield over


def _read(text: str) -> Condition | None:
    try:
        return parse(text)
    except (Misread, ValueError, IndexError):
        return None


def _summary(lines: Sequence[Line]) -> Summary:
    first, values = lines[0], [line.value for line in lines if line.met is not None and line.value is not None]
    known = [line.threshold for line in lines if line.threshold is not None]
    worst = min if low_is_bad(first.role, first.condition) else max
    return Summary(
        condition=first.condition,
        role=first.role,
        metric=first.metric,
        unit=next((line.unit for line in reversed(lines) if line.unit), ""),
        threshold=known[-1] if known else None,
        worst=worst(values) if values else None,
        median=median(values) if values else None,
        last=values[-1] if values else None,
        count=len(values),
        no_data=sum(line.met is None for line in lines),
    )
