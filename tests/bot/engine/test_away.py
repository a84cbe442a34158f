"""Slack away, refusing, or shut: nothing is lost, nothing is said twice, and what matters goes another way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.engine.hearing import Hearing
from bot.engine.outbox import Sender
from bot.engine.saying import Sayer
from bot.engine.second_way import Fallback
from bot.ports import Change, Lane, Outgoing, OutOfReach, OutsideFault, Posted, Said, ShutOut, SlowDown, Unwelcome
from bot.wording import BY_ITSELF
from tests.bot.engine.test_outbox import BRISK, ROLLOUT, START, FakeMessenger, note, one_plan, root, words
from tests.bot.wording.stories import a_rollout
from tests.fakes.memory import MemoryOutbox, MemoryRollouts, Outage
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

CHANNEL, SECOND = "#canary-live", "#second"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STATUS = f"status:{ROLLOUT}"


@dataclass
class Town(FakeMessenger):
    """Slack: `away` is what each call raises; places in `closed` refuse."""

    away: Exception | None = None
    closed: set[str] = field(default_factory=set)
    calls: int = 0

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        self._answer(to)
        return await super().post(to, said, thread=thread, broadcast=broadcast, mark=mark)

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None:
        self._answer(posted.channel)
        await super().edit(posted, said, mark=mark)

    def _answer(self, place: str) -> None:
        self.calls += 1
        if self.away is not None:
            raise self.away
        if place in self.closed:
            raise Unwelcome("is_archived")


@dataclass
class Pager:
    """The second way. `away` is raised instead."""

    told: list[str] = field(default_factory=list)
    away: OutsideFault | None = None

    async def tell(self, text: str) -> None:
        if self.away is not None:
            raise self.away
        self.told.append(text)


@dataclass
class Scene:
    """A sender and a fallback over memory, with a clock that only the test moves."""

    town: Town = field(default_factory=Town)
    pager: Pager = field(default_factory=Pager)
    now: datetime = START
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)

    def __post_init__(self) -> None:
        self.rollouts = MemoryRollouts(lambda: self.now, self.outbox, Outage())

    def perch(self, second_channel: str) -> None:
        """A process over what is there; the first one or the next."""
        self.hearing = Hearing(self.town, lambda: self.now)
        sayer = Sayer(
            self.outbox,
            self.hearing,
            self.rollouts,
            one_plan,
            lambda outgoing, *rest: (
                BY_ITSELF[outgoing.say](outgoing.facts) if outgoing.say in BY_ITSELF else words(outgoing, *rest)
            ),
            lambda: self.now,
            self.pager,
        )
        self.sender = Sender(self.outbox, sayer, lambda: self.now, BRISK, second_channel=second_channel)
        self.fallback = Fallback(self.outbox, sayer, self.hearing, lambda: self.now)

    async def put(self, *messages: Outgoing) -> None:
        await self.outbox.add(messages, self.now, ROLLOUT)
        await self.settle()

    async def settle(self) -> None:
        """Let the fallback look, and the sender do all that may be done now."""
        await self.fallback.look()
        async with asyncio.timeout(HANGS_S):
            while self.sender.under_way or await self.outbox.due(self.now, 99):
                self.sender.wake()
                await asyncio.sleep(0)

    async def pass_time(self, span: timedelta, step: timedelta = MINUTE) -> None:
        until = self.now + span
        while self.now < until:
            self.now = min(self.now + step, until)
            await self.settle()


@asynccontextmanager
async def scene(second_channel: str = "") -> AsyncIterator[Scene]:
    here = Scene()
    await here.rollouts.create(a_rollout(), {}, Change())
    here.perch(second_channel)
    async with sending(here):
        yield here


@asynccontextmanager
async def sending(here: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(here.sender.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def status(number: int) -> Outgoing:
    return Outgoing("status", key=f"{STATUS}:{number}", edits=STATUS, lane=Lane.URGENT)


def grave(key: str, say: str = "rolling_back") -> Outgoing:
    return Outgoing(say, key=key, facts={"text": key}, lane=Lane.URGENT, thread=True)


async def test_an_hour_without_slack_is_told_afterwards_once_in_order_and_gathered() -> None:
    """Sixty edits are one, of twelve snapshots the newest is posted, and everything else comes as it happened."""
    async with scene() as here:
        await here.put(root())
        here.town.away = OutOfReach("away")
        for minute in range(60):
            await here.put(status(minute + 2))
            if minute % 5 == 0:
                await here.put(Outgoing("snapshot", key=f"s{minute}", facts={"text": str(minute)}, thread=True))
            if minute in (7, 8, 40):
                await here.put(note(f"n{minute}", thread=True))
            await here.pass_time(MINUTE)
        here.town.away = None
        await here.pass_time(2 * MINUTE)
        assert here.town.said[0] == f"{CHANNEL}: status r1"
        assert [line for line in here.town.said[1:] if "note" in line] == [
            f"{CHANNEL}/1: note n{minute}" for minute in (7, 8, 40)
        ]
        assert [line for line in here.town.said if "edit" in line] == ["edit 1: status r1"]
        assert [line for line in here.town.said if "snapshot" in line] == [f"{CHANNEL}/1: snapshot 55"]


async def test_a_thread_that_begins_in_an_outage_is_whole_afterwards() -> None:
    """The routine lines too, and none of them outside of the thread."""
    async with scene() as here:
        here.town.away = OutOfReach("away")
        await here.put(root(), note("urgent", thread=True), note("routine", lane=Lane.ROUTINE, thread=True))
        await here.pass_time(HOUR)
        here.town.away = None
        await here.pass_time(2 * MINUTE)
        assert here.town.said[0] == f"{CHANNEL}: status r1"
        assert sorted(here.town.said[1:]) == [f"{CHANNEL}/1: note routine", f"{CHANNEL}/1: note urgent"]


async def test_a_storm_of_slow_downs_is_obeyed_and_what_is_urgent_comes_first() -> None:
    """Retry-After: no call before it is over."""
    async with scene() as here:
        await here.put(root())
        here.town.away = SlowDown(600)
        await here.put(note("routine", lane=Lane.ROUTINE, thread=True), note("urgent", thread=True))
        calls = here.town.calls
        here.town.away = None
        await here.pass_time(9 * MINUTE)
        assert here.town.calls == calls
        await here.pass_time(2 * MINUTE)
        assert here.town.said[1:] == [f"{CHANNEL}/1: note urgent", f"{CHANNEL}/1: note routine"]


async def test_a_token_that_is_no_longer_good_loses_no_message(caplog: pytest.LogCaptureFixture) -> None:
    """They wait for whoever mends it, across restarts, and come in order. The log says it in one line, once."""
    async with scene() as here:
        here.town.away = ShutOut("Slack says token_revoked: check SLACK_BOT_TOKEN")
        await here.put(root(), note("a", thread=True), note("b", thread=True))
        await here.pass_time(HOUR)
        assert here.hearing.trouble.startswith("nothing gets through for 60 min: Slack says token_revoked")
        assert caplog.text.count("token_revoked") == 1
        here.town.away = None
        await here.pass_time(2 * MINUTE)
        assert here.town.said == [f"{CHANNEL}: status r1", f"{CHANNEL}/1: note a", f"{CHANNEL}/1: note b"]
        assert here.hearing.trouble == ""


async def test_days_of_outage_dont_break_the_sender() -> None:
    """The thousandth pause is as long as the tenth: two to its power is no number any more."""
    async with scene() as here:
        here.town.away = OutOfReach("away")
        await here.put(root())
        for message in here.outbox._messages.values():
            message.tries = 5000
        await here.pass_time(2 * MINUTE)
        here.town.away = None
        await here.pass_time(2 * MINUTE)
        assert here.town.said == [f"{CHANNEL}: status r1"]


# ---- a channel that refuses ------------------------------------------------------------------------------------


async def test_a_closed_channel_keeps_its_messages_until_it_is_mended_and_the_requester_hears_of_it() -> None:
    """In order; edits too. Other channels don't wait."""
    async with scene() as here:
        await here.put(root())
        here.town.closed = {CHANNEL}
        await here.put(note("a", thread=True), note("b", thread=True), status(2), note("eng", to="#eng"))
        await here.pass_time(HOUR)
        assert sorted(here.town.said[1:]) == ["#eng: note eng", "user:U0ANA: undelivered"]
        here.town.closed = set()
        await here.pass_time(6 * MINUTE)
        assert sorted(here.town.said[3:]) == [f"{CHANNEL}/1: note a", f"{CHANNEL}/1: note b", "edit 1: status r1"]
        assert here.town.said.index(f"{CHANNEL}/1: note a") < here.town.said.index(f"{CHANNEL}/1: note b")


