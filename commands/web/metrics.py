"""What Perch counts about itself, for /metrics (O5). Counters live as long as the process, as Prometheus expects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.domain.machine import ENDS
from bot.domain.rollout import Rollout, Verdict
from bot.ports import Clock
from commands.web.gauges import Gauges
from commands.web.health import Standing
from commands.web.plan_metrics import PlanMetrics

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Told of each tick and each saved rollout; `page` is what /metrics answers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock()
        self.last_tick: datetime | None = None
        self._checked: dict[str, datetime] = {}
        self._counted: set[tuple[str, str, datetime]] = set()
        self._measured = PlanMetrics()
        self._registry = CollectorRegistry()
        self._ticks = Counter("perch_ticks", "Wake-ups of the engine.", registry=self._registry)
        self._checks = Counter("perch_checks", "Checks by verdict.", ["verdict"], registry=self._registry)
        self._kills = Counter("perch_kills", "Kill switches thrown, by plan.", ["plan"], registry=self._registry)
        self._ended = Counter("perch_rollouts_ended", "Rollouts ended, by state.", ["state"], registry=self._registry)
        for verdict in Verdict:
            self._checks.labels(verdict.value)
        for state in ENDS:
            self._ended.labels(state.value)

    def ticked(self) -> None:
        """The engine has looked at what is due."""
        self.last_tick = self._clock()
        self._ticks.inc()

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved: count what is new in it."""
        check, kill, end = rollout.check, rollout.kill, rollout.ended_at
        if check is not None and check.at > self._checked.get(rollout.id, self._since):
            self._checked[rollout.id] = check.at
            self._checks.labels(check.verdict.value).inc()
            self._measured.note(rollout)
        if kill is not None and self._is_new("kill", rollout.id, kill.asked_at):
            self._kills.labels(rollout.plan).inc()
        if end is not None and not rollout.live and self._is_new("end", rollout.id, end):
            self._ended.labels(rollout.state.value).inc()

    def page(self, standing: Standing) -> bytes:
        """The whole page, in Prometheus' text format."""
        if not standing.database:
            self._forget_ended(standing.live)
        now = CollectorRegistry()
        now.register(Gauges(standing, self.last_tick, self._measured, self._clock()))
        return generate_latest(self._registry) + generate_latest(now)

    def _forget_ended(self, live: Sequence[Rollout]) -> None:
        for rollout in live:
            self._measured.note(rollout)
        ids = {rollout.id for rollout in live}
        self._measured.keep_only(ids)
        self._checked = {id: at for id, at in self._checked.items() if id in ids}

    def _is_new(self, what: str, rollout: str, at: datetime) -> bool:
        """Counted once however often the rollout is saved; what was before this process isn't its to count."""
        if at < self._since or (what, rollout, at) in self._counted:
            return False
        self._counted.add((what, rollout, at))
        return True
