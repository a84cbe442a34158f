"""The heartbeat beats while the engine works, and stops with it (U7); the second way posts one text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.notify.heartbeat import Heartbeat
from adapters.notify.webhook import Webhook
from bot.ports import Denied, OutOfReach

pytestmark = pytest.mark.anyio


@dataclass
class Outside:
    """An address outside: what it was asked, and what it answers."""

    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, await request.text()))
        return web.Response(status=self.status)


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    there = Outside()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", there.answer)
    async with TestServer(app) as server:
        there.url = str(server.make_url("/hook/s3cr3ts3cr3ts3cr3ts3cr3t"))
        yield there


async def test_the_heart_beats_while_the_engine_works_and_stops_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """A timer that runs proves nothing: no beat while nothing is checked, and one line in the log says why."""
    why = ""
    async with outside() as there:
        heart = Heartbeat(there.url, lambda: why)
        await heart.beat()
        assert len(there.asked) == 1
        why = "nothing was checked for 31 s"
        await heart.beat()
        await heart.beat()
        assert len(there.asked) == 1
        assert caplog.text.count("the heartbeat pauses: nothing was checked for 31 s") == 1
        why = ""
        await heart.beat()
        assert len(there.asked) == 2
        await heart.aclose()


async def test_an_address_that_doesnt_answer_is_logged_once_and_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with outside() as there:
        there.status = 503
        heart = Heartbeat(there.url, lambda: "")
        await heart.beat()
        await heart.beat()
        assert caplog.text.count("the heartbeat address doesn't answer") == 1
        assert "s3cr3t" not in caplog.text
        await heart.aclose()


async def test_the_second_way_posts_one_json_text_redacted() -> None:
    async with outside() as there:
        hook = Webhook(there.url, lambda text: text.replace("hunter2", "[redacted]"))
        await hook.tell("Rolling back; hunter2")
        assert there.asked == [("POST", '{"text":"Rolling back; [redacted]"}')]
        await hook.aclose()


@pytest.mark.parametrize(("status", "fault"), [(503, OutOfReach), (429, OutOfReach), (403, Denied), (302, Denied)])
async def test_a_second_way_that_fails_says_so_without_its_address(status: int, fault: type[Exception]) -> None:
    """Law 8: a webhook's address is its password."""
    async with outside() as there:
        there.status = status
        hook = Webhook(there.url, str)
        with pytest.raises(fault) as raised:
            await hook.tell("Rolling back")
        assert "s3cr3t" not in str(raised.value)
        await hook.aclose()
