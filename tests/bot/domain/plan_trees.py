"""A small good plan as a tree, stand-in kinds, and a way to spoil one place of it."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.kinds import Kind, Kinds
from bot.domain.planning.reading import report_on
from bot.domain.planning.report import Mistake, Note, PlanReport, dotted
from bot.domain.units import Unit


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PageOptions(Strict):
    url: str = Field(pattern="^http")
    at_once: int = Field(default=4, ge=1)


class PageAsk(Strict):
    query: str


class ProbeOptions(Strict):
    url: str


class NoAsk(Strict):
    pass


class DoorOptions(Strict):
    url: str


class CommandOptions(Strict):
    command: tuple[str, ...] = Field(min_length=1)


class TriedOptions(CommandOptions):
    load_burst: bool = False


class LoadOptions(Strict):
    url: str
    requests: int = Field(default=1, ge=1)
    load_hosts: tuple[str, ...] = ()


def _nothing(options: Any, environment: Any) -> None:
    return None


KINDS = Kinds(
    sources={
        "page": Kind(PageOptions, _nothing, ask=PageAsk, longest_range=lambda ask: timedelta(seconds=len(ask.query))),
        "probe": Kind(ProbeOptions, _nothing, ask=NoAsk, unit=Unit.COUNT),
    },
    traffic={"door": Kind(DoorOptions, _nothing)},
    kill={"door": Kind(DoorOptions, _nothing)},
    confirm={"door": Kind(DoorOptions, _nothing)},
    diagnosis={"command": Kind(CommandOptions, _nothing)},
    tasks={
        "command": Kind(TriedOptions, _nothing, tells={"exit_code": Unit.COUNT}),
        "load": Kind(
            LoadOptions,
            _nothing,
            tells={"success_rate": Unit.PERCENT, "p95": Unit.SECONDS, "rate": Unit.PER_SECOND},
            of_plan=("load_hosts",),
        ),
    },
)


def a_tree() -> dict[str, Any]:
    """A plan that has nothing to mend and nothing to note."""
    return {
        "name": "materializers",
        "service": "denis",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@sre-leads"]},
        "sources": {"page": {"kind": "page", "url": "http://page"}},
        "metrics": {
            "success_rate": {"source": "page", "unit": "percent", "query": "100 * a / b"},
            "latency": {"source": "page", "unit": "seconds", "query": "q{$side}", "baseline": {"before_start": "30m"}},
            "drops": {"source": "page", "unit": "per_second", "query": "rate(d[5m])"},
            "queue": {"source": "page", "unit": "count", "query": "queue"},
            "seen": {"source": "page", "unit": "seconds", "query": "seen"},
            "weight": {"source": "page", "unit": "ratio", "query": "pct"},
            "chat": {"source": {"kind": "probe", "url": "http://chat"}},
        },
        "sides": {"canary": 'v="new"', "stable": 'v="old"'},
        "slos": {"toggle": {"metric": "success_rate", "target": "99.9%", "window": "30d"}},
        "traffic": [{"kind": "door", "url": "http://door"}],
        "stages": [
            {"weight": "1%", "bake": "4h", "promote_when": ["success_rate > 95%"]},
            {"weight": "100%", "bake": "1d", "promote_when": ["success_rate > 99%", "latency < 3s"]},
        ],
        "kill_switch": [[{"kind": "door", "url": "http://kill"}]],
    }


def spoiled(path: str, value: Any) -> dict[str, Any]:
    """The good plan with another value at a dotted path; `...` takes the key away."""
    tree = copy.deepcopy(a_tree())
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    node: Any = tree
    for part in way:
        node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return tree


def report(tree: Any, environment: str = "") -> PlanReport:
    return report_on(tree, environment, KINDS)


def told(found: Mistake | Note) -> str:
    """A finding in one line: `path[:offset]: what — hint`."""
    offset = f":{found.offset}" if found.offset is not None else ""
    return f"{dotted(found.path)}{offset}: {found.what}" + (f" — {found.hint}" if found.hint else "")
