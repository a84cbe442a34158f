"""A Gateway API route (T2): in force is what the gateway has taken up, and other fields stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.traffic.gateway_route import GatewayRouteOptions, RouteTraffic, weights_for
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Nonsense, OutOfReach
from tests.adapters.traffic.kubernetes_kinds.bench import Bench
from tests.fakes.kubernetes.server import ApiServer, kubeconfig, route
from tests.far_side import always, serving

pytestmark = pytest.mark.anyio


def gateway_says(api: ApiServer, **said: Any) -> None:
    for condition in api.body("httproutes", "split")["status"]["parents"][0]["conditions"]:
        condition.update(said.get(condition["type"], {}))


async def test_a_route_that_the_gateway_has_not_taken_up_is_not_in_force(api: ApiServer, bench: Bench) -> None:
    """T2: the numbers stand there already; whether they route is what the gateway says of this generation."""
    adapter = bench.route()
    await adapter.apply(Weight(10))
    gateway_says(api, Accepted={"observedGeneration": 1})
    with pytest.raises(OutOfReach, match="no gateway has taken up canary 10, stable 90 yet"):
        await adapter.read()


async def test_a_route_that_the_gateway_refuses_is_denied_before_anything_moves(api: ApiServer, bench: Bench) -> None:
    gateway_says(api, ResolvedRefs={"status": "False", "reason": "BackendNotFound"})
    with pytest.raises(Denied, match="ResolvedRefs=False: BackendNotFound"):
        await bench.route().rehearse()
    assert "BackendNotFound" in (await bench.route().read()).shown


async def test_other_fields_of_a_route_stay_and_its_owner_keeps_them(api: ApiServer, bench: Bench) -> None:
    before = api.owners("httproutes", "split")
    await bench.route().apply(Weight(0.5))
    spec = api.body("httproutes", "split")["spec"]
    assert spec["parentRefs"] == [{"name": "gw"}]
    assert [each["weight"] for each in spec["rules"][0]["backendRefs"]] == [5, 995]
    assert api.owners("httproutes", "split") == before


async def test_a_route_changed_under_our_hands_is_not_patched_in_the_wrong_place(api: ApiServer, bench: Bench) -> None:
    made = bench.route()
    split = made._route.split(await made._route.get())  # type: ignore[attr-defined]
    api.change("httproutes", "split", lambda body: body["spec"]["rules"][0]["backendRefs"].reverse())
    with pytest.raises(Denied, match="can't take that"):
        await made._route.set(split, (50, 50))  # type: ignore[attr-defined]
    assert (await made.read()).weight == ZERO


@pytest.mark.parametrize(
    ("backends", "words"),
    [
        ([{"name": "canary", "weight": 1}], "no rule with the backends canary and stable"),
        ([{"name": "canary"}, {"name": "stable"}, {"name": "third"}], "other backends too"),
        ([{"name": "canary", "weight": "1"}, {"name": "stable"}], "is not a weight"),
        ([{"name": "canary", "weight": 0}, {"name": "stable", "weight": 0}], "both weights are 0"),
    ],
)
async def test_a_route_whose_share_is_not_sure_is_told(
    api: ApiServer, bench: Bench, backends: list[dict[str, Any]], words: str
) -> None:
    api.change("httproutes", "split", lambda body: body["spec"]["rules"][0].update(backendRefs=backends))
    with pytest.raises((Denied, Nonsense), match=words):
        await bench.route().read()


@pytest.mark.parametrize("text", ["null", "5", "[]", "{}", '{"spec": null}', '{"spec": {"rules": 5}}', "<html>"])
async def test_an_answer_that_is_no_route_is_a_fault(tmp_path: Path, text: str) -> None:
    async with serving(always(text)) as url:
        options = GatewayRouteOptions(namespace="denis", route="split", canary="canary", stable="stable")
        adapter = RouteTraffic(options, {"KUBECONFIG": kubeconfig(tmp_path, url)})
        with pytest.raises((Nonsense, Denied)):
            await adapter.read()
        await adapter.aclose()


async def test_where_several_rules_split_the_plan_names_one(api: ApiServer, bench: Bench) -> None:
    rules = route("x", canary=3, stable=7)["spec"]["rules"]
    api.change("httproutes", "split", lambda body: body["spec"]["rules"].extend(rules))
    with pytest.raises(Denied, match="several rules"):
        await bench.route().read()
    assert (await bench.route(rule=1).read()).weight == Weight(30)


def test_a_route_needs_no_more_digits_than_the_share_has() -> None:
    shares = {0: (0, 100), 1: (1, 99), 0.1: (1, 999), 12.5: (125, 875), 33.33: (3333, 6667), 100: (100, 0)}
    assert {percent: weights_for(Weight(percent)) for percent in shares} == shares
