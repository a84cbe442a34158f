"""Planted bugs in what people are told outside of Slack: each a small, plausible mistake (O4, R11, R22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from adapters.notifiers.jira import Jira
from bot.domain import audiences
from bot.domain.urgencies import Act
from bot.engine import equipment, keeping, obstacles
from bot.engine.notifying import Notifying
from bot.ports import Notice, Queued
from bot.ports.archives import Job, Standing
from storage.keepings import SqlKeepings

_job, _found = Notifying._job, Jira._found


def every_delivery_is_a_notice_of_its_own(patch: pytest.MonkeyPatch) -> None:
    """What is taken in twice, after a crash, is told twice."""

    def job(self: Notifying, queued: Queued, *more: Any) -> Job:
        return replace(_job(self, queued, *more), id=uuid4().hex)

    patch.setattr(Notifying, "_job", job)


def there_are_no_lines(patch: pytest.MonkeyPatch) -> None:
    """All that is due is told side by side."""

    def job(self: Notifying, *given: Any) -> Job:
        return replace(_job(self, *given), line="")

    async def known(self: SqlKeepings, line: str) -> bool:
        return True

    patch.setattr(Notifying, "_job", job)
    patch.setattr(SqlKeepings, "known", known)


def what_is_over_is_told_all_the_same(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether something newer has made a page pointless."""

    def job(self: Notifying, *given: Any) -> Job:
        return replace(_job(self, *given), newest=False)

    patch.setattr(Notifying, "_job", job)


def nobody_looks_again_before_telling(patch: pytest.MonkeyPatch) -> None:
    """What was first in its line when it was claimed counts as first for ever."""

    async def standing(self: SqlKeepings, job: Job, now: datetime) -> Standing:
        return Standing.FIRST

    patch.setattr(SqlKeepings, "standing", standing)


def all_share_one_room(patch: pytest.MonkeyPatch) -> None:
    """Mail that hangs uses up what a page needs."""

    async def lanes(self: SqlKeepings, now: datetime, rollout: str = "") -> Sequence[str]:
        return [""]

    patch.setattr(SqlKeepings, "lanes", lanes)
    patch.setattr(keeping, "AT_ONCE", 0)


def what_nobody_knows_is_told_again_at_once(patch: pytest.MonkeyPatch) -> None:
    """A creation whose answer was lost is repeated before Jira's search can find it."""
    patch.setattr(keeping, "UNSURE_PAUSE_S", 0.0)


def texts_go_as_they_are(patch: pytest.MonkeyPatch) -> None:
    """What a far side quotes of our request goes to the channel."""
    patch.setattr(equipment, "scrubbed", lambda role, built, redact: built)


def a_person_pages_too(patch: pytest.MonkeyPatch) -> None:
    """Who rolls back by hand wakes somebody else."""
    patch.setattr(audiences, "by_a_person", lambda happening: False)


def good_news_resolves_what_was_never_opened(patch: pytest.MonkeyPatch) -> None:
    """Each end is told to each pager."""

    async def wanted(self: Notifying, queued: Queued, *more: Any) -> bool:
        return Act(str(queued.outgoing.facts["act"])) is not Act.NEWS

    patch.setattr(Notifying, "_wanted", wanted)


def an_issue_is_made_without_looking(patch: pytest.MonkeyPatch) -> None:
    """Each try makes another."""

    async def found(self: Jira, notice: Notice) -> None:
        return None

    patch.setattr(Jira, "_found", found)


def what_was_made_is_only_searched_for(patch: pytest.MonkeyPatch) -> None:
    """The record of the first notice isn't used, and the search lags."""
    patch.setattr(Jira, "_found", lambda self, notice: _found(self, replace(notice, earlier=())))


def any_watched_start_ends_a_ban(patch: pytest.MonkeyPatch) -> None:
    """The newest rollout decides, whatever it was."""
    patch.setattr(obstacles, "_moved", lambda rollout: True)
