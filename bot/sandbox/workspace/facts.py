"""Facts about Slack's methods, from Slack's own reference: read once from `slack_methods.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parents[1] / "slack_methods.json"


@dataclass(frozen=True)
class MethodFacts:
    """One Web API method. `bot_scopes`: any one of them is enough; `rate` is Slack's tier, `t1` to `t5`."""

    name: str
    bot_scopes: tuple[str, ...]
    rate: str
    required: tuple[str, ...]
    errors: tuple[str, ...]


def method_facts() -> dict[str, MethodFacts]:
    """The facts by method name."""
    table = json.loads(_FILE.read_text(encoding="utf-8"))
    return {name: _facts(name, row) for name, row in table.items()}


def _facts(name: str, row: dict[str, object]) -> MethodFacts:
    def words(key: str) -> tuple[str, ...]:
        found = row[key]
        return tuple(str(word) for word in found) if isinstance(found, list) else ()

    return MethodFacts(name, words("bot_scopes"), str(row["rate"]), words("required"), words("errors"))
