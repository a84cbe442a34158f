"""A checkpoint with its numbers and its picture; and without the picture, when nobody takes it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import httpx
import pytest

from adapters.charts.child import PNG
from tests.scenarios.opening import side_by_side
from tests.scenarios.quick import stage
from tests.scenarios.story import Message, Story, text

pytestmark = pytest.mark.anyio

STAGES = [stage("1%", bake="1h", checkpoints=["6s"])]
DRAWN_WITHIN_S = 40.0
"""A child that imports matplotlib on a busy machine."""


async def test_a_checkpoint_comes_with_its_picture_and_a_refused_upload_loses_no_words(tmp_path: Path) -> None:
    """S3, S5: over real sockets, with a real child that draws."""
    stories = {"taken": partial(_told, taken=True), "refused": partial(_told, taken=False)}
    await side_by_side(tmp_path, stories, stages=STAGES)


async def _told(story: Story, *, taken: bool) -> None:
    if not taken:
        story.workspace.refuse("files.completeUploadExternal", "file_uploads_disabled", times=9)
    await story.start()
    status = await story.status()

    def shown() -> Message | None:
        replies = story.workspace.thread("#canary-live", status["ts"])
        return next((each for each in replies if "Checkpoint T+" in text(each)), None)

    message = await story.seen(shown, within=DRAWN_WITHIN_S)
    kinds = [block["type"] for block in message["blocks"]]
    assert "table" in kinds
    assert "success_rate" in str(message["blocks"])
    if not taken:
        assert "image" not in kinds
        assert "could not be made" in str(message["blocks"])
        return
    image = next(block for block in message["blocks"] if block["type"] == "image")
    assert "success_rate: 100%" in image["alt_text"]
    async with httpx.AsyncClient(verify=False) as visitor:
        answer = await visitor.get(f"{story.workspace.url}/files/{image['slack_file']['id']}")
    assert answer.content.startswith(PNG)
