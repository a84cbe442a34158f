"""Files where people are: put there first, where nobody sees them, then shown in a thread with one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.ports.people import Attachment


class Files(Protocol):
    """Raises SlowDown, OutOfReach or Denied as a `Messenger` does; Uncertain from `share` alone."""

    async def deposit(self, file: Attachment) -> str:
        """Put its bytes there; returns its id. Nobody sees one that is put there twice, or for nothing."""
        ...

    async def share(self, to: str, files: Mapping[str, str], text: str, *, thread: str) -> None:
        """Show deposited files (title by id) in one message below `thread`, with `text` above them."""
        ...

    async def shared(self, to: str, name: str, *, thread: str) -> bool:
        """Whether a file with this name stands in the thread already."""
        ...
