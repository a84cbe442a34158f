"""Everybody's page: whose turn it is, and when it is shown anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.rollout import Rollout
from bot.engine.homes import LOOKED_AT, Homes
from bot.engine.rights import Rights
from bot.engine.threads import Threads
from bot.ports import Denied, SlowDown
from bot.ports.homes import Home, Turn
from tests.fakes.homes import FakePages
from tests.rig import ANA, BEN, CLEO, DEV, Rig, rig

pytestmark = pytest.mark.anyio


@dataclass
class Desk:
    """The pages over a whole engine; `drawn` is what each newest page was drawn from."""

    story: Rig
    pages: FakePages = field(default_factory=FakePages)
    drawn: list[Home] = field(default_factory=list)

    def __post_init__(self) -> None:
        engine = self.story.engine
        rights = Rights(self.story.people)
        self.homes = Homes(
            engine.ledger,
            rights,
            engine.freezing.standing,
            Threads(engine.outbox, self.pages.link),
            self.pages,
            self._draw,
            lambda: self.story.now,
        )

    def _draw(self, home: Home) -> Sequence[Mapping[str, Any]]:
        self.drawn.append(home)
        return [{"waiting": [(turn, each.rollout.id) for turn, each in home.waiting], "live": len(home.live)}]

    async def turns(self, user: str) -> list[Turn]:
        self.homes.opened(user)
        await self.homes.show()
        return [turn for turn, _ in self.drawn[-1].waiting]


@asynccontextmanager
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with rig(tmp_path) as story:
        yield Desk(story)


async def at_gate(here: Desk) -> Rollout:
    rollout = await here.story.start()
    await here.story.minutes(6)
    return await here.story.load(rollout)


async def test_a_gate_waits_for_who_may_approve_and_for_nobody_else(tmp_path: Path) -> None:
    """S6: not for whoever started it, nor for somebody without the role."""
    async with desk(tmp_path) as here:
        await at_gate(here)
        turns = {who: await here.turns(who) for who in (ANA, BEN, CLEO, DEV)}
        assert turns == {ANA: [], BEN: [Turn.APPROVE], CLEO: [Turn.APPROVE], DEV: []}


async def test_a_hold_waits_for_its_owner(tmp_path: Path) -> None:
    """X12: every hold has an owner."""
    async with desk(tmp_path) as here:
        rollout = await here.story.start()
        await here.story.engine.desk.watch(here.story.request("watch", BEN), rollout.id, "")
        assert await here.turns(BEN) == [Turn.WATCH]
        here.story.numbers.values["success"] = 97.0
        await here.story.minutes(6)
        assert await here.turns(BEN) == [Turn.HOLD]
        assert await here.turns(ANA) == []


async def test_a_page_is_shown_anew_when_it_changed_and_only_then(tmp_path: Path) -> None:
    """Slack takes about a hundred pages a minute."""
    async with desk(tmp_path) as here:
        here.homes.opened(DEV)
        await here.homes.show()
        await here.homes.show()
        assert here.pages.shown == [DEV]
        await here.story.start()
        await here.homes.show()
        assert here.pages.shown == [DEV, DEV]
        here.homes.opened(DEV)
        await here.homes.show()
        assert here.pages.shown == [DEV, DEV, DEV]


async def test_who_has_not_looked_for_half_a_day_is_shown_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.homes.opened(DEV)
        here.story.now += LOOKED_AT + timedelta(minutes=1)
        await here.homes.show()
        assert here.pages.shown == []


async def test_what_slack_refuses_is_tried_again_and_never_ends_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.homes.opened(DEV)
        here.pages.refuses = SlowDown(7.0)
        assert await here.homes.show() == 7.0
        here.pages.refuses = Denied("the app's Home tab is off")
        await here.homes.show()
        here.pages.refuses = None
        await here.homes.show()
        assert here.pages.shown == [DEV]
