"""What Perch stands on where it meets the world. `open_perch` wires `REAL`; others wire their own through the same
ports: nothing in Perch asks which ones it has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.client import slack_client
from bot.assembly import all_kinds
from bot.domain.kinds import Kinds
from bot.engine.pace import Pace
from bot.ports import KillFiles
from bot.schedule import Schedule
from storage.database import Database, open_database
from storage.spool import KillFolder


@dataclass(frozen=True, slots=True)
class Parts:
    """One maker for each far side: called once, when Perch opens."""

    kinds: Callable[[], Kinds] = all_kinds
    database: Callable[[str], Awaitable[Database]] = open_database
    """From DATABASE_URL. Raises StoreAway."""
    files: Callable[[Path], KillFiles] = KillFolder
    slack: Callable[[str, str], AbstractAsyncContextManager[AsyncWebClient]] = slack_client
    """From the bot token and the Web API's base."""
    schedule: Callable[[], Schedule] = Schedule
    pace: Pace = field(default_factory=Pace)


REAL = Parts()
