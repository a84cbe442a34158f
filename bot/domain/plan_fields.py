"""How the scalars of a plan are read: durations, weights, units, conditions.

Mistakes are pydantic errors whose context carries a `hint` and, for conditions, the character `offset`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, WithJsonSchema

from bot.domain.conditions import About, Condition, Subject
from bot.domain.units import Unit, Weight, parse_duration


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _weight(value: Any) -> Any:
    return Weight.parse(value) if isinstance(value, str) else value


def _condition(value: Any) -> Any:
    return Condition(text=value, subject=Subject(About.METRIC, value)) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration), WithJsonSchema({"type": "string"})]
WeightField = Annotated[InstanceOf[Weight], BeforeValidator(_weight), WithJsonSchema({"type": "string"})]
UnitField = Unit
ConditionField = Annotated[InstanceOf[Condition], BeforeValidator(_condition), WithJsonSchema({"type": "string"})]
