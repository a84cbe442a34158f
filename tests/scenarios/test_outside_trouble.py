"""The far side is sick: Perch waits, says what is missing, and never pretends."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.sandbox.service.knobs import FlagEndpoint, MetricsPage
from tests.scenarios.opening import Tell, side_by_side
from tests.scenarios.quick import stage
from tests.scenarios.story import Story, text

pytestmark = pytest.mark.anyio

SICK: dict[str, Any] = {"no_data": {"after": "4s", "then": "hold"}, "stages": [stage("1%", bake="1h"), stage("100%")]}


async def test_a_flag_that_doesnt_obey_is_never_taken_for_a_weight(tmp_path: Path) -> None:
    """R10: not read back in time: back to the weight before, held, told."""
    stories = {
        "lying": partial(_not_confirmed, mode=FlagEndpoint.LYING),
        "ignoring": partial(_not_confirmed, mode=FlagEndpoint.IGNORING),
    }
    await side_by_side(tmp_path, stories, confirm={"metric": "materializer_pct", "within": "1500ms"})


@pytest.mark.waits
async def test_a_flag_that_obeys_no_more_is_never_taken_for_a_weight(tmp_path: Path) -> None:
    """R10, law 2: the same at a later gate; on the way down it's stuck until it obeys."""
    stories: dict[str, Tell] = {"hanging": _hangs_at_the_gate, "stuck": _lies_on_the_way_down}
    await side_by_side(tmp_path, stories, confirm={"metric": "materializer_pct", "within": "8s"})


async def _not_confirmed(story: Story, mode: FlagEndpoint) -> None:
    story.service.knobs.flag_endpoint = mode
    await story.types("ana", "start materializers 1%")
    held = await story.until(State.HELD)
    assert (held.confirmed.percent, story.service.weight) == (0.0, 0.0)
    assert held.hold is not None
    assert "1% was not confirmed" in held.hold.why
    assert "stage_confirmed" not in await story.record()
    await story.status("is at 0%, on hold")


async def _hangs_at_the_gate(story: Story) -> None:
    gate = await story.to_gate()
    story.service.knobs.flag_endpoint = FlagEndpoint.HANGING
    await story.clicks("ben", gate, "approve")
    held = await story.until(State.HELD)
    assert (held.confirmed.percent, story.service.weight) == (1.0, 1.0)
    await story.thread("100% was set")
    story.service.knobs.flag_endpoint = FlagEndpoint.OK


async def _lies_on_the_way_down(story: Story) -> None:
    """Never answers "ok" before it's true, and tries for ever."""
    await story.start()
    story.service.knobs.flag_endpoint = FlagEndpoint.LYING
    await story.clicks("ben", await story.status("baking"), "rollback")
    await story.until(State.STUCK)
    assert story.service.weight == 1.0
    assert "keeps trying" in text(await story.thread("is STUCK"))
    story.service.knobs.flag_endpoint = FlagEndpoint.OK
    await story.until(State.ROLLED_BACK)
    assert story.service.weight == 0.0


@pytest.mark.waits
async def test_a_sick_metrics_page_is_never_a_sick_canary(tmp_path: Path) -> None:
    """Law 3: no data, with the reason in the channel; held after its time, and never rolled back."""
    stories = {
        "down": partial(_no_data, mode=MetricsPage.DOWN, reason="503"),
        "garbage": partial(_no_data, mode=MetricsPage.GARBAGE, reason="a web page"),
        "hanging": partial(_no_data, mode=MetricsPage.HANGING, reason="didn't answer within 6 s"),
    }
    await side_by_side(tmp_path, stories, **SICK)


async def _no_data(story: Story, mode: MetricsPage, reason: str) -> None:
    await story.start()
    story.service.knobs.metrics_page = mode
    await story.message(reason)
    await story.message("If that stays so until")
    held = await story.until(State.HELD)
    assert (held.confirmed.percent, story.service.weight) == (1.0, 1.0)
    assert "rolling_back" not in await story.record()


async def test_a_start_without_a_source_moves_nothing(story: Story) -> None:
    """X5: preflight names what doesn't answer; no traffic moved, no cooldown."""
    story.service.knobs.metrics_page = MetricsPage.DOWN
    await story.types("ana", "start materializers 1%")
    await story.until(State.ABORTED)
    told = text(await story.thread("ended before any traffic moved"))
    assert "503" in told
    assert "no cooldown" in told
    assert story.service.weight == 0.0
