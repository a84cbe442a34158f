"""The report in the thread, over real sockets; and in words, when nobody takes files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import httpx
import pytest

from bot.domain.machine import State
from tests.scenarios.opening import side_by_side
from tests.scenarios.quick import stage
from tests.scenarios.story import Message, Story, text

pytestmark = pytest.mark.anyio


async def test_the_report_is_a_file_in_the_thread_or_words_where_files_are_refused(tmp_path: Path) -> None:
    """E6: posted at the end by itself, once; again when somebody asks for it."""
    stories = {"taken": partial(_told, taken=True), "refused": partial(_told, taken=False)}
    await side_by_side(tmp_path, stories, stages=[stage("1%", bake="1h")])


async def _told(story: Story, *, taken: bool) -> None:
    if not taken:
        story.workspace.refuse("files.getUploadURLExternal", "file_uploads_disabled", times=9)
    await story.start()
    await story.types("ana", "kill materializers jobs are lost")
    await story.until(State.KILLED)
    status = await story.status("killed")

    def replies(has: str) -> list[Message]:
        return [each for each in story.workspace.thread("#canary-live", status["ts"]) if has in text(each)]

    if not taken:
        [words] = await story.seen(lambda: replies("couldn't be posted as a file"))
        assert "perch report " in text(words)
        return
    [posted] = await story.seen(lambda: replies("The report of materializers"))
    assert [Path(file["name"]).suffix for file in posted["files"]] == [".html", ".md"]
    async with httpx.AsyncClient(verify=False) as visitor:
        page = (await visitor.get(posted["files"][0]["url_private"])).text
    assert "jobs are lost" in page
    assert "Rearm it first" in page
    assert "comes as a file in its thread" in await story.types("ben", "report materializers file")
    await story.seen(lambda: len(replies("The report of materializers")) == 2 or None)
