"""What Perch counts about itself, for /metrics (O5). Counters live as long as the process, as Prometheus expects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.domain.machine import ENDS
from bot.domain.rollout import Kill, Rollout, Verdict
from bot.engine.flags import FlagTable
from bot.ports import Clock
from commands.web.flag_metrics import FlagDecisions
from commands.web.gauges import Gauges
from commands.web.health import Standing
from commands.web.plan_metrics import PlanMetrics
from commands.web.stages import Stages

CONTENT_TYPE = CONTENT_TYPE_LATEST
KILL_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""What a kill promises is told in these, in seconds."""
KILL_STEPS = ("applied", "read_back", "measured")
ANSWERS = ("rollback", "kill", "hold", "refused", "repeated", "nothing", "unknown", "unauthorised", "shut")
"""What may come of an alert at the webhook, or of the whole delivery."""


class Metrics:
    """Told of each tick and each saved rollout; `page` is what /metrics answers."""

    def __init__(self, clock: Clock, flags: FlagTable | None = None) -> None:
        self._clock = clock
        self._flags = flags
        self.since = clock()
        self.last_tick: datetime | None = None
        self._checked: dict[str, datetime] = {}
        self._counted: set[tuple[str, str, datetime]] = set()
        self._measured = PlanMetrics()
        self._stages = Stages()
        self._registry = CollectorRegistry()
        self._ticks = Counter("perch_ticks", "Wake-ups of the engine.", registry=self._registry)
        self._claims = Counter("perch_claims", "Rollouts claimed for a look.", registry=self._registry)
        self._checks = Counter("perch_checks", "Checks by verdict.", ["verdict"], registry=self._registry)
        self._kills = Counter("perch_kills", "Kill switches thrown, by plan.", ["plan"], registry=self._registry)
        self._ended = Counter("perch_rollouts_ended", "Rollouts ended, by state.", ["state"], registry=self._registry)
        self._kill_s = Histogram(
            "perch_kill_seconds",
            "From asking for a kill to each of its steps.",
            ["step"],
            buckets=KILL_S,
            registry=self._registry,
        )
        self._alerts = Counter(
            "perch_webhook_alerts", "Alerts at the webhook, by what was done.", ["did"], registry=self._registry
        )
        for step in KILL_STEPS:
            self._kill_s.labels(step)
        for did in ANSWERS:
            self._alerts.labels(did)
        for verdict in Verdict:
            self._checks.labels(verdict.value)
        for state in ENDS:
            self._ended.labels(state.value)

    def ticked(self, claimed: int = 0) -> None:
        """The engine has looked at what is due, and claimed so many rollouts."""
        self.last_tick = self._clock()
        self._ticks.inc()
        self._claims.inc(claimed)

    def answered(self, did: str) -> None:
        """An alert was answered at the webhook, or a delivery refused: one of ANSWERS."""
        self._alerts.labels(did).inc()

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved: count what is new in it."""
        check, kill, end = rollout.check, rollout.kill, rollout.ended_at
        if check is not None and check.at > self._checked.get(rollout.id, self.since):
            self._checked[rollout.id] = check.at
            self._checks.labels(check.verdict.value).inc()
            self._measured.note(rollout)
        if kill is not None and self._is_new("kill", rollout.id, kill.asked_at):
            self._kills.labels(rollout.plan).inc()
        if kill is not None:
            self._time(rollout.id, kill)
        if end is not None and not rollout.live and self._is_new("end", rollout.id, end):
            self._ended.labels(rollout.state.value).inc()

    def _time(self, rollout: str, kill: Kill) -> None:
        for step in KILL_STEPS:
            at: datetime | None = getattr(kill, f"{step}_at")
            if at is not None and self._is_new(f"kill {step}", rollout, kill.asked_at):
                self._kill_s.labels(step).observe(max(0.0, (at - kill.asked_at).total_seconds()))

    def page(self, standing: Standing) -> bytes:
        """The whole page, in Prometheus' text format."""
        now = self._clock()
        if not standing.database:
            self._forget_ended(standing.live)
            self._stages.note(standing.live, standing.ended, now)
        gauges = CollectorRegistry()
        gauges.register(Gauges(standing, self.since, self.last_tick, self._measured, self._stages, now))
        if self._flags is not None:
            gauges.register(FlagDecisions(self._flags.totals, self._flags.read_at, now))
        return generate_latest(self._registry) + generate_latest(gauges)

    def _forget_ended(self, live: Sequence[Rollout]) -> None:
        for rollout in live:
            self._measured.note(rollout)
        ids = {rollout.id for rollout in live}
        self._measured.keep_only(ids)
        self._checked = {id: at for id, at in self._checked.items() if id in ids}

    def _is_new(self, what: str, rollout: str, at: datetime) -> bool:
        """Counted once however often the rollout is saved; what was before this process isn't its to count."""
        if at < self.since or (what, rollout, at) in self._counted:
            return False
        self._counted.add((what, rollout, at))
        return True
