"""The sender: in order, once, urgent first, within the far side's limits, through faults and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.trends import History
from bot.engine.outbox import Sender
from bot.engine.pace import Pace
from bot.engine.saying import LANDS_WITHIN, Sayer
from bot.ports import Change, Denied, Lane, Outgoing, OutOfReach, Posted, Said, SlowDown, Uncertain
from tests.bot.wording.stories import a_plan, a_rollout
from tests.fakes.memory import MemoryOutbox, MemoryRollouts, Outage
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ROLLOUT = "materializers-7"
BRISK = Pace(posts_per_s=1000, post_burst=1000, edits_per_s=1000, edit_burst=1000, edit_gap=timedelta(0))


@dataclass
class FakeMessenger:
    """Notes what is said. `faults` are raised by the next calls, `lost` after a post stands; `hold` stops slow ones."""

    said: list[str] = field(default_factory=list)
    marks: dict[str, Posted] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    lost: list[Exception] = field(default_factory=list)
    hold: asyncio.Event | None = None
    looked: int = 0
    waiting: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        if self.hold is not None and "slow" in said.text:
            self.waiting += 1
            await self._note("")
            await self.hold.wait()
        if self.faults:
            await self._note("")
            raise self.faults.pop(0)
        posted = Posted(to, str(len(self.marks) + 1))
        self.marks[mark] = posted
        await self._note(f"{to}{'/' + thread if thread else ''}: {said.text}")
        if self.lost:
            raise self.lost.pop(0)
        return posted

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None:
        if self.faults:
            raise self.faults.pop(0)
        await self._note(f"edit {posted.ts}: {said.text}")

    async def whisper(self, channel: str, user: str, said: Said) -> None:
        if self.faults:
            raise self.faults.pop(0)
        await self._note(f"{channel}@{user}: {said.text}")

    async def upload(self, png: bytes, name: str, alt: str) -> str:
        if self.faults:
            raise self.faults.pop(0)
        return "F1"

    async def find(self, to: str, mark: str, *, thread: str = "") -> Posted | None:
        self.looked += 1
        return self.marks.get(mark)

    async def reactions(self, posted: Posted) -> Mapping[str, Sequence[str]]:
        return {}

    async def _note(self, line: str) -> None:
        if line:
            self.said.append(line)
        async with self.changed:
            self.changed.notify_all()

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(HANGS_S), self.changed:
            await self.changed.wait_for(true)


async def one_plan(rollout: Rollout) -> Plan:
    return a_plan()


def words(outgoing: Outgoing, rollout: Rollout | None, plan: Plan | None, now: datetime, history: History) -> Said:
    if outgoing.say == "unsayable":
        raise KeyError("words")
    revision = f" r{rollout.revision}" if rollout and outgoing.say == "status" else ""
    text = f" {outgoing.facts['text']}" if "text" in outgoing.facts else ""
    return Said(f"{outgoing.say}{text}{revision}")


@dataclass
class Desk:
    """A sender over memory, and the clock that it reads: real time after `START`, plus `skipped`."""

    outbox: MemoryOutbox
    rollouts: MemoryRollouts
    messenger: FakeMessenger
    sender: Sender
    skip: list[timedelta]

    @property
    def said(self) -> list[str]:
        return self.messenger.said

    async def put(self, *messages: Outgoing, rollout: str = ROLLOUT) -> None:
        await self.outbox.add(messages, START + self.skip[0], rollout)
        self.sender.wake()

    async def until_said(self, number: int) -> list[str]:
        await self.messenger.until(lambda: len(self.said) >= number)
        return self.said

    def pass_time(self, span: timedelta) -> None:
        self.skip[0] += span
        self.sender.wake()


@asynccontextmanager
async def desk(pace: Pace = BRISK, messenger: FakeMessenger | None = None) -> AsyncIterator[Desk]:
    outage, skip = Outage(), [timedelta(0)]
    loop = asyncio.get_running_loop()
    began = loop.time()

    def clock() -> datetime:
        return START + skip[0] + timedelta(seconds=loop.time() - began)

    outbox = MemoryOutbox(outage)
    rollouts = MemoryRollouts(clock, outbox, outage)
    await rollouts.create(a_rollout(), {}, Change())
    messenger = messenger or FakeMessenger()
    sender = Sender(outbox, Sayer(outbox, messenger, rollouts, one_plan, words, clock), clock, pace)
    task = asyncio.create_task(sender.run())
    try:
        yield Desk(outbox, rollouts, messenger, sender, skip)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def root() -> Outgoing:
    return Outgoing("status", key=f"status:{ROLLOUT}", lane=Lane.URGENT)


def note(key: str, text: str = "", lane: Lane = Lane.URGENT, **more: Any) -> Outgoing:
    return Outgoing("note", key=key, facts={"text": text or key}, lane=lane, **more)


async def test_a_threads_messages_come_under_its_root_in_order() -> None:
    async with desk() as here:
        await here.put(root(), *(note(f"k{number}", thread=True) for number in range(4)))
        assert await here.until_said(5) == [
            "#canary-live: status r1",
            *(f"#canary-live/1: note k{number}" for number in range(4)),
        ]


async def test_an_urgent_message_overtakes_a_routine_one_that_is_stuck() -> None:
    """Lessons: kill posts queued behind snapshots."""
    async with desk(messenger=FakeMessenger(hold=asyncio.Event())) as here:
        await here.put(*(note(f"slow{number}", lane=Lane.ROUTINE, to=f"#c{number}") for number in range(9)))
        await here.put(note("kill"))
        assert await here.until_said(1) == ["#canary-live: note kill"]
        _cut_off("slow")


async def test_edits_show_the_newest_state_and_older_ones_are_left_out() -> None:
    async with desk() as here:
        await here.put(root())
        await here.until_said(1)
        await here.rollouts.save(await here.rollouts.load(ROLLOUT), Change())
        key = f"status:{ROLLOUT}"
        await here.put(*(Outgoing("status", key=f"{key}:{number}", edits=key) for number in range(5)))
        assert await here.until_said(2) == ["#canary-live: status r1", "edit 1: status r2"]


async def test_routine_edits_of_one_message_keep_their_distance_and_urgent_ones_dont() -> None:
    pace = Pace(posts_per_s=1000, edits_per_s=1000, edit_burst=1000, edit_gap=timedelta(seconds=5))
    async with desk(pace) as here:
        key = f"status:{ROLLOUT}"
        await here.put(root(), Outgoing("status", key=f"{key}:1", edits=key))
        await here.until_said(2)
        await here.put(Outgoing("status", key=f"{key}:2", edits=key, facts={"text": "routine"}))
        await here.put(note("other"))
        assert (await here.until_said(3))[2] == "#canary-live: note other"
        await here.put(Outgoing("status", key=f"{key}:3", edits=key, facts={"text": "urgent"}, lane=Lane.URGENT))
        assert "urgent" in (await here.until_said(4))[3]


async def test_a_channel_gets_no_more_than_its_budget_and_urgent_ones_use_what_is_spared() -> None:
    async with desk(Pace(posts_per_s=0.001, post_burst=4, spared=2)) as here:
        await here.put(*(note(f"routine{number}", lane=Lane.ROUTINE, to="#c") for number in range(5)))
        await here.put(note("elsewhere", lane=Lane.ROUTINE, to="#d"))
        await here.until_said(3)
        await here.put(note("urgent", to="#c"))
        await here.until_said(4)
        assert sorted(here.said) == [
            "#c: note routine0",
            "#c: note routine1",
            "#c: note urgent",
            "#d: note elsewhere",
        ]


async def test_retry_after_is_obeyed() -> None:
    async with desk(messenger=FakeMessenger(faults=[SlowDown(30)])) as here:
        await here.put(note("a", to="#c"))
        await here.messenger.until(lambda: not here.messenger.faults)
        await here.put(note("b", to="#d"))
        assert await here.until_said(1) == ["#d: note b"]
        here.pass_time(timedelta(seconds=31))
        assert await here.until_said(2) == ["#d: note b", "#c: note a"]


async def test_a_post_that_may_stand_is_looked_for_before_it_is_repeated() -> None:
    async with desk(messenger=FakeMessenger(lost=[Uncertain("cut")])) as here:
        await here.put(note("a", to="#c"), note("b", to="#c"))
        await here.messenger.until(lambda: not here.messenger.lost)
        here.pass_time(timedelta(seconds=5))
        assert await here.until_said(2) == ["#c: note a", "#c: note b"]
        assert here.messenger.looked == 1


async def test_a_post_that_doesnt_stand_after_all_is_repeated() -> None:
    async with desk(messenger=FakeMessenger(faults=[Uncertain("cut")])) as here:
        await here.put(note("a", to="#c"))
        await here.messenger.until(lambda: not here.messenger.faults)
        here.pass_time(timedelta(seconds=5))
        assert await here.until_said(1) == ["#c: note a"]


async def test_a_far_side_that_is_away_is_tried_again() -> None:
    async with desk(messenger=FakeMessenger(faults=[OutOfReach("away"), OutOfReach("away")])) as here:
        await here.put(note("a", to="#c"))
        await here.messenger.until(lambda: len(here.messenger.faults) == 1)
        here.pass_time(timedelta(seconds=10))
        await here.messenger.until(lambda: not here.messenger.faults)
        here.pass_time(timedelta(seconds=10))
        assert await here.until_said(1) == ["#c: note a"]


async def test_a_channel_that_refuses_us_is_told_to_the_requester_and_holds_nobody_up() -> None:
    async with desk(messenger=FakeMessenger(faults=[Denied("not_in_channel")])) as here:
        await here.put(note("a"), note("b"))
        await here.until_said(2)
        assert sorted(here.said) == ["#canary-live: note b", "user:U0ANA: undelivered"]


async def test_a_message_without_words_is_given_up_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async with desk() as here:
        await here.put(Outgoing("unsayable", key="u", lane=Lane.URGENT), note("b"))
        assert await here.until_said(1) == ["#canary-live: note b"]
        assert "can't be sent" in caplog.text


async def test_an_answer_that_nobody_waits_for_any_more_isnt_sent() -> None:
    async with desk() as here:
        here.pass_time(timedelta(hours=1))
        late = Outgoing("answer", key="late", facts={"text": "old"}, lane=Lane.URGENT, to="C1", only_for="U1")
        await here.outbox.add([late], START)
        await here.put(Outgoing("answer", key="now", facts={"text": "new"}, lane=Lane.URGENT, to="C1", only_for="U1"))
        assert await here.until_said(1) == ["C1@U1: answer new"]


async def test_a_database_that_is_away_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with desk() as here:
        here.outbox.outage.away = "locked"
        here.sender.wake()
        await asyncio.sleep(0)
        here.outbox.outage.away = ""
        await here.put(note("a"))
        assert await here.until_said(1) == ["#canary-live: note a"]


async def test_what_a_crash_left_half_sent_is_looked_for_by_the_next_process() -> None:
    """Law 5, for words. Not before it has landed or never will: looked for earlier, it could be missed and repeated."""
    async with desk(messenger=FakeMessenger(hold=asyncio.Event())) as here:
        await here.put(note("slow", to="#c"))
        await here.messenger.until(lambda: here.messenger.waiting)
        outbox = here.outbox
        _cut_off("slow")
    messenger = FakeMessenger(marks={"slow": Posted("#c", "9")})
    now = [START]
    left, clock = outbox.reopened(), lambda: now[0]
    sender = Sender(left, Sayer(left, messenger, here.rollouts, one_plan, words, clock), clock, BRISK)
    task = asyncio.create_task(sender.run())
    await outbox.add([note("next", to="#c")], START, ROLLOUT)
    sender.wake()
    await asyncio.sleep(0)
    assert (messenger.looked, messenger.said) == (0, [])
    now[0] += 2 * LANDS_WITHIN
    sender.wake()
    await messenger.until(lambda: messenger.said)
    task.cancel()
    assert messenger.said == ["#c: note next"]
    assert messenger.looked == 1


def _cut_off(key: str) -> None:
    """The process dies while these are on their way."""
    for task in asyncio.all_tasks():
        if task.get_name().startswith(f"message {key}"):
            task.cancel()
