"""The JSON Schema of a plan file, for editors: generated from the models, so it can't fall behind them."""

from __future__ import annotations

import json
from typing import Any

from bot.domain.plan import Plan

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """The schema. It knows shapes; names, units and contradictions are for `perch plan check`."""
    return {"$schema": _DIALECT, **Plan.model_json_schema(by_alias=True), "title": "Perch plan"}


def plan_schema_text() -> str:
    """The schema as the file that is kept in docs/."""
    return json.dumps(plan_schema(), indent=2, ensure_ascii=False) + "\n"
