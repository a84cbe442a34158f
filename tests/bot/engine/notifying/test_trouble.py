"""Notifiers that hang, refuse, echo or die in the middle: nobody waits for them, and it is told (O4, R22, S8)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

import bot.wording
from bot.domain.plan import Part
from bot.engine.notifying import Notifying
from bot.engine.outbox import AT_ONCE, Sender
from bot.engine.pace import Pace
from bot.engine.saying import Sayer
from bot.ports import Denied, Lane, Outgoing, OutOfReach, Posted, Uncertain
from bot.ports.archives import Job
from storage.keepings import DONE, WAITING
from tests.bot.engine.notifying.story import PATIENCE_S, Far, breached, down, taken, told
from tests.bot.engine.test_outbox import FakeMessenger
from tests.far_side import serving
from tests.rig import Rig, beside, rig, tree

pytestmark = pytest.mark.anyio


async def test_a_page_goes_out_while_mail_and_a_tracker_hang(tmp_path: Path, far: Far) -> None:
    """The engine waits for none of them, and the pager for neither."""
    notify = {"breach": ["mail:lead@example.org", "board", "oncall"]}
    async with far.opened(tmp_path, notify=notify) as story:
        far.board.hanging = asyncio.Event()
        keepings = story.engine.keepings
        rollout = await story.start()
        await keepings.ask([_letter(rollout.id, number, story) for number in range(9)])
        hung = asyncio.Event()

        async def hangs(letter: object) -> str:
            await hung.wait()
            return "at last"

        far.mailer.send = hangs  # type: ignore[method-assign]
        await story.engine.keeping.begin()
        story.numbers.values["errors"] = 7.5
        story.traffic[0].opened = asyncio.Event()
        story.now += timedelta(minutes=1)
        await story.engine.ticker.tick()
        async with asyncio.timeout(PATIENCE_S):
            while not far.pager.told:
                await taken(story)
                await story.engine.keeping.begin()
                await asyncio.sleep(0.01)
        await down(story, rollout.id)
        hung.set()
        far.board.hanging.set()
        await story.engine.keeping.idle()


async def test_a_page_leaves_the_outbox_while_every_post_to_slack_hangs(story: Rig, far: Far) -> None:
    """Slack's room and budgets are Slack's: an outage there is when people have to be paged."""
    slack, now = FakeMessenger(hold=asyncio.Event()), story.now
    engine = story.engine
    notifying = Notifying(engine.keepings, engine.ledger, engine.equipment.kinds, engine.keeping.wake)
    rollout = await story.start()
    await taken(story)
    room = range(AT_ONCE[Lane.URGENT])
    urgent = [Outgoing("answer", f"a{n}", {"text": "slow"}, Lane.URGENT, to=f"C{n}") for n in room]
    await engine.outbox.add(urgent, now, rollout.id)
    one_a_minute = Pace(posts_per_s=1 / 60, post_burst=1)
    said, clock = (engine.rollouts, engine.ledger.plan_of, bot.wording.say), lambda: now
    sayer = Sayer(engine.outbox, slack, *said, clock, notifying=notifying)
    sender = Sender(engine.outbox, sayer, clock, one_a_minute)
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(PATIENCE_S):
        while slack.waiting < AT_ONCE[Lane.URGENT]:
            await asyncio.sleep(0.01)
        facts = {"event": "stuck", "act": "opens", "urgency": "page"}
        page = Outgoing("announcement", "p", facts, Lane.URGENT, to="notifier:oncall")
        await engine.outbox.add([page], now, rollout.id)
        sender.wake()
        while not await engine.keepings.of(rollout.id):
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not slack.said


def _letter(rollout: str, number: int, story: Rig) -> Job:
    facts = {"say": "announcement", "facts": {"event": "started"}, "at": story.now.isoformat()}
    part = Part(kind="mail", options={"to": f"{number}@example.org"})
    return Job(f"letter {number}", rollout, 0, part, story.now, facts, lane="mail")


async def test_a_page_that_does_not_get_through_is_told_in_the_channel_within_a_minute(story: Rig, far: Far) -> None:
    far.pager.fault = OutOfReach("pager away")
    await breached(story)
    said: list[str] = []
    for _ in range(5):
        engine = story.engine
        notifying = Notifying(engine.keepings, engine.ledger, engine.equipment.kinds, engine.keeping.wake)
        for queued in await engine.outbox.due(story.now, 500):
            if queued.outgoing.to.startswith("notifier:"):
                if queued.outgoing.facts["act"] == "opens":
                    await notifying.take(queued)
            elif queued.outgoing.say == "not_kept":
                said.append(str(queued.outgoing.facts["to"]))
            await engine.outbox.said(queued.number, Posted("C1", f"{queued.number}.0"), story.now)
        await engine.keeping.begin()
        await engine.keeping.idle()
        story.now += timedelta(seconds=15)
    assert said == ["oncall"], "once"


async def test_what_a_person_must_mend_is_told_at_once_and_tried_on(story: Rig, far: Far) -> None:
    far.board.fault = Denied("no project OPS")
    id = await breached(story)
    await down(story, id)
    await told(story)
    notices = [each.outgoing for each in await story.engine.outbox.due(story.now, 500)]
    assert [(each.facts["to"], each.facts["why"]) for each in notices if each.say == "not_kept"] == [
        ("board", "no project OPS")
    ]
    far.board.fault = None
    story.now += timedelta(minutes=20)
    await told(story)
    assert far.board.heard == ["rolled_back over"]


async def test_what_may_have_been_told_is_not_told_again_before_the_far_side_can_find_it(story: Rig, far: Far) -> None:
    """Jira's search lags by seconds: asked again at once, it would know of nothing, and there would be two issues."""
    far.board.late = Uncertain("it broke in the middle")
    id = await breached(story)
    await down(story, id)
    await told(story)
    assert far.board.tries == 1
    far.board.late = None
    story.now += timedelta(seconds=50)
    await told(story)
    assert far.board.tries == 1
    story.now += timedelta(seconds=11)
    await told(story)
    assert far.board.tries == 2
    assert far.board.heard == ["rolled_back over"]


