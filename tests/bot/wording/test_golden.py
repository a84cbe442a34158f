"""Every kind of message, kept as a text file that reads like the message.

After a wanted change of words: `PERCH_GOLDEN=write pytest tests/bot/wording/test_golden.py`, then read the difference.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.ports import Outgoing, Said
from bot.wording import BY_ITSELF, SAY, WORKSPACE, say
from tests.bot.wording.golden_facts import Story, the_history, the_plan
from tests.bot.wording.golden_files import reads_as_in
from tests.bot.wording.golden_stories import stories
from tests.bot.wording.limits import broken_limits
from tests.bot.wording.readable import lone_marks, not_a_sentence
from tests.bot.wording.rendering import rendered
from tests.bot.wording.stories import NOW

GOLDEN = Path(__file__).parent / "golden"
STORIES = dict(stories())
MRKDWN = re.compile(r"`|<!date|(?<!\w)\*\S")


def told(story: Story) -> Said:
    name, facts, rollout = story
    return say(Outgoing(name, key="k", facts=facts), rollout, the_plan(), NOW, the_history())


@pytest.mark.parametrize("name", STORIES)
def test_a_message_reads_as_it_was_agreed(name: str) -> None:
    reads_as_in(GOLDEN / f"{name}.txt", rendered(told(STORIES[name])))


@pytest.mark.parametrize("name", STORIES)
def test_a_notification_is_whole_sentences_without_marks(name: str) -> None:
    """PLATFORM §2: it is what screen readers and notifications read."""
    said = told(STORIES[name])
    assert broken_limits(said) == []
    assert not MRKDWN.search(said.text)
    assert not_a_sentence(said.text) == ""
    assert lone_marks((*said.blocks, {"text": said.text})) == []


@pytest.mark.parametrize("name", [*SAY, *WORKSPACE, *BY_ITSELF])
def test_each_kind_of_message_has_a_story(name: str) -> None:
    told = {story[0] for story in STORIES.values()}
    assert name in told, f"add a story of '{name}' to golden_stories.py, then: PERCH_GOLDEN=write pytest {__file__}"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(STORIES)
