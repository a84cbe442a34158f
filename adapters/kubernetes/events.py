"""The lines of a watch: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from typing import Any, Literal

import msgspec

from adapters.kubernetes.faults import refused
from bot.ports import Nonsense

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes. An object has 1.5 MiB at most where it is stored, less tightly written there than as JSON."""


class _Event(msgspec.Struct):
    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    object: msgspec.Raw


async def changes_in(chunks: AsyncIterator[bytes], place: str, secrets: Collection[str]) -> AsyncGenerator[str]:
    """The type of each change that is told; a bookmark is none.

    Raises the fault that an ERROR's Status stands for, msgspec's errors or Nonsense for what is no event.
    """
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise Nonsense(f"{place} answered a watch without an end of line")
        for line in filter(bytes.strip, lines):
            event = msgspec.json.decode(line, type=_Event)
            if event.type == "ERROR":
                body = bytes(event.object)
                raise refused(_code(msgspec.json.decode(body)), body.decode(errors="replace"), place, secrets)
            if event.type != "BOOKMARK":
                yield event.type


def _code(status: Any) -> int:
    """500 where it has none: then the server only knows that it went wrong."""
    code = status.get("code") if isinstance(status, dict) else None
    return code if isinstance(code, int) else 500
