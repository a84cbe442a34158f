"""What the options of several kinds have in common: how mistakes are told, names, addresses, deadlines, places in JSON.

Options are checked twice: with the plan, while `${NAME}` still stands in their texts, and filled in, before building.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from adapters.json_places import JsonPath
from adapters.options import OneGroupPattern, Pattern
from adapters.placeholders import spelled
from bot.domain.planning.fields import misread

__all__ = ["HttpUrl", "JsonPath", "OneGroupPattern", "Pattern", "Text", "address"]


def address(*schemes: str) -> AfterValidator:
    """Check an address lightly: one of `schemes` (where it's there already), and no user or password in it."""

    def check(value: str) -> str:
        scheme, found, rest = value.partition("://")
        if found and "${" not in scheme and scheme not in schemes:
            raise misread(f"an address here begins with {_either(schemes)}", f"write {schemes[0]}://host…")
        if not found and "${" not in value:
            raise misread("that is not an address", f"write {schemes[0]}://host…")
        if "@" in rest.partition("/")[0]:
            raise misread("an address holds no user or password", "name them by username…, password_env or token_env")
        return value

    return AfterValidator(check)


def _either(schemes: tuple[str, ...]) -> str:
    return " or ".join(f"{scheme}://" for scheme in schemes)


HttpUrl = Annotated[str, address("http", "https")]


def _text(value: Any) -> Any:
    return spelled(value) if isinstance(value, bool | int | float) else value


Text = Annotated[str, BeforeValidator(_text)]
"""A text; YAML's true, 0 and 0.5 are taken as they are spelled."""
