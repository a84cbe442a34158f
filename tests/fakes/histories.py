"""What was measured, read back from memory; kept to the same contract as the real one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.domain.measurements import Measured, Measurement
from bot.domain.trends import Point, thinned
from tests.fakes.memory import MemoryRollouts


class MemoryHistories:
    """`Histories` over what `MemoryRollouts` was given."""

    def __init__(self, rollouts: MemoryRollouts) -> None:
        self._rollouts = rollouts

    async def newest(self, rollout: str, metrics: Collection[str], most: int) -> Mapping[str, Sequence[Point]]:
        return {metric: points[-most:] for metric, points in self._all(rollout, metrics).items()}

    async def course(self, rollout: str, metrics: Collection[str], most: int) -> Mapping[str, Sequence[Point]]:
        return {metric: thinned(points, most) for metric, points in self._all(rollout, metrics).items()}

    def _all(self, rollout: str, metrics: Collection[str]) -> dict[str, list[Point]]:
        found: dict[str, dict[object, Point]] = {}
        for metric, value in self._rollouts.measured.get(rollout, ()):
            if metric in metrics:
                found.setdefault(metric, {}).setdefault(value.at, _point(value))
        return {metric: sorted(points.values(), key=lambda point: point.at) for metric, points in found.items()}


def _point(value: Measurement) -> Point:
    return Point(value.at, value.value if isinstance(value, Measured) else None)
