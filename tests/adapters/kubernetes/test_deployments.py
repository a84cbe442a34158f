"""When a roll-out is done, and when it has failed: by the rules of `kubectl rollout status`, and by its pods (T1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from lightkube.resources.apps_v1 import Deployment
from msgspec import convert

from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.deployments import Deployed, progress, settled
from adapters.kubernetes.options import ClusterOptions
from bot.ports import Denied, OutOfReach
from tests.adapters.traffic.far_sides.kubernetes_worlds import environment_of, set_variable
from tests.fakes.kubernetes.controller import Step, ended, waiting
from tests.fakes.kubernetes.paces import OnlyWhenTold, at_once
from tests.fakes.kubernetes.server import ApiServer, api_server, deployment
from tests.fakes.kubernetes.watches import Ill

pytestmark = pytest.mark.anyio
WITHIN = timedelta(seconds=20)


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with api_server() as server:
        server.create("deployments", deployment("denis", {"PCT": "0"}))
        yield server


@pytest.fixture
async def deployed(api: ApiServer, tmp_path: Path) -> AsyncIterator[Deployed]:
    cluster = Cluster(ClusterOptions(namespace="denis"), environment_of(tmp_path, api))
    yield Deployed(cluster, "denis", "perch-test", force=True, sleep=at_once)
    await cluster.aclose()


@pytest.fixture
def sleep() -> OnlyWhenTold:
    return OnlyWhenTold()


@pytest.fixture
async def told(api: ApiServer, tmp_path: Path, sleep: OnlyWhenTold) -> AsyncIterator[Deployed]:
    """Waits for ever unless a watch tells it something."""
    cluster = Cluster(ClusterOptions(namespace="denis"), environment_of(tmp_path, api))
    yield Deployed(cluster, "denis", "perch-test", force=True, sleep=sleep)
    await cluster.aclose()


def seen(generation: int = 2, replicas: int | None = 3, **status: Any) -> Deployment:
    counts = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3} | status
    tree = {"metadata": {"generation": generation}, "spec": {"replicas": replicas, "selector": {}, "template": {}}}
    return convert(tree | {"status": counts}, Deployment)


LATE = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]


@pytest.mark.parametrize(
    ("deployment", "done", "failed", "words"),
    [
        (seen(), True, False, "3 of 3 pods"),
        (seen(generation=3), False, False, "isn't taken up yet"),
        (seen(generation=3, conditions=LATE), False, False, "isn't taken up yet"),
        (seen(conditions=LATE), False, True, "progress deadline"),
        (seen(updatedReplicas=1), False, False, "1 of 3 pods updated"),
        (seen(updatedReplicas=None), False, False, "0 of 3 pods updated"),
        (seen(replicas=3, availableReplicas=2), False, False, "2 of 3 updated pods available"),
        (seen(observedGeneration=None), False, False, "isn't taken up yet"),
    ],
)
def test_a_roll_out_is_judged_as_kubectl_does(deployment: Deployment, done: bool, failed: bool, words: str) -> None:
    told = progress(deployment)
    assert (told.done, told.failed) == (done, failed)
    assert words in told.words


def test_old_pods_keep_a_roll_out_open_and_missing_ones_do_not_unsettle_it() -> None:
    old = seen(replicas=3)
    assert old.status is not None
    old.status.replicas = 4
    assert progress(old).words == "1 old pods still there"
    assert not settled(old)
    assert settled(seen(availableReplicas=1))


def test_a_roll_out_that_is_paused_does_not_come_to_its_end() -> None:
    paused = seen(updatedReplicas=1)
    assert paused.spec is not None
    paused.spec.paused = True
    told = progress(paused)
    assert (told.done, told.failed) == (False, True)
    assert told.words == "1 of 3 pods updated, and it is paused: kubectl rollout resume"


async def test_a_good_roll_out_is_waited_for_to_its_end(api: ApiServer, deployed: Deployed) -> None:
    steps = [Step(observed=False), Step(updated=1, available=0, old=3), Step(updated=3, available=2, old=1), Step()]
    api.script = [*steps]
    set_variable(api, "PCT", "1")
    await deployed.rolled_out(WITHIN)
    assert api.script == steps[-1:]


@pytest.mark.parametrize(
    ("container", "words"),
    [
        (
            waiting("CrashLoopBackOff", restartCount=4, lastState=ended("OOMKilled", 137)),
            r"pod denis-2-a: CrashLoopBackOff \(OOMKilled, exit code 137, 4 restarts\)",
        ),
        (waiting("ImagePullBackOff"), "pod denis-2-a: ImagePullBackOff"),
        (waiting("CreateContainerConfigError"), "pod denis-2-a: CreateContainerConfigError"),
        (
            {"ready": False, "restartCount": 1, "state": {"running": {}}, "lastState": ended("OOMKilled", 137)},
            r"pod denis-2-a: OOMKilled \(OOMKilled, exit code 137, 1 restarts\)",
        ),
    ],
)
async def test_a_pod_that_is_lost_fails_the_roll_out_at_once_and_is_named(
    api: ApiServer, deployed: Deployed, container: dict[str, Any], words: str
) -> None:
    """Long before the progress deadline, which is ten minutes by default."""
    api.script = [Step(updated=1, available=0, old=3, container=container)]
    set_variable(api, "PCT", "1")
    with pytest.raises(Denied, match=words):
        await deployed.rolled_out(WITHIN)


async def test_a_pod_that_only_starts_slowly_is_waited_for(api: ApiServer, deployed: Deployed) -> None:
    """ErrImagePull may go away; an old pod's troubles are not the new one's."""
    api.script = [
        Step(updated=1, available=0, old=3, container=waiting("ContainerCreating")),
        Step(updated=1, available=0, old=3, container=waiting("ErrImagePull")),
        Step(),
    ]
    await deployed.rolled_out(WITHIN)


async def test_old_pods_that_crash_do_not_fail_the_new_ones(api: ApiServer, deployed: Deployed) -> None:
    """They may be the reason for the roll-out."""
    crashing = waiting("CrashLoopBackOff", restartCount=9)
    api.script = [Step(updated=1, available=0, old=3, old_container=crashing)] * 3 + [Step()]
    set_variable(api, "PCT", "1")
    await deployed.rolled_out(WITHIN)


async def test_the_progress_deadline_fails_it_even_where_no_pod_says_why(api: ApiServer, deployed: Deployed) -> None:
    api.script = [Step(updated=1, available=0, old=3, reason="ProgressDeadlineExceeded")]
    set_variable(api, "PCT", "1")
    with pytest.raises(Denied, match="exceeded its progress deadline"):
        await deployed.rolled_out(WITHIN)


async def test_a_roll_out_that_takes_too_long_is_out_of_reach_with_how_far_it_came(
    api: ApiServer, deployed: Deployed
) -> None:
    api.script = [Step(updated=2, available=2, old=1)]
    set_variable(api, "PCT", "1")
    with pytest.raises(OutOfReach, match=r"isn't done after 0.4 s: 2 of 3 pods updated"):
        await deployed.rolled_out(timedelta(seconds=0.4))


async def idle(sleep: OnlyWhenTold) -> None:
    """Until it waits for a watch, and for nothing else."""
    async with asyncio.timeout(10):
        await sleep.begun.wait()
    sleep.begun.clear()


async def open_streams(api: ApiServer, count: int) -> None:
    async with asyncio.timeout(10):
        while api.watches.open != count:
            await asyncio.sleep(0)


async def test_a_watch_alone_brings_it_to_its_end(api: ApiServer, told: Deployed, sleep: OnlyWhenTold) -> None:
    """T1: between two changes nothing is asked."""
    api.script = [Step(updated=1, available=0, old=3)]
    set_variable(api, "PCT", "1")
    waits = asyncio.create_task(told.rolled_out(WITHIN))
    await open_streams(api, 2)
    for step in (Step(updated=2, available=1, old=1), Step(updated=3, available=2, old=0), Step()):
        await idle(sleep)
        api.come_to("denis", step)
    await waits
    await open_streams(api, 0)


async def test_a_pod_that_crashes_is_told_by_a_watch_alone(api: ApiServer, told: Deployed, sleep: OnlyWhenTold) -> None:
    """The Deployment says nothing then."""
    api.script = [Step(updated=1, available=0, old=3, container=waiting("ContainerCreating"))]
    set_variable(api, "PCT", "1")
    waits = asyncio.create_task(told.rolled_out(WITHIN))
    await idle(sleep)
    before = api.body("deployments", "denis")["metadata"]["resourceVersion"]
    api.come_to("denis", Step(updated=1, available=0, old=3, container=waiting("CrashLoopBackOff")))
    assert api.body("deployments", "denis")["metadata"]["resourceVersion"] == before
    with pytest.raises(Denied, match="pod denis-2-a: CrashLoopBackOff"):
        await waits


async def test_a_watch_asks_for_one_deployment_and_its_pods_and_until_when(api: ApiServer, told: Deployed) -> None:
    """X5: a right to watch may be limited to names where the name is asked for."""
    api.script = [Step(updated=1, available=0, old=3)]
    set_variable(api, "PCT", "1")
    waits = asyncio.create_task(told.rolled_out(WITHIN))
    await open_streams(api, 2)
    waits.cancel()
    assert {unquote(each) for each in api.requests if "watch=true" in each} == {
        "GET /apis/apps/v1/namespaces/denis/deployments?fieldSelector=metadata.name=denis&timeoutSeconds=20&watch=true",
        "GET /api/v1/namespaces/denis/pods?labelSelector=app=denis&timeoutSeconds=20&watch=true",
    }


STEPS = [Step(observed=False), Step(updated=1, available=0, old=3), Step(updated=2, available=1, old=1)]


@pytest.mark.parametrize("ill", Ill)
async def test_an_ill_stream_keeps_no_roll_out_from_its_end(api: ApiServer, deployed: Deployed, ill: Ill) -> None:
    """What is judged is asked for; a stream says when, at most."""
    api.watches.ill = ill
    api.script = [*STEPS * 3, Step()]
    set_variable(api, "PCT", "1")
    await deployed.rolled_out(WITHIN)


@pytest.mark.parametrize("ill", Ill)
async def test_an_ill_stream_hides_no_crash(api: ApiServer, deployed: Deployed, ill: Ill) -> None:
    api.watches.ill = ill
    api.script = [*STEPS * 3, Step(updated=1, available=0, old=3, container=waiting("CrashLoopBackOff"))]
    set_variable(api, "PCT", "1")
    with pytest.raises(Denied, match="pod denis-2-a: CrashLoopBackOff"):
        await deployed.rolled_out(WITHIN)


async def test_without_the_right_to_watch_it_is_looked_at_and_nothing_is_said(
    api: ApiServer, deployed: Deployed
) -> None:
    """X5: the right may be left out of the role; a rehearsal doesn't miss it."""
    api.forbidden = {("watch", "deployments"), ("watch", "pods")}
    assert "watch" not in await deployed.rehearse({"spec": {"replicas": 3}})
    api.script = [*STEPS * 3, Step()]
    set_variable(api, "PCT", "1")
    await deployed.rolled_out(WITHIN)
    assert sum("watch=true" in each for each in api.requests) <= 2


async def test_a_wait_that_is_cancelled_ends_and_closes_its_streams(
    api: ApiServer, told: Deployed, sleep: OnlyWhenTold
) -> None:
    api.script = [Step(updated=1, available=0, old=3)]
    set_variable(api, "PCT", "1")
    waits = asyncio.create_task(told.rolled_out(WITHIN))
    await idle(sleep)
    assert api.watches.open == 2
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    await open_streams(api, 0)
