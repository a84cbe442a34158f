"""The arguments of a Web API call, whichever way they were sent: query, form, or JSON."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.refusals import Refused, missing_argument


class Arguments:
    """Reads arguments by name. Forms carry everything as text, JSON does not: both are understood."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def given(self, name: str) -> bool:
        """Whether the argument was sent and isn't null; an empty list counts as given."""
        return self._values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """The argument as text."""
        value = self._values.get(name)
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        """The argument as text. Raises Refused `invalid_arguments` when it is absent or empty."""
        if not (value := self.text(name)):
            raise missing_argument(name)
        return value

    def flag(self, name: str) -> bool:
        """The argument as a yes or no; absent is no."""
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """The argument as a whole number. Raises Refused `invalid_arguments`."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Refused("invalid_arguments", f"must be an integer: {name}") from None

    def structure(self, name: str, error: str) -> Any:
        """A nested argument (blocks, view, metadata), decoded from a form's text. Raises Refused `error`."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refused(error) from None

    def as_json(self) -> Json:
        """All of them but the token, nested ones decoded, for the log of calls."""
        return {name: _decoded(value) for name, value in self._values.items() if name != "token"}


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


async def read(request: web.Request) -> Json:
    """All arguments of this request. Raises Refused `invalid_json` or `json_not_object`."""
    values: Json = dict(request.query)
    if request.method == "GET":
        return values
    if request.content_type != "application/json":
        return values | dict(await request.post())
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(body, dict):
        raise Refused("json_not_object")
    return values | body
