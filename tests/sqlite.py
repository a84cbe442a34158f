"""SQLite databases with Perch's tables: made once in each process, and copied for each test."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from storage.database import open_database


def sqlite_in(folder: Path) -> str:
    """The address of the database in a test's folder; it is as it was left, or new and empty."""
    file = folder / "perch.db"
    if not file.exists():
        file.write_bytes(_empty())
    return f"sqlite:///{file}"


@cache
def _empty() -> bytes:
    """A thread of its own: whoever asks may be within a loop already."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "perch.db"
        making = Thread(target=lambda: asyncio.run(_make(f"sqlite:///{file}")))
        making.start()
        making.join()
        return file.read_bytes()


async def _make(address: str) -> None:
    await (await open_database(address)).aclose()
