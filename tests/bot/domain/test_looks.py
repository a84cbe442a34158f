"""What a look adds to a rollout: since when each bad condition has been seen so."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.builders import START, Story

MINUTE = timedelta(minutes=1)


def since(story: Story, condition: str = "success > 98%") -> datetime | None:
    check = story.rollout.check
    assert check is not None
    return next(line.since for line in check.lines if line.condition == condition)


def test_what_isnt_good_is_known_since_the_first_check_that_saw_it() -> None:
    """X1."""
    story = Story.baking().check(1)
    assert since(story) is None
    story.check(3, success=97.0)
    assert since(story) == START + 2 * MINUTE
    assert since(story.check(1)) is None, "it's good again"


def test_without_data_the_count_begins_anew() -> None:
    story = Story.baking().check(2, success=97.0).check(2, success=None)
    assert since(story) == START + 3 * MINUTE


def test_a_time_that_nobody_looked_at_is_not_claimed() -> None:
    """Law 3: nobody knows how it was meanwhile."""
    story = Story.baking().check(1, success=97.0)
    story.now += 30 * MINUTE
    assert since(story.check(1, success=97.0)) == story.now


def test_a_downtime_is_put_on_record_by_the_first_look_after_it() -> None:
    """Issue 5, point 6: so that nobody takes that time for bake or for people's."""
    story = Story.baking().check(3)
    assert "away" not in story.kinds()
    gone = story.check(1, every=61 * MINUTE).last("away")
    assert gone.facts["until"] - gone.facts["since"] == 61 * 60
    assert story.check(3).kinds().count("away") == 1