async def test_what_matters_goes_to_the_second_channel_and_nothing_is_said_twice() -> None:
    """Routine messages wait for the first one; what comes after it is mended goes there again."""
    async with scene(SECOND) as here:
        await here.put(root())
        here.town.closed = {CHANNEL}
        await here.put(note("a", thread=True), note("b", thread=True), note("routine", lane=Lane.ROUTINE, thread=True))
        await here.pass_time(5 * MINUTE)
        there = [line for line in here.town.said if line.startswith(SECOND)]
        assert sorted(there) == [f"{SECOND}: note a", f"{SECOND}: note b", f"{SECOND}: undelivered"]
        assert there.index(f"{SECOND}: note a") < there.index(f"{SECOND}: note b")
        here.town.closed = set()
        await here.put(note("c", thread=True))
        await here.pass_time(5 * MINUTE)
        assert sorted(here.town.said[-2:]) == [f"{CHANNEL}/1: note c", f"{CHANNEL}/1: note routine"]
        assert len(here.town.said) == len(set(here.town.said))


async def test_a_rollout_that_starts_while_its_channel_is_closed_lives_in_the_second_one() -> None:
    """One status message and one thread, there."""
    async with scene(SECOND) as here:
        here.town.closed = {CHANNEL}
        await here.put(root(), note("a", thread=True), status(2))
        here.town.closed = set()
        await here.pass_time(5 * MINUTE)
        place = here.outbox._places[ROLLOUT, STATUS]
        assert place.channel == SECOND
        assert f"{SECOND}/{place.ts}: note a" in here.town.said
        assert f"edit {place.ts}: status r1" in here.town.said


