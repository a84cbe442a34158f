"""Each decision is posted with where the record stood then (law 9): a rewritten database disagrees with Slack."""

import re
from pathlib import Path

import pytest

from tests.commands.slack.town import CHANNEL, town

pytestmark = pytest.mark.anyio


async def test_a_promotion_names_a_hash_that_stands_in_the_record(tmp_path: Path) -> None:
    """Number and hash under the message are those of a record."""
    async with town(tmp_path) as here:
        await here.types("ana", "/canary start materializers 1%")
        await here.story.settle()
        rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
        await here.story.approve(rollout, here.workspace.person("ben").id)

        def named() -> re.Match[str] | None:
            posts = [str(message.get("blocks")) for message in here.workspace.messages(CHANNEL)]
            found = [
                re.search(r"Record: (\d+) entries, the last one's hash begins with `(\w{16})`", post) for post in posts
            ]
            return next((match for match in found if match), None)

        match = await here.workspace.until(named)
        records = await here.story.engine.rollouts.records(rollout.id)
        assert records[int(match[1]) - 1].hash.startswith(match[2])
