"""What `bot.ports.archives.Archive` promises, for the fake and for every kind with its real far side (E9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from adapters.archives import KINDS
from adapters.contracts import ArchiveContract, ArchiveWorld
from tests.adapters.archives.far_sides import InFolder, InGit, InMemory, InS3

BUCKETS = count(1)
FAR_SIDES = ("memory", "folder", "git", "s3")


@pytest.fixture(params=FAR_SIDES)
async def there(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ArchiveWorld]:
    match request.param:
        case "memory":
            yield InMemory()
        case "folder":
            yield InFolder(tmp_path / "rollouts")
        case "git":
            yield InGit(tmp_path)
        case _:
            yield InS3(request.getfixturevalue("s3_server"), f"rollouts-{next(BUCKETS)}")


def test_every_kind_is_under_contract() -> None:
    assert set(KINDS) == set(FAR_SIDES) - {"memory"}


class TestArchives(ArchiveContract):
    """The fake and every kind."""
