"""Kind `folder` (E9): files in a folder of this machine, or of a share that is mounted there."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from adapters.archives.names import below, beside, checked
from adapters.archives.options import DEFAULT, Deadline, Template
from adapters.options import Options
from adapters.threads import in_own_thread
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.ports import Denied, OutOfReach
from bot.ports.archives import Parcel

_FINAL = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ELOOP})


def _absolute(value: str) -> str:
    if not value.startswith(("/", "${")):
        raise misread("a folder is named by its whole path", "write it as /srv/rollouts")
    return value


class FolderOptions(Options):
    """`keep: [{kind: folder, path: /srv/rollouts}]`. `folder` is the template below it."""

    path: Annotated[str, AfterValidator(_absolute)]
    folder: Template = DEFAULT
    timeout: Deadline = timedelta(seconds=30)


class Folder:
    """The `Archive` port over files. The root itself is never made: an unmounted share would be, on the wrong disk."""

    def __init__(self, options: FolderOptions, environment: Environment) -> None:
        self._options = options
        self._root = Path(options.path)
        self._deadline_s = options.timeout.total_seconds()

    @property
    def target(self) -> str:
        return f"folder {self._root}"

    async def put(self, parcel: Parcel) -> str:
        files = checked(parcel.files)
        folder = self._root / below(self._options.folder, parcel)

        def work(given_up: threading.Event) -> None:
            self._look()
            folder.mkdir(parents=True, exist_ok=True)
            _sync(folder.parent)
            for name, content in files.items():
                _keep(folder, name, content, parcel.number, given_up)
            _sync(folder)

        await self._in_time(work)
        return str(folder)

    async def rehearse(self) -> str:
        await self._in_time(lambda given_up: self._look())
        return "is there and may be written to"

    async def aclose(self) -> None: ...

    def _look(self) -> None:
        if not self._root.is_dir():
            raise OutOfReach(f"{self._root} isn't there: make it, or mount it")
        if not os.access(self._root, os.W_OK | os.X_OK):
            raise Denied(f"{self._root} may not be written to by Perch's user; change its owner or rights")

    async def _in_time(self, work: Callable[[threading.Event], None]) -> None:
        with _in_our_words(self._root):
            try:
                await in_own_thread(work, self._deadline_s)
            except TimeoutError:
                raise OutOfReach(f"{self._root} didn't answer within {self._deadline_s:g} s") from None


def _keep(folder: Path, name: str, content: bytes, number: int, given_up: threading.Event) -> None:
    """Under its own name, or beside what stands there with another content."""
    for free in beside(name, number):
        if given_up.is_set():
            raise TimeoutError
        if _same(folder / free, content) or _create(folder / free, content) or _same(folder / free, content):
            return
    raise Denied(f"{folder} holds too many versions of {name}; clear it out")


def _create(file: Path, content: bytes) -> bool:
    """Whole and on the disk, or not there at all; False where the name is taken."""
    fresh = file.with_name(f".{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        return _named(fresh, file)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def _named(fresh: Path, file: Path) -> bool:
    try:
        # A link, unlike a rename, never replaces what another process put there meanwhile.
        os.link(fresh, file)
    except FileExistsError:
        return False
    except OSError as fault:
        if fault.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        # A share without links: who looks first and renames is safe against all but another Perch at that very moment.
        if file.exists():
            return False
        fresh.rename(file)
    return True


def _same(file: Path, content: bytes) -> bool:
    """Whether this very content stands there. Raises OSError where it can't be read."""
    try:
        return file.stat().st_size == len(content) and file.read_bytes() == content
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _in_our_words(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if isinstance(fault, TimeoutError | asyncio.TimeoutError):
            raise
        kind = Denied if fault.errno in _FINAL else OutOfReach
        raise kind(f"{root}: {fault.strerror or type(fault).__name__}") from fault
