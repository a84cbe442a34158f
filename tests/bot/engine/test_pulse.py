"""What the heartbeat stands on: that the engine has really found out what is due, not that a timer runs (U7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.rollout import Rollout
from bot.ports import StoreAway
from tests.rig import rig

pytestmark = pytest.mark.anyio


class Away:
    """A store that claims nothing any more; all else is the real one's."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def claim(self, *_: Any) -> Sequence[Rollout]:
        raise StoreAway("locked")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def test_a_tick_that_could_not_look_is_no_sign_of_life(tmp_path: Path) -> None:
    """The database is away: ticks go on, and nothing is checked."""
    async with rig(tmp_path) as story:
        assert story.engine.ticker.looked_at is None
        await story.settle()
        looked = story.now
        assert story.engine.ticker.looked_at == looked
        story.engine.ledger.rollouts = Away(story.engine.ledger.rollouts)
        story.now += timedelta(minutes=1)
        await story.settle()
        assert story.engine.ticker.looked_at == looked
