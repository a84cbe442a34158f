"""What only the SQL outbox has: counts for those who watch."""

from pathlib import Path

import pytest

from bot.ports import Posted
from storage.database import open_database
from storage.outbox import SqlOutbox
from tests.storage.samples import NOW, a_post

pytestmark = pytest.mark.anyio


async def test_what_is_still_unsaid_is_counted_with_its_age(tmp_path: Path) -> None:
    """O5: /metrics tells the outbox's depth and age."""
    database = await open_database(f"sqlite:///{tmp_path}/perch.db")
    try:
        outbox = SqlOutbox(database)
        assert await outbox.unsaid() == (0, None)
        await outbox.add([a_post("one"), a_post("two")], NOW)
        (first, *_) = await outbox.due(NOW, 10)
        await outbox.said(first.number, Posted("C1", "1.0"), NOW)
        assert await outbox.unsaid() == (1, NOW)
    finally:
        await database.aclose()
