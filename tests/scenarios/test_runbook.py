"""A metric goes bad: Perch rolls back, looks as the runbook says, and sees whether all is well again."""

from __future__ import annotations

import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from tests.scenarios.opening import new_story
from tests.scenarios.quick import METRICS
from tests.scenarios.story import text

pytestmark = pytest.mark.anyio
SAYS = "import os; print('locks: 3'); print(os.environ.get('QUEUE_TOKEN', 'no token'))"


def with_runbook() -> dict[str, Any]:
    book = {
        "diagnose": [
            "success_rate",
            {"source": "page", "value": "tools_mut_queue_depth", "what": "the queue"},
            {"command": [sys.executable, "-c", SAYS], "what": "locks", "env": {"QUEUE_TOKEN": "QUEUE_PASSWORD"}},
            {"command": ["not-allowed"]},
        ],
        "remedies": ["put the <slider> back"],
        "link": "https://wiki.example/slow",
    }
    return {**METRICS, "latency_p99": {**METRICS["latency_p99"], "runbook": book}}


@pytest.mark.waits
async def test_a_breach_is_diagnosed_in_the_thread_and_what_is_well_again_has_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R14, R12, E10: over real sockets, with a real program."""
    monkeypatch.setenv("PERCH_ALLOWED_COMMANDS", sys.executable)
    monkeypatch.setenv("QUEUE_PASSWORD", "s3cr3t-of-the-queue")
    after = {"rollback": ["queue_depth < 100 within 30s"]}
    async with new_story(tmp_path, metrics=with_runbook(), verify_after=after) as story:
        await story.start()
        story.service.knobs.canary_latency_factor = 20.0
        assert "on record" in await story.types("ana", "incident materializers sev2 answers take for ever")
        await story.until(State.ROLLED_BACK)
        told = unescape(str((await story.thread("Diagnosis of latency_p99"))["blocks"]))
        for each in ("success_rate", "the queue", "locks: 3", "[redacted]", "not-allowed was not run", "1 look of 4"):
            assert each in told
        assert "put the <slider> back" in told
        assert "s3cr3t" not in told
        assert "is under 100 again" in text(await story.thread("Checked after the rollback"))
        assert "Incident inc-1" in str((await story.status("rolled back"))["blocks"])
        assert await story.whole()
