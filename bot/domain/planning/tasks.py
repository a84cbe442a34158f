"""What is run during a stage (O6, R24): a burst of load, a test command; when, and what must come of it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator, model_validator

from bot.domain.evidence import canonical
from bot.domain.planning.fields import ConditionField, Duration, misread, shape_of
from bot.domain.planning.parts import Action, Part, PlanPart

MOST_TASKS = 8
LONGEST_NAME = 60
_OWN = frozenset({"name", "at", "needed", "on_fail", "again", "expect"})
_WAYS = "load: {requests: 100, url: …}, or command: [program, argument, …]"


class Task(PlanPart):
    """One thing that is run while the rollout is at a stage. Its part's kind says what.

    It begins `at` so long after the stage's traffic was confirmed. While it is `needed`, the stage isn't left before it
    has passed; `on_fail` is what happens where it fails. `again`: where Perch was interrupted in the middle of it, it
    is run once more by itself. `expect` are conditions on the numbers that its kind tells.
    """

    name: str = ""
    at: Duration = timedelta(0)
    needed: bool = True
    on_fail: Literal[Action.HOLD, Action.ROLLBACK, Action.KILL] = Action.HOLD
    again: bool = False
    expect: tuple[ConditionField, ...] = ()
    part: Part

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, Task) or (isinstance(value, dict) and "part" in value):
            return value
        if not isinstance(value, dict):
            raise misread(f"a task with what it runs is expected, not {shape_of(value)}", _WAYS)
        own = {key: item for key, item in value.items() if key in _OWN}
        rest = {key: item for key, item in value.items() if key not in _OWN}
        if isinstance(rest.get("load"), dict) and "kind" not in rest:
            options = rest.pop("load")
            return {"name": "load", **own, **rest, "part": {"kind": "load", "options": options}}
        kind = rest.pop("kind", "command" if "command" in rest else None)
        if kind is None:
            raise misread("the task doesn't say what to run", _WAYS)
        return {"name": kind, **own, "part": {"kind": kind, "options": rest}}

    @field_validator("name")
    @classmethod
    def _sane_name(cls, name: str) -> str:
        shown = " ".join(name.split())
        if not shown or not shown.isprintable() or len(shown) > LONGEST_NAME:
            raise misread(f"a task's name has 1 to {LONGEST_NAME} characters, on one line", "name: crash injection")
        return shown

    @property
    def shown(self) -> str:
        """What it runs, for people, as the plan spells it."""
        command, url = self.part.options.get("command"), self.part.options.get("url")
        if isinstance(command, list | tuple):
            return " ".join(map(str, command))
        return f"{self.part.kind} {url}" if isinstance(url, str) else self.part.kind

    @property
    def mark(self) -> str:
        """What it runs and what must come of it, as one short word: another plan's task of this name is another."""
        said = {"part": self.part.model_dump(mode="json"), "expect": [each.text for each in self.expect]}
        return hashlib.sha256(canonical(said).encode()).hexdigest()[:16]

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core_schema))
        schema["properties"].pop("part", None)
        schema["properties"]["kind"] = {"type": "string"}
        schema["properties"]["load"] = {"type": "object", "description": "What it may say is in docs/adapters-tasks.md"}
        schema["properties"]["command"] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        schema["required"] = [key for key in schema.get("required", []) if key != "part"]
        return {**schema, "additionalProperties": True}


TasksField = Annotated[tuple[Task, ...], Field(max_length=MOST_TASKS)]


def _host(value: str) -> str:
    text = value.strip()
    if not text or any(each in text for each in "/@?#${} \\,"):
        raise misread(f"'{value}' is not a host", "as: denis.internal:8080, or [::1]:8080")
    return text


HostText = Annotated[
    str,
    AfterValidator(_host),
    WithJsonSchema({"type": "string", "description": "written out: denis.internal:8080, or [::1]:8080"}),
]
"""A host that bursts may be sent to. No `${NAME}`: what a variable holds later can't widen the list."""
