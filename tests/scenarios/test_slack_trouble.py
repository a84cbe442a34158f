"""Slack is slow, busy or away: the rollout goes its way, and everything is told afterwards, once and in order."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.scenarios.opening import side_by_side
from tests.scenarios.story import Story, text

pytestmark = pytest.mark.anyio

ORDER = ["started materializers", "is at 1% (before: 0%)", "is rolling back, 1% → 0%", "was rolled back: 1% → 0%"]


def _busy(story: Story) -> None:
    for method in ("chat.postMessage", "chat.update"):
        story.workspace.refuse(method, "ratelimited", times=3, status=429, retry_after=1)


def _broken(story: Story) -> None:
    for method in ("chat.postMessage", "chat.update"):
        story.workspace.refuse(method, "internal_error", times=2, status=500)


def _hanging(story: Story) -> None:
    for method in ("chat.postMessage", "chat.update"):
        story.workspace.hang(method)


def _cut(story: Story) -> None:
    story.workspace.drop_connection_after_processing("chat.postMessage", times=2)


TROUBLES = {"busy": _busy, "broken": _broken, "hanging": _hanging, "cut": _cut}


async def test_a_rollback_doesnt_wait_for_slack_and_is_told_in_order_later(tmp_path: Path) -> None:
    """Law 2: 429, 500, no answer at all, and an answer that got lost: down at once; each message once, in order."""
    await side_by_side(tmp_path, {name: partial(_through, trouble=name) for name in TROUBLES})


async def _through(story: Story, trouble: str) -> None:
    await story.start()
    await story.status("baking")
    TROUBLES[trouble](story)
    story.service.knobs.canary_latency_factor = 20.0
    await story.until(State.ROLLED_BACK)
    assert story.service.weight == 0.0
    for method in ("chat.postMessage", "chat.update"):
        story.workspace.release(method)
    await story.thread(ORDER[-1])
    status = await story.status("at 0%, rolled back")
    told = [text(each) for each in story.workspace.thread("#canary-live", status["ts"])[1:]]
    places = [[place for place, said in enumerate(told) if wanted in said] for wanted in ORDER]
    assert all(len(found) == 1 for found in places), told
    assert places == sorted(places)


async def test_sockets_that_die_silently_are_replaced(story: Story) -> None:
    """S7: two connections and a watchdog; the next command is taken."""
    await story.start()
    await story.workspace.disconnect_sockets("refresh_requested")
    await story.seen(lambda: story.workspace.connected >= 1)
    assert "is on hold" in await story.types("ana", "hold materializers")
    await story.until(State.HELD)
