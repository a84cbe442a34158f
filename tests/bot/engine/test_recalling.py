"""Numbers over time for a message, read back right before it is worded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest

from bot.domain.trends import NO_HISTORY, Point
from bot.domain.verdicts import Check, Verdict
from bot.engine.recalling import Recall
from bot.ports import Outgoing, ShelfAway
from tests.builders import START
from tests.fakes.memory import MemoryOutbox, MemoryRollouts
from tests.storage.samples import Hands, a_rollout

pytestmark = pytest.mark.anyio


class NoShelf:
    """`Histories` whose archive is gone."""

    async def newest(self, rollout: str, metrics: Collection[str], most: int) -> Mapping[str, Sequence[Point]]:
        raise ShelfAway("r1-0.parquet is gone")

    course = newest


@pytest.mark.parametrize("say", ["status", "checkpoint"])
async def test_a_message_is_said_without_numbers_whose_archive_is_gone(say: str) -> None:
    """E8: one lost file mustn't keep Slack waiting."""
    recall = Recall(NoShelf(), MemoryRollouts(Hands(), MemoryOutbox()))
    rollout = a_rollout(check=Check(at=START, stage=0, verdict=Verdict.PASS, lines=()))
    assert await recall.of(Outgoing(say=say, key="status:r1"), rollout) == NO_HISTORY
