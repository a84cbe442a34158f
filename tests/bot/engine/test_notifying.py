"""A plan's notifiers hear what concerns them, once and in order, whatever their far sides do (O4, R22, S8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import bot.wording
from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.plan import Part
from bot.domain.urgencies import Hears, Urgency
from bot.engine.notifying import Notifying
from bot.engine.outbox import AT_ONCE, Sender
from bot.engine.pace import Pace
from bot.engine.saying import Sayer
from bot.ports import Denied, Lane, Outgoing, OutOfReach, Posted, Uncertain
from bot.ports.archives import Job
from storage.keepings import DONE, DROPPED, WAITING
from tests.bot.engine.test_outbox import FakeMessenger
from tests.fakes.archives import FakeMailer
from tests.fakes.notifiers import FakeNotifier
from tests.far_side import serving
from tests.rig import ANA, Rig, beside, rig, tree

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.usefixtures("both_databases")

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


@pytest.fixture
async def far() -> Far:
    return Far()


@pytest.fixture
async def story(tmp_path: Path, far: Far) -> AsyncIterator[Rig]:
    async with far.opened(tmp_path) as opened:
        yield opened


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
    async with asyncio.timeout(20):
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


async def test_a_breach_pages_a_rollback_is_a_ticket_and_the_end_resolves(story: Rig, far: Far) -> None:
    """O4, R22: by severity; whoever was paged hears that it is over without being named for that."""
    id = await breached(story)
    await told(story)
    assert far.pager.heard == ["rolling_back opens"]
    await down(story, id)
    await told(story)
    assert far.pager.heard == ["rolling_back opens", "rolled_back over"]
    assert far.board.heard == ["rolled_back over"]
    assert far.hook.heard == ["rolling_back opens"]
    page = far.pager.told[0]
    assert (page.urgency, page.plan, page.reason) == (Urgency.PAGE, "materializers", "errors > 5%")
    assert "errors" in page.text
    assert page.subject == "[Perch] materializers v2 in production: rolling back"


async def test_it_is_told_once_however_often_the_message_is_sent(story: Rig, far: Far) -> None:
    """Law 6: the sender crashed before it could say that the message was handed over."""
    id = await breached(story)
    await told(story, times=3)
    await down(story, id)
    await told(story, times=3)
    await told(story)
    assert far.pager.tries == 2
    assert len({each.key for each in far.pager.told}) == 2


async def test_it_is_on_record_what_came_of_it(story: Rig, far: Far) -> None:
    id = await breached(story)
    await told(story)
    await down(story, id)
    await told(story)
    records = [each for each in await story.engine.rollouts.records(WORKSPACE) if each.kind == "notified"]
    assert [(each.body["notifier"], each.body["event"]) for each in records if each.body["notifier"] == "oncall"] == [
        ("oncall", "rolling_back"),
        ("oncall", "rolled_back"),
    ]
    assert all(each.body["place"].startswith("told ") for each in records)


async def test_good_news_wakes_nobody_and_resolves_nothing_that_was_never_opened(story: Rig, far: Far) -> None:
    rollout = await story.start()
    for _ in range(2):
        await story.until_gate(rollout)
        await story.approve(rollout)
    await story.minutes(6)
    await told(story)
    assert (await story.load(rollout)).state is State.COMPLETED
    assert far.pager.heard == far.board.heard == []
    assert far.hook.heard == ["completed over"]


async def test_a_person_who_acts_acknowledges_and_a_persons_own_rollback_pages_nobody(story: Rig, far: Far) -> None:
    rollout = await story.start()
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "I don't like it")
    await story.minutes(1)
    await told(story)
    story.now += timedelta(seconds=5)
    await told(story)
    assert far.pager.heard == []
    assert far.board.heard == ["rolled_back over"]


async def test_what_is_held_for_a_breach_pages_is_taken_by_who_acts_and_is_over_when_it_goes_on(
    tmp_path: Path, far: Far
) -> None:
    """O4: trigger, acknowledge, resolve; all about one rollout."""
    stages = [{**each, "on_breach": "hold"} for each in tree()["stages"]]
    async with far.opened(tmp_path, stages=stages) as story:
        rollout = await story.start()
        story.numbers.values["errors"] = 7.5
        await story.minutes(1)
        await told(story)
        story.numbers.values["errors"] = 0.1
        await story.minutes(1)
        await story.engine.desk.resume(story.request("resume"), rollout.id, "it was a blip")
        await told(story)
        assert far.pager.heard == ["held opens", "resumed over"]
        assert {each.rollout for each in far.pager.told} == {rollout.id}
        story.numbers.values["errors"] = 7.5
        await story.minutes(1)
        story.traffic[0].opened = asyncio.Event()
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "enough")
        await told(story)
        story.traffic[0].opened.set()
    assert far.pager.heard[2:] == ["held opens", "rolling_back taken"]


# ---- order ------------------------------------------------------------------------------------------------------


@both_databases
async def test_a_resolve_never_overtakes_its_trigger(story: Rig, far: Far) -> None:
    """The page hangs; what ends it waits, and is told after it."""
    far.pager.hanging = asyncio.Event()
    id = await breached(story)
    await taken(story)
    assert await story.engine.keeping.begin()
    while not far.pager.tries:
        await asyncio.sleep(0.005)
    await down(story, id)
    await taken(story)
    await story.engine.keeping.begin()
    await asyncio.sleep(0.05)
    assert far.pager.tries == 1, "nothing overtook it"
    far.pager.hanging.set()
    await story.engine.keeping.idle()
    story.now += timedelta(seconds=5)
    await told(story)
    assert far.pager.heard == ["rolling_back opens", "rolled_back over"]


async def test_a_page_that_came_too_late_is_dropped_when_it_is_over(story: Rig, far: Far) -> None:
    """Nobody is woken for what has ended; the resolve is sent all the same, for the page may have arrived."""
    far.pager.fault = OutOfReach("no route to host")
    id = await breached(story)
    await told(story)
    far.pager.fault = None
    await down(story, id)
    await told(story)
    assert far.pager.heard == ["rolled_back over"]
    pages = [each for each in await story.engine.keepings.of(id) if each.job.whom == "oncall"]
    states = {each.job.says["facts"]["event"]: each.state for each in pages}
    assert states == {"rolling_back": DROPPED, "rolled_back": DONE}
    story.now += timedelta(days=1)
    await told(story)
    assert far.pager.heard == ["rolled_back over"]


async def test_a_page_that_is_taken_in_after_its_end_is_dropped(story: Rig, far: Far) -> None:
    """Another process took the later message in first."""
    id = await breached(story)
    await told(story)
    await down(story, id)
    await told(story)
    jobs = [each.job for each in await story.engine.keepings.of(id)]
    [opened] = [job for job in jobs if job.whom == "oncall" and job.says["facts"]["event"] == "rolling_back"]
    late = replace(opened, id="late", made_at=story.now, turn=opened.turn - 1)
    await story.engine.keepings.ask([late])
    await told(story)
    assert far.pager.heard == ["rolling_back opens", "rolled_back over"]


async def test_a_tracker_that_was_away_gets_all_of_it_in_order(tmp_path: Path, far: Far) -> None:
    """A ticket isn't a page: what is over is still to be read."""
    async with far.opened(tmp_path, notify={"breach": ["board"]}) as story:
        far.board.fault = OutOfReach("away")
        id = await breached(story)
        await told(story)
        await down(story, id)
        await told(story)
        far.board.fault = None
        for _ in range(3):
            story.now += timedelta(minutes=20)
            await told(story)
    assert far.board.heard == ["rolling_back opens", "rolled_back over"]


