"""Fifty live rollouts, each checked every ten seconds: within Slack's limits, and what matters waits for nothing.

Slack's side is the workspace's own count of calls (`bot.sandbox.workspace.rates`), on the sender's clock.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.trends import History
from bot.engine.outbox import Sender
from bot.engine.saying import Sayer
from bot.ports import Change, Lane, Outgoing, Posted, Said, SlowDown
from bot.sandbox.workspace.rates import Rates
from bot.sandbox.workspace.refusals import Refused
from tests.bot.wording.stories import a_plan, a_rollout
from tests.fakes.hours import in_no_time
from tests.fakes.memory import MemoryOutbox, MemoryRollouts, Outage

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CHECK_S, SNAPSHOT_S = 10, 300
ANSWER_S = 0.15
"""What a call of Slack's takes."""
MINUTES = int(os.environ.get("PERCH_MINUTES", "5"))
"""How long it goes; `PERCH_MINUTES=60` is what docs/numbers.md tells."""


QUIET = dict.fromkeys(range(1000), 0)
"""Nothing happens in any round."""


@dataclass
class Counted:
    """A messenger whose far side counts: each call takes its time, and too many are refused with 429."""

    rates: Rates
    said_at: dict[str, float] = field(default_factory=dict)
    edited_at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        await self._spend("chat.postMessage", "t5", to)
        self.said_at[mark] = asyncio.get_running_loop().time()
        return Posted(to, mark)

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None:
        await self._spend("chat.update", "t3", posted.channel)
        now = asyncio.get_running_loop().time()
        self.said_at[mark] = now
        self.edited_at[posted.ts].append(now)

    async def _spend(self, method: str, tier: str, channel: str) -> None:
        try:
            self.rates.spend_call(method, tier, channel)
        except Refused as refused:
            self.refused += 1
            raise SlowDown(refused.retry_after_s or 1) from refused
        await asyncio.sleep(ANSWER_S)

    async def whisper(self, channel: str, user: str, said: Said) -> None: ...

    async def upload(self, png: bytes, name: str, alt: str) -> str:
        return "F1"

    async def find(self, to: str, mark: str, *, thread: str = "") -> Posted | None:
        return None

    async def reactions(self, posted: Posted) -> Mapping[str, Sequence[str]]:
        return {}


class Brief(MemoryOutbox):
    """Forgets what is over, and looks only among a rollout's own, so that an hour of it stays quick."""

    def put(self, messages: Sequence[Outgoing], now: datetime, rollout: str) -> None:
        for number in [number for number, one in self._messages.items() if not one.unsent]:
            del self._messages[number]
        super().put(messages, now, rollout)
        self._lines = defaultdict(list)
        for one in self._messages.values():
            self._lines[one.rollout].append(one)

    def _others(self, message: Any) -> Iterable[Any]:
        return [one for one in self._lines[message.rollout] if one is not message]

    _lines: Mapping[str, list[Any]] = defaultdict(list)


async def plan_of(rollout: Rollout) -> Plan:
    return a_plan(channel=f"#canary-{rollout.environment}")


def words(outgoing: Outgoing, rollout: Rollout | None, plan: Plan | None, now: datetime, _: History) -> Said:
    return Said(outgoing.key)


