"""Slack's limits for a message and for a view, checked independently of the code that keeps them.

Three layers: slack_sdk's models, our own look at every number of `slack_numbers.py` and at what makes a message
readable for everybody, and the sandbox workspace's refusals. Each mistake is one line that says where it is.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.ports import Said
from bot.sandbox.workspace.block_checks import check_blocks
from bot.sandbox.workspace.view_checks import view_problems
from tests.bot.wording.readable import unreadable, unreadable_text
from tests.bot.wording.slack_numbers import BLOCKS_ON, LIMITS

Json = Mapping[str, Any]

UNMODELLED = frozenset({"data_table", "data_visualization"})
"""Blocks that slack_sdk doesn't know: our own look is all that they get."""


def broken_limits(said: Said) -> list[str]:
    """Every limit of Slack's that a message breaks; empty for a message that Slack would take."""
    blocks = [dict(block) for block in said.blocks]
    return [*_by_models(blocks), *our_look(said), *check_blocks(blocks, "message")]


def broken_view(view: Json) -> list[str]:
    """Every limit of Slack's that a modal or an App Home breaks."""
    return [*_by_models(view["blocks"]), *_as_view(view), *our_look_at_view(view), *view_problems(dict(view))]


# slack_sdk's models


def _by_models(blocks: Sequence[Json]) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for given in blocks:
            if given.get("type") in UNMODELLED:
                continue
            try:
                parsed = Block.parse(dict(given))
                if parsed is None:
                    yield f"slack_sdk doesn't know a block {given.get('type')}"
                else:
                    parsed.to_dict()
            except Exception as fault:
                yield f"slack_sdk: {given.get('type')}: {fault}"


def _as_view(view: Json) -> Iterator[str]:
    try:
        View(**view).to_dict()
    except Exception as fault:
        yield f"slack_sdk: view: {fault}"


# Our own look

IDS = {name: f"{name}.max_length" for name in ("block_id", "action_id")}

LENGTHS: Mapping[str, Mapping[str, str]] = {
    "header": {"text": "header.text.max_length"},
    "section": {"text": "section.text.max_length", "fields": "section.fields.item_max_length"},
    "context": {"elements": "text.max_length"},
    "image": {name: f"image.{name}.max_length" for name in ("image_url", "alt_text", "title")},
    "markdown": {"text": "markdown.text.max_length"},
    "input": {name: f"input.{name}.max_length" for name in ("label", "hint")},
    "alert": {"text": "alert.text.max_length"},
    "card": {name: f"card.{name}.max_length" for name in ("title", "subtitle", "body")},
    "container": {"title": "container.title.max_length"},
    "button": {name: f"button.{name}.max_length" for name in ("text", "value", "url", "accessibility_label")},
    "confirm": {name: f"confirmation.{name}.max_length" for name in ("title", "text", "confirm", "deny")},
    "options": {name: f"option.{name}.max_length" for name in ("text", "value", "description")},
    "plain_text_input": {"placeholder": "plain_text_input.placeholder.max_length"},
    "static_select": {"placeholder": "select.placeholder.max_length"},
    "users_select": {"placeholder": "select.placeholder.max_length"},
    "data_visualization": {"title": "data_visualization.title.max_length"},
    "series": {"name": "data_visualization.series_name.max_length"},
    "data": {"label": "data_visualization.point_label.max_length"},
    "segments": {"label": "data_visualization.point_label.max_length"},
    "axis_config": {
        "categories": "data_visualization.category_label.max_length",
        "x_label": "data_visualization.axis_label.max_length",
        "y_label": "data_visualization.axis_label.max_length",
    },
    "view": {
        name: f"view.{name}.max_length"
        for name in ("title", "submit", "close", "callback_id", "external_id", "private_metadata")
    },
}
"""By kind of thing: which of its texts has which limit. A kind is a `type`, or where it hangs when it has none."""

