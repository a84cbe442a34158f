"""PERCH_KEEP: where papers go of plans that don't say, written as under a plan's `keep:`."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from bot.domain.kinds import Kinds
from bot.domain.plan import Part
from storage.plan_text import Unreadable, read_text

_PARTS = TypeAdapter(tuple[Part, ...])


class BadKeep(ValueError):
    """The first mistake, on one line, without the value."""


def read_keep(text: str, kinds: Kinds) -> tuple[Part, ...]:
    """One destination or a list of them, in YAML; "" is none. Raises BadKeep."""
    if not text.strip():
        return ()
    try:
        tree = read_text(text).tree
        parts = _PARTS.validate_python(tree if isinstance(tree, list) else [tree])
    except Unreadable as unreadable:
        raise BadKeep(f"it isn't readable: {unreadable}") from None
    except ValidationError as wrong:
        raise BadKeep(_first(wrong)) from None
    for part in parts:
        _check(part, kinds)
    return parts


def _check(part: Part, kinds: Kinds) -> None:
    kind = kinds.archives.get(part.kind)
    if kind is None:
        raise BadKeep(f"there is no destination kind '{part.kind}'; known: {', '.join(sorted(kinds.archives))}")
    try:
        kind.options.model_validate(part.options)
    except ValidationError as wrong:
        raise BadKeep(f"{part.kind}: {_first(wrong)}") from None


def _first(wrong: ValidationError) -> str:
    first = wrong.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(step) for step in first["loc"] if not isinstance(step, int))
    hint = str(first.get("ctx", {}).get("hint") or "")
    return f"{place + ': ' if place else ''}{first['msg']}{f' ({hint})' if hint else ''}"
