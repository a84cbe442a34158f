"""Fields of a Deployment (T1, X5): taken from nobody unasked, and only with the rights that the roll-out needs."""

from __future__ import annotations

import pytest

from bot.domain.units import Weight
from bot.ports import Denied
from tests.adapters.traffic.far_sides.kubernetes_worlds import variables
from tests.adapters.traffic.kubernetes_kinds.bench import UNDER_WAY, Bench, patches
from tests.fakes.kubernetes.controller import Step
from tests.fakes.kubernetes.server import ApiServer

pytestmark = pytest.mark.anyio


async def test_a_variable_of_somebody_else_is_not_taken_unless_the_plan_says_so(api: ApiServer, bench: Bench) -> None:
    """T1: the rehearsal tells it before anything moves, with the owner and the field."""
    adapter = bench.env(force=False)
    owner = 'env\\[name="PCT"\\].value: conflict with "kubectl-client-side-apply".*`force: true`'
    for call in (adapter.rehearse(), adapter.apply(Weight(1))):
        with pytest.raises(Denied, match=owner):
            await call
    assert variables(api)["PCT"] == "0"
    await bench.env(force=True).apply(Weight(1))
    assert variables(api)["PCT"] == "1"
    await adapter.apply(Weight(10))
    assert variables(api)["PCT"] == "10", "it's ours now"


async def test_two_kinds_on_one_deployment_leave_each_others_fields_alone(api: ApiServer, bench: Bench) -> None:
    """What an applier doesn't name any more is taken away: each kind applies under a name of its own."""
    await bench.env().apply(Weight(10))
    await bench.kill().engage()
    await bench.kill("kubernetes_scale", force=True).engage()
    await bench.kill("kubernetes_restart").engage()
    await bench.env().apply(Weight(1))
    assert variables(api) == {"PCT": "1", "ENABLED": "false"}
    assert api.body("deployments", "denis")["spec"]["replicas"] == 0
    assert set(api.owners("deployments", "denis")) >= {"perch-PCT", "perch-ENABLED", "perch-replicas", "perch-restart"}


async def test_asking_again_makes_no_new_generation_and_no_restart(api: ApiServer, bench: Bench) -> None:
    adapter = bench.env()
    await adapter.apply(Weight(10))
    before = api.body("deployments", "denis")["metadata"]
    await adapter.apply(Weight(10))
    after = api.body("deployments", "denis")["metadata"]
    assert (after["generation"], after["resourceVersion"]) == (before["generation"], before["resourceVersion"])
    assert len(api.controllers["denis"].sets) == 2


async def test_a_rehearsal_is_a_dry_run_and_needs_the_rights_of_a_roll_out(api: ApiServer, bench: Bench) -> None:
    """X5: least privilege is deploy/kubernetes-rbac.yaml; what it lacks is told before the start."""
    said = await bench.env().rehearse()
    assert "server-side dry run" in said
    assert [each for each in patches(api) if "dryRun=All" not in each] == []
    for right in (("patch", "deployments"), ("list", "replicasets"), ("list", "pods"), ("get", "deployments")):
        api.forbidden = {right}
        with pytest.raises(Denied, match=f"cannot {right[0]} resource .{right[1]}.*|doesn't allow"):
            await bench.env().rehearse()


async def test_the_right_to_watch_may_be_left_out_and_nothing_is_said(api: ApiServer, bench: Bench) -> None:
    """X5: it's there for fewer requests. A rehearsal, and so `perch doctor` and the preflight, don't ask for it."""
    allowed = await bench.env().rehearse()
    api.forbidden = {("watch", "deployments"), ("watch", "pods")}
    assert await bench.env().rehearse() == allowed
    api.script = [*[UNDER_WAY] * 9, Step()]
    await bench.env().apply(Weight(1))
    assert (await bench.env().read()).weight == Weight(1)
