"""The Kubernetes kinds (T1, T2) beyond the contract: whose fields they take, and what is in force during a roll-out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.traffic import KILL, TRAFFIC
from adapters.traffic.gateway_route import GatewayRouteOptions, RouteTraffic, weights_for
from adapters.traffic.kubernetes_env import EnvTraffic, KubernetesEnvTrafficOptions
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, KillMethod, Nonsense, OutOfReach, Traffic
from tests.adapters.traffic.far_sides.kubernetes_worlds import environment_of, set_variable, variables
from tests.fakes.kubernetes.controller import Step, waiting
from tests.fakes.kubernetes.paces import at_once
from tests.fakes.kubernetes.server import ApiServer, api_server, deployment, kubeconfig, route
from tests.far_side import always, serving
from tests.waiting import until

pytestmark = pytest.mark.anyio

BROKEN = Step(updated=1, available=0, old=3, container=waiting("CrashLoopBackOff", restartCount=3))
UNDER_WAY = Step(updated=1, available=1, old=2)


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with api_server() as server:
        server.create("deployments", deployment("denis", {"PCT": "0", "ENABLED": "true"}))
        server.create("httproutes", route("split", canary=0, stable=100))
        yield server


class Bench:
    """Builds kinds against the server, and closes them."""

    def __init__(self, api: ApiServer, home: Path) -> None:
        self.environment = environment_of(home, api)
        self.made: list[Traffic | KillMethod] = []

    def env(self, **more: Any) -> EnvTraffic:
        options = {"namespace": "denis", "deployment": "denis", "variable": "PCT", "force": True, "rollout": "20s"}
        made = EnvTraffic(KubernetesEnvTrafficOptions(**{**options, **more}), self.environment, sleep=at_once)
        self.made.append(made)
        return made

    def kill(self, kind: str = "kubernetes_env", **more: Any) -> KillMethod:
        options = {"namespace": "denis", "deployment": "denis", **more}
        if kind == "kubernetes_env":
            options |= {"variable": "ENABLED", "off": "false", "force": True} | more
        made = KILL[kind].build(KILL[kind].options(**options), self.environment)
        self.made.append(made)
        return made

    def route(self, **more: Any) -> Traffic:
        options = {"namespace": "denis", "route": "split", "canary": "canary", "stable": "stable", **more}
        made = TRAFFIC["gateway_route"].build(TRAFFIC["gateway_route"].options(**options), self.environment)
        self.made.append(made)
        return made


@pytest.fixture
async def bench(api: ApiServer, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(api, tmp_path)
    yield made
    for each in made.made:
        await each.aclose()


def patches(api: ApiServer) -> list[str]:
    return [each for each in api.requests if each.startswith("PATCH")]


# ---- whose fields -------------------------------------------------------------------------------------------------


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


# ---- roll-outs ----------------------------------------------------------------------------------------------------


async def test_a_raise_is_done_when_its_pods_are(api: ApiServer, bench: Bench) -> None:
    api.script = [Step(), Step(observed=False), Step(updated=1, available=0, old=3), Step(updated=3, old=1), Step()]
    adapter = bench.env()
    await adapter.apply(Weight(10))
    assert len(api.script) == 1
    state = await adapter.read()
    assert (state.weight, state.shown) == (Weight(10), 'PCT = "10"; 3 of 3 pods')


async def test_a_raise_whose_pods_crash_is_told_with_the_pod_and_can_go_back(api: ApiServer, bench: Bench) -> None:
    """Half-applied: the variable is set, the roll-out isn't done. Going back needs no new pods."""
    adapter = bench.env()
    api.script = [Step(), Step(), BROKEN]
    with pytest.raises(Denied, match=r"pod denis-2-a: CrashLoopBackOff \(3 restarts\)"):
        await adapter.apply(Weight(10))
    state = await adapter.read()
    assert state.weight == Weight(10)
    assert "pod denis-2-a: CrashLoopBackOff" in state.shown
    assert "pods may serve 0%, 10%" in state.shown
    api.script = [Step()]
    await adapter.apply(ZERO)
    assert (await adapter.read()).weight == ZERO
    assert len(api.controllers["denis"].sets) == 2, "the old ReplicaSet is used again"


