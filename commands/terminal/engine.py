"""The engine for the length of one shell command, with or without its database, and without Slack.

A shell command works on the same rows and the same kill cards as a Perch that runs beside it; each save names the
revision it read, so the two can't overwrite each other.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from bot.assembly import Engine, build_engine, signer_of
from bot.domain.errors import PerchError
from bot.ports import OutOfReach, StoreAway
from bot.settings import Settings
from commands.terminal.no_database import NoDatabase
from storage.database import Database, open_existing

log = logging.getLogger(__name__)

PATIENCE_S = 0.4
"""How long a way down waits for the database to open before it goes by the kill card (law 2)."""
WORK_S = 60.0
"""How long a command waits for what it began, such as the weight to be read back."""


class NoSlack:
    """The directory of a shell: the operating system has said who may be here, and Slack isn't asked."""

    async def groups_of(self, user: str, wanted: Sequence[str]) -> frozenset[str]:
        raise OutOfReach("a shell command doesn't ask Slack")

    async def members(self, wanted: Sequence[str]) -> frozenset[str]:
        """Only what a plan names by user id is known without Slack."""
        return frozenset(each for each in wanted if each.startswith(("U", "W")))

    async def refused(self, user: str) -> str:
        return ""


@asynccontextmanager
async def open_engine(settings: Settings, environment: Mapping[str, str] = os.environ) -> AsyncIterator[Engine]:
    """The engine over the database as it is. Raises StoreAway."""
    async with _engine(await open_existing(settings.database_url), settings, environment) as engine:
        yield engine


@asynccontextmanager
async def open_engine_for_down(
    settings: Settings, environment: Mapping[str, str] = os.environ
) -> AsyncIterator[Engine]:
    """The engine for rollback and kill: a database that isn't there within a second is done without."""
    opening = asyncio.create_task(open_existing(settings.database_url))
    await asyncio.wait({opening}, timeout=PATIENCE_S)
    try:
        async with _engine(_opened(opening), _down_with_any_key(settings), environment) as engine:
            yield engine
    finally:
        opening.cancel()
        await asyncio.wait({opening})


def _down_with_any_key(settings: Settings) -> Settings:
    """A signing key that can't be read stops no way down (law 2): what is done goes on record unsigned, and told."""
    try:
        signer_of(settings)
    except PerchError as bad:
        log.error("%s It goes down all the same; the record of it isn't signed", bad)
        return settings.model_copy(update={"signing_key": Settings().signing_key})
    return settings


def _opened(opening: asyncio.Task[Database]) -> Database:
    if not opening.done():
        return NoDatabase(f"it didn't open within {PATIENCE_S:g} s")
    try:
        return opening.result()
    except StoreAway as away:
        return NoDatabase(str(away))


@asynccontextmanager
async def _engine(database: Database, settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[Engine]:
    try:
        engine = build_engine(settings, environment, database, NoSlack())
        try:
            yield engine
        finally:
            await engine.aclose()
    finally:
        await database.aclose()


async def settled(engine: Engine) -> None:
    """Wait for what this process began; what isn't done by then, the Perch that runs (or starts next) carries on."""
    try:
        async with asyncio.timeout(WORK_S):
            await engine.works.idle()
    except TimeoutError:
        return
