"""M7: the state of a Deployment's pods as numbers: OOM kills, restarts, crash loops, pods that are ready.

Kubernetes keeps how a container ended the last time, and how often it was restarted, for as long as its pod lives: a
roll-out begins from 0. So "since the stage began" is what it says where each stage makes new pods (`kubernetes_env`);
elsewhere `within` counts only what ended lately.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from lightkube.models.core_v1 import ContainerStatus
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.http import no_data
from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.options import ClusterOptions, Name
from adapters.kubernetes.pods import OOM, containers, crash_loops, ends, name_of
from adapters.options import Deadline
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration, misread
from bot.domain.units import Unit
from bot.ports import Answer, OutsideFault, Question, Sample

Measure = Literal["ready", "restarts", "oom_killed", "crash_looping"]


def _labels(value: str) -> str:
    if not all(part.count("=") == 1 and part.strip("=") == part for part in value.split(",")):
        raise misread("a selector is label=value, …", "write app=denis,track=canary")
    return value


class Options(ClusterOptions):
    """`source: {kind: kubernetes, …}`: the pods of a Deployment, or those with these labels. `deadline` is a whole
    answer's; `timeout`, of one request, isn't needed beside it."""

    deployment: Name | None = None
    pods: Annotated[str, AfterValidator(_labels)] | None = None
    deadline: Deadline = timedelta(seconds=10)
    at_once: int = Field(default=2, ge=1, le=16)
    per_minute: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> Options:
        if (self.deployment is None) == (self.pods is None):
            raise misread("whose pods? give deployment or pods", "write deployment: denis, or pods: app=denis")
        return self


class Ask(BaseModel):
    """What is counted over all pods. `within` leaves out containers that ended longer ago."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: Measure
    within: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Ask:
        if self.within is not None and self.measure not in ("restarts", "oom_killed"):
            raise misread(f"{self.measure} is how it is now", "take `within` out")
        return self


class Pods:
    """One Deployment's pods, or those with some labels."""

    def __init__(self, options: Options, environment: Environment) -> None:
        self._options = options
        self._cluster = Cluster(options, environment)
        self._turn = asyncio.Semaphore(options.at_once)
        self._closed = False

    async def ask(self, question: Question, at: datetime) -> Answer:
        """One sample, its labels naming the pods that count. Without a pod, `ready` is 0 and the others are nothing."""
        async with self._turn:
            if self._closed:
                return NoData(Missing.NOT_ASKED, "the source was closed", at)
            try:
                async with asyncio.timeout(self._options.deadline.total_seconds()):
                    pods = await self._pods()
            except TimeoutError:
                within = f"{self._options.deadline.total_seconds():g} s"
                return NoData(Missing.TIMEOUT, f"{self._cluster.place} didn't answer within {within}", at)
            except OutsideFault as fault:
                return no_data(fault, at)
        known = pods or (_measure(question.ask) == "ready" and self._options.deployment)
        return (_sample(question.ask, pods, at),) if known else ()

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """No baseline: the API server only tells how it is now."""
        return NoData(Missing.NO_BASELINE, "Kubernetes keeps no history", end)

    async def aclose(self) -> None:
        """Let go of connections."""
        self._closed = True
        await self._cluster.aclose()

    async def _pods(self) -> list[Pod]:
        if self._options.pods is not None:
            pairs = (part.split("=") for part in self._options.pods.split(","))
            return list(await self._cluster.list(Pod, dict(pairs)))
        deployment = await self._cluster.get(Deployment, self._options.deployment or "")
        selector = deployment.spec.selector if deployment.spec else None
        return list(await self._cluster.list(Pod, (selector.matchLabels if selector else None) or {}))


def _sample(ask: BaseModel, pods: Iterable[Pod], at: datetime) -> Sample:
    measure = _measure(ask)
    within: timedelta | None = getattr(ask, "within", None)
    since = at - within if within is not None else None
    counted = {name_of(pod): _count(measure, pod, since) for pod in pods}
    named = ", ".join(f"{name}: {count}" for name, count in counted.items() if count and measure != "ready")
    return Sample(float(sum(counted.values())), at, named)


def _measure(ask: BaseModel) -> Measure:
    measure: Measure = getattr(ask, "measure", "ready")
    return measure


def _count(measure: Measure, pod: Pod, since: datetime | None) -> int:
    if measure == "ready":
        return int(_ready(pod))
    return sum(_COUNTED[measure](container, since) for container in containers(pod))


def _ready(pod: Pod) -> bool:
    """By the pod's own condition; a pod that is ending is not ready."""
    if pod.metadata and pod.metadata.deletionTimestamp:
        return False
    conditions = (pod.status.conditions if pod.status else None) or ()
    return any(each.type == "Ready" and each.status == "True" for each in conditions)


def _ended(container: ContainerStatus, since: datetime | None, reason: str = "") -> int:
    """Whether it ended, now or the last time, later than `since`."""
    return int(
        any(
            (not reason or end.reason == reason)
            and (since is None or (end.finishedAt is not None and end.finishedAt >= since))
            for end in ends(container)
        )
    )


_COUNTED: Mapping[str, Callable[[ContainerStatus, datetime | None], int]] = {
    "restarts": lambda container, since: _ended(container, since) if since else container.restartCount or 0,
    "oom_killed": lambda container, since: _ended(container, since, OOM),
    "crash_looping": lambda container, since: int(crash_loops(container)),
}

KIND: Kind[Pods] = Kind(options=Options, build=Pods, ask=Ask, unit=Unit.COUNT)
