"""A plan with a pager, a tracker and a hook, and a rollout of it that breaches and comes down."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.machine import State
from bot.domain.urgencies import Hears
from bot.engine.notifying import Notifying
from bot.ports import Posted
from tests.fakes.archives import FakeMailer
from tests.fakes.notifiers import FakeNotifier
from tests.rig import Rig, rig, tree
from tests.waiting import HANGS_S

NOTIFIERS = {
    "oncall": {"kind": "pager"},
    "board": {"kind": "tracker"},
    "hook": {"kind": "hook"},
}
ROUTES = {"page": ["oncall"], "ticket": ["board"]}
NOTIFY = {"breach": ["hook"], "completed": ["hook"]}
PATIENCE_S = 20.0
"""How long a test waits for what should come at once."""


class Far:
    """The far sides of a story."""

    def __init__(self) -> None:
        self.pager, self.board, self.hook = FakeNotifier("pager"), FakeNotifier("board"), FakeNotifier("hook")
        self.mailer = FakeMailer()
        self.kinds = {
            "pager": self.pager.kind(Hears.PAGES),
            "tracker": self.board.kind(Hears.FOLLOWS),
            "hook": self.hook.kind(),
        }

    def opened(self, folder: Path, **plan: Any) -> Any:
        stages = [{**each, "bake": "1m"} for each in tree()["stages"]]
        given = {"stages": stages, "notifiers": NOTIFIERS, "routes": ROUTES, "notify": NOTIFY, **plan}
        return rig(folder, tree(**given), notifiers=self.kinds, mailer=self.mailer)


async def taken(story: Rig, *, times: int = 1) -> None:
    """What is in the outbox goes into the queue, as the sender does it."""
    engine = story.engine
    notifying = Notifying(engine.keepings, engine.ledger, engine.equipment.kinds, engine.keeping.wake)
    while batch := await engine.outbox.due(story.now, 500):
        for queued in batch:
            if queued.outgoing.to.startswith("notifier:"):
                for _ in range(times):
                    await notifying.take(queued)
            await engine.outbox.said(queued.number, Posted("C1", f"{queued.number}.0"), story.now)


async def told(story: Rig, *, times: int = 1) -> None:
    """And the keeper's looks, until nothing is due."""
    await taken(story, times=times)
    while await story.engine.keeping.begin():
        await story.engine.keeping.idle()


async def breached(story: Rig) -> str:
    """A trigger fires; the rollout is on its way down, and gets there when `down` lets it."""
    rollout = await story.start()
    story.traffic[0].opened = asyncio.Event()
    story.numbers.values["errors"] = 7.5
    story.now += timedelta(minutes=1)
    await story.engine.ticker.tick()
    async with asyncio.timeout(HANGS_S):
        while (await story.load(rollout)).state is not State.ROLLING_BACK:
            await asyncio.sleep(0.005)
    return rollout.id


async def down(story: Rig, id: str) -> None:
    """It gets down."""
    opened = story.traffic[0].opened
    assert opened is not None
    opened.set()
    await story.engine.ticker.idle()
    await story.settle()
    assert (await story.engine.rollouts.load(id)).state is State.ROLLED_BACK
