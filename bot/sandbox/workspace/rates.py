"""How often each thing may be asked for: token buckets with Slack's numbers.

Tiers: https://docs.slack.dev/apis/web-api/rate-limits (T1 1+, T2 20+, T3 50+, T4 100+ a minute; the workspace takes
the lower bound). Posting is special: about one message a second and channel, short bursts tolerated, and some
hundreds a minute over all channels. Slack doesn't publish the size of a burst; five is a careful guess.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.workspace.refusals import Refused


@dataclass(frozen=True)
class Budget:
    """`burst` calls at once, then `per_second`."""

    burst: float
    per_second: float


def _a_minute(calls: int) -> Budget:
    return Budget(calls, calls / 60)


TIERS = {"t1": _a_minute(1), "t2": _a_minute(20), "t3": _a_minute(50), "t4": _a_minute(100), "t5": _a_minute(600)}
POSTS_IN_ONE_CHANNEL = Budget(burst=5, per_second=1)
POSTS_IN_ALL_CHANNELS = _a_minute(300)


@dataclass
class _Bucket:
    left: float
    at: float


class Rates:
    """Counts calls against their budgets."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def spend(self, what: str, budget: Budget) -> None:
        """Count one call. Raises Refused `ratelimited`, status 429, with seconds to wait."""
        now = self._clock()
        bucket = self._buckets.setdefault(what, _Bucket(budget.burst, now))
        bucket.left = min(budget.burst, bucket.left + (now - bucket.at) * budget.per_second)
        bucket.at = now
        if bucket.left < 1:
            wait_s = max(1, math.ceil((1 - bucket.left) / budget.per_second))
            raise Refused("ratelimited", status=429, retry_after_s=wait_s)
        bucket.left -= 1

    def spend_call(self, method: str, tier: str, channel: str) -> None:
        """Count one Web API call against its tier, and a post against its channel. Raises Refused."""
        self.spend(method, TIERS[tier])
        if method == "chat.postMessage":
            self.spend(f"{method} {channel}", POSTS_IN_ONE_CHANNEL)
            self.spend(f"{method} everywhere", POSTS_IN_ALL_CHANNELS)
