"""A plan file's text with places: YAML in, a tree of plain values out, and where each of them stands.

Only what JSON knows comes out: dates, octal numbers, `yes` and `8:00` stay the text they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.domain.planning.report import Path

MOST_BYTES = 1_000_000
MOST_NODES = 50_000
"""A file that grows beyond this is refused, by itself or by following its aliases."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, counted from 1."""

    line: int
    column: int


class Unreadable(ValueError):
    """A text isn't YAML that a plan may use."""

    def __init__(self, what: str, hint: str, place: Place) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.place = place


@dataclass(frozen=True, slots=True)
class PlanText:
    """What was read. `repeated` are the paths of keys that stand twice in one mapping."""

    tree: Any
    lines: tuple[str, ...]
    values: Mapping[Path, yaml.Node] = field(default_factory=dict)
    keys: Mapping[Path, yaml.Node] = field(default_factory=dict)
    repeated: tuple[tuple[Path, Place], ...] = ()

    def place(self, path: Path, offset: int | None = None, *, at_key: bool = False) -> Place:
        """Where a path's value (or key) stands, or the nearest thing around it; `offset` counts inside the value."""
        while path and path not in self.values:
            path, offset, at_key = path[:-1], None, False
        node = self.keys.get(path) if at_key else None
        node = node or self.values.get(path)
        if node is None:
            return Place(1, 1)
        mark = node.start_mark
        return Place(mark.line + 1, mark.column + 1 + (self._inside(node, offset) if offset else 0))

    def _inside(self, node: yaml.Node, offset: int) -> int:
        """How far into its first line a character of a one-line scalar stands; 0 where escapes or folds hide it."""
        if not isinstance(node, yaml.ScalarNode) or node.start_mark.line != node.end_mark.line:
            return 0
        written = self.lines[node.start_mark.line][node.start_mark.column : node.end_mark.column]
        if written == node.value:
            return offset
        return offset + 1 if written[1:-1] == node.value else 0


class _Loader(yaml.SafeLoader):
    """SafeLoader whose plain scalars are only null, true and false, and decimal numbers; it stops at `MOST_NODES`."""

    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            mark = self.get_mark()
            raise Unreadable("the file is too large for a plan", "split it", Place(mark.line + 1, mark.column + 1))
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|false|False)$"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9]\d{0,17})$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+\.\d+(?:[eE][-+]?\d{1,2})?$"), list("-+0123456789")
)


def read_text(text: str) -> PlanText:
    """Read a plan's text. Raises Unreadable with the one thing that stopped the reading."""
    if len(text) > MOST_BYTES:
        raise Unreadable("the file is too large for a plan", "split it", Place(1, 1))
    try:
        return _read(text)
    except yaml.MarkedYAMLError as broken:
        raise _unreadable(broken, text) from broken
    except yaml.YAMLError as broken:
        what = "the file holds characters that YAML doesn't allow"
        raise Unreadable(what, "save it as UTF-8 text", Place(1, 1)) from broken
    except RecursionError:
        raise Unreadable("the file is nested too deeply", "a plan has a few levels", Place(1, 1)) from None


def _read(text: str) -> PlanText:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise Unreadable("the file is empty", "it starts with name:, service:, channel: …", Place(1, 1))
        walk = _Walk()
        tree = walk.value(node, ())
    finally:
        loader.dispose()
    return PlanText(tree, tuple(text.splitlines()), walk.values, walk.keys, tuple(walk.repeated))


_PLAINER = {
    "found character '%' that cannot start any token": "a text can't begin with %",
    "but found another document": "a second document begins here",
}


def _unreadable(broken: yaml.MarkedYAMLError, text: str) -> Unreadable:
    mark = broken.problem_mark or broken.context_mark
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "\t" in line[: place.column]:
        return Unreadable("a tab can't be used to indent", "use spaces", Place(place.line, line.index("\t") + 1))
    problem = broken.problem or broken.context or "it ends too early"
    what = f"this isn't YAML: {_PLAINER.get(problem, problem)}"
    return Unreadable(what, "mind the indentation, and put texts with : # % { [ in quotes", place)


class _Walk:
    """One walk over the nodes of a file."""

    def __init__(self) -> None:
        self.values: dict[Path, yaml.Node] = {}
        self.keys: dict[Path, yaml.Node] = {}
        self.repeated: list[tuple[Path, Place]] = []

    def value(self, node: yaml.Node, path: Path) -> Any:
        if len(self.values) > MOST_NODES:
            raise Unreadable("its aliases make the file too large", "write fewer *aliases", _place(node))
        self.values[path] = node
        match node:
            case yaml.MappingNode():
                return self._mapping(node, path)
            case yaml.SequenceNode():
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            case yaml.ScalarNode():
                return _scalar(node)
            case _:
                raise Unreadable("this can't stand in a plan", "mappings, lists and texts can", _place(node))

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Unreadable("a key must be a word", "put texts with { or [ in quotes", _place(key))
            if key.value in found:
                self.repeated.append(((*path, key.value), _place(key)))
                continue
            self.keys[(*path, key.value)] = key
            found[key.value] = self.value(item, (*path, key.value))
        return found


def _scalar(node: yaml.ScalarNode) -> Any:
    match node.tag.rpartition(":")[2]:
        case "bool":
            return node.value.lower() == "true"
        case "null":
            return None
        case "int":
            return int(node.value)
        case "float":
            return float(node.value)
        case "str":
            return node.value
        case _:
            raise Unreadable(f"the tag {node.tag} can't be used in a plan", "leave it out", _place(node))


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
