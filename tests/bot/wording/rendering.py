"""A message as plain text, the way a reviewer reads it: what is shown, then what is read aloud."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.ports import Said

_TIME = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<([^@#!|>][^|>]*)\|([^>]*)>")


def rendered(said: Said) -> str:
    """Blocks from top to bottom, then the notification."""
    shown = "\n\n".join("\n".join(_block(block)) for block in said.blocks)
    return f"{shown}\n\n--- notification and screen reader ---\n{_plain(said.text)}\n"


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield f"# {block['text']['text']}"
        case "section":
            yield _plain(block["text"]["text"])
        case "context":
            yield from (f"    {_plain(element['text'])}" for element in block["elements"])
        case "actions":
            yield "  ".join(map(_element, block["elements"]))


def _element(element: Mapping[str, Any]) -> str:
    if element["type"] == "overflow":
        return f"[ ⋯ {' | '.join(option['text']['text'] for option in element['options'])} ]"
    return f"[ {element['text']['text']} ]"


def _plain(text: str) -> str:
    return html.unescape(_LINK.sub(r"\2 (\1)", _TIME.sub(r"\1", text)))
