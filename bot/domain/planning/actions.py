"""What a plan changes besides traffic: before a stage, after it, and when all is completed (R20)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import model_validator

from bot.domain.planning.fields import misread, shape_of
from bot.domain.planning.parts import Part


class Lasts(StrEnum):
    """How long an action stands. On the way back each is taken back, whatever it says here."""

    STAGE = "stage"
    """Until its stage is left."""
    ROLLOUT = "rollout"
    """Until the rollout has ended, however it ends."""
    FOR_GOOD = "for_good"
    """Beyond a completed rollout."""


_OWN = ("kind", "what", "lasts")


class PlannedAction(Part):
    """A part that changes something: `what` it is called, and how long it `lasts` where its kind shouldn't say."""

    what: str = ""
    lasts: Lasts | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, PlannedAction):
            return value
        if not isinstance(value, dict):
            raise misread(f"an action with its kind is expected, not {shape_of(value)}", "as: {kind: command, …}")
        if "kind" not in value:
            raise misread("the action doesn't say its kind", "add kind:, as: {kind: command, …}")
        own = {key: value[key] for key in _OWN if key in value}
        rest = {key: item for key, item in value.items() if key not in _OWN}
        frozen = set(rest) == {"options"} and isinstance(rest["options"], dict)
        return {**own, "options": rest["options"] if frozen else rest}

    @property
    def called(self) -> str:
        """What people call it."""
        return self.what or self.kind

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        properties = {
            "kind": {"type": "string"},
            "what": {"type": "string"},
            "lasts": {"enum": [each.value for each in Lasts]},
        }
        described = "What it may say besides is in docs/adapters-effects.md"
        return {"type": "object", "properties": properties, "required": ["kind"], "description": described}
