"""What one pattern found in a log, read on from where it was: across rotation, truncation, and lines half written.

All of it blocks, and runs in a thread of the source.
"""

from __future__ import annotations

import os
import stat
import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from adapters.sources.log.stamps import Stamps
from bot.ports import Denied, Nonsense, OutOfReach

PIECE = 1 << 20
MOST_BYTES = 64 << 20
"""Of a file that is larger the end is read; what asks further back is told so."""
MOST_MATCHES = 100_000
"""Further ones push the oldest out: whoever has so many has breached any limit."""
LONGEST_LINE = 64 << 10
TIMELESS = 50
"""After so many lines, of which none has a time, the log isn't one that can be placed in time."""
PACKED = (".gz", ".xz", ".bz2", ".zst", ".zip")


class StillReading(Nonsense):
    """There is more to read than the deadline allows; the next question goes on where this one stopped."""


class OutOfSight(Nonsense):
    """A part of the time in question isn't there to be read any more."""


@dataclass
class _Open:
    """A file that is being read, and where."""

    path: Path
    stream: BinaryIO
    rest: bytes = b""
    """A last line that has no end yet."""
    inside: bool = False
    """Reading began in the middle: what comes before the first line's end is half a line."""

    @property
    def identity(self) -> tuple[int, int]:
        found = os.fstat(self.stream.fileno())
        return found.st_dev, found.st_ino

    @property
    def left(self) -> int:
        return max(0, os.fstat(self.stream.fileno()).st_size - self.stream.tell())


class Tail:
    """The times at which lines of one log matched. `fits` says whether a line does."""

    def __init__(self, path: Path, stamps: Stamps, fits: Callable[[str], bool]) -> None:
        self._path = path
        self._stamps = stamps
        self._fits = fits
        self._open: _Open | None = None
        self._older: list[Path] | None = None
        """Rotated files that are still to be read, oldest first; None before the first question."""
        self._matches: list[datetime] = []
        self._last_at: datetime | None = None
        self._lines = 0
        self._timed = 0
        self._begins_inside = False
        self.known_since: datetime | None = None
        """Before this nothing is known; None: all that there is was read."""
        self.last = ""
        """The newest line that matched."""

    def read_on(self, since: datetime, until_s: float) -> None:
        """Read what was written since the last time; the first time, what may be from `since` on.

        `until_s` is on the monotonic clock. Raises OutOfReach, Denied, StillReading or Nonsense.
        """
        if not self._path.exists():
            raise OutOfReach(f"there is no file {self._path}")
        if self._older is None:
            self._older = self._rotated(since)
        reading = True
        while reading:
            self._open = self._open or self._opened(self._older.pop(0) if self._older else self._path)
            self._drain(self._open, until_s)
            reading = self._goes_on(self._open)
        if self._lines >= TIMELESS and not self._timed:
            raise Nonsense(f"no line of {self._path} has a time that Perch can read; say where it is with time: …")

    def count(self, since: datetime, until: datetime) -> int:
        """How many lines matched between two times. Raises OutOfSight."""
        if self.known_since is not None and since < self.known_since:
            raise OutOfSight(f"{self._path} can be read back to {self.known_since:%Y-%m-%d %H:%M:%S} UTC only")
        return bisect_right(self._matches, until) - bisect_left(self._matches, since)

    def close(self) -> None:
        if self._open is not None:
            self._open.stream.close()
            self._open = None

    # ---- files --------------------------------------------------------------------------------------------------

    def _rotated(self, since: datetime) -> list[Path]:
        """Rotated files that were still written after `since`, oldest first. Others, and packed ones, aren't read: all
        is known from their end on."""
        found = [each for each in self._path.parent.glob(f"{_plain(self._path.name)}[.-]*") if each.is_file()]
        written = {each: each.stat().st_mtime for each in found}
        recent = [each for each in found if written[each] >= since.timestamp() and each.suffix not in PACKED]
        if left := [written[each] for each in found if each not in recent]:
            self.known_since = datetime.fromtimestamp(max(left), UTC)
        return sorted(recent, key=lambda each: written[each])

    def _opened(self, path: Path) -> _Open:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise Denied(f"{path} is no file that can be read as a log")
            stream = path.open("rb")
        except FileNotFoundError as error:
            raise OutOfReach(f"there is no file {path}") from error
        except OSError as error:
            raise Denied(f"{path} can't be read ({error.strerror})") from error
        file = _Open(path, stream)
        if file.left > MOST_BYTES:
            stream.seek(-MOST_BYTES, os.SEEK_END)
            file.inside = self._begins_inside = True
        return file

    def _goes_on(self, file: _Open) -> bool:
        """After the end of a file: whether there is another to be read, or this one was cut and begins anew."""
        try:
            now = self._path.stat()
        except OSError:
            # It's being rotated; the next question finds the new one.
            return False
        if (now.st_dev, now.st_ino) != file.identity:
            file.stream.close()
            self._take(file.rest)
            self._open = None
            return True
        if now.st_size < file.stream.tell():
            file.stream.seek(0)
            file.rest = b""
            return True
        return False

    # ---- lines --------------------------------------------------------------------------------------------------

    def _drain(self, file: _Open, until_s: float) -> None:
        while piece := file.stream.read(PIECE):
            *lines, file.rest = (file.rest + piece).split(b"\n")
            if file.inside and lines:
                del lines[0]
                file.inside = False
            for line in lines:
                self._take(line)
            if len(file.rest) > LONGEST_LINE:
                file.rest = file.rest[:LONGEST_LINE]
            if time.monotonic() > until_s and file.left:
                raise StillReading(f"{self._path} has {file.left / (1 << 20):.0f} MB more to be read")

    def _take(self, raw: bytes) -> None:
        line = raw[:LONGEST_LINE].decode("utf-8", errors="replace").rstrip("\r")
        if not line.strip():
            return
        self._lines += 1
        if (at := self._stamps.of(line)) is not None:
            self._timed += 1
            self._last_at = at
            if self._begins_inside:
                self.known_since, self._begins_inside = max(at, self.known_since or at), False
        # A line without a time belongs to the one before, as a traceback's do.
        if self._last_at is not None and self._fits(line):
            insort(self._matches, self._last_at)
            self.last = line
            del self._matches[:-MOST_MATCHES]


def _plain(name: str) -> str:
    """A name in which a glob finds nothing but itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
