"""Cuts long answers into pages, with Slack's cursors."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.refusals import Refused

T = TypeVar("T")

_MOST_ON_A_PAGE = 1000


def page(items: Sequence[T], args: Arguments, usual: int = 100) -> tuple[list[T], Json]:
    """The items of the page that the arguments ask for, and the metadata that names the next one.

    Raises Refused `invalid_cursor` or `invalid_limit`.
    """
    limit = args.number("limit", usual)
    if not 1 <= limit <= _MOST_ON_A_PAGE:
        raise Refused("invalid_limit")
    start = _offset(args.text("cursor"))
    more = start + limit < len(items)
    cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if more else ""
    return list(items[start : start + limit]), {"next_cursor": cursor}


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word == "next":
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise Refused("invalid_cursor")
