"""Every template in the code, found in its text: what a catalogue has to translate, and what it may not lack."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

ROOT = Path(__file__).parents[3]
SPEAKERS = ("bot/wording", "commands")
"""Where sentences are said; nowhere else."""
THINKERS = ("bot/domain", "bot/engine", "commands", "storage")
"""Where phrases are made, which go on record in English and are retold."""
SAYING = {"t": 0, "t_many": 1}
"""How a sentence is said, and the argument where its templates begin; `t_many` has two of them."""
KEEPING = {"Phrase": 0}
HOW = ("language.py", "phrases.py")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One template, and where it stands; `text` is "" for what isn't written out there and can't be translated."""

    text: str
    where: str


def spoken_templates() -> Iterator[Spoken]:
    """Every template that is said by `t` or `t_many`, or kept in a `Phrase` and retold."""
    for path in files(SPEAKERS):
        yield from _called(path, SAYING)
    for path in files(THINKERS):
        yield from _called(path, KEEPING)


def _called(path: Path, names: Mapping[str, int]) -> Iterator[Spoken]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            first = names[node.func.id]
            for argument in node.args[first : first + 1 + first]:
                yield Spoken(_literal(argument), _where(path, node))


def files(rooms: Sequence[str]) -> list[Path]:
    """The files of these rooms, but those that say how it's done and what it's called elsewhere."""
    there = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in there if path.name not in HOW and path.parent.name != "languages"]


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def blanks(template: str) -> set[str]:
    """The names to be filled in."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


_SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}|[A-Z][a-z]+ [a-z]|^[A-Z][a-z]{2,}…?$")


def unspoken(path: Path) -> Iterator[Spoken]:
    """What reads like words for people and isn't said by `t`: neither a docstring nor what an exception tells us."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    aside = {id(part) for node in ast.walk(tree) for part in _aside(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            yield from [Spoken(node.value, _where(path, node))] if _SENTENCE.search(node.value) else []


def _where(path: Path, node: ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def _aside(node: ast.AST) -> Iterator[ast.AST]:
    """What isn't shown, or is said already: docstrings, raised texts, patterns, arguments of `t`."""
    match node:
        case ast.Expr(value=ast.Constant() as text):
            yield text
        case ast.Raise():
            yield from ast.walk(node)
        case ast.Call(func=ast.Name(id="t" | "t_many")):
            for argument in node.args:
                yield from ast.walk(argument)
        case ast.Call(func=ast.Attribute(attr="compile")):
            yield from ast.walk(node)
