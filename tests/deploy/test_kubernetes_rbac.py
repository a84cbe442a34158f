"""The manifest grants what the Kubernetes kinds ask for, and nothing else (T1, T2, M7)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.sources.kubernetes import Ask, Options, Pods
from adapters.traffic import KILL, TRAFFIC
from bot.domain.units import Weight
from bot.ports import Question
from tests.adapters.traffic.far_sides.kubernetes_worlds import environment_of
from tests.fakes.kubernetes.controller import Step, waiting
from tests.fakes.kubernetes.server import ApiServer, api_server, deployment, route

pytestmark = pytest.mark.anyio
FILE = Path(__file__).parents[2] / "deploy" / "kubernetes-rbac.yaml"
DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all(FILE.read_text()))
_DENIS: dict[str, Any] = {"namespace": "denis", "deployment": "denis", "force": True}
_ROUTE: dict[str, Any] = {"namespace": "denis", "route": "denis", "canary": "canary", "stable": "stable"}
TRAFFICS: dict[str, dict[str, Any]] = {"kubernetes_env": _DENIS | {"variable": "PCT"}, "gateway_route": _ROUTE}
KILLS: dict[str, dict[str, Any]] = {
    "kubernetes_env": _DENIS | {"variable": "ENABLED", "off": "false"},
    "kubernetes_scale": _DENIS,
    "kubernetes_restart": {"namespace": "denis", "deployment": "denis"},
    "gateway_route": _ROUTE,
}


def granted() -> set[tuple[str, str, str]]:
    """Each verb, group and resource of the role."""
    [role] = [each for each in DOCUMENTS if each["kind"] == "Role"]
    return {
        (verb, group, resource)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def asked(api: ApiServer) -> set[tuple[str, str, str]]:
    """Each verb, group and resource that was asked for."""
    found = set()
    for line in api.requests:
        method, _, path = line.partition(" ")
        path, _, query = path.partition("?")
        where, _, rest = path.partition("/namespaces/denis/")
        resource, _, name = rest.partition("/")
        group = where.split("/")[2] if where.startswith("/apis/") else ""
        collection = "watch" if "watch=true" in query else "list"
        found.add(("patch" if method == "PATCH" else "get" if name else collection, group, resource))
    return found


async def watched(api: ApiServer) -> None:
    """Until a roll-out is watched by both its streams."""
    async with asyncio.timeout(10):
        while api.watches.open < 2:
            await asyncio.sleep(0)


async def use_all(api: ApiServer, home: Path) -> None:
    environment = environment_of(home, api)
    for kind, options in TRAFFICS.items():
        traffic = TRAFFIC[kind].build(TRAFFIC[kind].options(**options), environment)
        await traffic.rehearse()
        api.script = [Step(updated=1, available=0, old=1, container=waiting("ContainerCreating"))]
        raised = asyncio.create_task(traffic.apply(Weight(1)))
        if kind == "kubernetes_env":
            await watched(api)
        api.come_to("denis", Step())
        await raised
        api.script = [Step(updated=1, available=0, old=1, container=waiting("ContainerCreating")), Step()]
        await traffic.read()
        await traffic.aclose()
    for kind, options in KILLS.items():
        kill = KILL[kind].build(KILL[kind].options(**options), environment)
        await kill.rehearse()
        former = await kill.former()
        await kill.engage()
        await kill.engaged()
        await kill.restore(former)
        await kill.aclose()
    source = Pods(Options(namespace="denis", deployment="denis"), environment)
    await source.ask(Question(Ask(measure="ready")), datetime(2026, 3, 2, tzinfo=UTC))
    await source.aclose()


async def test_it_grants_what_is_asked_for_and_nothing_else(tmp_path: Path) -> None:
    """Least privilege, both ways."""
    async with api_server() as api:
        api.create("deployments", deployment("denis", {"PCT": "0", "ENABLED": "true"}))
        api.create("httproutes", route("denis", canary=0, stable=100))
        await use_all(api, tmp_path)
        assert asked(api) == granted()
        watches = [each for each in api.requests if "deployments?" in each]
        assert watches
        assert all("fieldSelector=metadata.name%3Ddenis&" in each for each in watches), "or the names wouldn't hold"


def test_objects_that_can_be_named_are_named_and_nothing_is_granted_everywhere() -> None:
    [role] = [each for each in DOCUMENTS if each["kind"] == "Role"]
    for rule in role["rules"]:
        assert "resourceNames" in rule or {*rule["verbs"]} <= {"list", "watch"}
        assert "*" not in {*rule["verbs"], *rule["resources"], *rule["apiGroups"]}
    assert not [each["kind"] for each in DOCUMENTS if each["kind"].startswith("Cluster")]


def test_the_shipped_plans_deployments_are_among_them() -> None:
    [role] = [each for each in DOCUMENTS if each["kind"] == "Role"]
    plan = yaml.safe_load((FILE.parents[1] / "plans" / "materializers.yaml").read_text())
    parts = [*plan["traffic"], *(part for tier in plan["kill_switch"] for part in tier)]
    named = {part["deployment"] for part in parts if part["kind"].startswith("kubernetes_")}
    assert named <= set(role["rules"][0]["resourceNames"])
    assert {part["namespace"] for part in parts if "namespace" in part} == {role["metadata"]["namespace"]}
