"""Gather: ask the sources what a check needs, all at once, and the same question only once per tick (U7)."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from bot.domain.conditions import About, Condition, Reference, Relative
from bot.domain.evidence import canonical
from bot.domain.kinds import Kinds
from bot.domain.measurements import Measurement, Missing, NoData
from bot.domain.named_values import Named, named_values, nobodys
from bot.domain.plan import Metric, Part, Plan
from bot.domain.readings import measure
from bot.domain.rollout import Rollout
from bot.engine.kept import Kept, again_after
from bot.ports import Answer, Histories, Question, Rollouts, Source

log = logging.getLogger(__name__)


_Key = tuple[int, Question, datetime]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is being asked for one metric; `alive` is the metric without which its `empty_is` doesn't count."""

    metric: Metric
    source: Source
    answer: _Key
    samples: _Key | None
    alive: _Asked | None

    def questions(self) -> Iterator[_Key]:
        yield self.answer
        if self.samples is not None:
            yield self.samples
        if self.alive is not None:
            yield from self.alive.questions()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What Perch itself measured before, for baselines: of this rollout and of earlier ones."""

    histories: Histories
    rollouts: Rollouts
    plan_of: Callable[[Rollout], Awaitable[Plan]]


class Round:
    """One tick's questions. Answers are shared by everybody who asks the same source the same thing.

    A question may wait for its turn as long as its source goes on answering others; a source that gives no answer at
    all for `deadline_s` seconds isn't waited for any longer. What nobody waits for any more is let go: a look that was
    overtaken leaves nothing behind at a source that hangs (U7).
    """

    def __init__(
        self,
        now: datetime,
        kinds: Kinds,
        deadline_s: float = 10.0,
        remembered: Remembered | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.now = now
        self.kept = kept if kept is not None else Kept()
        """Answers that do for more than one tick."""
        self.remembered = remembered
        """What Perch itself measured before; None where nobody asks for it."""
        self._kinds = kinds
        self._deadline_s = deadline_s
        self._asked: dict[_Key, asyncio.Task[Answer]] = {}
        self._wanted: Counter[_Key] = Counter()
        """How many wait for each."""
        self._heard: dict[int, float] = {}
        """When each source was first asked, or last answered, on the loop's clock."""
        self._named: Named | None = None

    def of(self, rollout: Rollout) -> Round:
        """The same round, for questions that name values of this rollout; answers are shared all the same."""
        return self.naming(named_values(rollout, self.now))

    def of_nobody(self) -> Round:
        """The same round, for a plan that is only tried: what a question names of its rollout is empty, and now."""
        return self.naming(nobodys(self.now))

    def naming(self, named: Named) -> Round:
        """The same round, for questions that name these values."""
        round = copy.copy(self)
        round._named = named
        return round

    async def metrics(
        self, plan: Plan, sources: Mapping[str, Source], names: Iterable[str], side: str = "canary"
    ) -> dict[str, Measurement]:
        """Measure metrics by name on one side; never raises for what a far side does."""
        asked = {name: self._begin(plan, sources, name, side, self.now) for name in names}
        try:
            return {name: await self._measured(each, self.now) for name, each in asked.items()}
        finally:
            self._let_go(asked.values())

    async def ago(
        self, plan: Plan, sources: Mapping[str, Source], conditions: Iterable[Condition]
    ) -> dict[tuple[str, timedelta], Measurement]:
        """What conditions of the form `7d ago ± N%` compare with."""
        wanted = {
            (condition.subject.name, condition.value.ago)
            for condition in conditions
            if isinstance(condition.value, Relative) and condition.value.ago is not None
        }
        reachable = {(name, ago) for name, ago in wanted if ago is not None and self.reaches(plan, name, ago)}
        asked = {(name, ago): self._begin(plan, sources, name, "canary", self.now - ago) for name, ago in reachable}
        try:
            found = {key: await self._measured(each, self.now - key[1]) for key, each in asked.items()}
        finally:
            self._let_go(asked.values())
        beyond = NoData(Missing.NO_BASELINE, "its source can't be asked how it was so long ago", self.now)
        return {(name, ago): found.get((name, ago), beyond) for name, ago in wanted if ago is not None}

    async def over(
        self, plan: Plan, source: Source, part: str | Part, ask: Mapping[str, object], window: timedelta
    ) -> tuple[Answer, datetime]:
        """What a source says of a whole window, and as of when: asked again only when the window has moved on."""
        asking = question(plan, self._kinds, part, ask, "canary", self._named)
        self._heard.setdefault(id(source), _clock())
        answer, at = await self.kept.get(
            (source, asking),
            self.now,
            again_after(window),
            lambda: self._alone(source, asking),
        )
        return answer, at

    async def _alone(self, source: Source, question: Question) -> Answer:
        asking = asyncio.create_task(source.ask(question, self.now))
        try:
            return await self._waited(source, asking)
        finally:
            asking.cancel()

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

    def reaches(self, plan: Plan, name: str, back: timedelta) -> bool:
        """Whether a metric's source can be asked how it was so long ago."""
        kind = self._kinds.sources.get(source_of(plan, name).kind)
        return (
            kind is None
            or kind.reach is None
            or kind.ask is None
            or back <= kind.reach(kind.ask.model_validate(plan.metrics[name].ask))
        )

    def question(self, plan: Plan, metric: Metric, side: str) -> Question:
        """What to ask for a metric on one side."""
        return self._question(plan, metric, metric.ask, side)

    def _enough(self, plan: Plan, metric: Metric, side: str) -> Question:
        return self._question(plan, metric, metric.at_least.ask if metric.at_least else {}, side)

    def _question(self, plan: Plan, metric: Metric, ask: Mapping[str, object], side: str) -> Question:
        return question(plan, self._kinds, metric.source, ask, side, self._named)

    def _let_go(self, asked: Iterable[_Asked]) -> None:
        for key in (key for each in asked for key in each.questions()):
            self._wanted[key] -= 1
            if not self._wanted[key] and not self._asked[key].done():
                self._asked.pop(key).cancel()

    def _ask(self, source: Source, question: Question, at: datetime) -> _Key:
        key = (id(source), question, at)
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(source.ask(question, at))
            self._heard.setdefault(id(source), _clock())
        self._wanted[key] += 1
        return key

    async def _answered(self, source: Source, key: _Key) -> Answer:
        return await self._waited(source, self._asked[key])

    async def _waited(self, source: Source, asking: asyncio.Task[Answer]) -> Answer:
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


