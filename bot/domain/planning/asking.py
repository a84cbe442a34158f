"""How a plan asks a source: the keys that aren't ours are the source's own to read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from bot.domain.planning.parts import Part


def with_ask(value: Any, own: set[str]) -> Any:
    """Move the keys that aren't ours into `ask`: they are the source's to read."""
    if not isinstance(value, dict):
        return value
    given = value.get("ask")
    if given is not None and not isinstance(given, dict):
        return value
    asked = {key: item for key, item in value.items() if key not in own}
    return {key: item for key, item in value.items() if key in own} | {"ask": {**(given or {}), **asked}}


def open_to_its_source(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema with room for what the source reads."""
    schema["properties"].pop("ask", None)
    if "required" in schema:
        schema["required"] = [key for key in schema["required"] if key != "unit"]
    return {**schema, "additionalProperties": True}


def _source_form(value: Any) -> str:
    return "name" if isinstance(value, str) else "part"


SourceField = Annotated[Annotated[str, Tag("name")] | Annotated[Part, Tag("part")], Discriminator(_source_form)]
