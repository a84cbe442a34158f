"""What a plan wants to be on record before it may call itself successful (E5), and the dashboards and alerts it has."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from bot.domain.planning.fields import misread
from bot.domain.planning.parts import PlanPart
from bot.domain.units import parse_duration

PLAIN = ("lb_diff", "dashboards", "alerts", "load_burst", "decision")
SNAPSHOT = "snapshot_"
_FORMS = (*PLAIN, "snapshot_15m")
WebAddress = Annotated[str, Field(pattern=r"^https?://\S+$")]


class Dashboard(PlanPart):
    """A dashboard that people look at during the rollout, as its system names it."""

    id: str = Field(min_length=1)
    url: WebAddress
    title: str = ""


class Alert(PlanPart):
    """An alert rule that watches the rollout too: its id, the rule as its system has it, and where it is seen."""

    id: str = Field(min_length=1)
    rule: str = Field(min_length=1)
    url: WebAddress | None = None


def snapshot_at(name: str) -> timedelta | None:
    """How long after a stage's beginning the snapshot of this name is; None for another artifact."""
    return parse_duration(name.removeprefix(SNAPSHOT)) if name.startswith(SNAPSHOT) else None


def _artifact(name: Any) -> str:
    text = str(name).strip()
    if text in PLAIN:
        return text
    if not text.startswith(SNAPSHOT):
        near = get_close_matches(text, _FORMS, 1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(_FORMS)}"
        raise misread(f"'{text}' isn't an artifact that Perch makes", hint)
    try:
        parse_duration(text.removeprefix(SNAPSHOT))
    except (ValueError, OverflowError):
        raise misread(f"'{text}' names no moment", "the time of a checkpoint, as: snapshot_15m") from None
    return text


ArtifactName = Annotated[
    str,
    AfterValidator(_artifact),
    WithJsonSchema({"type": "string", "description": f"{', '.join(PLAIN)}, or snapshot_15m for a checkpoint"}),
]
