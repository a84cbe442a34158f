"""Each documented error of opening and of changing a dialog: the person gets the command, or the dialog stays."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.commands.slack.town import CHANNEL, Town, town

pytestmark = pytest.mark.anyio
METHODS = json.loads((Path(__file__).parents[2] / "data" / "slack" / "methods.json").read_text())
OPENED_ALREADY = {"exchanged_trigger_id"}
"""Slack has had this trigger: the dialog stands on the person's screen."""


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as story:
        yield story


async def test_whatever_keeps_a_dialog_from_opening_the_person_gets_the_command(here: Town) -> None:
    for code in sorted({*METHODS["views.open"]["errors"], "internal_error", "token_revoked"} - OPENED_ALREADY):
        here.workspace.refuse("views.open", code)
        answer = await here.types("ana", "/canary start")
        assert "/canary start materializers 1%" in answer["text"], code


async def test_whatever_keeps_a_dialog_from_changing_it_stays_and_can_be_sent(here: Town) -> None:
    await here.workspace.command("ana", CHANNEL, "/canary start")
    [view] = await here.workspace.until(lambda: here.workspace.views("ana"))
    for number, code in enumerate(sorted({*METHODS["views.update"]["errors"], "internal_error"}), 1):
        here.workspace.refuse("views.update", code)
        assert (await here.workspace.click_view("ana", view["id"], "plan", "materializers")).acked
        await _asked(here, number)
        assert [each["hash"] for each in here.workspace.views("ana")] == [view["hash"]], code
    before = len(here.workspace.ephemerals("ana", CHANNEL))
    await here.workspace.submit_view("ana", view["id"], {})
    assert "materializers is started" in (await here.whispered("ana", before))["text"]


async def _asked(here: Town, times: int) -> None:
    await here.workspace.until(lambda: len(here.workspace.calls("views.update")) == times)