COUNTS: Mapping[str, Mapping[str, str]] = {
    "section": {"fields": "section.fields.max_items"},
    "context": {"elements": "context.elements.max_items"},
    "context_actions": {"elements": "context_actions.elements.max_items"},
    "actions": {"elements": "actions.elements.max_items"},
    "overflow": {"options": "overflow.options.max_items"},
    "static_select": {"options": "select.options.max_items", "option_groups": "select.option_groups.max_items"},
    "checkboxes": {"options": "checkboxes.options.max_items"},
    "radio_buttons": {"options": "radio_buttons.options.max_items"},
    "card": {"actions": "card.actions.max_items"},
    "carousel": {"elements": "carousel.elements.max_items"},
    "container": {"child_blocks": "container.child_blocks.max_items"},
    "plan": {"tasks": "plan.tasks.max_items"},
    "table": {"rows": "table.rows.max_items"},
    "data_table": {"rows": "data_table.rows.max_items"},
    "line": {"series": "data_visualization.series.max_items"},
    "area": {"series": "data_visualization.series.max_items"},
    "bar": {"series": "data_visualization.series.max_items"},
    "pie": {"segments": "data_visualization.segments.max_items"},
    "series": {"data": "data_visualization.data.max_items"},
    "axis_config": {"categories": "data_visualization.categories.max_items"},
}
"""By kind of thing: how many of what it may hold."""


def our_look(said: Said) -> list[str]:
    """The second layer alone, for a message."""
    return [*_text(said.text), *_by_numbers(said.blocks, "message"), *_whole_message(said.blocks)]


def our_look_at_view(view: Json) -> list[str]:
    """The second layer alone, for a modal or an App Home."""
    size = len(json.dumps(view))
    too_large = [f"view: {size} bytes"] if size > LIMITS["view.max_bytes"] else []
    return [*too_large, *_lengths("view", view, "view"), *_by_numbers(view["blocks"], str(view["type"]))]


def _text(text: str) -> Iterator[str]:
    if not 0 < len(text.strip()) <= LIMITS["message.text.max_length"]:
        yield f"text: {len(text)} characters"
    yield from unreadable_text(text)


def _by_numbers(blocks: Sequence[Json], surface: str) -> Iterator[str]:
    most = LIMITS["message.blocks.max_items" if surface == "message" else "view.blocks.max_items"]
    if len(blocks) > most:
        yield f"{len(blocks)} blocks, {most} are taken"
    for index, block in enumerate(blocks):
        place = f"block {index}"
        if block.get("type") not in BLOCKS_ON[surface]:
            yield f"{place}: a {surface} takes no {block.get('type')}"
        yield from _thing(str(block.get("type")), block, place)
    yield from unreadable(blocks)
    yield from _doubled("block_id", blocks)
    # Slack wants a control's name unique in its block; a page of many rollouts has the same controls for each.
    for together in [[block] for block in blocks] if surface == "home" else [blocks]:
        yield from _doubled("action_id", together)


def _doubled(name: str, blocks: Sequence[Json]) -> Iterator[str]:
    doubled = [each for each, times in Counter(_named(blocks, name)).items() if times > 1]
    yield from (f"{name} {each!r} isn't unique" for each in doubled)


def _thing(kind: str, thing: Json, place: str) -> Iterator[str]:
    """A block or element, and all that hangs on it."""
    yield from _lengths(kind, thing, place)
    for name, limit in COUNTS.get(kind, {}).items():
        if len(found := thing.get(name) or ()) > LIMITS[limit]:
            yield f"{place}: {len(found)} {kind}.{name}, {LIMITS[limit]} are taken ({limit})"
    yield from _special(kind, thing, place)
    for name, value in thing.items():
        inner = value if isinstance(value, list | tuple) else [value]
        for index, each in enumerate(inner):
            if isinstance(each, Mapping):
                yield from _thing(str(each.get("type", name)), each, f"{place}/{name}/{index}")


