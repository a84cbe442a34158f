"""What happens inside the service, in steps of a tenth of a second.

Traffic is split, and failures are dealt out, by carrying remainders over rather than by rolling dice: at 1 % the new
variant gets exactly every hundredth request, and an error rate of 5 % is 5 % from the first dozens of requests on.
Only latencies and the level of traffic vary, from a seeded random.
"""

import math
import random
from collections import deque
from typing import Any

from bot.sandbox.service.knobs import Knobs
from bot.sandbox.service.tallies import RECENT_S, Histogram, Variant

STEP_S = 0.1
REQUESTS_PER_S = 200.0
_MEDIAN_LATENCY_S = {"new": 0.8, "old": 1.1}
_CHAT_MEDIAN_S = 0.18
_LATENCY_SPREAD = 0.3
_QUEUE_DRAIN_PER_S = 60.0
_USUAL_QUEUE = 4.0
_USUAL_MEMORY_PERCENT = {"worker": 43.0, "chat": 31.0, "database": 52.0}
_WORKER_DIES_AT_PERCENT = 97.0
_MEMORY_PERCENT_PER_S = 12.0
HISTORY_S = 90


class Simulation:
    """The service's inner life; `now` is in seconds since 1970."""

    def __init__(self, now: float, seed: int) -> None:
        self.knobs = Knobs()
        self.percent = 0.0
        self.enabled = True
        self.killed = False
        self.now = now
        self.variants = {"new": Variant(), "old": Variant()}
        self.chat_latency = Histogram()
        self.queue = _USUAL_QUEUE
        self.memory_percent = dict(_USUAL_MEMORY_PERCENT)
        self.worker_seen_at = now
        self.history: deque[dict[str, Any]] = deque(maxlen=HISTORY_S)
        self._random = random.Random(seed)
        self._carried = {"all": 0.0, "new": 0.0, "errors": 0.0, "second": 0.0}

    @property
    def weight(self) -> float:
        """Percent of traffic that the new variant really gets."""
        return self.percent if self.enabled and not self.killed else 0.0

    @property
    def worker_alive(self) -> bool:
        """Whether the new variant's worker still runs."""
        return self.memory_percent["worker"] < _WORKER_DIES_AT_PERCENT

    @property
    def new_per_s(self) -> int:
        """Jobs that the new variant took in the last second."""
        return self.variants["new"].served_since(self.now - 1.0)

    def run_until(self, then: float) -> None:
        """Let time pass up to this moment; whole steps only."""
        while self.now + STEP_S <= then + 1e-6:
            self._step()

    def _step(self) -> None:
        self.now += STEP_S
        level = REQUESTS_PER_S * STEP_S * self._random.uniform(0.92, 1.08)
        requests = self._whole("all", level)
        new = min(requests, self._whole("new", requests * self.weight / 100))
        self._serve("new", new)
        self._serve("old", requests - new)
        if not self.knobs.chat_down:
            self.chat_latency.observe(self._latency(_CHAT_MEDIAN_S))
        self._move_queue()
        self._move_memory()
        self._remember()

    def _serve(self, name: str, requests: int) -> None:
        variant, canary = self.variants[name], name == "new"
        median = _MEDIAN_LATENCY_S[name] * (self.knobs.canary_latency_factor if canary else 1.0)
        for _ in range(requests):
            fails = canary and self._next_fails()
            variant.serve(self.now, self._latency(median), fails=fails)
        variant.forget_before(self.now - RECENT_S)

    def _next_fails(self) -> bool:
        if not self.worker_alive:
            return True
        return self._whole("errors", self.knobs.canary_error_percent / 100) > 0

    def _move_queue(self) -> None:
        if self.weight > 0 and self.knobs.queue_growth_per_s > 0:
            self.queue += self.knobs.queue_growth_per_s * STEP_S
            return
        usual = _USUAL_QUEUE + self._random.uniform(-2, 2) if self.weight > 0 else 0.0
        self.queue = max(usual, self.queue - _QUEUE_DRAIN_PER_S * STEP_S)

    def _move_memory(self) -> None:
        worker = self.memory_percent["worker"]
        if self.knobs.worker_oom:
            worker = min(99.0, worker + _MEMORY_PERCENT_PER_S * STEP_S)
        else:
            worker = _USUAL_MEMORY_PERCENT["worker"] + self._random.uniform(-1, 1)
        self.memory_percent["worker"] = worker
        if self.worker_alive:
            self.worker_seen_at = self.now

    def _remember(self) -> None:
        if not self._whole("second", STEP_S):
            return
        point: dict[str, Any] = {"at": round(self.now, 1), "weight": self.weight, "queue": round(self.queue)}
        for name, variant in self.variants.items():
            point[f"{name}_per_s"] = variant.served_since(self.now - 1.0)
            point[f"{name}_error_percent"] = variant.error_percent()
            point[f"{name}_p99_s"] = variant.p99_s()
        self.history.append(point)

    def _latency(self, median_s: float) -> float:
        return median_s * math.exp(self._random.gauss(0, _LATENCY_SPREAD))

    def _whole(self, name: str, amount: float) -> int:
        whole, self._carried[name] = divmod(self._carried[name] + amount + 1e-9, 1.0)
        return int(whole)
