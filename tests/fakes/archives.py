"""A destination in memory, as good and as bad as a test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.archives.names import below, beside, checked
from bot.ports import Denied, OutOfReach
from bot.ports.archives import Letter, Parcel


@dataclass
class FakeArchive:
    """The `Archive` port. Faults that are set are raised; `late` is raised after everything was kept."""

    target: str = "fake archive"
    kept: dict[str, bytes] = field(default_factory=dict)
    puts: int = 0
    rehearsed: int = 0
    fault: Exception | None = None
    late: Exception | None = None
    hanging: asyncio.Event | None = None
    """A put waits for it, if it is set at all: before anything is kept."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, parcel: Parcel) -> str:
        self.puts += 1
        files = checked(parcel.files)
        self.begun.set()
        if self.hanging is not None:
            await self.hanging.wait()
        if self.fault is not None:
            raise self.fault
        folder = below("{plan}/{rollout}", parcel)
        for name, content in files.items():
            self._keep(folder, name, content, parcel.number)
        if self.late is not None:
            raise self.late
        return f"memory {folder}"

    def _keep(self, folder: str, name: str, content: bytes, number: int) -> None:
        for free in beside(name, number):
            if self.kept.setdefault(f"{folder}/{free}", content) == content:
                return

    async def rehearse(self) -> str:
        self.rehearsed += 1
        if self.fault is not None:
            raise self.fault
        return "answers"

    async def aclose(self) -> None: ...


@dataclass
class FakeMailer:
    """The `Mailer` port; letters by key, as a mail system that knows its Message-IDs shows them."""

    target: str = "fake mail"
    sent: dict[str, Letter] = field(default_factory=dict)
    fault: OutOfReach | Denied | None = None

    async def send(self, letter: Letter) -> str:
        if self.fault is not None:
            raise self.fault
        self.sent[letter.key] = letter
        return f"{letter.to}, taken"

    async def rehearse(self) -> str:
        if self.fault is not None:
            raise self.fault
        return "takes us"

    async def aclose(self) -> None: ...


def contents(files: Mapping[str, bytes], name: str) -> set[bytes]:
    """All versions of a file: the first under its own name, the newer ones beside it."""
    stem, _, ending = name.partition(".")
    return {
        content for path, content in files.items() if path.split("/")[-1].startswith(stem) and path.endswith(ending)
    }
