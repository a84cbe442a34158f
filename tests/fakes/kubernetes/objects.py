"""Objects as an API server keeps them: versions, generations, who owns which field, applied and patched.

By https://kubernetes.io/docs/reference/using-api/server-side-apply/ and …/api-concepts/, as far as Perch uses them.
Containers and variables are merged by name; all other lists are one field.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[Any, ...]
"""Steps to a field: a key, or `("name", NAME)` for the element of a list that is merged by name."""
BY_NAME = {"containers", "env"}


class Refusal(Exception):
    """What the server says instead: a code, a reason, a message, and causes."""

    def __init__(self, code: int, reason: str, message: str, causes: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.causes = code, reason, message, causes or []

    @property
    def status(self) -> dict[str, Any]:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": {"causes": self.causes},
            "code": self.code,
        }


@dataclass
class Kept:
    """One object, and its fields' owners."""

    body: dict[str, Any]
    owners: dict[str, set[Path]] = field(default_factory=dict)

    def copy(self) -> Kept:
        return copy.deepcopy(self)


def leaves(tree: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each field with its value; an element of a merged list also by its name alone."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, (*at, key))
    elif isinstance(tree, list) and at and at[-1] in BY_NAME:
        for item in tree:
            yield from leaves(item, (*at, ("name", item["name"])))
    else:
        yield at, tree


def value_at(tree: Any, path: Path) -> Any:
    """None where nothing stands."""
    for step in path:
        if isinstance(step, tuple):
            tree = next((item for item in tree or () if item["name"] == step[1]), None)
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _set(tree: dict[str, Any], path: Path, value: Any) -> None:
    here: Any = tree
    for step, following in zip(path, (*path[1:], None), strict=True):
        if isinstance(step, tuple):
            found = next((item for item in here if item["name"] == step[1]), None)
            if found is None:
                here.append(found := {"name": step[1]})
            here = found
        elif following is None:
            here[step] = copy.deepcopy(value)
        else:
            here = here.setdefault(step, [] if isinstance(following, tuple) else {})


def _take_away(tree: Any, path: Path) -> bool:
    """Remove a field, and what is empty without it. Returns whether `tree` is empty now."""
    step, rest = path[0], path[1:]
    if isinstance(step, tuple):
        item = next((each for each in tree if each["name"] == step[1]), None)
        if item is not None and _take_away(item, rest):
            tree.remove(item)
    elif step in tree and (not rest or _take_away(tree[step], rest)):
        del tree[step]
    return not tree


def spelled(path: Path) -> str:
    """`.spec.template.spec.containers[name="api"].env[name="PCT"].value`"""
    return "".join(f'[name="{step[1]}"]' if isinstance(step, tuple) else f".{step}" for step in path)


def applied(kept: Kept, body: Mapping[str, Any], manager: str, force: bool) -> None:
    """Server-side apply, in place. Raises Refusal (409) where another owns a field with another value."""
    own = {key: value for key, value in body.items() if key not in ("apiVersion", "kind")}
    own["metadata"] = {key: value for key, value in own.get("metadata", {}).items() if key != "name"}
    wanted = {path: value for path, value in leaves(own) if path and path != ("metadata",)}
    conflicts = [
        (path, other)
        for path, value in wanted.items()
        for other, paths in kept.owners.items()
        if other != manager and path in paths and value_at(kept.body, path) != value
    ]
    if conflicts and not force:
        raise _conflict(conflicts)
    for path, other in conflicts:
        kept.owners[other].discard(path)
    gone = kept.owners.get(manager, set()) - set(wanted)
    for path in sorted(gone, key=lambda path: path[-1] == "name"):
        if not any(path in paths for other, paths in kept.owners.items() if other != manager):
            _take_away(kept.body, path)
    for path, value in wanted.items():
        _set(kept.body, path, value)
    kept.owners[manager] = set(wanted)


def _conflict(conflicts: list[tuple[Path, str]]) -> Refusal:
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{other}" using apps/v1', "field": spelled(path)}
        for path, other in conflicts
    ]
    many = f"{len(causes)} conflict{'s' if len(causes) > 1 else ''}"
    told = ", ".join(f"{cause['message']}: {cause['field']}" for cause in causes)
    return Refusal(409, "Conflict", f"Apply failed with {many}: {told}", causes)


def patched(kept: Kept, steps: list[dict[str, Any]]) -> None:
    """JSON patch (RFC 6902) with `test`, `add` and `replace` on objects' members; in place, so give a copy."""
    for step in steps:
        *way, last = [int(each) if each.isdecimal() else each for each in step["path"].split("/")[1:]]
        here: Any = kept.body
        try:
            for each in way:
                here = here[each]
            if step["op"] == "test":
                if here[last] != step["value"]:
                    raise KeyError(last)
            elif step["op"] in ("add", "replace"):
                here[last] = step["value"]
        except (KeyError, IndexError, TypeError) as error:
            raise Refusal(422, "Invalid", "the server rejected our request due to an error in our request") from error


def check(body: Mapping[str, Any]) -> None:
    """A little of what the server refuses (422)."""
    spec = body.get("spec", {})
    if body["kind"] != "Deployment":
        return
    if spec.get("replicas", 1) < 0:
        raise _invalid(body, "spec.replicas", "must be greater than or equal to 0")
    for container in spec["template"]["spec"]["containers"]:
        if "image" not in container:
            raise _invalid(body, f"spec.template.spec.containers[{container['name']}].image", "Required value")
        for variable in container.get("env", ()):
            if "value" in variable and "valueFrom" in variable:
                raise _invalid(body, "env.valueFrom", "may not be specified when `value` is not empty")


def _invalid(body: Mapping[str, Any], where: str, why: str) -> Refusal:
    message = f'{body["kind"]}.apps "{body["metadata"]["name"]}" is invalid: {where}: {why}'
    return Refusal(422, "Invalid", message, [{"reason": "FieldValueInvalid", "message": why, "field": where}])
