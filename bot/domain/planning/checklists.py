"""What a plan may say about a stage's checklist: what people tick at the gate, and what each check ticks by itself."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from bot.domain.planning.fields import ConditionField, misread, shape_of
from bot.domain.planning.parts import PlanPart, reads_as


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


People = Annotated[
    tuple[str, ...],
    BeforeValidator(_several),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "description": "a person or a user group, or several: @sre, U0123ABCD",
        }
    ),
]
"""Who is meant: one entry, or several of which one will do."""


class ChecklistItem(PlanPart):
    """R19: ticked by a person at the gate (`by` says who may, else whoever may act), or, with `auto`, by each check."""

    item: str = ""
    by: People = ()
    auto: ConditionField | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict | ChecklistItem):
            return value
        if not isinstance(value, str):
            raise misread(f"a checklist's item is a text, not {shape_of(value)}", 'as: "dashboard looked at"')
        return {"item": value}

    @model_validator(mode="after")
    def _sane(self) -> Self:
        if not self.item.strip() and self.auto is None:
            raise misread("the item doesn't say what is to be ticked", 'as: {item: "dashboard looked at", by: "@sre"}')
        if self.auto is not None and self.by:
            raise misread("an item with 'auto' is ticked by the checks, so it takes no 'by'", "keep one of the two")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return reads_as("what a person ticks: dashboard looked at", handler.resolve_ref_schema(handler(core_schema)))

    @property
    def text(self) -> str:
        """What people read, and the item's identity within its stage."""
        return " ".join(self.item.split()) or (self.auto.text if self.auto else "")
