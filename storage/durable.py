"""Files that are whole or not there, and on the disk when the call returns: what the kill path stands on."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """A folder that only Perch's user may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sync_folder(folder.parent)


def replace(file: Path, content: bytes) -> None:
    """Write a file, or replace it: a reader sees the old content or the new, never a piece."""
    with _written_beside(file, content) as fresh:
        fresh.replace(file)
    sync_folder(file.parent)


def create(file: Path, content: bytes) -> bool:
    """Write a file that mustn't exist; False when it does, whichever process made it."""
    with _written_beside(file, content) as fresh:
        try:
            # A link, unlike O_EXCL and then writing, brings the name and the whole content at once.
            os.link(fresh, file)
        except FileExistsError:
            return False
    sync_folder(file.parent)
    return True


def append_line(file: Path, line: str) -> None:
    """Add a line to a file that exists; a torn last line is closed first.

    In one write at the end, wherever that is by then: several threads and processes may add lines at once.
    """
    handle = os.open(file, os.O_RDWR | os.O_APPEND)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        content = ("\n" if torn else "").encode() + line.encode() + b"\n"
        if os.write(handle, content) < len(content):
            raise OSError(errno.ENOSPC, "the line was cut short")
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(file: Path) -> None:
    """Remove a file, if it's there."""
    with suppress(FileNotFoundError):
        file.unlink()
        sync_folder(file.parent)


@contextmanager
def _written_beside(file: Path, content: bytes) -> Iterator[Path]:
    fresh = file.with_name(f".{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        yield fresh
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
