"""Asking which side a flag is on: `perch run`, in a process of its own, beside an aiohttp handler that says a constant.

`python -m bench.flags` is that handler; it says its port first.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp import web

from bench.effort import Effort
from bench.rows import Row, p99
from bench.scene import Scene, perch_run, scene
from bot.domain.flags import Routing
from bot.domain.units import Weight
from storage.database import open_database
from storage.flags import SqlFlags

CLIENT = "an empty aiohttp handler"
FLAGS = 20
AT_ONCE = 8
RATIO = 1.5
BLOCKS = 4
"""The sides take turns so many times, so that what else the machine does meets both."""
PATH = "/ofrep/v1/evaluate/flags"
ASKED = b'{"context":{"targetingKey":"user-1"}}'


async def measure(effort: Effort) -> list[Row]:
    """One flag one after another and from several at once, and all flags at once."""
    number = effort.requests * 5
    async with scene() as stage:
        await _flags(stage)
        with perch_run(stage, PERCH_OFREP_PER_SECOND="1000000") as running, _bare() as bare:
            await running.ready()
            ours, theirs = await _in_turns(f"{running.address}{PATH}/flag-0", f"{bare}{PATH}/flag-0", number)
            every, _ = await _in_turns(f"{running.address}{PATH}", f"{bare}{PATH}", number)
            many, theirs_many = await _at_once(f"{running.address}{PATH}/flag-0", f"{bare}{PATH}/flag-0", number * 5)
    throughput = f"{AT_ONCE} connections; the asking process has the other core"
    return [
        Row("a flag asked for → answered, p99", p99(ours), beside=p99(theirs), client=CLIENT, ratio=RATIO),
        Row(f"all of {FLAGS} flags at once, p99", p99(every)),
        Row("flags answered in a second", many, unit="/s", beside=theirs_many, client=CLIENT, note=throughput),
    ]


async def _flags(stage: Scene) -> None:
    """As rollouts have left them: at 10 %, where the answer depends on the key."""
    database = await open_database(stage.environment["DATABASE_URL"])
    try:
        for index in range(FLAGS):
            await SqlFlags(database).set_weight(Routing(key=f"flag-{index}"), Weight(10))
    finally:
        await database.aclose()


async def _in_turns(ours: str, theirs: str, number: int) -> tuple[list[float], list[float]]:
    """Seconds that each answer took, one after another over one connection."""
    taken: tuple[list[float], list[float]] = ([], [])
    async with aiohttp.ClientSession() as session:
        for _ in range(BLOCKS):
            for side, url in enumerate((ours, theirs)):
                taken[side].extend([await _ask(session, url) for _ in range(number // BLOCKS)])
    return taken


async def _at_once(ours: str, theirs: str, number: int) -> tuple[float, float]:
    """Answers in a second, asked over several connections."""
    spent = [0.0, 0.0]
    async with aiohttp.ClientSession() as session:
        for _ in range(BLOCKS):
            for side, url in enumerate((ours, theirs)):
                began = time.perf_counter()
                await asyncio.gather(*(_several(session, url, number // BLOCKS // AT_ONCE) for _ in range(AT_ONCE)))
                spent[side] += time.perf_counter() - began
    asked = number // BLOCKS // AT_ONCE * AT_ONCE * BLOCKS
    return asked / spent[0], asked / spent[1]


async def _several(session: aiohttp.ClientSession, url: str, number: int) -> None:
    for _ in range(number):
        await _ask(session, url)


async def _ask(session: aiohttp.ClientSession, url: str) -> float:
    began = time.perf_counter()
    async with session.post(url, data=ASKED, headers={"Content-Type": "application/json"}) as answer:
        await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")
    return time.perf_counter() - began


@contextmanager
def _bare() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-m", "bench.flags"], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _serve() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)

    async def constant(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"key": "flag-0", "value": False})

    app = web.Application()
    app.router.add_post(PATH, constant)
    app.router.add_post(PATH + "/{key}", constant)
    web.run_app(app, sock=listening, print=None, access_log=None)


if __name__ == "__main__":
    _serve()
