"""Kinds `kubernetes_env`, `kubernetes_scale` and `kubernetes_restart` (R20): a Deployment changed, and its roll-out.

Each waits until the Deployment has rolled out; one that fails, or takes longer than `rollout`, is a fault. Needs the
rights of the traffic kinds of the same names: docs/adapters-kubernetes.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from adapters.effects.kept import KeptEffect
from adapters.effects.options import ToAndBack
from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.deployments import Deployed
from adapters.kubernetes.options import ClusterOptions, Name
from adapters.options import Deadline
from adapters.traffic.kubernetes_env import EnvOptions, Variable
from adapters.traffic.kubernetes_scale import KubernetesScaleOptions, Replicas
from adapters.traffic.values import Standing
from bot.domain.kinds import Environment

MARK = "perch/restarted-for"
"""On the pods' template: the action that made them new, so that doing it again restarts nothing."""
ROLLOUT = timedelta(minutes=5)


class KubernetesEnvEffectOptions(EnvOptions, ToAndBack):
    """`before: [{kind: kubernetes_env, deployment: …, variable: …, to: …, back: …}]`."""

    rollout: Deadline = ROLLOUT


class KubernetesScaleEffectOptions(KubernetesScaleOptions):
    """`before: [{kind: kubernetes_scale, deployment: …, replicas: 1, back: 0}]`; without `back` it stays."""

    replicas: int = Field(ge=0, le=1000)
    back: int | None = Field(default=None, ge=0, le=1000)
    rollout: Deadline = ROLLOUT


class KubernetesRestartEffectOptions(ClusterOptions):
    """`before: [{kind: kubernetes_restart, deployment: …}]`; `back: restart` restarts on the way back, too."""

    deployment: Name
    back: Literal["restart"] | None = None
    rollout: Deadline = ROLLOUT


class _RolledOut:
    """A value of a Deployment; it stands when the roll-out is done."""

    def __init__(self, kept: Variable | Replicas, to: Standing, within: timedelta) -> None:
        self._kept, self._to, self._within = kept, to, within

    @property
    def target(self) -> str:
        return self._kept.target

    async def get(self) -> Standing:
        return await self._kept.get()

    async def put(self, standing: Standing) -> None:
        await self._kept.put(standing)
        await self._kept.deployed.rolled_out(self._within)

    async def rehearse(self) -> str:
        return await (self._kept.rehearse(self._to) if isinstance(self._kept, Variable) else self._kept.rehearse())


class DeploymentEffect(KeptEffect):
    """A value of a Deployment, set and set back."""

    def __init__(self, kept: Variable | Replicas, to: Standing, back: Standing | None, within: timedelta) -> None:
        self._connected = kept
        super().__init__(_RolledOut(kept, to, within), to, back)

    async def aclose(self) -> None:
        await self._connected.aclose()


def env(options: KubernetesEnvEffectOptions, environment: Environment) -> DeploymentEffect:
    """A variable of a Deployment's pods."""
    return DeploymentEffect(Variable(options, environment), options.wanted, options.returned, options.rollout)


def scale(options: KubernetesScaleEffectOptions, environment: Environment) -> DeploymentEffect:
    """How many pods a Deployment has."""
    back = None if options.back is None else Standing(options.back)
    return DeploymentEffect(Replicas(options, environment), Standing(options.replicas), back, options.rollout)


class RestartEffect:
    """All pods of a Deployment made anew, once for each action."""

    def __init__(self, options: KubernetesRestartEffectOptions, environment: Environment) -> None:
        self._options, self._cluster = options, Cluster(options, environment)
        self._deployed = Deployed(self._cluster, options.deployment, "perch-action", False)

    @property
    def target(self) -> str:
        return f"{self._deployed.place} restart"

    async def begin(self, key: str) -> str:
        return await self._restart(key)

    async def end(self, key: str) -> str:
        return await self._restart(f"{key}-back") if self._options.back else ""

    async def rehearse(self) -> str:
        return await self._deployed.rehearse(_fields("rehearsal"))

    async def aclose(self) -> None:
        await self._cluster.aclose()

    async def _restart(self, mark: str) -> str:
        await self._deployed.apply(_fields(mark))
        await self._deployed.rolled_out(self._options.rollout)
        return f"{self.target}: its pods are new"


def _fields(mark: str) -> Mapping[str, Any]:
    return {"spec": {"template": {"metadata": {"annotations": {MARK: mark}}}}}