class _Unknown(BaseModel):
    """What is asked of a source whose kind isn't there any more: nothing, and it says so."""

    model_config = ConfigDict(frozen=True)


def question(
    plan: Plan,
    kinds: Kinds,
    source: str | Part,
    ask: Mapping[str, object],
    side: str = "canary",
    named: Named | None = None,
) -> Question:
    """What to ask of a source, in its own model's words. Raises pydantic's ValidationError."""
    part = plan.sources[source] if isinstance(source, str) else source
    kind = kinds.sources.get(part.kind)
    if kind is None:
        return Question(_Unknown())
    if kind.ask is None:
        raise ValueError(f"sources of kind {part.kind} can't be asked anything")
    labels = plan.sides.get("stable" if side == "stable" else "canary", "") if "$side" in canonical(ask) else ""
    asked = kind.ask.model_validate(ask)
    wanted = kind.names(asked) if kind.names else frozenset()
    values = tuple((name, getattr(named, name)) for name in sorted(wanted)) if named is not None else ()
    return Question(ask=asked, side=labels, values=values)


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
    conditions = [condition for stage in plan.stages for condition in stage.conditions]
    return {
        condition.subject.name
        for condition in (*conditions, *(rule.condition for rule in plan.complete_when), *_afterwards(plan))
        if condition.subject.about is About.METRIC
        and isinstance(condition.value, Relative)
        and condition.value.reference is Reference.BASELINE
    }


def _afterwards(plan: Plan) -> Iterable[Condition]:
    """What is looked at after a way down: back at the baseline, for instance."""
    return (*plan.killed_when, *plan.verify_after.rollback, *plan.verify_after.kill)


def source_of(plan: Plan, name: str) -> Part:
    """The source part that a metric is asked of."""
    source = plan.metrics[name].source
    return plan.sources[source] if isinstance(source, str) else source