async def test_a_raise_that_is_asked_for_again_still_waits(api: ApiServer, bench: Bench) -> None:
    """A crash in the middle: the template says 10 % already, its pods aren't there."""
    set_variable(api, "PCT", "10")
    api.script = [BROKEN]
    with pytest.raises(Denied, match="CrashLoopBackOff"):
        await bench.env().apply(Weight(10))


async def test_a_lowering_is_not_down_before_the_last_old_pod_is_gone(api: ApiServer, bench: Bench) -> None:
    """Law 5, law 10: what may still serve more counts; asking returns at once, so that no kill waits for pods."""
    adapter = bench.env()
    await adapter.apply(Weight(50))
    api.script = [Step(), UNDER_WAY]
    await adapter.apply(ZERO)
    state = await adapter.read()
    assert state.weight == Weight(50)
    assert state.shown == 'PCT = "0"; 1 of 3 pods updated; pods may serve 0%, 50%'
    api.script = [Step()]
    assert (await adapter.read()).weight == ZERO


async def test_a_change_that_nobody_has_taken_up_yet_counts_as_not_there(api: ApiServer, bench: Bench) -> None:
    adapter = bench.env()
    await adapter.apply(Weight(50))
    api.script = [Step(), Step(observed=False)]
    await adapter.apply(ZERO)
    assert (await adapter.read()).weight == Weight(50)


async def test_a_plan_may_believe_the_template_where_a_metric_confirms(api: ApiServer, bench: Bench) -> None:
    adapter = bench.env(read_back="template")
    await adapter.apply(Weight(50))
    api.script = [Step(), UNDER_WAY]
    await adapter.apply(ZERO)
    assert (await adapter.read()).weight == ZERO


async def test_somebody_elses_raise_is_seen_before_its_roll_out_is_done(api: ApiServer, bench: Bench) -> None:
    """Law 10: the first new pod serves it."""
    api.script = [UNDER_WAY]
    set_variable(api, "PCT", "40")
    assert (await bench.env().read()).weight == Weight(40)


async def test_a_cancelled_raise_leaves_the_change_and_a_lowering_wins(api: ApiServer, bench: Bench) -> None:
    """Law 7."""
    adapter = bench.env()
    api.script = [Step(updated=1, available=0, old=3)]
    order = asyncio.create_task(adapter.apply(Weight(50)))
    await until(lambda: variables(api)["PCT"] == "50")
    order.cancel()
    await asyncio.gather(order, return_exceptions=True)
    await adapter.apply(ZERO)
    assert variables(api)["PCT"] == "0"


# ---- variables ----------------------------------------------------------------------------------------------------


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


# ---- scale and restart --------------------------------------------------------------------------------------------


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


# ---- routes -------------------------------------------------------------------------------------------------------


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


# ---- options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("kubernetes_env", {"deployment": "d", "variable": "A B"}),
        ("kubernetes_env", {"deployment": "D", "variable": "A"}),
        ("kubernetes_env", {"deployment": "d", "variable": "A", "restart": False}),
        ("kubernetes_env", {"deployment": "d", "variable": "A", "rollout": "2h"}),
        ("gateway_route", {"route": "r", "canary": "a", "stable": "a"}),
        ("gateway_route", {"route": "r", "canary": "a", "stable": "b", "rule": -1}),
    ],
)
def test_options_that_cannot_be_right_are_refused(kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TRAFFIC[kind].options(namespace="denis", **options)


def test_a_switch_whose_off_is_its_on_is_refused() -> None:
    with pytest.raises(ValidationError):
        KILL["kubernetes_env"].options(namespace="n", deployment="d", variable="A", off="1", on=1)
