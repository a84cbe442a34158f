"""What is left of a plan when its misshapen parts are taken out, so that the rest can be checked in the same go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bot.domain.plan import Plan
from bot.domain.planning.report import Path
from bot.domain.planning.shape import written

_ROUNDS = 6
_STAND_INS: dict[str, Any] = {"name": "x", "service": "x", "channel": "#x", "metrics": {}, "traffic": []}
_STAGE_STAND_INS: dict[str, Any] = {"weight": "0%", "bake": "1d", "promote_when": []}


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A plan without its misshapen parts, and where the parts that are left stood."""

    plan: Plan
    places: Mapping[Path, list[int]] = field(default_factory=dict)
    """For each list (by its path as written): the written place of each item that is left."""
    stand_ins: frozenset[Path] = frozenset()
    """Paths as written whose value is a stand-in, not to be judged."""

    def place(self, path: Path) -> Path:
        """The path as written of a path in the salvaged plan."""
        return _original(path, self.places)


def salvage(tree: Mapping[str, Any], environment: str) -> Salvaged | None:
    """Take out what doesn't validate, until the rest does; None when too little is left."""
    bad: set[Path] = set()
    for _ in range(_ROUNDS):
        places: dict[Path, list[int]] = {}
        pruned = _STAND_INS | _prune(dict(tree), (), bad, places)
        stand_ins = _complete_stages(pruned, places)
        try:
            plan = Plan.model_validate(pruned, context={"environment": environment})
            return Salvaged(plan, places, frozenset(stand_ins))
        except ValidationError as invalid:
            errors = [error for error in invalid.errors() if not (error["type"] == "too_short" and error["input"])]
            worse = {_original(written(pruned, error["loc"]), places) for error in errors} - {()}
            if worse <= bad:
                return None
            bad |= worse
    return None


def _complete_stages(pruned: dict[str, Any], places: Mapping[Path, list[int]]) -> set[Path]:
    """Give stages what they must have; returns the paths as written of what was given."""
    given: set[Path] = set()
    stages = pruned.get("stages")
    for index, stage in enumerate(stages if isinstance(stages, list) else []):
        for key, stand_in in _STAGE_STAND_INS.items():
            if isinstance(stage, dict) and key not in stage:
                stage[key] = stand_in
                given.add(_original(("stages", index, key), places))
    return given


def _prune(node: Any, path: Path, bad: Iterable[Path], places: dict[Path, list[int]]) -> Any:
    if isinstance(node, dict):
        return {key: _prune(item, (*path, key), bad, places) for key, item in node.items() if (*path, key) not in bad}
    if isinstance(node, list | tuple):
        kept = [index for index in range(len(node)) if (*path, index) not in bad]
        places[path] = kept
        return [_prune(node[index], (*path, index), bad, places) for index in kept]
    return node


def _original(path: Path, places: Mapping[Path, list[int]]) -> Path:
    found: list[str | int] = []
    for part in path:
        kept = places.get(tuple(found))
        found.append(kept[part] if kept is not None and isinstance(part, int) else part)
    return tuple(found)
