"""What goes wrong around Perch, at random: each function is one kind of fault, begun and ended by itself."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.process.service import Part
from tests.process.town import Town
from tests.soak.fleet import Fleet

METHODS = (
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "conversations.replies",
    "conversations.history",
    "users.info",
    "usergroups.list",
    "usergroups.users.list",
)
Kind = Callable[["Trouble"], Coroutine[Any, Any, None]]


@dataclass
class Trouble:
    """Makes trouble until it is told to stop; then all is well again."""

    town: Town
    fleet: Fleet
    dice: random.Random
    sick: set[str] = field(default_factory=set)
    """Plans whose canary was really bad at some time."""
    journal: list[str] = field(default_factory=list)

    async def go_on(self) -> None:
        """Until cancelled: a fault, a short rest, another beside it."""
        kinds = {kind: often for kind, often in KINDS.items() if kind is not connections_cut or self._has_server()}
        async with asyncio.TaskGroup() as group:
            while True:
                kind = self.dice.choices([*kinds], [*kinds.values()])[0]
                self.fleet.faults[_name(kind)] += 1
                self.journal.append(f"{self.town.clock():%H:%M:%S.%f} {_name(kind)}")
                group.create_task(kind(self))
                await asyncio.sleep(self.dice.uniform(0.2, 1.0))

    def _has_server(self) -> bool:
        return not self.town.environment["DATABASE_URL"].startswith("sqlite")

    def end(self) -> None:
        """Everything outside is well again."""
        workspace, far = self.town.workspace, self.town.far
        for method in METHODS:
            workspace.release(method)
        far.trouble.slow_s, far.trouble.page_s, far.trouble.page = 0.0, 0.0, "ok"
        far.trouble.refusing = far.trouble.ignoring = False
        for part in far.parts.values():
            part.shown, part.latency_p99, part.success_rate, part.queue_depth = None, 1.0, 99.9, 5.0
        self.fleet.wake()

    async def a_while(self, most_s: float) -> None:
        await asyncio.sleep(self.dice.uniform(0.1, most_s))

    def a_part(self) -> tuple[str, Part]:
        name = self.dice.choice([*self.town.far.parts])
        return name, self.town.far.parts[name]


def _name(kind: Kind) -> str:
    return getattr(kind, "__name__", "").replace("_", " ")


# ---- Perch itself --------------------------------------------------------------------------------------------------


async def killed_at_random(trouble: Trouble) -> None:
    """SIGKILL, wherever it is."""
    if process := trouble.fleet.some():
        await process.kill()


async def paused(trouble: Trouble) -> None:
    """SIGSTOP for a while: it wakes up in another world."""
    if process := trouble.fleet.some():
        process.pause()
        await trouble.a_while(4.0)
    trouble.fleet.wake()


async def stopped_and_started(trouble: Trouble) -> None:
    """SIGTERM."""
    if process := trouble.fleet.some():
        process.stop()


# ---- the database --------------------------------------------------------------------------------------------------


async def database_locked(trouble: Trouble) -> None:
    """Another program holds the write lock."""
    address = trouble.town.environment["DATABASE_URL"]
    seconds = trouble.dice.uniform(0.1, 2.5)
    if address.startswith("sqlite"):
        await asyncio.to_thread(_lock_sqlite, Path(address.removeprefix("sqlite:///")), seconds)
    else:
        await _lock_postgres(address, seconds)


async def connections_cut(trouble: Trouble) -> None:
    """The server ends every connection."""
    connection = await asyncpg.connect(trouble.town.environment["DATABASE_URL"])
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


def _lock_sqlite(file: Path, seconds: float) -> None:
    import time

    if not file.exists():
        return
    connection = sqlite3.connect(file, timeout=1.0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return
    finally:
        connection.close()


async def _lock_postgres(address: str, seconds: float) -> None:
    try:
        connection = await asyncpg.connect(address)
        try:
            async with asyncio.timeout(3), connection.transaction():
                await connection.execute("LOCK TABLE rollouts IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(seconds)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
        return


# ---- Slack ---------------------------------------------------------------------------------------------------------


async def slack_is_busy(trouble: Trouble) -> None:
    """429 with a time to wait."""
    method = trouble.dice.choice(METHODS)
    trouble.town.workspace.refuse(method, "ratelimited", trouble.dice.randint(1, 4), status=429, retry_after=1)


async def slack_breaks(trouble: Trouble) -> None:
    """500 and 503."""
    error, status = trouble.dice.choice([("internal_error", 500), ("service_unavailable", 503), ("fatal_error", 200)])
    trouble.town.workspace.refuse(trouble.dice.choice(METHODS), error, trouble.dice.randint(1, 3), status=status)


async def slack_hangs(trouble: Trouble) -> None:
    """No answer for a while."""
    method = trouble.dice.choice(METHODS)
    trouble.town.workspace.hang(method)
    await trouble.a_while(3.0)
    trouble.town.workspace.release(method)


async def slack_drops_answers(trouble: Trouble) -> None:
    """The post stands, and nobody hears of it."""
    trouble.town.workspace.drop_connection_after_processing(
        trouble.dice.choice(METHODS[:3]), trouble.dice.randint(1, 3)
    )


async def sockets_go(trouble: Trouble) -> None:
    """Slack asks every connection to go."""
    await trouble.town.workspace.disconnect_sockets()


async def sockets_die_silently(trouble: Trouble) -> None:
    """Alive by all signs, and deaf."""
    trouble.town.workspace.mute_sockets()


async def envelopes_come_twice(trouble: Trouble) -> None:
    """The next three are delivered again."""
    trouble.town.workspace.duplicate_envelopes(3)


# ---- metrics and traffic ---------------------------------------------------------------------------------------------


async def source_is_sick(trouble: Trouble) -> None:
    """Down, garbage, hanging, slow, or without the numbers: never a reason to go down."""
    page = trouble.town.far.trouble
    page.page = trouble.dice.choice(["down", "garbage", "hanging", "without"])
    await trouble.a_while(3.0)
    page.page = "ok"


async def source_is_slow(trouble: Trouble) -> None:
    """Each page takes its time."""
    trouble.town.far.trouble.page_s = trouble.dice.uniform(0.1, 1.5)
    await trouble.a_while(3.0)
    trouble.town.far.trouble.page_s = 0.0


async def canary_is_sick(trouble: Trouble) -> None:
    """Really bad numbers for one plan."""
    name, part = trouble.a_part()
    trouble.sick.add(name)
    part.latency_p99 = 20.0
    await trouble.a_while(3.0)
    part.latency_p99 = 1.0


async def traffic_refuses(trouble: Trouble) -> None:
    """503 from flags and switches."""
    trouble.town.far.trouble.refusing = True
    await trouble.a_while(2.5)
    trouble.town.far.trouble.refusing = False


async def traffic_ignores(trouble: Trouble) -> None:
    """200, and nothing is done."""
    trouble.town.far.trouble.ignoring = True
    await trouble.a_while(2.5)
    trouble.town.far.trouble.ignoring = False


async def traffic_is_slow(trouble: Trouble) -> None:
    """Each answer takes up to a second and a half."""
    trouble.town.far.trouble.slow_s = trouble.dice.uniform(0.2, 1.5)
    await trouble.a_while(3.0)
    trouble.town.far.trouble.slow_s = 0.0


async def traffic_lies(trouble: Trouble) -> None:
    """A read shows another weight than is on."""
    _, part = trouble.a_part()
    part.shown = trouble.dice.choice([0.0, 1.0, 50.0])
    await trouble.a_while(1.5)
    part.shown = None


async def weight_moved_by_hand(trouble: Trouble) -> None:
    """Somebody else sets the flag."""
    name, part = trouble.a_part()
    trouble.town.far.by_hand.add(name)
    part.percent = trouble.dice.choice([0.0, 1.0, 50.0, 100.0])


KINDS: Mapping[Kind, int] = {
    killed_at_random: 8,
    paused: 4,
    stopped_and_started: 1,
    database_locked: 3,
    connections_cut: 1,
    slack_is_busy: 3,
    slack_breaks: 3,
    slack_hangs: 2,
    slack_drops_answers: 3,
    sockets_go: 1,
    sockets_die_silently: 1,
    envelopes_come_twice: 3,
    source_is_sick: 3,
    source_is_slow: 2,
    canary_is_sick: 2,
    traffic_refuses: 2,
    traffic_ignores: 2,
    traffic_is_slow: 2,
    traffic_lies: 1,
    weight_moved_by_hand: 1,
}
"""Each kind with how often it comes."""
