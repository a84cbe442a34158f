"""What a burst has brought: how many requests, how they went, how long they took. No token and no answer's text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.units import Unit

TELLS: Mapping[str, Unit] = {
    "requests": Unit.COUNT,
    "success_rate": Unit.PERCENT,
    "average": Unit.SECONDS,
    "p50": Unit.SECONDS,
    "p95": Unit.SECONDS,
    "p99": Unit.SECONDS,
    "slowest": Unit.SECONDS,
    "rate": Unit.PER_SECOND,
}
LINES = 300
"""So many lines of the transcript are kept: the first half as they come, then what went wrong."""


@dataclass(slots=True)
class Tally:
    """Grows request by request. Times are seconds.

    A time counts from when a request was due, not from when there was room for it: a server that stalls makes those
    behind it late, and that is its own doing (https://www.scylladb.com/2021/04/22/on-coordinated-omission/). It counts
    where the answer was as expected, and where none came in time: refusals are quick, and would flatter.
    """

    users: int
    done: int = 0
    ok: int = 0
    late: int = 0
    """Requests that were due before there was room for them."""
    read: int = 0
    """Bytes of all answers."""
    ended_s: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    by_user: dict[int, list[int]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def count(self, user: int, due_s: float, took_s: float, status: str, *, ok: bool, timed: bool) -> None:
        """One request is over. `user` is 1 for the first token; 0 where there are none."""
        self.done += 1
        self.ok += ok
        self.statuses[status] += 1
        self.ended_s = max(self.ended_s, due_s + took_s)
        each = self.by_user.setdefault(user, [0, 0])
        each[0] += 1
        each[1] += ok
        if timed:
            self.times.append(took_s)
        if len(self.lines) < (LINES if not ok else LINES // 2):
            who = f"user {user} " if user else ""
            self.lines.append(f"+{due_s:.3f}s {who}{status} {took_s * 1000:.0f} ms{'' if ok else ' FAILED'}")

    def numbers(self) -> dict[str, float]:
        """By the names of TELLS; what wasn't measured is left out."""
        found: dict[str, float] = {"requests": self.done}
        if self.done:
            found["success_rate"] = 100 * self.ok / self.done
        if self.times:
            inorder = sorted(self.times)
            found["average"] = sum(inorder) / len(inorder)
            found |= {f"p{share}": percentile(inorder, share) for share in (50, 95, 99)}
            found["slowest"] = inorder[-1]
        if self.ended_s > 0:
            found["rate"] = self.done / self.ended_s
        return found

    def facts(self) -> dict[str, Any]:
        """The body of a record of kind `load`."""
        numbers = self.numbers()
        in_ms = {"mean_ms": "average", "p50_ms": "p50", "p95_ms": "p95", "p99_ms": "p99", "slowest_ms": "slowest"}
        return {
            "requests": self.done,
            "ok": self.ok,
            "users": self.users,
            **{key: round(numbers[name] * 1000, 1) for key, name in in_ms.items() if name in numbers},
            "statuses": dict(sorted(self.statuses.items())),
            "by_user": [
                {"user": user, "requests": sent, "ok": good} for user, (sent, good) in sorted(self.by_user.items())
            ],
            "late": self.late,
            "took_s": round(self.ended_s, 3),
            "transcript": self._transcript(numbers),
        }

    def _transcript(self, numbers: Mapping[str, float]) -> list[str]:
        shown = ("p50", "p95", "p99", "slowest")
        head = [f"# {name}: {numbers[name] * 1000:.0f} ms" for name in shown if name in numbers]
        head.append(
            "# statuses: " + (", ".join(f"{name} × {n}" for name, n in sorted(self.statuses.items())) or "none")
        )
        users = [f"user {user}: {good} of {sent}" for user, (sent, good) in sorted(self.by_user.items()) if user]
        head += [f"# by user: {', '.join(users)}"] if users else []
        head += [f"# sent late, for want of room: {self.late}"] if self.late else []
        left = self.done - len(self.lines)
        return [*head, *self.lines, *([f"# {left} more requests, not listed"] if left else [])]


def percentile(inorder: Sequence[float], share: float) -> float:
    """The exact percentile of ascending values by nearest rank: the smallest that `share` percent don't exceed."""
    return inorder[max(math.ceil(len(inorder) * share / 100), 1) - 1]
