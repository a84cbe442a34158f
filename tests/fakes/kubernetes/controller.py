"""What the Deployment controller writes: ReplicaSets, pods, and the status that roll-outs are judged by.

https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

REVISION = "deployment.kubernetes.io/revision"


@dataclass
class Step:
    """One moment of a roll-out: pods by template, and what the newest ones' containers say. None is all of them."""

    updated: int | None = None
    available: int | None = None
    old: int = 0
    observed: bool = True
    reason: str = "NewReplicaSetAvailable"
    container: dict[str, Any] = field(default_factory=dict)
    """Further fields of the newest pods' container status."""
    old_container: dict[str, Any] = field(default_factory=dict)


def waiting(reason: str, **more: Any) -> dict[str, Any]:
    """A container that waits."""
    return {"ready": False, "state": {"waiting": {"reason": reason}}, **more}


def ended(reason: str, code: int, at: str = "2026-03-02T09:00:00Z") -> dict[str, Any]:
    """A `lastState`."""
    return {"terminated": {"reason": reason, "exitCode": code, "finishedAt": at}}


class Controller:
    """One Deployment's controller. What it writes raises no generation."""

    def __init__(self, deployment: dict[str, Any]) -> None:
        self._deployment = deployment
        self.sets: list[dict[str, Any]] = []
        self.pods: list[dict[str, Any]] = []

    def take(self, deployment: dict[str, Any], step: Step) -> None:
        """Bring ReplicaSets, pods and status to this moment."""
        self._deployment = deployment
        if not step.observed:
            return
        self._make_set()
        wanted = deployment["spec"].get("replicas", 1)
        updated = wanted if step.updated is None else step.updated
        available = updated if step.available is None else step.available
        self._spread(updated, step.old)
        self.pods = [pod for each in self.sets for pod in self._pods(each, step)]
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": updated + step.old,
            "updatedReplicas": updated,
            "readyReplicas": available,
            "availableReplicas": available,
            "conditions": [{"type": "Progressing", "status": "True", "reason": step.reason}],
        }

    def _make_set(self) -> None:
        template, meta = self._deployment["spec"]["template"], self._deployment["metadata"]
        if self.sets and self.sets[-1]["spec"]["template"] == template:
            return
        same = next((each for each in self.sets if each["spec"]["template"] == template), None)
        if same is not None:
            self.sets.remove(same)
        revision = str(int(meta.setdefault("annotations", {}).get(REVISION, "0")) + 1)
        meta["annotations"][REVISION] = revision
        name = same["metadata"]["name"] if same else f"{meta['name']}-{revision}"
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": meta["name"], "uid": meta["uid"]}
        self.sets.append(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": name,
                    "uid": f"uid-{name}",
                    "labels": {"app": meta["name"]},
                    "annotations": {REVISION: revision},
                    "ownerReferences": [owner | {"controller": True}],
                },
                "spec": {
                    "replicas": 0,
                    "selector": {"matchLabels": {"app": meta["name"]}},
                    "template": copy.deepcopy(template),
                },
                "status": {"replicas": 0},
            }
        )

    def _spread(self, updated: int, old: int) -> None:
        for number, each in enumerate(reversed(self.sets)):
            pods = updated if number == 0 else old if number == 1 else 0
            each["spec"]["replicas"] = each["status"]["replicas"] = pods

    def _pods(self, replica_set: dict[str, Any], step: Step) -> list[dict[str, Any]]:
        name, newest = replica_set["metadata"]["name"], replica_set is self.sets[-1]
        container = {"name": "api", "image": "x", "imageID": "", "ready": True, "restartCount": 0} | (
            step.container if newest else step.old_container
        )
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": f"uid-{name}"}
        return [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{name}-{letter}",
                    "labels": replica_set["metadata"]["labels"],
                    "ownerReferences": [owner | {"controller": True}],
                },
                "spec": {"containers": [{"name": "api"}]},
                "status": {
                    "phase": "Running",
                    "containerStatuses": [copy.deepcopy(container)],
                    "conditions": [{"type": "Ready", "status": str(container["ready"])}],
                },
            }
            for letter in "abcdefghij"[: replica_set["status"]["replicas"]]
        ]
