"""Where the daily archive may go by itself (E8)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.assembly import build_archiving
from bot.settings import read_settings
from commands.terminal.no_database import NoDatabase


class Shared(NoDatabase):
    """A database that several machines use."""

    @property
    def one_machine(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("database", "environment", "after"),
    [
        (NoDatabase, {}, timedelta(days=14)),
        (NoDatabase, {"PERCH_ARCHIVE_AFTER": "90d"}, timedelta(days=90)),
        (NoDatabase, {"PERCH_ARCHIVE_AFTER": "never"}, None),
        (Shared, {}, None),
        (Shared, {"PERCH_ARCHIVE": "/mnt/shared"}, timedelta(days=14)),
    ],
)
def test_a_folder_of_one_machine_takes_nothing_that_several_share(
    database: type[NoDatabase], environment: dict[str, str], after: timedelta | None
) -> None:
    """What lies beside the state of one machine may go with it, and the others couldn't read it."""
    assert build_archiving(read_settings(environment), database("away"))._after == after


def test_the_archive_lies_with_the_state_unless_it_is_told_where() -> None:
    assert read_settings({"PERCH_STATE": "/var/lib/perch"}).archive_folder == Path("/var/lib/perch/archive")
    assert read_settings({"PERCH_ARCHIVE": "/mnt/shared"}).archive_folder == Path("/mnt/shared")
