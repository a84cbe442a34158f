"""Places in JSON, as plans spell them: `a.b.0.c`, and `workers.*.memory` for every worker.

Steps and `*` are all there is: a plan names a value, and what has to be reckoned is the far side's to reckon, or SQL's
or PromQL's (docs/decisions/0049).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from adapters.http import excerpt
from bot.domain.planning.fields import misread
from bot.ports import Nonsense

EVERY = "*"


class Missing(LookupError):
    """Nothing stands at that place."""


def _steps(value: Any) -> Any:
    return tuple(value.split(".")) if isinstance(value, str) else tuple(str(step) for step in value or ())


def _filled(steps: tuple[str, ...]) -> tuple[str, ...]:
    if not steps or not all(steps):
        raise misread("a place in JSON names each step", "write it as a.b.0.c, or as a list where a name has a dot")
    return steps


JsonPath = Annotated[tuple[str, ...], BeforeValidator(_steps), AfterValidator(_filled)]
"""`a.b.0.c`, or a list of steps where a name has a dot in it."""


def at(tree: Any, path: Sequence[str]) -> Any:
    """What stands in a JSON tree at `path`; digits are indexes of lists. Raises Missing."""
    for step in path:
        match tree:
            case dict() if step in tree:
                tree = tree[step]
            case list() if step.isdecimal() and int(step) < len(tree):
                tree = tree[int(step)]
            case _:
                raise Missing(f"nothing stands at {dotted(path)}")
    return tree


def everything_at(tree: Any, path: Sequence[str], name: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """What stands at `path`, whose `*` stand for every key or index, each with what its `*` stood for, as `a.0`.

    `name` is a place beside the value, inside what the last `*` stood for, whose text names it instead. Raises Missing
    where a member lacks what the others have; a `*` over nothing is nothing.
    """
    last = len(path) - 1 - tuple(reversed(path)).index(EVERY) if EVERY in path else -1
    for words, member in _members(tree, path[: last + 1], ()):
        called = ".".join(words) if not name else spelled_out(at(member, name))
        yield called, at(member, path[last + 1 :])


def _members(tree: Any, path: Sequence[str], words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not path:
        yield words, tree
        return
    before = path.index(EVERY)
    match at(tree, path[:before]):
        case dict() as found:
            members = list(found.items())
        case list() as found:
            members = [(str(number), member) for number, member in enumerate(found)]
        case _:
            raise Missing(f"{dotted(path[:before]) or 'the whole'} is neither a list nor an object")
    for word, member in members:
        yield from _members(member, path[before + 1 :], (*words, word))


def spelled_out(value: Any) -> str:
    """A text as it is, all else as JSON, on one short line."""
    return excerpt(value if isinstance(value, str) else json.dumps(value, default=repr), length=60)


def dotted(path: Sequence[str]) -> str:
    """A place in JSON, as plans spell it."""
    return ".".join(path)


def parsed(text: str, where: str) -> Any:
    """Read JSON; raises Nonsense that names `where` it came from."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Nonsense(f"{where} holds something that isn't JSON: {excerpt(text, length=60)}") from error


def shown(value: Any) -> str:
    """A value for people: one short line."""
    return excerpt(json.dumps(value, ensure_ascii=False, default=repr), length=80)
