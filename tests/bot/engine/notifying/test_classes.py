"""A class of breach has its own audience, severity and way to start anew (R22)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from tests.bot.engine.notifying.story import ROUTES, Far, breached, down
from tests.rig import ANA, tree

pytestmark = pytest.mark.anyio


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
