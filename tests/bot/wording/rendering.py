"""A message or a dialog as plain text, the way a reviewer reads it: what is shown, then what is read aloud."""

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
    return f"{_shown(said.blocks)}\n\n--- notification and screen reader ---\n{_plain(said.text)}\n"


def rendered_view(view: Mapping[str, Any]) -> str:
    """A modal or an App Home: title, blocks, buttons."""
    head = f"=== {view['title']['text']} ===\n\n" if "title" in view else ""
    ends = [view[name]["text"] for name in ("close", "submit") if name in view]
    foot = f"\n\n{'  '.join(f'[ {end} ]' for end in ends)}" if ends else ""
    return f"{head}{_shown(view['blocks'])}{foot}\n"


def _shown(blocks: Any) -> str:
    return "\n\n".join("\n".join(_block(block)) for block in blocks)


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield f"# {block['text']['text']}"
        case "section":
            yield from ([_plain(block["text"]["text"])] if "text" in block else [])
            yield from (_plain(field["text"]) for field in block.get("fields", ()))
            yield from ([_element(block["accessory"])] if "accessory" in block else [])
        case "context":
            yield from (f"    {_element(element)}" for element in block["elements"])
        case "actions":
            yield "  ".join(map(_element, block["elements"]))
        case "divider":
            yield "---"
        case "image":
            yield _element(block)
        case "markdown":
            yield block["text"]
        case "input":
            optional = " (may stay empty)" if block.get("optional") else ""
            yield f"{block['label']['text']}{optional}: {_element(block['element'])}"
            yield from ([f"    {block['hint']['text']}"] if "hint" in block else [])
        case "table" | "data_table":
            yield from (" | ".join(map(_cell, row)) for row in block["rows"])
        case "data_visualization":
            yield from _chart(block)
        case "rich_text":
            yield _words(block)
        case other:
            raise ValueError(f"no golden file can show a block {other}: say in rendering.py how it reads")


def _element(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "mrkdwn" | "plain_text":
            return _plain(element["text"])
        case "image":
            return f"[picture: {element['alt_text']}]"
        case "overflow":
            return f"[ ⋯ {' | '.join(option['text']['text'] for option in element['options'])} ]"
        case "button":
            return f"[ {element['text']['text']} ]"
        case "checkboxes" | "radio_buttons":
            chosen = [option["value"] for option in element.get("initial_options", ())]
            return "  ".join(
                f"[{'x' if option['value'] in chosen else ' '}] {_plain(option['text']['text'])}"
                for option in element["options"]
            )
        case "static_select":
            first = element.get("initial_option", {}).get("text", element.get("placeholder", {})).get("text", "")
            return f"[ {first} ▾ {' | '.join(option['text']['text'] for option in element['options'])} ]"
        case "plain_text_input":
            return f"[ {element.get('initial_value', '')}___ ]"
        case other:
            return f"[ {other} ]"


def _cell(cell: Mapping[str, Any]) -> str:
    return str(cell["value"]) if cell["type"] == "raw_number" else _words(cell)


def _words(value: Any) -> str:
    """The texts of rich text, in their order."""
    match value:
        case {"text": str() as text}:
            return text
        case {"elements": list() | tuple() as elements}:
            return "".join(map(_words, elements))
        case {"user_id": str() as user}:
            return f"<@{user}>"
        case _:
            return ""


def _chart(block: Mapping[str, Any]) -> Iterator[str]:
    chart = block["chart"]
    yield f"[{chart['type']} chart: {block['title']}]"
    for series in chart.get("series", ()):
        points = [f"{point['label']} {point['value']:g}" for point in series["data"]]
        yield f"    {series['name']}: {', '.join(points)}"
    for segment in chart.get("segments", ()):
        yield f"    {segment['label']}: {segment['value']:g}"


def _plain(text: str) -> str:
    return html.unescape(_LINK.sub(r"\2 (\1)", _TIME.sub(r"\1", text)))
