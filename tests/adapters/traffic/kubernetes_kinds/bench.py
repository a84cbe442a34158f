"""Kubernetes kinds over the fake API server, and what they did to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.traffic import KILL, TRAFFIC
from adapters.traffic.kubernetes_env import EnvTraffic, KubernetesEnvTrafficOptions
from bot.ports import KillMethod, Traffic
from tests.adapters.traffic.far_sides.kubernetes_worlds import environment_of
from tests.fakes.kubernetes.controller import Step
from tests.fakes.kubernetes.paces import at_once
from tests.fakes.kubernetes.server import ApiServer

UNDER_WAY = Step(updated=1, available=1, old=2)


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


def patches(api: ApiServer) -> list[str]:
    return [each for each in api.requests if each.startswith("PATCH")]