def _lengths(kind: str, thing: Json, place: str) -> Iterator[str]:
    for name, limit in {
        **LENGTHS.get(kind, {}),
        "block_id": "block_id.max_length",
        "action_id": "action_id.max_length",
    }.items():
        for text in _written(thing.get(name)):
            if not 0 < len(text) <= LIMITS[limit]:
                yield f"{place}: {kind}.{name} has {len(text)} characters, 1 to {LIMITS[limit]} are taken ({limit})"


def _written(value: Any) -> Iterator[str]:
    """The words of a bare string, a text object, or a list of them."""
    match value:
        case str():
            yield value
        case {"text": str() as text}:
            yield text
        case list() | tuple():
            for each in value:
                yield from _written(each)


def _special(kind: str, thing: Json, place: str) -> Iterator[str]:
    """Limits that aren't a length or a count of one field."""
    if kind == "overflow" and len(thing["options"]) < LIMITS["overflow.options.min_items"]:
        yield f"{place}: an overflow with {len(thing['options'])} options"
    if kind in ("table", "data_table"):
        yield from _cells(kind, thing["rows"], place)
    if kind == "data_table" and len(thing["rows"]) < LIMITS["data_table.rows.min_items"]:
        yield f"{place}: a data_table with {len(thing['rows'])} rows"
    if kind == "data_table" and thing.get("page_size", 5) > LIMITS["data_table.page_size.max"]:
        yield f"{place}: a page of {thing['page_size']} rows"
    if kind == "plain_text_input" and thing.get("max_length", 1) > LIMITS["plain_text_input.max_length.max"]:
        yield f"{place}: an input of {thing['max_length']} characters"
    if kind in ("line", "area", "bar"):
        wanted = list(thing["axis_config"]["categories"])
        for each in thing["series"]:
            if [point["label"] for point in each["data"]] != wanted:
                yield f"{place}: series {each['name']} doesn't have every category in its order"


def _cells(kind: str, rows: Sequence[Sequence[Json]], place: str) -> Iterator[str]:
    most = LIMITS[f"{kind}.columns.max_items"]
    widths = {len(row) for row in rows}
    if len(widths) > 1 or max(widths, default=0) > most:
        yield f"{place}: rows of {sorted(widths)} cells, {most} are taken, and all alike"
    written = [text for row in rows for cell in row for text in _all_texts(cell, "text")]
    if any(cell.get("type") == "raw_text" and not cell["text"] for row in rows for cell in row):
        yield f"{place}: an empty cell"
    if sum(map(len, written)) > LIMITS[f"{kind}.total_content.max_length"]:
        yield f"{place}: {sum(map(len, written))} characters in all cells"


def _whole_message(blocks: Sequence[Json]) -> Iterator[str]:
    kinds = Counter(str(block.get("type")) for block in blocks)
    for kind, limit in {"table": "tables", "data_visualization": "data_visualizations"}.items():
        if kinds[kind] > (most := LIMITS[f"message.{limit}.max_items"]):
            yield f"{kinds[kind]} {kind} blocks, {most} are taken"
    if (total := sum(map(len, _all_texts(blocks)))) > LIMITS["message.all_blocks.max_length"]:
        yield f"{total} characters in all blocks"
    markdown = sum(len(block["text"]) for block in blocks if block.get("type") == "markdown")
    if markdown > LIMITS["markdown.total_text.max_length"]:
        yield f"{markdown} characters of markdown"


def _all_texts(value: Any, only: str = "") -> Iterator[str]:
    """Every string below; `only` those under that key."""
    match value:
        case str():
            yield value
        case Mapping():
            for name, item in value.items():
                if not only or name == only or not isinstance(item, str):
                    yield from _all_texts(item, only)
        case list() | tuple():
            for item in value:
                yield from _all_texts(item, only)


def _named(value: Any, name: str) -> Iterator[str]:
    match value:
        case Mapping():
            if isinstance(found := value.get(name), str):
                yield found
            for item in value.values():
                yield from _named(item, name)
        case list() | tuple():
            for item in value:
                yield from _named(item, name)
