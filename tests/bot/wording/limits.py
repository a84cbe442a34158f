"""Slack's limits for a message, checked independently of the code that keeps them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block

from bot.ports import Said


def broken_limits(said: Said) -> list[str]:
    """Every limit of Slack's that a message breaks; empty for a message that Slack would take."""
    return [*_by_models(said), *_by_numbers(said)]


def _by_models(said: Said) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for given in said.blocks:
            try:
                parsed = Block.parse(dict(given))
                if parsed is None:
                    yield f"unknown block {given.get('type')}"
                else:
                    parsed.to_dict()
            except Exception as fault:
                yield f"{given.get('type')}: {fault}"


def _by_numbers(said: Said) -> Iterator[str]:
    if not 0 < len(said.text.strip()) <= 4000:
        yield f"text has {len(said.text)} characters"
    if len(said.blocks) > 50:
        yield f"{len(said.blocks)} blocks"
    if (total := sum(map(len, _texts(said.blocks)))) > 12_000:
        yield f"{total} characters in all blocks"
    for text in (said.text, *_mrkdwn(said.blocks)):
        if loose := _UNESCAPED.search(_MARKUP.sub("", text)):
            yield f"not escaped: {loose[0]}"
    for given in said.blocks:
        yield from _one(dict(given))


def _one(block: dict[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "section":
            if not 0 < len(block["text"]["text"]) <= 3000:
                yield "section text"
        case "header":
            if not 0 < len(block["text"]["text"]) <= 150:
                yield "header text"
        case "actions":
            ids = [element["action_id"] for element in block["elements"]]
            if len(ids) != len(set(ids)):
                yield f"action ids repeat: {ids}"
            for element in block["elements"]:
                for option in element.get("options", ()):
                    if len(option["value"]) > 150:
                        yield f"option value {option['value']}"


_MARKUP = re.compile(r"<(?:@|!subteam\^|!date\^|#|https?:)[^<>]*>")
_UNESCAPED = re.compile(r".{0,20}[<>].{0,20}")


def _mrkdwn(value: Any) -> Iterator[str]:
    """Every text that Slack reads as markup."""
    match value:
        case {"type": "mrkdwn", "text": text}:
            yield text
        case dict():
            for item in value.values():
                yield from _mrkdwn(item)
        case list() | tuple():
            for item in value:
                yield from _mrkdwn(item)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
