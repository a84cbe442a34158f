"""One Deployment: how far its roll-out has come, which templates its pods run, and what is wrong with the new ones.

What breaks a roll-out shows in its pods, while the Deployment itself says nothing until its progress deadline: so both
are watched, and both are looked at. Without the right to watch, the looks alone do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from lightkube.models.apps_v1 import DeploymentStatus
from lightkube.models.core_v1 import PodTemplateSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Pod

from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.pods import trouble
from adapters.kubernetes.watch import Sleep, Watch
from bot.ports import Denied, Nonsense, OutOfReach

PAUSE_S = 1.0
"""Between two looks at a roll-out, at least."""
REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a roll-out is. `failed` is for good; `words` tells people either way."""

    done: bool
    failed: bool
    words: str


def progress(deployment: Deployment) -> Progress:
    """By the rules of `kubectl rollout status`, in its order: pkg/polymorphichelpers/rollout_status.go of kubectl.

    Beyond those, one that is paused won't come to its end.
    """
    status, wanted = deployment.status, wanted_pods(deployment)
    if status is None or not taken_up(deployment):
        return Progress(False, False, "the change isn't taken up yet")
    if any(
        each.type == "Progressing" and each.reason == "ProgressDeadlineExceeded" for each in status.conditions or ()
    ):
        return Progress(False, True, "it exceeded its progress deadline")
    if not (lacking := _lacking(status, wanted)):
        return Progress(True, False, f"{status.availableReplicas or 0} of {wanted} pods")
    paused = bool(deployment.spec and deployment.spec.paused)
    return Progress(False, paused, f"{lacking}, and it is paused: kubectl rollout resume" if paused else lacking)


def _lacking(status: DeploymentStatus, wanted: int) -> str:
    """What a roll-out lacks, or ""."""
    updated, every, available = status.updatedReplicas or 0, status.replicas or 0, status.availableReplicas or 0
    if updated < wanted:
        return f"{updated} of {wanted} pods updated"
    if every > updated:
        return f"{every - updated} old pods still there"
    return f"{available} of {updated} updated pods available" if available < updated else ""


def settled(deployment: Deployment) -> bool:
    """Whether no pod of an older template is left; pods that are missing or not ready don't matter for that."""
    status = deployment.status
    return status is not None and taken_up(deployment) and (status.replicas or 0) <= (status.updatedReplicas or 0)


def taken_up(deployment: Deployment) -> bool:
    """Whether the controller has seen the newest change; before that, its numbers are of the one before."""
    status = deployment.status
    return status is not None and (status.observedGeneration or 0) >= (meta(deployment).generation or 0)


def template_of(deployment: Deployment) -> PodTemplateSpec:
    """What new pods are made by."""
    return (deployment.spec.template if deployment.spec else None) or PodTemplateSpec()


