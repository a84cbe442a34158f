"""Kind `kubernetes_restart` (T1): all pods of a Deployment made anew, once per kill.

The Deployment carries a mark while it's engaged, so that asking twice restarts once; putting back takes the mark away
and restarts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.deployments import Deployed, meta, template_of
from adapters.kubernetes.options import ClusterOptions, Name
from adapters.traffic.values import Standing, shown
from bot.domain.kinds import Environment
from bot.ports import Nonsense

MARK = "perch/restarted-at"
"""On the Deployment: engaged since. On its pods' template: what made them new."""


class KubernetesRestartOptions(ClusterOptions):
    """`kill_switch: {kind: kubernetes_restart, …}`."""

    deployment: Name


class RestartKill:
    """Restarts; for what keeps its state in memory and comes back as it was."""

    def __init__(
        self,
        options: KubernetesRestartOptions,
        environment: Environment,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cluster, self._clock = Cluster(options, environment), clock
        self._deployed = Deployed(self._cluster, options.deployment, "perch-restart", force=False)

    @property
    def target(self) -> str:
        return f"{self._deployed.place} restart"

    async def former(self) -> str:
        mark, _ = await self._marks()
        return Standing(mark, absent=mark is None).to_text()

    async def engage(self) -> None:
        mark, made = await self._marks()
        if mark is None:
            mark = made = self._clock().isoformat()
        await self._deployed.apply(_fields(mark, made))

    async def engaged(self) -> bool:
        mark, _ = await self._marks()
        return mark is not None

    async def restore(self, former: str) -> None:
        before = Standing.from_text(former)
        if not before.absent and not isinstance(before.value, str):
            raise Nonsense("the recorded former value can't be understood; nothing was put back")
        _, made = await self._marks()
        await self._deployed.apply(_fields(before.value, made))

    async def rehearse(self) -> str:
        mark, _ = await self._marks()
        tried = await self._deployed.rehearse(_fields("rehearsal", "rehearsal"))
        return f"{tried}; {'not restarted yet' if mark is None else f'marked as restarted at {shown(mark)}'}"

    async def aclose(self) -> None:
        await self._cluster.aclose()

    async def _marks(self) -> tuple[str | None, str | None]:
        """The Deployment's, and its template's."""
        deployment = await self._deployed.get()
        made = template_of(deployment).metadata
        return (meta(deployment).annotations or {}).get(MARK), ((made.annotations if made else None) or {}).get(MARK)


def _fields(mark: str | None, made: str | None) -> Mapping[str, Any]:
    """All that is ours: what isn't named here is taken away."""
    fields: dict[str, Any] = {}
    if mark is not None:
        fields["metadata"] = {"annotations": {MARK: mark}}
    if made is not None:
        fields["spec"] = {"template": {"metadata": {"annotations": {MARK: made}}}}
    return fields
