"""The forms of a message, the richest first: not every workspace takes every block, and none may cost the words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.ports import Picture, Said

Block = Mapping[str, Any]

NEW = frozenset({"data_visualization"})
"""Blocks that Slack brings to workspaces one after the other."""
READY_S = 2.0
"""Slack takes a moment to look at what was uploaded; until then it refuses a block that shows it."""
ALT_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Form:
    """`loss` is how loudly its refusal is logged; `pause_s` seconds pass before the next one is tried."""

    blocks: tuple[Block, ...]
    loss: int = logging.ERROR
    pause_s: float = 0.0


def forms(said: Said) -> Sequence[Form]:
    """From all that it has to its text alone."""
    return list(_forms(said))


def _forms(said: Said) -> Iterator[Form]:
    """New blocks go first, then the picture, then all blocks."""
    old = tuple(block for block in said.blocks if block["type"] not in NEW)
    if len(old) < len(said.blocks):
        yield Form((*said.blocks, *_shown(said.picture)), logging.INFO)
    if said.picture is not None and said.picture.file:
        form = Form((*old, *_shown(said.picture)), logging.INFO, READY_S)
        yield from (form, form)
    if old or said.picture is not None:
        yield Form((*old, *_lost(said.picture)))
    yield Form(())


def _shown(picture: Picture | None) -> Iterator[Block]:
    if picture is not None and picture.file:
        yield {"type": "image", "slack_file": {"id": picture.file}, "alt_text": picture.alt[:ALT_TEXT]}
    else:
        yield from _lost(picture)


def _lost(picture: Picture | None) -> Iterator[Block]:
    if picture is not None:
        yield {"type": "context", "elements": [{"type": "mrkdwn", "text": picture.lost}]}
