"""Chronicles made up from records and numbers, for what no engine plays in a test's time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.domain.chronicle import Chronicle
from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.trends import Point
from bot.domain.units import Weight
from tests.builders import START, a_plan, a_rollout, a_stage

Happened = tuple[float, str, dict[str, Any]]
"""Minutes since the start, the kind, and the facts."""


def where(state: State, weight: float = 1.0, stage: int = 0, **facts: Any) -> dict[str, Any]:
    """Facts as the engine writes them: with the state that they led to."""
    return {**facts, "at": {"state": state.value, "stage": stage, "weight": weight}, "told": []}


def records(*happened: Happened) -> list[Record]:
    """In the order in which they are given."""
    return [
        Record("materializers-1", number, kind, (START + timedelta(minutes=minutes)).isoformat(), "perch", body, "", "")
        for number, (minutes, kind, body) in enumerate(happened, start=1)
    ]


def chronicle(
    told: Sequence[Record] = (),
    points: Mapping[str, Sequence[Point]] | None = None,
    minutes: float = 60,
    plan: Plan | None = None,
    **changes: Any,
) -> Chronicle:
    """A rollout that ended after so many minutes."""
    end = START + timedelta(minutes=minutes)
    facts = {"state": State.COMPLETED, "ended_at": end, "confirmed": Weight(50), **changes}
    return Chronicle(a_rollout(**facts), plan or a_plan(), told, points or {}, end + timedelta(minutes=1))


def every(seconds: float, values: Sequence[float | None]) -> list[Point]:
    """One value after the other from the start on."""
    return [Point(START + timedelta(seconds=seconds * number), value) for number, value in enumerate(values)]


def long_and_wide(metrics: int = 10, hours: float = 4, check_s: float = 5) -> Chronicle:
    """A rollout of hours with many metrics, each with its limits, measured every few seconds."""
    names = [f"metric_{number}" for number in range(metrics)]
    rules = {
        "promote_when": [f"{name} < 90%" for name in names],
        "rollback_when": [f"{name} > 97%" for name in names],
    }
    plan = a_plan(
        *(a_stage(weight, **rules, warn_unless=[]) for weight in ("1%", "10%", "50%")),
        metrics={name: {"source": "numbers", "unit": "percent"} for name in names},
        every={"check": f"{check_s:g}s", "snapshot": "5m"},
        timezone="Europe/Madrid",
    )
    count = int(hours * 3600 / check_s)
    points = {
        name: every(check_s, [50 + 40 * math.sin(at / 97 + number) + at % 7 for at in range(count)])
        for number, name in enumerate(names)
    }
    lines = [
        {"role": role, "condition": f"{name} {rule}", "metric": name, "met": role == "hard", "value": 61.5}
        | {"unit": "percent", "threshold": limit}
        for name in names
        for role, rule, limit in (("hard", "< 90%", 90.0), ("trigger", "> 97%", 97.0))
    ]
    told: list[Happened] = []
    for place, weight in enumerate((1.0, 10.0, 50.0)):
        begin = place * hours * 20
        told.append((begin, "stage_confirmed", {**where(State.BAKING, weight, place), "weight": weight}))
        told += [
            (begin + minute, "snapshot", where(State.BAKING, weight, place, check={"lines": lines}))
            for minute in range(5, int(hours * 20), 5)
        ]
        told.append((begin + hours * 20 - 1, "gate", {**where(State.GATE, weight, place), "from": weight}))
    return chronicle(records(*told), points, hours * 60, plan)
