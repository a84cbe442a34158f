"""What is wrong with pods, by their containers' states: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lightkube.models.core_v1 import ContainerStateTerminated, ContainerStatus
from lightkube.resources.core_v1 import Pod

LOST = frozenset(
    {
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    }
)
"""Reasons to wait that don't go away by waiting; ErrImagePull may, and becomes ImagePullBackOff when it doesn't."""
OOM = "OOMKilled"


def name_of(pod: Pod) -> str:
    return (pod.metadata.name if pod.metadata else None) or "without a name"


def containers(pod: Pod) -> Iterator[ContainerStatus]:
    """Init containers first, as they run."""
    status = pod.status
    yield from (status.initContainerStatuses or ()) if status else ()
    yield from (status.containerStatuses or ()) if status else ()


def crash_loops(container: ContainerStatus) -> bool:
    return _waits_for(container) == "CrashLoopBackOff"


def ends(container: ContainerStatus) -> Iterator[ContainerStateTerminated]:
    """How it ended, now or the last time."""
    for state in (container.state, container.lastState):
        if state and state.terminated:
            yield state.terminated


def trouble(pods: Iterable[Pod]) -> str:
    """`pod denis-7c-x: CrashLoopBackOff (OOMKilled, exit code 137, 4 restarts)` of the first that is lost, or ""."""
    for pod in pods:
        for container in containers(pod):
            if reason := _lost(container):
                return f"pod {name_of(pod)}: {reason}{_details(container)}"
    return ""


def _lost(container: ContainerStatus) -> str:
    waiting = _waits_for(container)
    if waiting in LOST:
        return waiting
    killed = any(end.reason == OOM for end in ends(container))
    return OOM if killed and not container.ready else ""


def _waits_for(container: ContainerStatus) -> str:
    state = container.state
    return (state.waiting.reason or "") if state and state.waiting else ""


def _details(container: ContainerStatus) -> str:
    last = next(ends(container), None)
    told = [last.reason or "", f"exit code {last.exitCode}"] if last else []
    told += [f"{container.restartCount} restarts"] if container.restartCount else []
    return f" ({', '.join(part for part in told if part)})" if told else ""