async def test_a_notice_knows_what_came_of_those_before_it(tmp_path: Path, far: Far) -> None:
    """So that a tracker finds its issue, however long its search lags."""
    async with far.opened(tmp_path, notify={"breach": ["board"]}) as story:
        id = await breached(story)
        await told(story)
        await down(story, id)
        await told(story)
    assert [each.earlier for each in far.board.told] == [(), ("told rolling_back",)]


# ---- trouble ----------------------------------------------------------------------------------------------------


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


@both_databases
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


async def test_an_old_plan_that_named_a_pager_nobody_had_tells_everybody_else(tmp_path: Path, far: Far) -> None:
    """Frozen by a version that noted 'pagerduty' as not yet: its rollout goes on."""
    async with far.opened(tmp_path, notifiers={}, routes={}, notify={"breach": ["#engineering"]}) as story:
        frozen = {**story.plans.trees["materializers"], "notify": {"breach": ["pagerduty", "#engineering"]}}
        plan = story.plans.thaw(frozen, "production")
        assert plan.notify.breach == ("pagerduty", "#engineering")
        rollout = await story.start()
        story.engine.ledger.know(rollout, plan)
        story.numbers.values["errors"] = 7.5
        await story.minutes(1)
        where = {each.to for each in await story.said()}
    assert "#engineering" in where
    assert not any("pagerduty" in each for each in where)


