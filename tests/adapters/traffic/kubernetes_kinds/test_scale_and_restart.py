"""Ways to kill by scaling to nothing and by a restart (T1), and the way back."""

from __future__ import annotations

import pytest

from bot.ports import Denied, Nonsense
from tests.adapters.traffic.kubernetes_kinds.bench import Bench, patches
from tests.fakes.kubernetes.controller import Step
from tests.fakes.kubernetes.server import ApiServer

pytestmark = pytest.mark.anyio


async def test_scaled_to_nothing_is_off_when_the_pods_are_gone(api: ApiServer, bench: Bench) -> None:
    """T1: and back to as many as before."""
    kill = bench.kill("kubernetes_scale", force=True)
    former = await kill.former()
    api.script = [Step(observed=False), Step(observed=False), Step(updated=2), Step()]
    await kill.engage()
    assert [await kill.engaged() for _ in range(4)] == [False, False, False, True]
    await kill.restore(former)
    assert api.body("deployments", "denis")["spec"]["replicas"] == 3


async def test_a_count_of_somebody_else_is_told_by_the_rehearsal(bench: Bench) -> None:
    with pytest.raises(Denied, match=r"\.spec\.replicas: conflict with .kubectl-client-side-apply."):
        await bench.kill("kubernetes_scale").rehearse()


@pytest.mark.parametrize("former", ['{"value": -1}', '{"value": true}', '{"value": "3"}', '{"absent": true}'])
async def test_a_count_that_is_none_is_not_put_back(api: ApiServer, bench: Bench, former: str) -> None:
    with pytest.raises(Nonsense):
        await bench.kill("kubernetes_scale", force=True).restore(former)
    assert patches(api) == []


async def test_a_restart_makes_new_pods_once_and_putting_back_makes_none(api: ApiServer, bench: Bench) -> None:
    kill = bench.kill("kubernetes_restart")
    former = await kill.former()
    await kill.engage()
    await kill.engage()
    await kill.former()
    assert len(api.controllers["denis"].sets) == 2
    await kill.restore(former)
    assert not await kill.engaged()
    assert len(api.controllers["denis"].sets) == 2
    await kill.engage()
    await kill.former()
    assert len(api.controllers["denis"].sets) == 3