async def test_a_second_channel_that_refuses_too_is_waited_for() -> None:
    async with scene(SECOND) as here:
        await here.put(root())
        here.town.closed = {CHANNEL, SECOND}
        await here.put(note("a", thread=True))
        await here.pass_time(HOUR)
        here.town.closed = {CHANNEL}
        await here.pass_time(2 * MINUTE)
        assert f"{SECOND}: note a" in here.town.said


async def test_a_channel_that_nobody_mends_in_a_day_is_given_up() -> None:
    async with scene() as here:
        here.town.closed = {CHANNEL}
        await here.put(note("a"))
        await here.pass_time(timedelta(hours=25), HOUR)
        here.town.closed = set()
        await here.pass_time(2 * MINUTE)
        assert f"{CHANNEL}: note a" not in here.town.said


# ---- the second way --------------------------------------------------------------------------------------------


async def test_what_matters_and_waits_is_told_the_second_way_once_gathered_and_its_end_too() -> None:
    """Routine messages never are. The next process doesn't repeat it."""
    async with scene() as here:
        await here.put(root())
        here.town.away = OutOfReach("Slack can't be reached")
        await here.put(grave("down"), note("small talk", thread=True))
        await here.pass_time(2 * MINUTE)
        assert here.pager.told == []
        await here.put(grave("is down", "rolled_back"))
        await here.pass_time(2 * MINUTE)
        (told,) = here.pager.told
        assert "- rolling_back down\n- rolled_back is down\n" in told
        assert "Slack can't be reached" in told
        assert "small talk" not in told
        await here.pass_time(HOUR)
        assert len(here.pager.told) == 1
        here.town.away = None
        await here.pass_time(2 * MINUTE)
        assert here.pager.told[1:] == ["Slack takes Perch's messages again: what waited was posted there, in order."]
        await here.pass_time(HOUR)
        assert len(here.pager.told) == 2


async def test_further_trouble_during_an_outage_is_told_within_a_minute() -> None:
    async with scene() as here:
        here.town.away = OutOfReach("away")
        await here.put(grave("first"))
        await here.pass_time(4 * MINUTE)
        await here.put(grave("second", "stuck"))
        await here.pass_time(MINUTE)
        assert [text.count("\n- ") for text in here.pager.told] == [1, 1]
        assert "stuck second" in here.pager.told[1]


async def test_the_next_process_doesnt_tell_it_again() -> None:
    """Law 6, for the second way."""
    async with scene() as here:
        here.town.away = OutOfReach("away")
        await here.put(grave("down"))
        await here.pass_time(5 * MINUTE)
    here.outbox.reopened()
    here.perch("")
    async with sending(here):
        await here.pass_time(HOUR)
        assert len(here.pager.told) == 1
        here.town.away = None
        await here.pass_time(2 * MINUTE)
        assert len(here.pager.told) == 2


async def test_a_short_outage_is_no_matter_for_the_second_way() -> None:
    async with scene() as here:
        await here.put(root())
        here.town.away = OutOfReach("away")
        await here.put(grave("down"))
        await here.pass_time(MINUTE)
        here.town.away = None
        await here.pass_time(HOUR)
        assert here.pager.told == []


async def test_a_second_way_that_is_away_too_is_tried_again_and_loses_nothing() -> None:
    async with scene() as here:
        here.town.away, here.pager.away = OutOfReach("away"), OutOfReach("also away")
        await here.put(grave("down"))
        await here.pass_time(20 * MINUTE)
        here.pager.away = None
        await here.pass_time(2 * MINUTE)
        (told,) = here.pager.told
        assert "rolling_back down" in told


async def test_a_closed_channel_without_a_second_one_is_a_matter_for_the_second_way() -> None:
    async with scene() as here:
        await here.put(root())
        here.town.closed = {CHANNEL}
        await here.put(grave("down"))
        await here.pass_time(5 * MINUTE)
        assert len(here.pager.told) == 1


# ---- hearing ---------------------------------------------------------------------------------------------------


async def test_a_refusal_is_an_answer_and_a_blip_is_no_silence() -> None:
    async with scene() as here:
        here.town.closed = {"#eng"}
        await here.put(note("eng", to="#eng"))
        await here.pass_time(5 * MINUTE)
        assert here.hearing.trouble == ""
        here.town.away = OutOfReach("away")
        await here.put(root())
        assert here.hearing.trouble == ""
        await here.pass_time(2 * MINUTE)
        assert here.hearing.trouble == "nothing gets through for 2 min: away"


async def test_a_message_that_isnt_found_is_no_answer() -> None:
    """A direct message isn't even looked for: silence must not seem over by that."""
    town, now = Town(away=OutOfReach("away")), START
    hearing = Hearing(town, lambda: now)
    with suppress(OutOfReach):
        await hearing.post(CHANNEL, Said("x"))
    now += 2 * MINUTE
    assert await hearing.find("user:U1", "a mark") is None
    assert hearing.trouble == "nothing gets through for 2 min: away"