class Deployed:
    """Looks at one Deployment and changes fields of it. Raises like `Cluster`."""

    def __init__(self, cluster: Cluster, name: str, manager: str, force: bool, sleep: Sleep = asyncio.sleep) -> None:
        self._cluster, self.name, self._sleep = cluster, name, sleep
        self._manager, self._force = manager, force
        self.place = f"{cluster.place}/{name}"

    async def get(self) -> Deployment:
        found = await self._cluster.get(Deployment, self.name)
        if found.metadata is None or found.spec is None or found.spec.template is None:
            raise Nonsense(f"{self.place}: the answer is no Deployment")
        return found

    async def template(self) -> PodTemplateSpec:
        """What new pods are made by."""
        return template_of(await self.get())

    async def apply(self, fields: Mapping[str, Any], dry_run: bool = False) -> Deployment:
        return await self._cluster.apply(Deployment, self.name, fields, self._manager, self._force, dry_run)

    async def templates(self, deployment: Deployment) -> Sequence[PodTemplateSpec]:
        """The templates that pods of older ReplicaSets run, or may still run."""
        live = [each for each in await self._sets(deployment) if _pods_of(each)]
        return [each.spec.template for each in live if each.spec and each.spec.template]

    async def wrong(self, deployment: Deployment) -> str:
        """What is wrong with the pods of the newest template, with the pod's name; "" for nothing."""
        revision = (meta(deployment).annotations or {}).get(REVISION)
        newest = [each for each in await self._sets(deployment) if _revision(each) == revision is not None]
        pods = await self._cluster.list(Pod, _labels(deployment))
        return trouble(pod for pod in pods if any(_owned(pod.metadata, each.metadata) for each in newest))

    async def rolled_out(self, within: timedelta) -> None:
        """Wait for the roll-out. Raises Denied with the reason when it failed, OutOfReach when it takes too long."""
        words = "nothing was seen of it"
        try:
            async with asyncio.timeout(within.total_seconds()):
                deployment = await self.get()
                async with self._watched(deployment, within) as watch:
                    while not (seen := progress(deployment)).done:
                        words = seen.words
                        await self._raise_for(deployment, seen)
                        deployment = await self._next(deployment, watch)
        except TimeoutError as error:
            took = f"{within.total_seconds():g} s"
            raise OutOfReach(f"{self.place}: the roll-out isn't done after {took}: {words}") from error

    def _watched(self, deployment: Deployment, longest: timedelta) -> Watch:
        changes = partial(self._cluster.changes, longest=longest)
        itself, pods = partial(changes, Deployment, name=self.name), partial(changes, Pod, labels=_labels(deployment))
        return Watch((itself, pods), self._sleep)

    async def _next(self, before: Deployment, watch: Watch) -> Deployment:
        """The next look, when it's due. A watch that kept a change from us isn't trusted again."""
        await self._sleep(PAUSE_S)
        silent = await watch.silence()
        after = await self.get()
        if silent and meta(after).resourceVersion != meta(before).resourceVersion:
            watch.give_up()
        return after

    async def _raise_for(self, deployment: Deployment, seen: Progress) -> None:
        if not taken_up(deployment):
            return
        wrong = await self.wrong(deployment)
        if wrong or seen.failed:
            raise Denied(f"{self.place}: the roll-out failed: {wrong or seen.words}")

    async def rehearse(self, fields: Mapping[str, Any]) -> str:
        """Apply for the server's eyes only, and look at ReplicaSets and pods: what a roll-out will need."""
        deployment = await self.get()
        await self.apply(fields, dry_run=True)
        await self.wrong(deployment)
        return f"{self.place} takes the change (server-side dry run); {progress(deployment).words}"

    async def _sets(self, deployment: Deployment) -> list[ReplicaSet]:
        found = await self._cluster.list(ReplicaSet, _labels(deployment))
        return [each for each in found if _owned(each.metadata, deployment.metadata)]


def meta(deployment: Deployment) -> ObjectMeta:
    return deployment.metadata or ObjectMeta()


def wanted_pods(deployment: Deployment) -> int:
    """How many it's to have; 1 where nothing is said."""
    replicas = deployment.spec.replicas if deployment.spec else None
    return 1 if replicas is None else replicas


def _labels(deployment: Deployment) -> Mapping[str, str]:
    selector = deployment.spec.selector if deployment.spec else None
    return dict((selector.matchLabels if selector else None) or {})


def _pods_of(each: ReplicaSet) -> int:
    counted = (each.status.replicas if each.status else None) or 0
    return max(counted, (each.spec.replicas if each.spec else None) or 0)


def _revision(each: ReplicaSet) -> str | None:
    return ((each.metadata.annotations if each.metadata else None) or {}).get(REVISION)


def _owned(mine: ObjectMeta | None, owner: ObjectMeta | None) -> bool:
    if mine is None or owner is None or owner.uid is None:
        return False
    return any(each.uid == owner.uid for each in mine.ownerReferences or ())
