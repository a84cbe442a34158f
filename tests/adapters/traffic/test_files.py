"""Files are replaced whole, durably and by one writer at a time (T8)."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import stat
import threading
from pathlib import Path

import pytest

from adapters.threads import in_own_thread
from adapters.traffic.files import MOST_BYTES, TextFile, fault
from bot.ports import Denied, Nonsense, OutOfReach
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    file = folder / "flags"
    file.write_text("1\n")
    return file


def the_file(path: Path, *, create: bool = False, root: Path | None = None, timeout_s: float = HANGS_S) -> TextFile:
    return TextFile(path, root or path.parent, create=create, timeout_s=timeout_s)


async def test_mode_and_owner_stay(path: Path) -> None:
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    before = path.stat()
    await the_file(path).rewrite(lambda _: "2\n")
    after = path.stat()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o640, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino, "readers that have it open keep the old text"


async def test_no_litter_stays_but_the_lock(path: Path) -> None:
    await the_file(path).rewrite(lambda _: "2\n")
    assert {each.name for each in path.parent.iterdir()} == {"flags", ".flags.lock"}


async def test_what_a_crash_left_is_no_obstacle(path: Path) -> None:
    path.with_name(".flags.perch").write_text("half")
    await the_file(path).rewrite(lambda _: "2\n")
    assert path.read_text() == "2\n"


async def test_an_unchanged_text_is_not_written(path: Path) -> None:
    before = path.stat().st_ino
    await the_file(path).rewrite(lambda text: text)
    assert path.stat().st_ino == before


async def test_a_failing_change_leaves_the_old_text_and_frees_the_lock(path: Path) -> None:
    def fails(_: str | None) -> str:
        raise Nonsense("no")

    with pytest.raises(Nonsense):
        await the_file(path).rewrite(fails)
    await the_file(path).rewrite(lambda _: "2\n")
    assert path.read_text() == "2\n"


async def test_a_hundred_writers_at_once_lose_no_change(path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(30):
            group.create_task(the_file(path, timeout_s=20).rewrite(lambda text: f"{int(text or 0) + 1}\n"))
    assert path.read_text() == "31\n"


async def test_a_lock_that_is_not_freed_is_out_of_reach_in_time(path: Path) -> None:
    with path.with_name(".flags.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutOfReach, match="within"):
            await the_file(path, timeout_s=0.2).rewrite(lambda _: "2\n")
    assert path.read_text() == "1\n"


async def test_a_change_that_is_cancelled_before_it_is_written_never_lands(path: Path) -> None:
    """Law 7: the thread goes on, but nobody waits for it any more, so it changes nothing."""
    thinking, go_on = threading.Event(), threading.Event()

    def slowly(_: str | None) -> str:
        thinking.set()
        go_on.wait(HANGS_S)
        return "100\n"

    order = asyncio.create_task(the_file(path).rewrite(slowly))
    await asyncio.to_thread(thinking.wait, HANGS_S)
    order.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(order, return_exceptions=True)
    assert order.cancelled()
    await the_file(path).rewrite(lambda text: text)
    assert path.read_text() == "1\n"


async def test_a_link_inside_the_root_is_followed_and_stays_a_link(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to("flags")
    await the_file(link).rewrite(lambda _: "2\n")
    assert link.is_symlink()
    assert path.read_text() == "2\n"


@pytest.mark.parametrize("way", ["file", "folder"])
async def test_a_link_that_leads_out_of_the_root_is_refused(tmp_path: Path, path: Path, way: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "flags").write_text("secret\n")
    sub = path.parent / "sub"
    if way == "file":
        sub.mkdir()
        (sub / "flags").symlink_to(outside / "flags")
    else:
        sub.symlink_to(outside)
    file = the_file(sub / "flags", root=path.parent)
    for call in (file.text(), file.rewrite(lambda _: "2\n"), file.rehearse()):
        with pytest.raises(Denied, match="leads out of"):
            await call
    assert (outside / "flags").read_text() == "secret\n"


async def test_a_link_to_itself_is_denied(path: Path) -> None:
    path.unlink()
    path.symlink_to("flags")
    with pytest.raises(Denied):
        await the_file(path).text()


async def test_what_is_no_regular_file_is_denied_and_never_waited_for(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(Denied, match="not a regular file"):
        await the_file(path).text()


async def test_a_missing_file_is_denied_unless_it_may_be_created(path: Path) -> None:
    path.unlink()
    with pytest.raises(Denied, match="not there"):
        await the_file(path).text()
    with pytest.raises(Denied, match="not there"):
        await the_file(path).rewrite(lambda _: "2\n")
    file = the_file(path, create=True)
    assert await file.text() is None
    await file.rewrite(lambda _: "2\n")
    assert path.read_text() == "2\n"
    await file.rewrite(lambda _: None)
    assert not path.exists()


async def test_too_large_or_not_text_is_nonsense(path: Path) -> None:
    path.write_bytes(b"x" * (MOST_BYTES + 1))
    with pytest.raises(Nonsense, match="larger"):
        await the_file(path).text()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Nonsense, match="UTF-8"):
        await the_file(path).text()


async def test_a_rehearsal_touches_nothing(path: Path) -> None:
    before = {each.name: each.stat().st_mtime_ns for each in path.parent.iterdir()}
    assert "can be read" in await the_file(path).rehearse()
    assert {each.name: each.stat().st_mtime_ns for each in path.parent.iterdir()} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_is_denied_by_the_rehearsal(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(Denied, match="may not be written"):
            await the_file(path).rehearse()
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.EACCES, Denied), (errno.EROFS, Denied), (errno.ENOSPC, OutOfReach), (errno.ESTALE, OutOfReach)],
)
def test_what_the_system_says_is_final_or_not(number: int, kind: type[Exception]) -> None:
    assert type(fault(OSError(number, os.strerror(number)), Path("/etc/flags"))) is kind


async def test_work_that_hangs_is_left_behind_in_time() -> None:
    never = threading.Event()
    async with asyncio.timeout(HANGS_S):
        with pytest.raises(TimeoutError):
            await in_own_thread(lambda _: never.wait(10), 0.05)
    never.set()
