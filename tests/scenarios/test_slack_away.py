"""Slack is away, refuses, or shuts one channel: automation goes on, promotion waits, and all is told later."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import ClientSession, ClientTimeout, web
from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.client import slack_client
from bot.app import HEARTBEAT_S, Perch, StartRefused, open_perch
from bot.domain.machine import State
from bot.parts import Parts
from bot.sandbox.workspace import Channel, Outage
from bot.sandbox.world import World
from bot.schedule import WAKE_S, Schedule
from bot.settings import read_settings
from tests.far_side import serving
from tests.scenarios import quick
from tests.scenarios.opening import settings_of, write_plan
from tests.scenarios.story import CHANNEL, Story, eventually, text

pytestmark = pytest.mark.anyio

SECOND = "#canary-backup"
METRICS = {name: {**metric, **({"over": "1m"} if "over" in metric else {})} for name, metric in quick.METRICS.items()}
STAGES = [quick.stage(weight, settle="1m", bake="3m") for weight in ("1%", "100%")]
SLOWLY: Mapping[str, Any] = {
    "metrics": METRICS,
    "stages": STAGES,
    "every": {"check": "1m", "snapshot": "5m"},
    "gate": {"expires": "12m", "then": "hold"},
    "no_data": {"after": "10m", "then": "hold"},
}
"""The quick plan with a check each minute: an hour is sixty checks, and the clock is moved from one to the next."""


@dataclass
class Outside:
    """Whoever is beyond Slack: the second way, and who watches the heartbeat."""

    told: list[str] = field(default_factory=list)
    beats: int = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/heartbeat":
            self.beats += 1
        else:
            self.told.append((await request.json())["text"])
        return web.Response()


class ByHand(Schedule):
    """Wakes nobody by itself: the test does, so that a minute is a check and nothing happens in between."""

    def __init__(self) -> None:
        self.calls: dict[float, Callable[[], Awaitable[object]]] = {}

    def every(self, seconds: float, call: Callable[[], Awaitable[object]]) -> None:
        self.calls[seconds] = call

    def start(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Hour(Story):
    """A story whose clock the test moves, minute by minute."""

    ahead: list[timedelta] = field(default_factory=lambda: [timedelta(0)])
    outside: Outside = field(default_factory=Outside)
    schedule: ByHand = field(default_factory=ByHand)

    async def minutes(self, number: int) -> None:
        """A check each minute."""
        for _ in range(number):
            self.ahead[0] += timedelta(minutes=1)
            self.service.advance(6)
            await self.schedule.calls[WAKE_S]()
            await self.perch.engine.ticker.idle()
            await self.look_around()

    async def look_around(self) -> None:
        """The second way's look, and the sender's, now and not in some seconds of real time."""
        if self.perch.speech.fallback is not None:
            await self.perch.speech.fallback.look()
        self.perch.speech.sender.wake()

    async def passing(self, true: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Time passes until this is true; for what waits for the sender's next try."""

        async def ask() -> Any:
            self.ahead[0] += timedelta(seconds=5)
            await self.look_around()
            return await true()

        return await eventually(ask, what)

    async def beat(self) -> int:
        """The heart's turn; how often it has been heard outside."""
        await self.schedule.calls[HEARTBEAT_S]()
        return self.outside.beats

    async def heard(self, has: str) -> str:
        """What was told the second way and says this."""

        async def there() -> str:
            return next((each for each in self.outside.told if has in each), "")

        found: str = await self.passing(there, f"'{has}' the second way")
        return found

    async def ready(self) -> tuple[int, str]:
        """What /readyz says."""
        async with httpx.AsyncClient(verify=False, base_url=self.perch.address, trust_env=False) as client:
            answer = await client.get("/readyz")
            return answer.status_code, answer.text

    async def posted(self, channel: str, has: str) -> dict[str, Any]:
        async def there() -> dict[str, Any] | None:
            return next((dict(each) for each in self.workspace.messages(channel) if has in text(each)), None)

        found: dict[str, Any] = await self.passing(there, f"'{has}' in {channel}")
        return found


@asynccontextmanager
async def hour(folder: Path, **more: str) -> AsyncIterator[Hour]:
    """Perch in a world with a second way and a heartbeat, and a clock of its own."""
    write_plan(folder, quick.plan(**SLOWLY))
    outside = Outside()
    ahead = [timedelta(0)]
    async with serving(outside.answer) as beyond, World(enforce_rate_limits=False) as world:
        members = list(world.workspace.channel(CHANNEL).members)
        world.workspace.add_channel(Channel("C09BACKUP1", SECOND.removeprefix("#"), members=members))
        addresses = {"PERCH_FALLBACK_URL": f"{beyond}/hook", "PERCH_HEARTBEAT_URL": f"{beyond}/heartbeat"}
        environment = {**settings_of(world, folder), **addresses, **more}
        schedule = ByHand()
        async with going(environment, ahead, schedule) as perch:
            yield Hour(world, perch, environment, ahead=ahead, outside=outside, schedule=schedule)


