"""What is tested of notifiers fails with each of its bugs planted (O4, R11, R22)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.adapters.notifiers import test_jira as jira
from tests.adapters.notifiers.far_sides import AtJira
from tests.bot.engine.notifying import test_classes as classes
from tests.bot.engine.notifying import test_order as order
from tests.bot.engine.notifying import test_trouble as trouble
from tests.bot.engine.notifying import test_who_hears as hears
from tests.bot.engine.notifying.story import Far
from tests.laws.mutants import people
from tests.laws.mutants.planted import FOUND, Plant
from tests.rig import Rig

pytestmark = pytest.mark.anyio

Story = Callable[[Rig, Far], Awaitable[None]]

WITH_A_STORY: dict[Plant, Story] = {
    people.every_delivery_is_a_notice_of_its_own: hears.test_it_is_told_once_however_often_the_message_is_sent,
    people.there_are_no_lines: order.test_a_resolve_never_overtakes_its_trigger,
    people.what_is_over_is_told_all_the_same: order.test_a_page_that_came_too_late_is_dropped_when_it_is_over,
    people.nobody_looks_again_before_telling: order.test_a_page_that_is_taken_in_after_its_end_is_dropped,
    people.what_nobody_knows_is_told_again_at_once: (
        trouble.test_what_may_have_been_told_is_not_told_again_before_the_far_side_can_find_it
    ),
    people.a_person_pages_too: hears.test_a_person_who_acts_acknowledges_and_a_persons_own_rollback_pages_nobody,
    people.good_news_resolves_what_was_never_opened: (
        hears.test_good_news_wakes_nobody_and_resolves_nothing_that_was_never_opened
    ),
}


@pytest.mark.parametrize("plant", WITH_A_STORY, ids=lambda plant: plant.__name__)
async def test_a_planted_bug_is_found(plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = Far()
    plant(monkeypatch)
    async with far.opened(tmp_path) as story:
        with pytest.raises(FOUND):
            await WITH_A_STORY[plant](story, far)


async def test_a_page_that_waits_for_mail_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people.all_share_one_room(monkeypatch)
    monkeypatch.setattr(trouble, "PATIENCE_S", 0.5)
    with pytest.raises(TimeoutError):
        await trouble.test_a_page_goes_out_while_mail_and_a_tracker_hang(tmp_path, Far())


async def test_a_secret_in_a_reason_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people.texts_go_as_they_are(monkeypatch)
    with pytest.raises(FOUND):
        await trouble.test_what_a_far_side_echoes_is_told_without_the_secret(tmp_path)


async def test_a_retry_that_nobody_allowed_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people.any_watched_start_ends_a_ban(monkeypatch)
    with pytest.raises(pytest.fail.Exception):
        await classes.test_after_a_breach_of_a_class_that_is_never_retried_only_an_override_starts_anew(tmp_path, Far())


@pytest.mark.parametrize(
    ("plant", "story"),
    [
        (people.an_issue_is_made_without_looking, jira.test_later_events_are_comments_and_the_same_one_again_is_none),
        (
            people.what_was_made_is_only_searched_for,
            jira.test_what_was_created_a_moment_ago_is_known_by_its_key_while_the_search_lags,
        ),
    ],
)
async def test_a_second_ticket_is_found(
    plant: Plant, story: Callable[[AtJira], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    async with AtJira().open() as there:
        assert isinstance(there, AtJira)
        with pytest.raises((AssertionError, ValueError)):
            await story(there)
