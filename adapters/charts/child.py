"""Charts drawn by matplotlib in a child process: its memory goes when the picture is there, and a hang is ended.

The child gets numbers and names on its standard input and nothing of Perch's environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from bot.ports import Chart, OutOfReach
from bot.redaction import Redactor

WITHIN_S = 20.0
DRAWING = Path(__file__).with_name("drawing.py")
KEPT = ("HOME", "PATH", "TMPDIR", "XDG_CACHE_HOME")
"""Where matplotlib finds the fonts that it knows already."""
PNG = b"\x89PNG\r\n\x1a\n"


class ChartsByChild:
    """The `Charts` port. One child at a time: pictures are never more urgent than what else the machine does."""

    def __init__(self, redact: Redactor, program: Path = DRAWING, within_s: float = WITHIN_S) -> None:
        self._redact = redact
        self._program = program
        self._within_s = within_s
        self._turn = asyncio.Lock()

    async def draw(self, chart: Chart) -> bytes:
        told = self._redact(json.dumps(asdict(chart), ensure_ascii=False)).encode()
        async with self._turn:
            png = await self._drawn(told)
        if not png.startswith(PNG):
            raise OutOfReach("the picture could not be drawn")
        return png

    async def _drawn(self, told: bytes) -> bytes:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                str(self._program),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
            )
        except OSError as fault:
            raise OutOfReach("the picture could not be drawn: no process for it") from fault
        try:
            async with asyncio.timeout(self._within_s):
                png, _ = await child.communicate(told)
        except TimeoutError as late:
            raise OutOfReach("the picture was not drawn in time") from late
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await asyncio.shield(child.wait())
        return png
