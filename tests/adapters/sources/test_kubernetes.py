"""M7: what pods say of themselves, as numbers, and what is no number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.sources.kubernetes import Ask, Options, Pods
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question
from tests.adapters.traffic.far_sides.kubernetes_worlds import environment_of
from tests.fakes.kubernetes.controller import Step, ended, waiting
from tests.fakes.kubernetes.server import TOKEN, ApiServer, api_server, deployment
from tests.fakes.traffic import Trouble

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
"""Five minutes after what `ended` says."""


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with api_server() as server:
        server.create("deployments", deployment("denis", {}))
        yield server


async def ask(api: ApiServer, home: Path, question: dict[str, Any], **options: Any) -> Answer:
    source = Pods(Options(**{"namespace": "denis", "deployment": "denis", **options}), environment_of(home, api))
    try:
        return await source.ask(Question(Ask(**question)), NOW)
    finally:
        await source.aclose()


OOM = {"restartCount": 4, "lastState": ended("OOMKilled", 137)}


@pytest.mark.parametrize(
    ("container", "question", "value"),
    [
        ({}, {"measure": "ready"}, 3),
        (waiting("CrashLoopBackOff", **OOM), {"measure": "ready"}, 0),
        (waiting("CrashLoopBackOff", **OOM), {"measure": "crash_looping"}, 3),
        (waiting("ContainerCreating"), {"measure": "crash_looping"}, 0),
        ({}, {"measure": "oom_killed"}, 0),
        (OOM, {"measure": "oom_killed"}, 3),
        (OOM, {"measure": "oom_killed", "within": "10m"}, 3),
        (OOM, {"measure": "oom_killed", "within": "4m"}, 0),
        ({"lastState": ended("Error", 1), "restartCount": 1}, {"measure": "oom_killed"}, 0),
        ({"ready": False, "state": ended("OOMKilled", 137)}, {"measure": "oom_killed"}, 3),
        (OOM, {"measure": "restarts"}, 12),
        (OOM, {"measure": "restarts", "within": "10m"}, 3),
        (OOM, {"measure": "restarts", "within": "1m"}, 0),
    ],
)
async def test_what_pods_say_is_counted(
    api: ApiServer, tmp_path: Path, container: dict[str, Any], question: dict[str, Any], value: float
) -> None:
    api.script = [Step(container=container)]
    answer = await ask(api, tmp_path, question)
    assert not isinstance(answer, NoData)
    assert [sample.value for sample in answer] == [value]


async def test_the_pods_that_count_are_named(api: ApiServer, tmp_path: Path) -> None:
    api.script = [Step(updated=1, container=OOM)]
    answer = await ask(api, tmp_path, {"measure": "restarts"})
    assert not isinstance(answer, NoData)
    assert answer[0].labels == "denis-1-a: 4"


async def test_no_pods_are_no_ready_ones_and_nothing_else(api: ApiServer, tmp_path: Path) -> None:
    """Law 3: without a pod nothing says that none was killed."""
    api.script = [Step(updated=0)]
    answer = await ask(api, tmp_path, {"measure": "ready"})
    assert not isinstance(answer, NoData)
    assert [sample.value for sample in answer] == [0]
    assert await ask(api, tmp_path, {"measure": "oom_killed"}) == ()
    assert await ask(api, tmp_path, {"measure": "ready"}, deployment=None, pods="app=gone") == ()


@pytest.mark.parametrize(
    ("trouble", "missing"),
    [(Trouble.DENY, Missing.REFUSED), (Trouble.FAIL, Missing.UNREACHABLE), (Trouble.GARBAGE, Missing.GARBAGE)],
)
async def test_a_sick_api_server_is_no_data(api: ApiServer, tmp_path: Path, trouble: Trouble, missing: Missing) -> None:
    """Law 3, law 8."""
    api.trouble = trouble
    answer = await ask(api, tmp_path, {"measure": "ready"})
    assert isinstance(answer, NoData)
    assert answer.missing is missing
    assert TOKEN not in answer.detail


async def test_a_deployment_that_is_not_there_is_no_data(api: ApiServer, tmp_path: Path) -> None:
    answer = await ask(api, tmp_path, {"measure": "ready"}, deployment="gone")
    assert isinstance(answer, NoData)
    assert 'deployments "gone" not found' in answer.detail


@pytest.mark.parametrize(
    "options", [{}, {"deployment": "d", "pods": "a=b"}, {"pods": "app"}, {"pods": "a=b,"}, {"deployment": "D"}]
)
def test_options_that_cannot_be_right_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(namespace="denis", **options)


def test_a_span_for_what_is_now_is_refused() -> None:
    with pytest.raises(ValidationError):
        Ask(measure="ready", within="5m")
