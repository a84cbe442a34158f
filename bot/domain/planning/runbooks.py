"""What a metric's runbook may say (R14): where to look, what Perch looks at by itself, what to try."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from bot.domain.planning.asking import SourceField, open_to_its_source, with_ask
from bot.domain.planning.fields import UnitField, misread
from bot.domain.planning.parts import Part, PlanPart

MOST_STEPS = 8
_WAYS = "one of metric: NAME, source: NAME with its query, or command: [program, argument, …]"


class DiagnosisStep(PlanPart):
    """One look when the metric is bad; exactly one of: another metric, a question to a source, a part.

    `what` says what it shows, for people. `ask` is what the source's own model reads.
    """

    what: str = ""
    metric: str | None = None
    source: SourceField | None = None
    unit: UnitField | None = None
    part: Part | None = None
    ask: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"metric": value}
        if not isinstance(value, dict):
            return value
        said = value if "part" in value else {key: item for key, item in value.items() if key != "what"}
        ways = [key for key in ("metric", "source", "command", "kind", "part") if value.get(key) is not None]
        if len(ways) != 1 and ways != ["command", "kind"]:
            given = "says both " + " and ".join(ways[:2]) if ways else "doesn't say what to look at"
            raise misread(f"the diagnosis {given}", _WAYS)
        if ways == ["source"]:
            return with_ask(value, {"what", "source", "unit", "ask"})
        if ways in (["metric"], ["part"]):
            return value
        kind = value.get("kind", ways[0])
        options = {key: item for key, item in said.items() if key != "kind"}
        return {"what": value.get("what", ""), "part": {"kind": kind, "options": options}}

    @property
    def shown(self) -> str:
        """What it is, for people."""
        if self.what or self.metric:
            return self.what or self.metric or ""
        if self.part is not None:
            command = self.part.options.get("command")
            return " ".join(map(str, command)) if isinstance(command, list | tuple) else self.part.kind
        return next((str(each) for each in self.ask.values() if isinstance(each, str)), str(self.source))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = open_to_its_source(handler.resolve_ref_schema(handler(core_schema)))
        schema["properties"].pop("part", None)
        schema["properties"]["command"] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        metric = {"type": "string", "description": "another metric of the plan"}
        return {"anyOf": [metric, schema]}


class Runbook(PlanPart):
    """R14: what to look at when the metric goes bad, what Perch looks at then by itself, and what to try."""

    link: str | None = None
    look_at: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    diagnose: Annotated[tuple[DiagnosisStep, ...], Field(max_length=MOST_STEPS)] = ()
