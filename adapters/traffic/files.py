"""One small text file that others read while it changes: replaced whole, durably, by one writer at a time.

A reader sees the old file or the new one, never half of it. Mode and owner stay. Writers that take the same lock
(`.NAME.lock` beside it, `flock`) never overwrite each other's change.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from adapters.http import NotInTime
from adapters.threads import in_own_thread
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

MOST_BYTES = 1024 * 1024
_LOCK_EVERY_S = 0.02
Result = TypeVar("Result")


class GivenUp(Exception):
    """Whoever asked has gone; nothing was changed."""


class TextFile:
    """A file by its path, inside `root` also after symbolic links. `create` lets it be missing.

    Methods raise OutOfReach, Denied or Nonsense, within `timeout_s`.
    """

    def __init__(self, path: Path, root: Path, *, create: bool, timeout_s: float) -> None:
        self._path, self._root, self._create, self._timeout_s = path, root, create, timeout_s

    async def text(self) -> str | None:
        """The whole text; None when it's missing and may be."""
        return await self._in_time(lambda _: self._text(self._located()))

    async def rewrite(self, change: Callable[[str | None], str | None]) -> None:
        """Replace the text by what `change` makes of it, under the lock; None removes the file."""
        await self._in_time(lambda given_up: self._rewrite(change, given_up))

    async def rehearse(self) -> str:
        """Look whether it could be read and replaced, changing nothing; one line on what was tried."""
        return await self._in_time(lambda _: self._rehearse())

    async def _in_time(self, work: Callable[[threading.Event], Result]) -> Result:
        try:
            return await in_own_thread(work, self._timeout_s)
        except (TimeoutError, GivenUp) as error:
            raise NotInTime(f"{self._path} couldn't be used within {self._timeout_s:g} s") from error
        except OSError as error:
            raise fault(error, self._path) from error

    def _located(self) -> Path:
        try:
            real, root = self._path.resolve(), self._root.resolve(strict=True)
        except RuntimeError as error:
            raise Denied(f"{self._path} is a symbolic link that leads to itself") from error
        if not real.is_relative_to(root):
            raise Denied(f"{self._path} leads out of {self._root}; nothing was touched")
        return real

    def _text(self, real: Path) -> str | None:
        try:
            descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            if self._create:
                return None
            raise
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Denied(f"{self._path} is not a regular file")
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Nonsense(f"{self._path} is larger than 1 MB")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise Nonsense(f"{self._path} is not UTF-8 text") from error

    def _rewrite(self, change: Callable[[str | None], str | None], given_up: threading.Event) -> None:
        real = self._located()
        with _locked(real, given_up):
            before = self._text(real)
            after = change(before)
            if given_up.is_set():
                raise GivenUp
            if after is None:
                real.unlink(missing_ok=True)
            elif after != before:
                _replace(real, after, given_up)
            _sync(real.parent)

    def _rehearse(self) -> str:
        real = self._located()
        there = self._text(real) is not None
        if not os.access(real.parent, os.W_OK | os.X_OK, effective_ids=True):
            raise Denied(f"{self._path}'s folder may not be written")
        if there and os.geteuid() not in {0, real.stat().st_uid}:
            raise Denied(f"{self._path} belongs to another user, and replacing it would change that")
        return f"{self._path} can be {'read' if there else 'created'}, and its folder written"


@contextmanager
def _locked(real: Path, given_up: threading.Event) -> Iterator[None]:
    lock = real.with_name(f".{real.name}.lock")
    descriptor = os.open(lock, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        while not _taken(descriptor):
            if given_up.wait(_LOCK_EVERY_S):
                raise GivenUp
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _replace(real: Path, text: str, given_up: threading.Event) -> None:
    new = real.with_name(f".{real.name}.perch")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(FileNotFoundError):
                _like(descriptor, real.stat())
            file.write(text.encode())
            file.flush()
            os.fsync(descriptor)
        if given_up.is_set():
            raise GivenUp
        new.replace(real)
    finally:
        new.unlink(missing_ok=True)


def _like(descriptor: int, old: os.stat_result) -> None:
    """Give the new file the old one's owner and mode; the owner first, since changing it clears mode bits."""
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_FINAL = {
    errno.ENOENT: "is not there",
    errno.ENOTDIR: "is not there",
    errno.EISDIR: "is a folder",
    errno.EACCES: "may not be read or written by Perch",
    errno.EPERM: "can't be replaced with the same owner and mode",
    errno.EROFS: "is on a read-only file system",
    errno.ELOOP: "is a symbolic link that leads nowhere",
    errno.ENAMETOOLONG: "has too long a name",
}


def fault(error: OSError, path: Path) -> OutsideFault:
    """Our fault for what the operating system said about a file."""
    if error.errno in _FINAL:
        return Denied(f"{path} {_FINAL[error.errno]}")
    return OutOfReach(f"{path} can't be used just now ({error.strerror or 'unknown'})")