@asynccontextmanager
async def impatient(token: str, api_url: str) -> AsyncIterator[AsyncWebClient]:
    """Slack's client as Perch has it, with a deadline of a second: the hour is on the moved clock, a hang isn't."""
    async with slack_client(token, api_url) as client, ClientSession(timeout=ClientTimeout(total=1.0)) as session:
        client.session = session
        yield client


@asynccontextmanager
async def going(environment: Mapping[str, str], ahead: list[timedelta], schedule: ByHand) -> AsyncIterator[Perch]:
    perch = await open_perch(
        read_settings(environment),
        environment,
        lambda: datetime.now(UTC) + ahead[0],
        Parts(slack=impatient, schedule=lambda: schedule),
    )
    try:
        await perch.start()
        yield perch
    finally:
        await perch.stop()


async def baking(here: Hour) -> dict[str, Any]:
    """Started, at 1 %, with its status message in the channel."""
    await here.types("ana", "start materializers 1%")
    await here.passing(_in(here, State.BAKING), "it bakes")
    return await here.status("baking")


def _in(here: Hour, state: State) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        await here.minutes(1)
        return (await here.rollout()).state is state

    return there


def thread(here: Hour, status: Mapping[str, Any]) -> list[str]:
    return [text(each) for each in here.workspace.thread(CHANNEL, status["ts"])[1:]]


@pytest.mark.parametrize("how", list(Outage))
async def test_an_hour_without_slack(tmp_path: Path, how: Outage) -> None:
    """Laws 2 and 3, S7: checks go on, nobody can approve, the gate expires, a breach comes down; then it is told."""
    async with hour(tmp_path) as here:
        status = await baking(here)
        here.workspace.begin_outage(how)
        edits = len(here.workspace.calls("chat.update"))
        await here.minutes(5)
        assert (await here.rollout()).state is State.GATE
        assert "Approvals: 0 of 1" in await here.heard("may go from 1% to 100%")
        await here.minutes(15)
        held = await here.rollout()
        assert (held.state, held.hold.cause if held.hold else "") == (State.HELD, "gate")
        assert (here.service.weight, held.confirmed.percent) == (1.0, 1.0)
        await here.passing(_unready(here, "nothing gets through for"), "/readyz says why")
        await here.minutes(1)
        assert await here.beat() == 1, "Slack is away, and Perch is not"
        here.ahead[0] += timedelta(minutes=40)
        assert await here.beat() == 1, "nothing was checked for forty minutes"
        await here.minutes(3)
        assert await here.beat() == 2
        here.service.knobs.canary_error_percent = 60
        await here.passing(_rolled_back(here), "it is rolled back")
        assert here.service.weight == 0.0
        await here.heard("rolled back")
        assert len(here.outside.told) <= 6, here.outside.told

        here.workspace.end_outage()
        await here.heard("Slack takes Perch's messages again")
        await here.passing(_said(here, status, "was rolled back"), "the thread tells of the rollback")
        told = thread(here, status)
        order = ["is at 1%", "is on hold", "is rolling back", "was rolled back"]
        places = [[place for place, said in enumerate(told) if wanted in said] for wanted in order]
        assert [len(found) for found in places] == [1] * len(order), told
        assert places == sorted(places)
        assert len(set(marks(here))) == len(marks(here)), "something was said twice"
        assert sum("📊" in said or "snapshot" in said.lower() for said in told) <= 2
        assert sum("status:" in mark for mark in marks(here)) == 1, "there is more than one status message"
        await here.passing(_edited(here, status, "rolled back"), "the status message shows the end")
        edited = [call for call in here.workspace.calls("chat.update")[edits:] if call.ok]
        assert len(edited) <= 4, "an hour's edits weren't gathered"
        assert await here.whole()


def marks(here: Hour) -> list[str]:
    """What Perch marked each of its messages in the channel with: the outbox's own keys."""
    places = (CHANNEL, here.workspace.channel(CHANNEL).id)
    posts = [call for call in here.workspace.calls("chat.postMessage") if call.ok and call.args["channel"] in places]
    return [str(call.args["metadata"]) for call in posts]


def _unready(here: Hour, has: str) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        code, why = await here.ready()
        return code == 503 and has in why

    return there


def _rolled_back(here: Hour) -> Callable[[], Awaitable[bool]]:
    return _in(here, State.ROLLED_BACK)


def _said(here: Hour, status: Mapping[str, Any], has: str) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return any(has in said for said in thread(here, status))

    return there


