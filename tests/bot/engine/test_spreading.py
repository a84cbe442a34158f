"""Announcements reach the people whom the plan names, each once (S8)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.engine.spreading import AT_MOST, Spreading
from bot.ports import Denied, Lane, Outgoing, Queued
from tests.fakes.outbox import MemoryOutbox
from tests.rig import ANA, BEN, CLEO, People, rig, tree

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def spread(to: str, people: People, outbox: MemoryOutbox) -> list[tuple[str, str]]:
    """(to, key) of what is in the outbox after a message to `to` was spread."""
    outgoing = Outgoing("announcement", key=f"k:{to}", facts={"event": "started"}, lane=Lane.URGENT, to=to)
    queued = Queued(number=0, rollout="r", outgoing=outgoing, at=NOW, tries=0, uncertain=False)
    await Spreading(people, outbox, lambda: NOW).spread(queued, "#canary-live")
    return [(each.outgoing.to, each.outgoing.key) for each in await outbox.due(NOW, 999)]


async def test_each_member_of_a_group_is_told_directly_and_once() -> None:
    """S8: also where two groups name the same person, or it is done again after a crash."""
    people, outbox = People({ANA: {"@sre"}, BEN: {"@sre", "@leads"}}), MemoryOutbox()
    both = [(f"user:{ANA}", f"k:user:{ANA}"), (f"user:{BEN}", f"k:user:{BEN}")]
    for group in ("@sre", "@sre", "@leads"):
        assert await spread(group, people, outbox) == both


async def test_a_large_group_is_told_in_the_plans_channel() -> None:
    people = People({f"U{number:03}": {"S0EVERYONE"} for number in range(AT_MOST + 1)})
    assert await spread("S0EVERYONE", people, MemoryOutbox()) == [("#canary-live", "k:for:S0EVERYONE")]


async def test_whom_nobody_is_is_said_and_not_swallowed() -> None:
    with pytest.raises(Denied, match="@gone is nobody here"):
        await spread("@gone", People({ANA: {"@sre"}}), MemoryOutbox())


async def test_a_starter_whom_the_plan_names_too_hears_the_outcome_once(tmp_path: Path) -> None:
    async with rig(tmp_path, tree(notify={"rolled_back": [ANA, CLEO, "C0OPS", "S0LEADS"]})) as story:
        rollout = await story.start()
        await story.engine.desk.rollback(story.request("rollback", BEN), rollout.id, "enough")
        await story.minutes(1)
        waiting = [each.outgoing for each in await story.engine.outbox.due(story.now, 999)]
        told = sorted(each.to for each in waiting if each.say == "announcement")
        assert told == ["C0OPS", "S0LEADS", f"user:{ANA}", f"user:{CLEO}"]


async def test_the_plans_own_channel_is_told_once_where_it_is_named_as_well(tmp_path: Path) -> None:
    channel = tree()["channel"]
    async with rig(tmp_path, tree(notify={"rolled_back": [channel, "C0OPS"]}, routes={"ticket": [channel]})) as story:
        rollout = await story.start()
        await story.engine.desk.rollback(story.request("rollback", BEN), rollout.id, "enough")
        await story.minutes(1)
        said = await story.said()
    announced = [each.to for each in said if each.say == "announcement" and not each.to.startswith("user:")]
    assert announced == ["C0OPS"]
    assert [each.broadcast for each in said if each.say == "rolled_back"] == [True]
