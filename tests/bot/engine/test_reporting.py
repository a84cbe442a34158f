"""The report's files (E6): put in the thread once, after the end; what is refused is said in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.chronicle import Chronicle
from bot.domain.machine import State
from bot.engine.outbox import Sender
from bot.engine.reporting import TRIES, HandingOver, Reports, report_due, report_message
from bot.engine.saying import Sayer
from bot.ports import Attachment, Change, Denied, Lane, Outgoing, OutOfReach, SlowDown, Uncertain, Unwelcome
from bot.wording.report.files import files as written
from tests.bot.engine.test_outbox import BRISK, FakeMessenger, one_plan, words
from tests.bot.wording.stories import a_plan, a_rollout
from tests.fakes.memory import MemoryOutbox, MemoryRollouts, Outage
from tests.rig import BEN, rig
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ROLLOUT = "materializers-7"


@dataclass
class FakeFiles:
    """Notes what is shown. `faults` are raised by the next deposits, `lost` after a share stands."""

    shown: list[tuple[str, str, Sequence[str]]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    lost: list[Exception] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    async def deposit(self, file: Attachment) -> str:
        if self.faults:
            raise self.faults.pop(0)
        self.names[f"F{len(self.names)}"] = file.name
        return f"F{len(self.names) - 1}"

    async def share(self, to: str, files: Mapping[str, str], text: str, *, thread: str) -> None:
        self.shown.append((f"{to}/{thread}", text, [self.names[id] for id in files]))
        if self.lost:
            raise self.lost.pop(0)

    async def shared(self, to: str, name: str, *, thread: str) -> bool:
        return any(name in names for _, _, names in self.shown)


class Canned(Reports):
    """Two short files, whatever the rollout."""

    def __init__(self) -> None: ...

    async def files(self, rollout: str) -> Sequence[Attachment]:
        return Attachment(f"report-{rollout}.html", "<p>", "t"), Attachment(f"report-{rollout}.md", "#", "t")


@dataclass
class Post:
    """A sender that hands reports over; whatever it waits for is over at once."""

    outbox: MemoryOutbox
    messenger: FakeMessenger
    files: FakeFiles
    sender: Sender
    now: list[datetime]

    async def until(self, true: Callable[[], object]) -> None:
        """Time flies until this is so."""
        async with asyncio.timeout(HANGS_S):
            while not true():
                self.now[0] += timedelta(seconds=61)
                self.sender.wake()
                await asyncio.sleep(0.002)

    async def until_empty(self) -> None:
        """Until nothing waits to be said any more."""
        async with asyncio.timeout(HANGS_S):
            while self.sender.under_way or await self.outbox.due(self.now[0] + timedelta(days=1), 9):
                self.now[0] += timedelta(seconds=61)
                self.sender.wake()
                await asyncio.sleep(0.002)


@asynccontextmanager
async def a_post(*faults: Exception, lost: Sequence[Exception] = ()) -> AsyncIterator[Post]:
    """A rollout that has ended, with its status message in the channel and its report in the outbox."""
    now, outbox = [START], MemoryOutbox(Outage())
    rollouts = MemoryRollouts(lambda: now[0], outbox)
    rollout = await rollouts.create(a_rollout(State.COMPLETED), {}, Change())
    messenger, files = FakeMessenger(), FakeFiles(faults=[*faults], lost=[*lost])
    handing = HandingOver(Canned(), files)
    sayer = Sayer(outbox, messenger, rollouts, one_plan, words, lambda: now[0], reports=handing)
    sender = Sender(outbox, sayer, lambda: now[0], BRISK)
    root = Outgoing("status", key=f"status:{ROLLOUT}", lane=Lane.URGENT)
    await outbox.add([root, report_message(rollout, 31)], START, ROLLOUT)
    running = asyncio.create_task(sender.run())
    try:
        yield Post(outbox, messenger, files, sender, now)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_files_stand_in_the_thread_in_one_message() -> None:
    async with a_post() as post:
        await post.until_empty()
        names = ["report-materializers-7-r31.html", "report-materializers-7-r31.md"]
        assert post.files.shown == [("#canary-live/1", "report", names)]


async def test_a_post_that_may_stand_is_looked_for_before_it_is_repeated() -> None:
    """Once: Slack took the files, and its answer was lost."""
    async with a_post(lost=[Uncertain("the connection broke")]) as post:
        await post.until_empty()
        assert len(post.files.shown) == 1


async def test_a_fault_that_may_pass_is_tried_again() -> None:
    async with a_post(OutOfReach("away"), SlowDown(3)) as post:
        await post.until_empty()
        assert len(post.files.shown) == 1
        assert not [said for said in post.messenger.said if "report" in said]


@pytest.mark.parametrize("faults", [[Denied("no files here")], [OutOfReach("away")] * (TRIES + 3)])
async def test_an_upload_that_is_refused_or_never_works_ends_in_words(faults: list[Exception]) -> None:
    """The words have the shell's command: `report.refused` in the golden files."""
    async with a_post(*faults) as post:
        await post.until_empty()
        assert post.files.shown == []
        assert [said for said in post.messenger.said if "report" in said] == ["#canary-live/1: report"]


