"""Blocks with no secret in them (law 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.redaction import Redactor

_SENT_BACK = frozenset({"type", "action_id", "block_id", "value"})


def redacted_blocks(blocks: Iterable[Mapping[str, Any]], redact: Redactor) -> tuple[dict[str, Any], ...]:
    """Texts redacted; what a control sends back stays, or it would be about nothing (law 2)."""
    return tuple(_shown(dict(block), redact) for block in blocks)


def _shown(part: Any, redact: Redactor) -> Any:
    match part:
        case dict():
            return {key: value if key in _SENT_BACK else _shown(value, redact) for key, value in part.items()}
        case list() | tuple():
            return [_shown(each, redact) for each in part]
        case str():
            return redact(part)
        case _:
            return part
