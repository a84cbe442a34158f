"""Counters and histograms, cumulative as Prometheus wants them, and the last seconds for live numbers."""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field

BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)
RECENT_S = 10.0


@dataclass
class Histogram:
    """Observed seconds; `counts` has one place more than there are buckets, for all beyond the last."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total_s: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.total_s += seconds


@dataclass
class Variant:
    """What one variant has served: for ever, and lately."""

    ok: int = 0
    errors: int = 0
    latency: Histogram = field(default_factory=Histogram)
    recent: deque[tuple[float, float, bool]] = field(default_factory=deque)

    def serve(self, now: float, seconds: float, *, fails: bool) -> None:
        """Count one request that ended at `now`."""
        self.errors += fails
        self.ok += not fails
        self.latency.observe(seconds)
        self.recent.append((now, seconds, fails))

    def forget_before(self, then: float) -> None:
        """Drop what is no longer recent."""
        while self.recent and self.recent[0][0] <= then:
            self.recent.popleft()

    def served_since(self, then: float) -> int:
        """Requests after this time, as far as they are recent."""
        return sum(at > then for at, _, _ in self.recent)

    def error_percent(self) -> float | None:
        """Failed requests of the recent ones, in percent; None without requests."""
        if not self.recent:
            return None
        return 100 * sum(fails for _, _, fails in self.recent) / len(self.recent)

    def p99_s(self) -> float | None:
        """The 99th percentile of recent latencies; None without requests."""
        if not self.recent:
            return None
        latencies = sorted(seconds for _, seconds, _ in self.recent)
        return latencies[min(len(latencies) - 1, int(0.99 * len(latencies)))]
