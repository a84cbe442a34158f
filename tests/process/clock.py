"""One clock for several processes: a mapped file. Whoever has it open may move it, and all see it at once."""

from __future__ import annotations

import mmap
import time
from datetime import UTC, datetime
from pathlib import Path

_SIZE = 32
_START, _BEGAN, _RATE, _AHEAD = range(4)


class SharedClock:
    """Runs at `rate` seconds for each real one, and ahead by what it was forwarded. Callable: an aware UTC time."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as stream:
            self._map = mmap.mmap(stream.fileno(), _SIZE)
        self._values = memoryview(self._map).cast("d")

    @classmethod
    def make(cls, file: Path, rate: float) -> SharedClock:
        """A clock that begins now. The real side is the machine's monotonic clock, the same in every process."""
        file.write_bytes(bytes(_SIZE))
        clock = cls(file)
        clock._values[_START], clock._values[_BEGAN], clock._values[_RATE] = time.time(), time.monotonic(), rate
        return clock

    def seconds(self) -> float:
        """Seconds since 1970, as the sandbox's far sides want them."""
        values = self._values
        return values[_START] + (time.monotonic() - values[_BEGAN]) * values[_RATE] + values[_AHEAD]

    def forward(self, seconds: float) -> None:
        """Let time pass at once."""
        self._values[_AHEAD] += seconds

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)
