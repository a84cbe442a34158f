"""What a plan says about incidents (E10, R16)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from bot.domain.planning.fields import misread, shape_of
from bot.domain.planning.parts import PlanPart
from bot.domain.severities import CALLED, Severity, severity


def _read(value: Any) -> Any:
    if value is None or isinstance(value, Severity):
        return value
    found = severity(value) if isinstance(value, str) else None
    if found is None and str(value).lower() not in ("none", "never"):
        raise misread(f"a severity is expected, not {shape_of(value)}", f"one of {', '.join(Severity)}, or none")
    return found


_WORDS = [*(each.value for each in Severity), *CALLED.values(), "none"]
SeverityField = Annotated[Severity | None, BeforeValidator(_read), WithJsonSchema({"type": "string", "enum": _WORDS})]


class IncidentPolicy(PlanPart):
    """From which severity on an incident keeps a rollout from being completed; `ended_too`: also one that is over.

    `pagerduty` are ids of services there whose incidents are the rollout's, as long as it's live.
    """

    forbid_completion: SeverityField = Severity.SEV1
    ended_too: bool = False
    pagerduty: tuple[str, ...] = ()