async def test_a_token_that_is_revoked_at_run_time(tmp_path: Path) -> None:
    """Perch guards on and says why in one line; with a good token everything follows, under the same message."""
    async with hour(tmp_path) as here:
        status = await baking(here)
        here.workspace.revoke_token()
        here.service.knobs.canary_error_percent = 60
        await here.passing(_rolled_back(here), "it is rolled back")
        assert here.service.weight == 0.0
        told = await here.heard("is rolling back")
        assert "token_revoked" in told
        await here.passing(_unready(here, "SLACK_BOT_TOKEN"), "/readyz says what to mend")
        _, why = await here.ready()
        assert here.environment["SLACK_BOT_TOKEN"] not in why + told
        here.workspace.give_token_back()
        await here.passing(_said(here, status, "was rolled back"), "the thread tells of the rollback")
        await here.passing(_edited(here, status, "rolled back"), "the status message shows the end")


async def test_a_token_that_is_revoked_at_the_start_is_one_clear_line(tmp_path: Path) -> None:
    async with World() as world:
        write_plan(tmp_path, quick.plan(**SLOWLY))
        world.workspace.revoke_token()
        with pytest.raises(StartRefused) as refused:
            async with going(settings_of(world, tmp_path), [timedelta(0)], ByHand()):
                pass
    assert str(refused.value).startswith(
        "Slack refused auth.test: the token was revoked (token_revoked); mend SLACK_BOT"
    )
    assert "\n" not in str(refused.value)


def _archived(here: Hour) -> None:
    here.workspace.channel(CHANNEL).archived = True


def _removed(here: Hour) -> None:
    here.workspace.channel(CHANNEL).members.remove(BOT)


def _mended(here: Hour) -> None:
    channel = here.workspace.channel(CHANNEL)
    channel.archived = False
    channel.members += [BOT] * (BOT not in channel.members)


BOT = "U01BOT0001"


@pytest.mark.parametrize("shut", [_archived, _removed])
async def test_a_channel_that_is_shut_is_told_in_the_second_one(tmp_path: Path, shut: Callable[[Hour], None]) -> None:
    """What matters, the gate's card included, and a yes to it counts there; mended, the first one goes on."""
    async with hour(tmp_path, PERCH_FALLBACK_CHANNEL=SECOND) as here:
        status = await baking(here)
        shut(here)
        await here.minutes(5)
        card = await here.posted(SECOND, "may go from 1% to 100%")
        await here.posted(SECOND, "I can't post about materializers")
        outcome = await here.workspace.click("ben", SECOND, card["ts"], "approve")
        assert outcome.acked
        await here.passing(_at(here, 100.0), "the approval counts")
        _mended(here)
        await here.passing(_edited(here, status, "100%"), "the status message goes on")
        here.service.knobs.canary_error_percent = 60
        await here.passing(_rolled_back(here), "it is rolled back")
        await here.passing(_said(here, status, "was rolled back"), "the thread goes on")
        both = [text(each) for name in (CHANNEL, SECOND) for each in here.workspace.messages(name)]
        assert sum("may go from 1% to 100%" in said for said in both) <= 1
        assert here.outside.told == []


async def test_a_channel_that_is_shut_without_a_second_one_waits_and_the_webhook_hears(tmp_path: Path) -> None:
    """Whoever started it hears so directly; mended, all follows in order, under the same message."""
    async with hour(tmp_path) as here:
        status = await baking(here)
        _archived(here)
        here.service.knobs.canary_error_percent = 60
        await here.passing(_rolled_back(here), "it is rolled back")
        await here.heard("is rolling back")
        assert any("I can't post about" in text(each) for each in here.workspace.direct_messages("ana"))
        _mended(here)
        await here.passing(_said(here, status, "was rolled back"), "the thread tells of the rollback")
        told = thread(here, status)
        places = [[wanted in said for said in told].index(True) for wanted in ("is rolling back", "was rolled back")]
        assert places == sorted(places)


async def test_a_channel_that_is_renamed_keeps_its_thread(tmp_path: Path) -> None:
    """Live rollouts go by the channel's id: nothing is lost, nobody has to be told."""
    async with hour(tmp_path) as here:
        status = await baking(here)
        here.workspace.channel(CHANNEL).name = "renamed"
        here.service.knobs.canary_error_percent = 60
        await here.passing(_rolled_back(here), "it is rolled back")

        async def told() -> bool:
            return any("was rolled back" in text(each) for each in here.workspace.thread("#renamed", status["ts"]))

        await here.passing(told, "the thread goes on")
        assert here.outside.told == []


def _at(here: Hour, weight: float) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return here.service.weight == weight

    return there


def _edited(here: Hour, status: Mapping[str, Any], has: str) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return any(each["ts"] == status["ts"] and has in text(each) for each in here.messages())

    return there
