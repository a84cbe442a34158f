"""Kind `folder` (E9): what only a disk does."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.archives.folder import Folder, FolderOptions
from bot.ports import Denied, OutOfReach
from tests.adapters.archives.far_sides import InFolder, a_parcel

pytestmark = pytest.mark.anyio

FILES = {"materializers-1.perch.zip": b"a bundle"}


async def test_a_share_that_isnt_mounted_isnt_made_up_on_the_wrong_disk(tmp_path: Path) -> None:
    with pytest.raises(OutOfReach, match="make it, or mount it"):
        await Folder(FolderOptions(path=str(tmp_path / "share")), {}).put(a_parcel(FILES))
    assert not (tmp_path / "share").exists()


async def test_a_disk_that_hangs_is_given_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: stuck.wait(5))
    slow = Folder(FolderOptions.model_validate({"path": str(tmp_path), "timeout": "1s"}), {})
    with pytest.raises(OutOfReach, match="didn't answer within 1 s"):
        await slow.put(a_parcel(FILES))
    stuck.set()


async def test_a_full_disk_leaves_nothing_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    there = InFolder(tmp_path / "rollouts")
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OutOfReach, match="No space left"):
            await there.archive.put(a_parcel(FILES))
    assert await there.lying() == {}


async def test_a_share_without_links_takes_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(os, "link", none)
    there = InFolder(tmp_path / "rollouts")
    for _ in range(2):
        await there.archive.put(a_parcel(FILES))
    await there.archive.put(a_parcel({**FILES, "materializers-1.perch.zip": b"newer"}, number=9))
    assert sorted((await there.lying()).values()) == [b"a bundle", b"newer"]


async def test_a_link_in_the_way_isnt_followed_over_a_file_elsewhere(tmp_path: Path) -> None:
    elsewhere, there = tmp_path / "elsewhere", InFolder(tmp_path / "rollouts")
    elsewhere.write_bytes(b"mine")
    place = tmp_path / "rollouts" / "materializers" / "materializers-1"
    place.mkdir(parents=True)
    (place / "materializers-1.perch.zip").symlink_to(elsewhere)
    await there.archive.put(a_parcel(FILES))
    assert elsewhere.read_bytes() == b"mine"
    assert (place / "materializers-1.r7.perch.zip").read_bytes() == b"a bundle"


async def test_more_versions_than_anybody_needs_are_refused(tmp_path: Path) -> None:
    there = InFolder(tmp_path / "rollouts")
    for number in range(50):
        await there.archive.put(a_parcel({"a.zip": str(number).encode()}))
    with pytest.raises(Denied, match="too many versions"):
        await there.archive.put(a_parcel({"a.zip": b"one more"}))


@pytest.mark.parametrize(
    "wrong", [{"path": "rollouts"}, {"path": "/srv", "folder": "/x/{rollout}"}, {"path": "/s", "x": 1}]
)
def test_options_that_lead_elsewhere_are_mistakes(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FolderOptions.model_validate(wrong)
