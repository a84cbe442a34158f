"""The one place where faults and clocks come in: a real Perch, wired from its ordinary parts with points around them.

Runs in a process that `zygote` has forked. The trace ends with `ready ADDRESS`, `ended` or `broke …`.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.app import StartRefused, open_perch
from bot.ports import StoreAway
from bot.settings import BadSetting, read_settings
from commands.terminal import perch as shell
from commands.terminal.logs import log_to_stderr
from commands.terminal.run import collect_rarely, stop_asked
from tests.process.clock import SharedClock
from tests.process.pointed import pointed_parts
from tests.process.points import Fault, Points


def main(order: Mapping[str, Any]) -> int:
    """Carry one order out: `words` is a shell command, without them Perch runs until SIGTERM. Returns the exit code."""
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    for bug in order["bugs"]:
        _plant(bug)
    log_to_stderr("INFO")
    if order["words"]:
        return _shell(order["words"])
    points = Points([Fault(**fault) for fault in order["faults"]], Path(order["trace"]))
    try:
        asyncio.run(_run(order, points))
    except (StartRefused, BadSetting, StoreAway) as refused:
        points.write(f"broke: {refused}")
        return 1
    except BaseException:
        points.write("broke: see the log")
        logging.getLogger(__name__).exception("Perch broke")
        return 1
    points.write("ended")
    return 0


async def _run(order: Mapping[str, Any], points: Points) -> None:
    collect_rarely()
    clock = SharedClock(Path(order["clock"]))
    stop = stop_asked()
    parts = pointed_parts(points, clock, order["quicker"])
    perch = await open_perch(read_settings(os.environ), os.environ, clock, parts)
    try:
        await perch.start(order["only"] or None)
        points.write(f"ready {perch.address}")
        await stop.wait()
    finally:
        await perch.stop()


def _shell(words: list[str]) -> int:
    try:
        shell.main(args=words, prog_name="perch", standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def _plant(bug: str) -> None:
    """`law_05.a_thread_is_known_in_memory_alone`: a planted bug of tests/laws/mutants."""
    module, name = bug.rsplit(".", 1)
    getattr(importlib.import_module(f"tests.laws.mutants.{module}"), name)(pytest.MonkeyPatch())