async def test_a_channel_that_may_be_mended_is_waited_for() -> None:
    """Neither words nor files could be said there now."""
    async with a_post(Unwelcome("not in the channel")) as post:
        await post.until(lambda: post.files.shown)


def test_a_report_is_routine_and_has_a_key_of_its_own() -> None:
    """It never comes before what is urgent, and once for each end, or for each who asks."""
    rollout = a_rollout(State.COMPLETED)
    ended, asked = report_message(rollout, 31), report_message(rollout, 31, "k7")
    assert (ended.lane, ended.thread) == (Lane.ROUTINE, True)
    assert ended.key != asked.key


def test_a_report_is_due_at_the_end_and_after_what_is_verified_then() -> None:
    """R12 comes after the rollback; an abort before any traffic moved has nothing to tell."""
    going = a_rollout(State.ROLLING_BACK)
    verifying = a_rollout(State.ROLLED_BACK, verify_left=("errors < 1%",))
    over = a_rollout(State.ROLLED_BACK)
    assert not report_due(going, verifying)
    assert report_due(verifying, over)
    assert report_due(going, over)
    assert not report_due(over, over)
    assert not report_due(a_rollout(State.PREFLIGHT), a_rollout(State.ABORTED))
    assert report_due(a_rollout(State.BAKING), a_rollout(State.ABORTED, shifted_at=START))


async def test_one_is_put_in_the_outbox_with_the_end_and_one_for_who_asks(tmp_path: Path) -> None:
    """Law 4, law 6: kept with the state that it tells of; the same request twice brings one."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.engine.desk.kill(story.request("kill", rollout=rollout.id), rollout.id, "jobs are lost")
        await story.engine.ticker.idle()
        await story.minutes(1)
        ended = await story.load(rollout)
        request = story.request("report", BEN)
        assert await story.engine.desk.send_report(request, ended)
        assert await story.engine.desk.send_report(request, ended)
        said = [each for each in await story.said() if each.say == "report"]
        assert [each.thread for each in said] == [True, True]
        files = await story.engine.reports.files(rollout.id)
        assert [file.name for file in files] == [f"report-{rollout.id}.html", f"report-{rollout.id}.md"]
        assert "jobs are lost" in files[1].content


async def test_wording_a_report_holds_the_loop_up_by_nothing() -> None:
    """A long story is worded in a thread of its own: kills and acknowledgements go on."""
    seen: list[bool] = []

    class Slow(Reports):
        def __init__(self) -> None:
            self._written = self._slow

        async def chronicle(self, rollout: str) -> Chronicle:
            return Chronicle(a_rollout(State.COMPLETED), a_plan(), (), {}, START)

        def _slow(self, chronicle: Chronicle) -> Sequence[Attachment]:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                seen.append(True)
            return written(chronicle)

    assert await Slow().files("any")
    assert seen == [True]
