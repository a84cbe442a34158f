"""The Kubernetes kinds and the contract server of `tests/fakes/kubernetes`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.traffic import KILL, TRAFFIC
from adapters.traffic.kubernetes_restart import MARK
from tests.adapters.traffic.far_sides.worlds import Lack, Opening, World, closed
from tests.fakes.kubernetes.server import TOKEN, ApiServer, api_server, deployment, kubeconfig, route
from tests.fakes.traffic import Trouble

VARIABLES = {"PCT": "0", "ENABLED": "true", "OTHER": "kept"}


def environment_of(folder: Path, api: ApiServer) -> dict[str, str]:
    return {"KUBECONFIG": kubeconfig(folder, api.url)}


def variables(api: ApiServer) -> dict[str, str]:
    """As the Deployment's template has them."""
    container = api.body("deployments", "denis")["spec"]["template"]["spec"]["containers"][0]
    return {each["name"]: each["value"] for each in container["env"]}


def set_variable(api: ApiServer, name: str, value: str | None) -> None:
    """Somebody else's change."""

    def how(body: dict[str, Any]) -> None:
        container = body["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [each for each in container["env"] if each["name"] != name]
        if value is not None:
            container["env"].append({"name": name, "value": value})

    api.change("deployments", "denis", how)


class KubernetesWorld:
    """Weights in a variable or a route; the switch is what `kill` switches."""

    on: str | None = "true"
    lacks: frozenset[Lack] = frozenset()

    def __init__(self, api: ApiServer, traffic: str, kill: str, options: dict[str, dict[str, Any]], home: Path) -> None:
        self.api, environment = api, environment_of(home, api)
        where = {"namespace": "denis", "timeout": "1s"}
        self.traffic = TRAFFIC[traffic].build(TRAFFIC[traffic].options(**where, **options["traffic"]), environment)
        self.kill = KILL[kill].build(KILL[kill].options(**where, **options["kill"]), environment)
        self.troubles = frozenset(Trouble) - {Trouble.LATE}
        self.secrets = frozenset({TOKEN})

    async def split(self) -> str | None:
        return variables(self.api).get("PCT")

    async def set_split(self, text: str | None) -> None:
        set_variable(self.api, "PCT", text)

    async def switch(self) -> str | None:
        return variables(self.api).get("ENABLED")

    async def set_switch(self, text: str | None) -> None:
        set_variable(self.api, "ENABLED", text)

    async def get_into(self, trouble: Trouble | None) -> None:
        self.api.trouble = trouble
        self.api.asked.clear()
        if trouble is None:
            self.api.over.set()
            self.api.over.clear()

    async def reached(self) -> None:
        await self.api.asked.wait()


class RouteWorld(KubernetesWorld):
    on = "5 95"
    lacks = frozenset({Lack.ABSENT, Lack.OUT_OF_RANGE})

    async def split(self) -> str | None:
        canary, stable = self._weights("split")
        return f"{100 * canary / (canary + stable):g}"

    async def set_split(self, text: str | None) -> None:
        self._set("split", int(text or 0), 100 - int(text or 0))

    async def switch(self) -> str | None:
        return " ".join(map(str, self._weights("switch")))

    async def set_switch(self, text: str | None) -> None:
        self._set("switch", *map(int, (text or "").split()))

    def _weights(self, name: str) -> list[int]:
        return [each["weight"] for each in self.api.body("httproutes", name)["spec"]["rules"][0]["backendRefs"]]

    def _set(self, name: str, *weights: int) -> None:
        def how(body: dict[str, Any]) -> None:
            for backend, weight in zip(body["spec"]["rules"][0]["backendRefs"], weights, strict=True):
                backend["weight"] = weight

        self.api.change("httproutes", name, how)


class ScaleWorld(KubernetesWorld):
    on = "3"
    lacks = frozenset({Lack.ABSENT})

    async def switch(self) -> str | None:
        return str(self.api.body("deployments", "denis")["spec"]["replicas"])

    async def set_switch(self, text: str | None) -> None:
        self.api.change("deployments", "denis", lambda body: body["spec"].update(replicas=int(text or 0)))


class RestartWorld(KubernetesWorld):
    on = None

    async def switch(self) -> str | None:
        mark: str | None = self.api.body("deployments", "denis")["metadata"].get("annotations", {}).get(MARK)
        return mark

    async def set_switch(self, text: str | None) -> None:
        assert text is None, "nobody else marks it"


Making = Callable[[ApiServer, Path], KubernetesWorld]
_DENIS: dict[str, Any] = {"deployment": "denis"}
_PCT = _DENIS | {"variable": "PCT", "force": True}
_SIDES = {"canary": "canary", "stable": "stable"}


def _env(api: ApiServer, home: Path) -> KubernetesWorld:
    options = {"traffic": _PCT, "kill": _DENIS | {"variable": "ENABLED", "off": "false", "on": "true", "force": True}}
    return KubernetesWorld(api, "kubernetes_env", "kubernetes_env", options, home)


def _route(api: ApiServer, home: Path) -> KubernetesWorld:
    options = {"traffic": _SIDES | {"route": "split"}, "kill": _SIDES | {"route": "switch"}}
    return RouteWorld(api, "gateway_route", "gateway_route", options, home)


def _scale(api: ApiServer, home: Path) -> KubernetesWorld:
    options = {"traffic": _PCT, "kill": _DENIS | {"force": True}}
    return ScaleWorld(api, "kubernetes_env", "kubernetes_scale", options, home)


def _restart(api: ApiServer, home: Path) -> KubernetesWorld:
    return RestartWorld(api, "kubernetes_env", "kubernetes_restart", {"traffic": _PCT, "kill": _DENIS}, home)


def kubernetes_world(making: Making) -> Opening:
    @asynccontextmanager
    async def opened(tmp_path: Path) -> AsyncIterator[World]:
        async with api_server() as api:
            api.create("deployments", deployment("denis", VARIABLES))
            api.create("httproutes", route("split", canary=0, stable=100))
            api.create("httproutes", route("switch", canary=5, stable=95))
            world = making(api, tmp_path)
            yield world
            await closed(world)

    return opened


ENV, ROUTE, SCALE, RESTART = (kubernetes_world(making) for making in (_env, _route, _scale, _restart))
