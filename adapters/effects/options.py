"""What actions that set one value have in common: what it is set to, and what it is set back to."""

from __future__ import annotations

from pydantic import model_validator

from adapters.options import Options
from adapters.placeholders import spelled
from adapters.traffic.values import Standing
from bot.domain.planning.fields import misread


class ToAndBack(Options):
    """`back` left out: it stays on the way back, too; `back: null` takes the value away."""

    to: bool | int | float | str
    back: bool | int | float | str | None = None

    @model_validator(mode="after")
    def _differ(self) -> ToAndBack:
        if "back" in self.model_fields_set and self.back is not None and spelled(self.back) == spelled(self.to):
            raise misread("to and back are the same value", 'write for example to: "on" and back: "off"')
        return self

    @property
    def wanted(self) -> Standing:
        """What is to stand there."""
        return Standing(self.to)

    @property
    def returned(self) -> Standing | None:
        """What is to stand there afterwards; None: what was put there stays."""
        if "back" not in self.model_fields_set:
            return None
        return Standing(self.back, absent=self.back is None)