@pytest.mark.usefixtures("both_databases")
async def test_a_process_that_died_in_the_middle_is_followed_by_another(story: Rig, far: Far, tmp_path: Path) -> None:
    """Law 5: told, and dead before the record; the next process tells it again under the same key, which is once."""
    far.board.hanging = asyncio.Event()
    id = await breached(story)
    await down(story, id)
    await taken(story)
    await story.engine.keeping.begin()
    async with asyncio.timeout(PATIENCE_S):
        while not far.board.tries:
            await asyncio.sleep(0.005)
    await story.engine.keeping.aclose()
    far.board.hanging = None
    async with beside(story, tmp_path, ahead_s=101) as other:
        await told(other)
        kept = [each for each in await other.engine.keepings.of(id) if each.job.says.get("notifier") == "board"]
    assert [each.state for each in kept] == [DONE]
    assert far.board.heard == ["rolled_back over"]


async def test_a_notifier_whose_secret_is_not_set_stops_nothing_and_says_what_is_missing(
    tmp_path: Path, far: Far
) -> None:
    """Preflight notes it, and a start isn't refused; what is told waits, and a person hears why."""
    from adapters.notifiers import KINDS

    plan = tree(
        notifiers={"oncall": {"kind": "pagerduty", "routing_key_env": "NO_SUCH_KEY"}}, notify={"breach": ["oncall"]}
    )
    async with rig(tmp_path, plan, notifiers=KINDS) as story:
        id = await breached(story)
        preflight = [each for each in await story.engine.rollouts.records(id) if each.kind == "preflight"]
        [tried] = [each for each in preflight[0].body["tried"] if each["kind"] == "notifier"]
        assert (tried["outcome"], "NO_SUCH_KEY" in tried["said"]) == ("note", True)
        await told(story)
        [page, *_] = await story.engine.keepings.of(id)
        assert (page.state, "NO_SUCH_KEY" in page.why) == (WAITING, True)


async def test_what_a_far_side_echoes_is_told_without_the_secret(tmp_path: Path) -> None:
    """Law 8: the reason goes to the database and to the channel, and the far side quotes our own request in it."""
    from adapters.notifiers import KINDS
    from tests.fakes.pagerduty import KEY

    async def echo(request: web.BaseRequest) -> web.Response:
        return web.Response(status=400, text=f"can't read {KEY} in {(await request.read()).decode()}")

    async with serving(echo) as url:
        options = {"kind": "pagerduty", "routing_key_env": "PD_KEY", "url": url}
        plan = tree(notifiers={"oncall": options}, notify={"breach": ["oncall"]})
        async with rig(tmp_path, plan, notifiers=KINDS, environment={"PD_KEY": KEY}) as story:
            id = await breached(story)
            await told(story)
            [page, *_] = await story.engine.keepings.of(id)
            notices = [each.outgoing.facts for each in await story.engine.outbox.due(story.now, 500)]
    assert "answered 400" in page.why
    assert KEY not in f"{page.why} {notices}"