# ---- classes ----------------------------------------------------------------------------------------------------


def with_class(danger: dict[str, Any]) -> dict[str, Any]:
    stages = [
        {**each, "rollback_when": ["success < 90%", {"condition": "errors > 5%", "class": "security"}]}
        for each in tree()["stages"]
    ]
    return {"stages": stages, "classes": {"security": danger}, "cooldown": "1h"}


async def test_a_class_has_its_own_audience_and_severity(tmp_path: Path, far: Far) -> None:
    """R22: of the breach and of what it ends in; another trigger's breach is as it was."""
    danger = {"severity": "warning", "notify": ["#security", "hook"]}
    changed = with_class(danger)
    async with far.opened(tmp_path, routes={**ROUTES, "warning": ["#low"]}, notify={}, **changed) as story:
        await down(story, await breached(story))
        said = [each for each in await story.said() if each.say == "announcement"]
    by_event = {
        event: {each.to for each in said if each.facts["event"] == event} for event in ("rolling_back", "rolled_back")
    }
    assert by_event["rolling_back"] >= {"#security", "notifier:hook", "#low"}
    assert by_event["rolled_back"] >= {"#security", "notifier:hook", "notifier:board"}
    assert "notifier:oncall" not in by_event["rolling_back"]
    told_hook = [each for each in said if each.to == "notifier:hook"]
    assert [each.facts["classes"] for each in told_hook] == [["security"]] * 2


async def test_after_a_breach_of_a_class_that_is_never_retried_only_an_override_starts_anew(
    tmp_path: Path, far: Far
) -> None:
    """R22: the cooldown's end doesn't help, nor does a start that never moved traffic."""
    from bot.domain.obstacles import NoRetry

    async with far.opened(tmp_path, **with_class({"retry": "never"})) as story:
        id = await breached(story)
        await down(story, id)
        story.numbers.values["errors"] = 0.1
        story.now += timedelta(days=30)
        with pytest.raises(NoRetry, match="security") as refused:
            await story.start()
        assert "override=" in str(refused.value.next_step)
        watched = await story.start(how="observe")
        await story.engine.desk.rollback(story.request("rollback"), watched.id, "seen enough")
        await story.minutes(1)
        with pytest.raises(NoRetry):
            await story.start()
        with pytest.raises(Exception, match="override"):
            await story.start(ANA, override="patched", fix="SEC-1")
        again = await story.start("U0CLEO", override="patched", fix="SEC-1")
        assert again.state is State.BAKING
        assert [each.what for each in again.overrides] == ["cooldown"]


async def test_a_class_without_never_may_be_retried_when_the_cooldown_is_over(tmp_path: Path, far: Far) -> None:
    async with far.opened(tmp_path, **with_class({})) as story:
        id = await breached(story)
        await down(story, id)
        story.numbers.values["errors"] = 0.1
        story.now += timedelta(hours=2)
        assert (await story.start()).state is State.BAKING
