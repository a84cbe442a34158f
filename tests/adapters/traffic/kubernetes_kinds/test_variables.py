"""Where the share stands in a pod's environment (T1): one plain value in one container, or it isn't taken."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Nonsense
from tests.adapters.traffic.far_sides.kubernetes_worlds import set_variable, variables
from tests.adapters.traffic.kubernetes_kinds.bench import Bench
from tests.fakes.kubernetes.server import ApiServer

pytestmark = pytest.mark.anyio


async def test_a_variable_from_elsewhere_is_left_alone(api: ApiServer, bench: Bench) -> None:
    def from_elsewhere(body: dict[str, Any]) -> None:
        env = body["spec"]["template"]["spec"]["containers"][0]["env"]
        env[0] = {"name": "PCT", "valueFrom": {"configMapKeyRef": {"name": "denis", "key": "pct"}}}

    api.change("deployments", "denis", from_elsewhere)
    with pytest.raises(Nonsense, match="is taken from a ConfigMap"):
        await bench.env().read()
    with pytest.raises(Denied, match="can't take that"):
        await bench.env().apply(ZERO)


async def test_with_several_containers_the_plan_names_one(api: ApiServer, bench: Bench) -> None:
    def beside(body: dict[str, Any]) -> None:
        body["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "envoy"})

    api.change("deployments", "denis", beside)
    with pytest.raises(Denied, match="name one `container` of api, proxy"):
        await bench.env().read()
    with pytest.raises(Denied, match="name one `container`"):
        await bench.env(container="gone").read()
    await bench.env(container="api").apply(Weight(1))
    assert variables(api)["PCT"] == "1"


async def test_a_missing_variable_means_what_the_plan_says(api: ApiServer, bench: Bench) -> None:
    set_variable(api, "PCT", None)
    with pytest.raises(Nonsense, match="absent_is"):
        await bench.env().read()
    assert (await bench.env(absent_is="0%").read()).weight == ZERO
    await bench.env(absent_is="0%", fraction=True).apply(Weight(12.5))
    assert variables(api)["PCT"] == "0.125"


async def test_a_deployment_that_is_not_there_is_denied(bench: Bench) -> None:
    with pytest.raises(Denied, match='deployments "gone" not found'):
        await bench.env(deployment="gone").read()
