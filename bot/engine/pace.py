"""How fast we may speak: a bucket for each channel, one for all edits, and pauses that the far side asked for.

Slack allows about one post a second for each channel with short bursts, and some fifty edits a minute for everything
together. Urgent messages may use what routine ones must leave over, so they never wait behind them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.ports import Lane


@dataclass(frozen=True, slots=True)
class Pace:
    """Posts a second for each channel, edits a second in all, how many at once, and a message's least time between
    routine edits. `spared` tokens of each channel's bucket, and `spared_edits` of the edits', are for urgent messages
    alone: with many rollouts, routine edits take whatever else there is."""

    posts_per_s: float = 1.0
    post_burst: float = 4.0
    edits_per_s: float = 0.75
    edit_burst: float = 10.0
    spared: float = 3.0
    spared_edits: float = 6.0
    edit_gap: timedelta = timedelta(seconds=5)


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at `per_s`, at most `burst` of them."""

    per_s: float
    burst: float
    tokens: float
    at: datetime
    closed_until: datetime | None = None

    def wait(self, now: datetime, spared: float) -> float:
        """Seconds until a token is there and `spared` more are left; 0 when it's there now."""
        self._refill(now)
        closed = (self.closed_until - now).total_seconds() if self.closed_until else 0.0
        lacking = 1 + spared - self.tokens
        return max(closed, lacking / self.per_s if lacking > 0 else 0.0, 0.0)

    def take(self) -> None:
        self.tokens -= 1

    def close(self, until: datetime) -> None:
        """The far side said: not before."""
        self.closed_until = max(until, self.closed_until or until)

    def _refill(self, now: datetime) -> None:
        passed = (now - self.at).total_seconds()
        if passed < 0:
            # The clock was set back: a pause until then would last until then comes again.
            passed, self.closed_until = 0.0, None
        self.tokens = min(self.burst, self.tokens + passed * self.per_s)
        self.at = now


@dataclass(slots=True)
class Budgets:
    """All buckets, by what they are for."""

    pace: Pace
    _channels: dict[str, Bucket] = field(default_factory=dict)
    _edits: Bucket | None = None
    _edited: dict[str, datetime] = field(default_factory=dict)

    def wait_to_post(self, channel: str, lane: Lane, now: datetime) -> float:
        """Seconds until this lane may post in this channel."""
        return self._channel(channel, now).wait(now, self.pace.spared if lane is Lane.ROUTINE else 0.0)

    def wait_to_edit(self, message: str, lane: Lane, now: datetime) -> float:
        """Seconds until this lane may edit this message."""
        wait = self._all_edits(now).wait(now, self.pace.spared_edits if lane is Lane.ROUTINE else 0.0)
        last = self._edited.get(message)
        if lane is Lane.ROUTINE and last is not None and last <= now:
            wait = max(wait, (last + self.pace.edit_gap - now).total_seconds())
        return wait

    def posts(self, channel: str, now: datetime) -> None:
        self._channel(channel, now).take()

    def edits(self, message: str, now: datetime) -> None:
        self._all_edits(now).take()
        self._edited[message] = now
        if len(self._edited) > 5000:
            self._edited = {key: at for key, at in self._edited.items() if now - at < self.pace.edit_gap}

    def pause_posts(self, channel: str, until: datetime, now: datetime) -> None:
        self._channel(channel, now).close(until)

    def pause_edits(self, until: datetime, now: datetime) -> None:
        self._all_edits(now).close(until)

    def _channel(self, channel: str, now: datetime) -> Bucket:
        pace = self.pace
        return self._channels.setdefault(channel, Bucket(pace.posts_per_s, pace.post_burst, pace.post_burst, now))

    def _all_edits(self, now: datetime) -> Bucket:
        if self._edits is None:
            self._edits = Bucket(self.pace.edits_per_s, self.pace.edit_burst, self.pace.edit_burst, now)
        return self._edits
