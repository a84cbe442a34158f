"""Kind `kubernetes_scale` (T1): a Deployment down to no pods, and back to as many as before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.deployments import Deployed, taken_up, wanted_pods
from adapters.kubernetes.options import ClusterOptions, Name
from adapters.traffic.kept_values import KeptKill
from adapters.traffic.values import Standing
from bot.domain.kinds import Environment
from bot.ports import Nonsense


class KubernetesScaleOptions(ClusterOptions):
    """`kill_switch: {kind: kubernetes_scale, …}`. `force` takes the count from its owner."""

    deployment: Name
    replicas: int = Field(default=0, ge=0, le=1000)
    force: bool = False


class Replicas:
    """How many pods a Deployment is to have."""

    def __init__(self, options: KubernetesScaleOptions, environment: Environment) -> None:
        self._options, self._cluster = options, Cluster(options, environment)
        self.deployed = Deployed(self._cluster, options.deployment, "perch-replicas", options.force)

    @property
    def target(self) -> str:
        return f"{self.deployed.place} replicas"

    async def get(self) -> Standing:
        return Standing(wanted_pods(await self.deployed.get()))

    async def put(self, standing: Standing) -> None:
        await self.deployed.apply(self._fields(standing))

    async def rehearse(self) -> str:
        return await self.deployed.rehearse(self._fields(Standing(self._options.replicas)))

    async def down(self) -> bool:
        """Whether the controller has taken the count up and no more pods than that are left, ending ones aside."""
        deployment = await self.deployed.get()
        status, wanted = deployment.status, self._options.replicas
        if status is None or wanted_pods(deployment) != wanted or not taken_up(deployment):
            return False
        return (status.replicas or 0) <= wanted

    async def aclose(self) -> None:
        await self._cluster.aclose()

    def _fields(self, standing: Standing) -> Mapping[str, Any]:
        if not isinstance(standing.value, int) or isinstance(standing.value, bool) or standing.value < 0:
            raise Nonsense("the recorded former value is no number of pods; nothing was put back")
        return {"spec": {"replicas": standing.value}}


class ScaleKill(KeptKill):
    """Off is when the pods are gone, not when they're to go."""

    def __init__(self, options: KubernetesScaleOptions, environment: Environment) -> None:
        self._replicas = Replicas(options, environment)
        super().__init__(self._replicas, options.replicas)

    async def engaged(self) -> bool:
        return await self._replicas.down()

    async def aclose(self) -> None:
        await self._replicas.aclose()
