"""The tests of stages' tasks fail when a bug is planted: a kill that stops no burst, a token on record, and more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters import http
from adapters.tasks import load
from adapters.tasks.load import Burst
from bot.domain import gates, progress, tasks
from bot.engine import tasks as engine
from bot.ports import Ran
from tests.adapters.tasks import test_hosts as hosts
from tests.adapters.tasks import test_load as bursts
from tests.bot.engine import task_stories as stories
from tests.bot.engine import test_tasks as told
from tests.bot.engine import test_tasks_stopped as stopped

pytestmark = pytest.mark.anyio
_result, _client = Burst.result, http.client


def a_kill_stops_no_burst(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "stopped_by", lambda rollout, stage, now: "")
    patch.setattr(engine.Tasks, "_going_down", lambda self, rollout: "")


def a_kill_by_others_is_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    async def watch(self: engine.Tasks, running: Any) -> None:
        return

    patch.setattr(engine.Tasks, "_watch", watch)


def tokens_go_on_record(patch: pytest.MonkeyPatch) -> None:
    def result(self: Burst) -> Ran:
        ran = _result(self)
        return replace(ran, facts={**ran.facts, "users": list(self._tokens)})

    patch.setattr(Burst, "result", result)


def a_stage_is_left_without_its_tasks(patch: pytest.MonkeyPatch) -> None:
    for place in (gates, progress):
        patch.setattr(place, "task_waits", lambda rollout, plan, now: iter(()))


def any_host_will_do(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(hosts, "permit", lambda url, listed: None)


def redirects_are_followed(patch: pytest.MonkeyPatch) -> None:
    def client(**given: Any) -> httpx.AsyncClient:
        made = _client(**given)
        made.follow_redirects = True
        return made

    patch.setattr(load, "client", client)


def what_a_dead_process_began_begins_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.Tasks, "_others", engine.Tasks._own)


def what_was_not_measured_is_met(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tasks, "unmet", lambda expected: "")


def what_is_only_observed_is_loaded_too(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tasks, "stopped_by", lambda rollout, stage, now: "")


Test = Callable[[Path], Awaitable[None]]


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (
            a_kill_stops_no_burst,
            lambda path: stopped.test_whatever_ends_the_bake_stops_it(path, stories.killed, "the rollout was killed"),
        ),
        (a_kill_by_others_is_not_looked_for, stopped.test_a_kill_by_another_process_stops_it_too),
        (tokens_go_on_record, lambda path: bursts.test_no_token_is_in_what_comes_of_it()),
        (a_stage_is_left_without_its_tasks, told.test_the_stage_is_not_left_before_a_needed_task_has_passed),
        (redirects_are_followed, lambda path: _redirected()),
        (
            what_a_dead_process_began_begins_anew,
            lambda path: stopped.test_what_a_dead_process_began_has_no_result(path, False, 1),
        ),
        (what_was_not_measured_is_met, told.test_what_was_not_measured_is_not_met),
        (what_is_only_observed_is_loaded_too, told.test_what_is_only_observed_runs_none),
    ],
)
async def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], test: Test, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "PATIENCE_S", 0.4)
    with monkeypatch.context() as patch:
        plant(patch)
        with pytest.raises((AssertionError, TimeoutError, ValueError)):
            await test(tmp_path)


async def _redirected() -> None:
    await bursts.test_a_redirect_is_not_followed_and_no_cookie_goes_from_one_user_to_the_next()


def test_a_host_that_is_not_listed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    any_host_will_do(monkeypatch)
    with pytest.raises(pytest.fail.Exception):
        hosts.test_no_trick_leads_elsewhere("http://evil.example/")
