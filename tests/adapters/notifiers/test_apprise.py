"""Apprise: the library can hang, be missing, or not know an address; none of that reaches the engine (O4)."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

import pytest

from adapters.notifiers.apprise import AT_ONCE, AppriseNotifier, AppriseOptions
from bot.domain.urgencies import Act, Urgency
from bot.ports import Denied, OutOfReach
from tests.adapters.notifiers.far_sides import APPRISE_PASSWORD, AtApprise, Wrong, a_notice

pytestmark = pytest.mark.anyio


async def test_the_services_that_know_colours_are_told_which() -> None:
    async with AtApprise().open() as there:
        assert isinstance(there, AtApprise)
        for notice in (
            a_notice(),
            a_notice(urgency=Urgency.WARNING),
            a_notice("rolled_back", Act.OVER),
            a_notice("completed", Act.OVER),
            a_notice("started", Act.NEWS),
        ):
            await there.notifier().tell(notice)
        assert [each["type"] for each in there.web.posts] == ["failure", "warning", "warning", "success", "info"]
        assert "errors is 7.5 %" in there.web.posts[0]["message"]
        assert "https://grafana.example/d/1" in there.web.posts[0]["message"]


async def test_notices_that_hang_use_up_no_more_than_their_room() -> None:
    """Each hanging thread keeps its place; the next one is told to come back, at once."""
    async with AtApprise().open() as there:
        there.web.wrong = Wrong.HANGS
        hung = there.notifier(timedelta(milliseconds=50))
        first = await asyncio.gather(*(hung.tell(a_notice()) for _ in range(AT_ONCE)), return_exceptions=True)
        assert all(isinstance(each, OutOfReach) for each in first)
        with pytest.raises(OutOfReach, match="hang there already"):
            await hung.tell(a_notice())


async def test_an_address_that_it_cannot_read_is_named_by_its_variable() -> None:
    made = AppriseNotifier(AppriseOptions(url_env="OTHERS"), {"OTHERS": f"nonesuch://{APPRISE_PASSWORD}"})
    for call in (made.rehearse(), made.tell(a_notice())):
        with pytest.raises(Denied, match="OTHERS holds an address") as raised:
            await call
        assert APPRISE_PASSWORD not in str(raised.value)


async def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    made = AppriseNotifier(AppriseOptions(url_env="OTHERS"), {"OTHERS": "json://localhost"})
    with pytest.raises(Denied, match=r"pip install 'perch\[apprise\]'"):
        await made.tell(a_notice())
