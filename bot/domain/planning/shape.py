"""Pydantic's errors in our words: where in the plan as written, what's wrong, and how to mend it."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.domain.planning.fields import shape_of
from bot.domain.planning.report import Mistake, Path

Loc = tuple[int | str, ...]


def mistakes_of(errors: Iterable[ErrorDetails], tree: Any, model: type[BaseModel], under: Path = ()) -> list[Mistake]:
    """Translate the errors that validating `tree` at path `under` with `model` gave."""
    found = []
    for error in errors:
        mistake = _translate(error, tree, model, under)
        if mistake is not None:
            found.append(mistake)
    return _without_shadows(list(dict.fromkeys(found)))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    return next(iter(difflib.get_close_matches(word, sorted(known), 1, 0.6)), None)


def suggest(word: str, known: Iterable[str]) -> str:
    """A hint: the word that was meant, or all there are."""
    names = sorted(known)
    near = nearest(word, names)
    return f"did you mean {near}?" if near else "known: " + (", ".join(names) or "none")


def written(tree: Any, loc: Sequence[int | str]) -> Path:
    """The part of a location that the plan's author wrote; what reading added (a tag, `condition`) is left out."""
    path: list[str | int] = []
    node = tree
    for part in loc:
        if _holds(node, part):
            node = node[part]
            path.append(part)
    return tuple(path)


def _holds(node: Any, part: int | str) -> bool:
    if isinstance(node, Mapping):
        return part in node
    return isinstance(node, list | tuple) and isinstance(part, int) and part < len(node)


def at(tree: Any, path: Path) -> Any:
    """What stands at a path; None where nothing does."""
    node = tree
    for part in path:
        if not _holds(node, part):
            return None
        node = node[part]
    return node


def _translate(error: ErrorDetails, tree: Any, model: type[BaseModel], under: Path) -> Mistake | None:
    loc, given, context = error["loc"], error["input"], error.get("ctx", {})
    path = under + written(tree, loc)
    if "hint" in context:
        return Mistake(path, error["msg"], context["hint"], context.get("offset"))
    match error["type"]:
        case "missing":
            return Mistake(path, f"'{loc[-1]}' is missing", f"add {loc[-1]}:")
        case "extra_forbidden" if " @" in str(loc[-1]):
            what = f"'{loc[-1]}' came out as a key: inside {{ }} a comma ends a value"
            return Mistake(path, what, 'put the whole value in quotes: "1m @production, 10s @lab"', at_key=True)
        case "extra_forbidden":
            hint = suggest(str(loc[-1]), keys_at(model, loc[:-1]))
            return Mistake(path, f"unknown key '{loc[-1]}'", hint, at_key=True)
        case "enum" | "literal_error":
            return _not_one_of(path, given, context["expected"])
        case "too_short":
            return None if given else Mistake(path, "at least one is needed")
        case "string_pattern_mismatch" if path == ("name",):
            return Mistake(path, f"'{given}' is not a name", "lower-case letters, digits and dashes, as: my-service")
        case "string_pattern_mismatch":
            return Mistake(path, f"'{given}' doesn't have the form {context['pattern']}")
        case "string_type":
            hint = f'put it in quotes: "{given}"' if isinstance(given, int | float) else ""
            return Mistake(path, f"a text is expected, not {shape_of(given)}", hint)
        case kind:
            return Mistake(path, _otherwise(kind, given, error["msg"]))


def _not_one_of(path: Path, given: Any, expected: str) -> Mistake:
    known = [word for word in re.findall(r"'([^']*)'", expected) if not (path[-1:] == ("on_fail",) and word == "tell")]
    what = f"{shape_of(given)} is not one of {', '.join(known)}"
    near = nearest(str(given), known)
    return Mistake(path, what, f"did you mean {near}?" if near else "")


def _otherwise(kind: str, given: Any, message: str) -> str:
    expected = {"model": "a mapping", "dict": "a mapping", "tuple": "a list", "list": "a list", "bool": "true or false"}
    expected |= {"int": "a whole number", "float": "a number"}
    wanted = expected.get(kind.partition("_")[0])
    if wanted and kind.partition("_")[2] in ("type", "parsing", "from_float", "attributes_type"):
        return f"{wanted} is expected, not {shape_of(given)}"
    plain = message.removeprefix("Value error, ")
    return plain[:1].lower() + plain[1:]


def _without_shadows(found: list[Mistake]) -> list[Mistake]:
    """A misspelt required key is one mistake, not two."""
    meant = {(each.path[:-1], each.hint) for each in found if each.at_key}

    def shadow(each: Mistake) -> bool:
        missing = re.fullmatch(r"'(\w+)' is missing", each.what)
        return missing is not None and (each.path, f"did you mean {missing[1]}?") in meant

    return [each for each in found if not shadow(each)]


def keys_at(model: type[BaseModel], loc: Loc) -> set[str]:
    """The keys that the model knows at a location."""
    candidates: list[Any] = [model]
    for part in loc:
        candidates = [inner for each in candidates for inner in _inside(each, part)]
    return {
        field.alias or name
        for each in candidates
        for found in _models(each)
        for name, field in found.model_fields.items()
        if name not in ("options", "ask", "part")
    }


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Annotated:
        return _models(get_args(annotation)[0])
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return [found for each in get_args(annotation) for found in _models(each)]
    return []


def _inside(annotation: Any, part: int | str) -> list[Any]:
    """What a key or a place inside an annotation holds; a union's tag holds the union itself."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _inside(arguments[0], part)
    if origin in (typing.Union, types.UnionType):
        return [inner for each in arguments for inner in _inside(each, part)]
    if origin in (tuple, list):
        return [arguments[0]] if isinstance(part, int) else [annotation]
    if origin in (dict, Mapping):
        return [arguments[1]]
    for found in _models(annotation):
        field = found.model_fields.get(str(part))
        return [field.annotation] if field else [annotation]
    return []
