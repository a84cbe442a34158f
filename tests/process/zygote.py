"""Forks Perch processes from one that has imported everything: 0.1 s for each in place of 1.1 s.

Reads an order a line (JSON), forks, and answers with the child's pid. Children die with it; nobody waits for them.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PR_SET_PDEATHSIG = 1
PRELOADED = (
    "tests.process.entry",
    *("alembic.command", "alembic.autogenerate", "alembic.context"),
    *("apscheduler.executors.asyncio", "apscheduler.triggers.interval", "slack_bolt.listener_matcher.async_builtins"),
    *("anyio._backends._asyncio", "httpcore", "h2.connection"),
)
"""What a Perch imports by its start, and in its first minute."""


def main() -> None:
    """Serve until stdin ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    asyncio.run(_rehearse())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


async def _rehearse() -> None:
    """Take one rollout up and down, so that what a process makes once is made: statements, mappers, authorities."""
    from adapters.http import trust
    from tests.rig import rig

    trust()
    with TemporaryDirectory() as folder:
        async with rig(Path(folder)) as story:
            rollout = await story.until_gate(await story.start())
            await story.engine.desk.rollback(story.request("rollback"), rollout.id, "rehearsed")
            await story.settle()


def _become(order: dict[str, Any]) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(os.open(order["errors"], os.O_WRONLY | os.O_CREAT, 0o600) if order.get("errors") else log, 2)
        code = _console(order) if order.get("console") else _entry(order)
        sys.stdout.flush()
        with open(order["trace"], "a", encoding="utf-8") as trace:
            trace.write(f"exit {code}\n")
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _entry(order: dict[str, Any]) -> int:
    from tests.process import entry

    return entry.main(order)


def _console(order: dict[str, Any]) -> int:
    """The console command as its script begins it, warnings as errors."""
    from commands.terminal import main as perch

    warnings.simplefilter("error")
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = ["perch", *order["console"]]
    try:
        perch()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    main()
