"""What a visitor or a test can break in the service."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class MetricsPage(StrEnum):
    """How `GET /metrics` behaves."""

    OK = "ok"
    DOWN = "down"
    GARBAGE = "garbage"
    HANGING = "hanging"


class FlagEndpoint(StrEnum):
    """How `/flags/materializers` and the kill switch behave.

    `ignoring` answers a change with 200 and changes nothing; `lying` also shows the asked value when it is read.
    Where the flag is Perch's: `refusing` and `hanging` don't hear its answers, `ignoring` and `lying` don't heed them.
    """

    OK = "ok"
    REFUSING = "refusing"
    HANGING = "hanging"
    IGNORING = "ignoring"
    LYING = "lying"


_LOOK_AGAIN_S = 0.02
_RANGES = {
    "canary_latency_factor": (1.0, 100.0),
    "canary_error_percent": (0.0, 100.0),
    "queue_growth_per_s": (0.0, 200.0),
}


@dataclass
class Knobs:
    """Everything as it should be, until somebody turns one."""

    canary_latency_factor: float = 1.0
    canary_error_percent: float = 0.0
    queue_growth_per_s: float = 0.0
    chat_down: bool = False
    worker_oom: bool = False
    metrics_page: MetricsPage = MetricsPage.OK
    flag_endpoint: FlagEndpoint = FlagEndpoint.OK

    def as_json(self) -> dict[str, Any]:
        """All knobs by name."""
        return asdict(self)

    def turn(self, wanted: dict[str, Any]) -> None:
        """Set the named knobs. Raises ValueError, and sets none, when one is unknown or out of range."""
        current = self.as_json()
        unknown = sorted(set(wanted) - set(current))
        if unknown:
            raise ValueError(f"no knob {', '.join(unknown)}; there are {', '.join(current)}")
        checked = {name: _checked(name, value, current[name]) for name, value in wanted.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Everything as it should be again."""
        for field in fields(self):
            setattr(self, field.name, field.default)


async def while_hanging(hangs: Callable[[], bool]) -> None:
    """Return once it hangs no more; looks again and again, as knobs are plain attributes that anybody sets."""
    while hangs():  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_AGAIN_S)


def _checked(name: str, value: Any, current: Any) -> Any:
    if isinstance(current, StrEnum):
        return type(current)(value)
    if isinstance(current, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
        return value
    low, high = _RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} is a number from {low:g} to {high:g}")
    return float(value)