@dataclass
class Fleet:
    """Rollouts that are checked, and what was asked to be said when."""

    messenger: Counted
    outbox: MemoryOutbox
    sender: Sender
    ids: Sequence[str]
    asked_at: dict[str, float] = field(default_factory=dict)

    async def say(self, rollout: str, *messages: Outgoing) -> None:
        now = asyncio.get_running_loop().time()
        self.asked_at |= {each.key: now for each in messages if each.lane is Lane.URGENT}
        await self.outbox.add(messages, START + timedelta(seconds=now), rollout)

    async def check_all(self, round: int) -> None:
        """A round of checks: an edit of every status message, and now and then a snapshot in its thread."""
        for index, id in enumerate(self.ids):
            root, routine = f"status:{id}", Lane.ROUTINE
            messages = [Outgoing("status", key=f"{root}:{round}", lane=routine, edits=root)]
            if (round + index) % (SNAPSHOT_S // CHECK_S) == 0:
                messages.append(Outgoing("note", key=f"snapshot:{id}:{round}", lane=routine, thread=True))
            await self.say(id, *messages)
        self.sender.wake()

    async def decide(self, id: str, what: str) -> None:
        """Something that people must hear: in the channel, and in the status message."""
        root = f"status:{id}"
        edit = Outgoing("status", key=f"{root}:{what}", lane=Lane.URGENT, edits=root)
        told = Outgoing("note", key=f"{what}:{id}", lane=Lane.URGENT, thread=True, broadcast=True)
        await self.say(id, told, edit)
        self.sender.wake()

    def gaps(self) -> list[float]:
        """From one edit of a status message to its next."""
        edited = self.messenger.edited_at.values()
        return [after - before for each in edited for before, after in pairwise(each)]

    def waits(self) -> list[float]:
        """From asking until it stood in Slack, of everything urgent."""
        return [self.messenger.said_at[key] - at for key, at in self.asked_at.items()]


async def live(minutes: float, rollouts: int, channels: int = 1, incidents: Mapping[int, int] | None = None) -> Fleet:
    """Let time pass: in every second round one rollout has something to tell, in `incidents` (round → how many) several
    at once."""
    loop, outage = asyncio.get_running_loop(), Outage()

    def clock() -> datetime:
        return START + timedelta(seconds=loop.time())

    outbox = Brief(outage)
    kept = MemoryRollouts(clock, outbox, outage)
    ids = [f"materializers-{number}" for number in range(rollouts)]
    messenger = Counted(Rates(loop.time))
    sender = Sender(outbox, Sayer(outbox, messenger, kept, plan_of, words, clock), clock)
    fleet = Fleet(messenger, outbox, sender, ids)
    sending = asyncio.create_task(sender.run())
    for number, id in enumerate(ids):
        await kept.create(a_rollout(id=id, plan=id, environment=str(number % channels)), {}, Change())
        await fleet.say(id, Outgoing("status", key=f"status:{id}", lane=Lane.ROUTINE))
    await asyncio.sleep(2 * rollouts)
    for round in range(int(minutes * 60 / CHECK_S)):
        await fleet.check_all(round)
        await asyncio.sleep(3.3)
        for each in range((incidents or {}).get(round, 1 - round % 2)):
            await fleet.decide(ids[(round + each) % rollouts], f"verdict{round}")
        await asyncio.sleep(CHECK_S - 3.3)
    await asyncio.sleep(60)
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending
    return fleet


def test_fifty_rollouts_get_no_429_and_what_matters_waits_for_nothing() -> None:
    """Verdicts, gates and kills never wait behind snapshots and edits; an hour of it: docs/numbers.md."""
    fleet = in_no_time(live(minutes=MINUTES, rollouts=50))
    assert fleet.messenger.refused == 0
    assert len(fleet.waits()) == len(fleet.asked_at) == MINUTES * 6
    assert max(fleet.waits()) < 1
    assert len(fleet.gaps()) > 40 * (MINUTES - 2)
    assert max(fleet.gaps()) < 90


@pytest.mark.parametrize(("rollouts", "every_s"), [(1, 10), (5, 10), (20, 27)])
def test_status_messages_are_edited_as_often_as_all_of_them_together_may_be(rollouts: int, every_s: float) -> None:
    """Each check's where there are few; in turn where there are many."""
    fleet = in_no_time(live(minutes=4, rollouts=rollouts, incidents=QUIET))
    assert fleet.messenger.refused == 0
    assert median(fleet.gaps()) == pytest.approx(every_s, abs=3)


def test_several_rollouts_that_go_down_together_are_told_as_fast_as_slack_takes_it() -> None:
    """One channel takes about a post a second, after a burst of four; nothing routine comes in between."""
    fleet = in_no_time(live(minutes=3, rollouts=50, incidents={**QUIET, 9: 6}))
    assert fleet.messenger.refused == 0
    assert sorted(fleet.waits())[8] < 1
    assert max(fleet.waits()) < 4
