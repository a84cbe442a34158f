"""Perch's engine without its doors: real storage and adapters, and a clock that a measure may put forward."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bot.assembly import Engine, build_engine, utc_now
from bot.settings import Settings
from commands.terminal.run import collect_rarely
from storage.database import open_database


class Clock:
    """The real time, and what it was put forward by."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def forward(self, by: timedelta) -> None:
        self._ahead += by


class Everybody:
    """A directory in which everybody is in every group."""

    async def groups_of(self, user: str, wanted: Sequence[str]) -> frozenset[str]:
        return frozenset(wanted)

    async def members(self, wanted: Sequence[str]) -> frozenset[str]:
        return frozenset()

    async def refused(self, user: str) -> str:
        return ""


@asynccontextmanager
async def open_engine(folder: Path, clock: Clock) -> AsyncIterator[Engine]:
    """An engine over a fresh database in `folder`, in a process set up as `perch run` sets up its own."""
    collect_rarely()
    settings = Settings(database_url=f"sqlite:///{folder / 'perch.db'}", plans=folder, state=folder / "state")
    database = await open_database(settings.database_url)
    engine = build_engine(settings, {}, database, Everybody(), clock)
    try:
        yield engine
    finally:
        await engine.aclose()
        await database.aclose()
