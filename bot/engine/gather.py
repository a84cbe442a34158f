"""Gather: ask the sources what a check needs, all at once, and the same question only once per tick (U7)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.conditions import About, Condition, Reference, Relative
from bot.domain.evidence import canonical
from bot.domain.kinds import Kinds
from bot.domain.measurements import Measurement, Missing, NoData
from bot.domain.plan import Metric, Part, Plan
from bot.domain.readings import measure
from bot.ports import Answer, Question, Source

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is being asked for one metric; `alive` is the metric without which its `empty_is` doesn't count."""

    metric: Metric
    source: Source
    answer: asyncio.Task[Answer]
    samples: asyncio.Task[Answer] | None
    alive: _Asked | None


class Round:
    """One tick's questions. Answers are shared by everybody who asks the same source the same thing.

    A question may wait for its turn as long as its source goes on answering others; a source that gives no answer at
    all for `deadline_s` seconds isn't waited for any longer.
    """

    def __init__(self, now: datetime, kinds: Kinds, deadline_s: float = 10.0) -> None:
        self.now = now
        self._kinds = kinds
        self._deadline_s = deadline_s
        self._asked: dict[tuple[int, Question, datetime], asyncio.Task[Answer]] = {}
        self._heard: dict[int, float] = {}
        """When each source was first asked, or last answered, on the loop's clock."""

    async def metrics(
        self, plan: Plan, sources: Mapping[str, Source], names: Iterable[str], side: str = "canary"
    ) -> dict[str, Measurement]:
        """Measure metrics by name on one side; never raises for what a far side does."""
        asked = {name: self._begin(plan, sources, name, side, self.now) for name in names}
        return {name: await self._measured(each, self.now) for name, each in asked.items()}

    async def ago(
        self, plan: Plan, sources: Mapping[str, Source], conditions: Iterable[Condition]
    ) -> dict[tuple[str, timedelta], Measurement]:
        """What conditions of the form `7d ago ± N%` compare with."""
        wanted = {
            (condition.subject.name, condition.value.ago)
            for condition in conditions
            if isinstance(condition.value, Relative) and condition.value.ago is not None
        }
        asked = {
            (name, ago): self._begin(plan, sources, name, "canary", self.now - ago)
            for name, ago in wanted
            if ago is not None
        }
        return {key: await self._measured(each, self.now - key[1]) for key, each in asked.items()}

    def _begin(self, plan: Plan, sources: Mapping[str, Source], name: str, side: str, at: datetime) -> _Asked:
        """Ask everything that a metric needs; waits for nothing."""
        metric, source = plan.metrics[name], sources[name]
        other = metric.alive_when if metric.empty_is is not None and metric.alive_when != name else None
        return _Asked(
            metric,
            source,
            answer=self._ask(source, self.question(plan, metric, side), at),
            samples=self._ask(source, self._enough(plan, metric, side), at) if metric.at_least else None,
            alive=self._begin(plan, sources, other, side, at) if other else None,
        )

    async def _measured(self, asked: _Asked, at: datetime) -> Measurement:
        alive = await self._measured(asked.alive, at) if asked.alive else None
        samples = await self._answered(asked.source, asked.samples) if asked.samples else None
        answer = await self._answered(asked.source, asked.answer)
        return measure(asked.metric, answer, at, samples=samples, alive=alive)

    def question(self, plan: Plan, metric: Metric, side: str) -> Question:
        """What to ask for a metric on one side."""
        return self._question(plan, metric, metric.ask, side)

    def _enough(self, plan: Plan, metric: Metric, side: str) -> Question:
        return self._question(plan, metric, metric.at_least.ask if metric.at_least else {}, side)

    def _question(self, plan: Plan, metric: Metric, ask: Mapping[str, object], side: str) -> Question:
        part = plan.sources[metric.source] if isinstance(metric.source, str) else metric.source
        model = self._kinds.sources[part.kind].ask
        if model is None:
            raise ValueError(f"sources of kind {part.kind} can't be asked anything")
        labels = plan.sides.get("stable" if side == "stable" else "canary", "") if "$side" in canonical(ask) else ""
        return Question(ask=model.model_validate(ask), side=labels)

    def _ask(self, source: Source, question: Question, at: datetime) -> asyncio.Task[Answer]:
        key = (id(source), question, at)
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(source.ask(question, at))
            self._heard.setdefault(id(source), _clock())
        return self._asked[key]

    async def _answered(self, source: Source, asking: asyncio.Task[Answer]) -> Answer:
        while not asking.done() and (patience := self._heard[id(source)] + self._deadline_s - _clock()) > 0:
            await asyncio.wait({asking}, timeout=patience)
        if not asking.done() or asking.cancelled():
            asking.cancel()
            return NoData(Missing.TIMEOUT, f"no answer in {self._deadline_s:g} s", self.now)
        if (broke := asking.exception()) is not None:
            # An adapter's mistake mustn't be the end of a check, which guards with all its other metrics.
            log.error("a source's adapter broke", exc_info=broke)
            return NoData(Missing.GARBAGE, f"Perch's adapter broke ({type(broke).__name__}); see its log", self.now)
        answer = asking.result()
        if not isinstance(answer, NoData):
            self._heard[id(source)] = _clock()
        return answer


def _clock() -> float:
    return asyncio.get_running_loop().time()


def has_sides(plan: Plan, name: str) -> bool:
    """Whether a metric can be asked of the stable side."""
    return "stable" in plan.sides and "$side" in canonical(plan.metrics[name].ask)


def needs_stable(conditions: Iterable[Condition]) -> set[str]:
    """Metrics whose conditions compare with the stable side."""
    return {
        condition.subject.name
        for condition in conditions
        if isinstance(condition.value, Relative) and condition.value.reference is Reference.STABLE
    }


def baseline_metrics(plan: Plan) -> set[str]:
    """Metrics that some condition compares with a baseline."""
    conditions = [
        rule.condition
        for stage in plan.stages
        for rule in (*stage.promote_when, *stage.warn_unless, *stage.rollback_when)
    ]
    return {
        condition.subject.name
        for condition in (*conditions, *(rule.condition for rule in plan.complete_when))
        if condition.subject.about is About.METRIC
        and isinstance(condition.value, Relative)
        and condition.value.reference is Reference.BASELINE
    }


def source_of(plan: Plan, name: str) -> Part:
    """The source part that a metric is asked of."""
    source = plan.metrics[name].source
    return plan.sources[source] if isinstance(source, str) else source
