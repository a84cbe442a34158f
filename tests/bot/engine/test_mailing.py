"""Who is told by mail hears what is announced, once, whatever the mail server does (S8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

import bot.wording
from bot.engine.mailing import Mailing
from bot.engine.outbox import Sender
from bot.engine.saying import Sayer
from bot.papers import RolloutPapers, Subject
from bot.ports import Denied, Outgoing, OutOfReach, Posted
from storage.keepings import DONE
from tests.bot.engine.test_outbox import BRISK, FakeMessenger
from tests.fakes.archives import FakeMailer
from tests.rig import Rig, rig, tree
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

LEAD = "mail:lead@example.org"
NOTIFY = {kind: [LEAD] for kind in ("started", "promoted", "rolled_back", "completed")}


@pytest.fixture
async def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
async def story(tmp_path: Path, mailer: FakeMailer) -> AsyncIterator[Rig]:
    async with rig(tmp_path, tree(notify=NOTIFY), mailer=mailer) as opened:
        yield opened


async def mailed(story: Rig, *, times: int = 1) -> list[Outgoing]:
    """The outbox as the sender works it off, and one look of the keeper's; returns what is for Slack."""
    mailing = Mailing(story.engine.keepings, lambda: story.now, able=True)
    heard = []
    while batch := await story.engine.outbox.due(story.now, 500):
        for queued in batch:
            if queued.outgoing.to == LEAD:
                for _ in range(times):
                    await mailing.take(queued)
            else:
                heard.append(queued.outgoing)
            await story.engine.outbox.said(queued.number, Posted("C1", f"{queued.number}.0"), story.now)
    await story.engine.keeping.begin()
    await story.engine.keeping.idle()
    return heard


async def rolled_back(story: Rig) -> str:
    rollout = await story.start()
    await mailed(story)
    story.numbers.values["errors"] = 7.5
    await story.minutes(2)
    return rollout.id


async def test_the_outcome_is_told_with_its_reason_and_without_slacks_markup(story: Rig, mailer: FakeMailer) -> None:
    id = await rolled_back(story)
    await mailed(story)
    started, back = mailer.sent.values()
    assert started.subject == "[Perch] materializers v2 in production: started"
    assert back.subject == "[Perch] materializers v2 in production: rolled back"
    assert back.to == "lead@example.org"
    assert "errors" in back.text
    assert f"perch evidence show {id}" in back.text
    assert not any(mark in back.text for mark in ("<!date", "<@", "&lt;", "&amp;"))
    assert "None" not in back.text


async def test_it_is_mailed_once_however_often_the_message_is_sent(story: Rig, mailer: FakeMailer) -> None:
    """Law 6: the sender crashed before it could say that the message was handed over."""
    id = await rolled_back(story)
    await mailed(story, times=3)
    assert len(mailer.sent) == 2
    assert len(await story.engine.keepings.of(id)) == 2


async def test_a_mail_server_that_is_away_for_a_night_is_waited_for_and_told_once(
    story: Rig, mailer: FakeMailer
) -> None:
    mailer.fault = OutOfReach("no route to host")
    id = await rolled_back(story)
    told: list[str] = []
    for _ in range(6):
        told += [each.facts["to"] for each in await mailed(story) if each.say == "not_kept"]
        story.now += timedelta(minutes=20)
    assert told == ["lead@example.org"] * 2, "once for each letter"
    mailer.fault = None
    await mailed(story)
    assert len(mailer.sent) == 2
    assert {each.state for each in await story.engine.keepings.of(id)} == {DONE}


async def test_without_a_mail_server_it_says_which_setting_is_missing(story: Rig) -> None:
    await story.start()
    [queued, *_] = await story.engine.outbox.due(story.now, 500)
    with pytest.raises(Denied, match="PERCH_SMTP_URL"):
        await Mailing(story.engine.keepings, lambda: story.now, able=False).take(queued)


async def test_the_report_goes_with_the_letter_about_an_end_and_with_no_other(story: Rig, mailer: FakeMailer) -> None:
    """A report is one more writer: what a reader can open is enclosed."""

    async def report(subject: Subject) -> dict[str, bytes]:
        told = f"<h1>{subject.rollout.state.value}, {len(subject.records)} records, {len(subject.measured) > 0}</h1>"
        return {f"{subject.rollout.id}.report.html": told.encode(), f"{subject.rollout.id}.raw.bin": b"0"}

    papers = story.engine.keeping.papers
    assert isinstance(papers, RolloutPapers)
    papers.writers = [report]
    id = await rolled_back(story)
    await mailed(story)
    started, back = mailer.sent.values()
    assert started.files == {}
    assert list(back.files) == [f"{id}.report.html"]
    assert back.files[f"{id}.report.html"].startswith(b"<h1>rolled_back, ")


async def test_the_sender_hands_letters_over_and_posts_the_rest(story: Rig, mailer: FakeMailer) -> None:
    """Slack never sees `mail:`; what waits for a mail server isn't in the outbox any more."""
    slack, now = FakeMessenger(), story.now
    mailing = Mailing(story.engine.keepings, lambda: story.now, able=True)
    engine = story.engine
    said, clock = (engine.rollouts, engine.ledger.plan_of, bot.wording.say), lambda: now
    sender = Sender(engine.outbox, Sayer(engine.outbox, slack, *said, clock, mailing=mailing), clock, BRISK)
    mailer.fault = OutOfReach("away")
    rollout = await story.start()
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(HANGS_S):
        while not await engine.keepings.of(rollout.id) or await engine.outbox.due(now, 9):
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [each.job.part.options["to"] for each in await engine.keepings.of(rollout.id)] == ["lead@example.org"]
    assert slack.said
    assert not any("mail:" in str(post) for post in slack.said)
