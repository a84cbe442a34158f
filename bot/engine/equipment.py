"""The adapters that a plan names, built once and shared: equal options are one object, so one budget per far side."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bot.domain.evidence import canonical
from bot.domain.kinds import Environment, Kind, Kinds, MissingEnvironment, fill_in
from bot.domain.objectives import source_of
from bot.domain.plan import Part, Plan, Task, VersionFrom
from bot.domain.plan_checks.notify import mailed_to
from bot.domain.units import ZERO, Weight
from bot.engine.apart import targets_apart, told_apart
from bot.engine.far_sides import FarSide, FarSides
from bot.engine.filled import FilledSource, first_mistake
from bot.engine.scrubbed import scrubbed
from bot.engine.unbuilt import Unbuilt
from bot.ports import Confirmation, Diagnosis, Effect, Exercise, Flags, KillMethod, Notifier, Source, Traffic
from bot.ports.archives import Archive, Mailer
from bot.redaction import Redactor, secrets_in, secrets_named

log = logging.getLogger(__name__)

MIRROR = "mirror"
"""Whose a target is that sets a mirror: another object than what sets the weight by the same options."""


@dataclass(frozen=True, slots=True)
class Method:
    """One kill method with a name for people, and the tier it belongs to (1 is the first)."""

    name: str
    tier: int
    act: KillMethod


@dataclass(frozen=True, slots=True)
class Looking:
    """What a metric's runbook looks at besides sources, with a name for people."""

    metric: str
    what: str
    look: Diagnosis


@dataclass(frozen=True, slots=True)
class Tasked:
    """A task of a stage, with what it does and a name for people."""

    name: str
    task: Task
    exercise: Exercise


@dataclass(frozen=True, slots=True)
class Doing:
    """What a stage's `before` or `after`, or the end, changes, with a name for people."""

    what: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Gear:
    """All that one plan works with."""

    sources: Mapping[str, Source]
    """By metric name."""
    traffic: tuple[Traffic, ...]
    mirrors: tuple[Traffic, ...]
    """Where a share of requests is copied to the canary, for a plan that has a stage which mirrors (R8)."""
    methods: tuple[Method, ...]
    confirmation: Confirmation | None
    archives: tuple[Archive, ...] = ()
    """Where its papers go when it has ended."""
    mailer: Mailer | None = None
    """Where the plan has somebody told by mail."""
    looks: tuple[Looking, ...] = ()
    version: Diagnosis | None = None
    """What tells the version, where a program does."""
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    """By the name that the plan calls them."""
    events: Mapping[str, Source] = field(default_factory=dict)
    """Where SLOs' events are counted, by the SLO's name."""
    tasks: tuple[Tasked, ...] = ()
    effects: tuple[Doing, ...] = ()

    def down_to(self, weight: Weight) -> list[tuple[Traffic, Weight]]:
        """Every target, with where a way down brings it: nothing is mirrored on the way down."""
        return [*((each, weight) for each in self.traffic), *((each, ZERO) for each in self.mirrors)]

    @property
    def tiers(self) -> int:
        return max((method.tier for method in self.methods), default=0)


_TABLES = {"source": "sources", "archive": "archives"}
"""Where the kinds of a role stand, if not under the role's own name."""
_CALLED = {"archive": "destination"}


class Equipment:
    """Builds and keeps adapters. Building connects to nothing; what the environment lacks a name for is Unbuilt.

    `redact` learns the secrets that plans name, and what adapters hear passes through it. `keep` is where papers go
    of plans that don't say. `flags` are those that Perch itself answers for; without them such kinds are Unbuilt.
    """

    def __init__(
        self,
        kinds: Kinds,
        environment: Environment,
        redact: Redactor | None = None,
        *,
        keep: Sequence[Part] = (),
        mailer: Mailer | None = None,
        flags: Flags | None = None,
    ) -> None:
        self._keep, self.mailer, self._flags = tuple(keep), mailer, flags
        self._kinds = self.kinds = kinds
        self._environment = environment
        self._redact = redact or Redactor(secrets_in(environment))
        self._built: dict[tuple[str, str], Any] = {}
        self._far_sides = FarSides()
        self._gear: dict[int, tuple[Plan, Gear]] = {}

    def gear(self, plan: Plan) -> Gear:
        """Everything a plan names; the same plan object gets the same gear."""
        kept = self._gear.get(id(plan))
        if kept is None or kept[0] is not plan:
            self._redact.spare([plan.name, plan.service, plan.environment])
            kept = (plan, self._assemble(plan))
            self._gear[id(plan)] = kept
        return kept[1]

    @property
    def far_sides(self) -> Sequence[FarSide]:
        """Who is asked for numbers, how much, and how it answers."""
        return self._far_sides()

    def kept_at(self, plan: Plan) -> tuple[Part, ...]:
        """The destinations of a plan's papers: its own, or else everybody's."""
        return self._keep if plan.keep is None else plan.keep

    def archive(self, part: Part) -> Archive:
        """One destination."""
        built: Archive = self._build("archive", self._kinds.archives, part)
        return built

    def notifier(self, part: Part) -> Notifier:
        """One pager, tracker or hook."""
        if part.kind not in self._kinds.notifiers:
            return Unbuilt(part.kind, f"this Perch knows no notifier of kind '{part.kind}'")
        built: Notifier = self._build("notifier", self._kinds.notifiers, part)
        return built

    def _assemble(self, plan: Plan) -> Gear:
        pulled = [(tier, part) for tier, parts in enumerate(plan.kill_switch, start=1) for part in parts]
        names = told_apart([_named(part.kind, self._kill(part).target) for _, part in pulled])
        methods = [Method(name, tier, self._kill(part)) for name, (tier, part) in zip(names, pulled, strict=True)]
        traffic: list[Traffic] = [self._build("traffic", self._kinds.traffic, part) for part in plan.traffic]
        targets = targets_apart([*traffic, *self._mirrors(plan)])
        check = plan.confirm.check
        return Gear(
            sources={name: self._source(plan, metric.source) for name, metric in plan.metrics.items()},
            traffic=tuple(targets[: len(traffic)]),
            mirrors=tuple(targets[len(traffic) :]),
            methods=tuple(methods),
            confirmation=self._build("confirm", self._kinds.confirm, check) if check else None,
            archives=tuple(self.archive(part) for part in self.kept_at(plan)),
            mailer=self.mailer if mailed_to(plan) else None,
            looks=tuple(self._looks(plan)),
            version=self._version(plan),
            notifiers={name: self.notifier(part) for name, part in plan.notifiers.items()},
            events=dict(self._events(plan)),
            tasks=tuple(self._tasks(plan)),
            effects=tuple(self._effects(plan)),
        )

    def _version(self, plan: Plan) -> Diagnosis | None:
        part = plan.version if isinstance(plan.version, VersionFrom) else None
        return self.diagnosis(part) if part is not None and part.kind in self._kinds.diagnosis else None

    def _tasks(self, plan: Plan) -> Iterator[Tasked]:
        for stage in plan.stages:
            for task in stage.tasks:
                yield Tasked(f"{task.name} at {stage.weight}", task, self.exercise(plan, task))

    def exercise(self, plan: Plan, task: Task) -> Exercise:
        """What a task does; a kind that this Perch hasn't refuses to."""
        kind = self._kinds.tasks.get(task.part.kind)
        if kind is None:
            return Unbuilt(task.part.kind, f"this Perch knows no task of kind '{task.part.kind}'")
        own = {name: list(getattr(plan, name)) for name in kind.of_plan}
        part = Part(kind=task.part.kind, options={**task.part.options, **own})
        built: Exercise = self._build("task", self._kinds.tasks, part)
        return built

    def _effects(self, plan: Plan) -> Iterator[Doing]:
        for stage in plan.stages:
            for action in stage.before:
                yield Doing(f"'{action.called}' before {stage.weight}", self.effect(action))
            for action in stage.after:
                yield Doing(f"'{action.called}' after {stage.weight}", self.effect(action))
        for action in plan.when_completed:
            yield Doing(f"'{action.called}' when completed", self.effect(action))

    def _mirrors(self, plan: Plan) -> Iterator[Traffic]:
        for part in plan.traffic if plan.mirrors else ():
            kind = self._kinds.traffic[part.kind]
            if kind.mirrors is not None and kind.mirrors(part.options):
                yield self._build("traffic", self._kinds.traffic, part, whose=MIRROR)

    def _looks(self, plan: Plan) -> Iterator[Looking]:
        for name, metric in plan.metrics.items():
            for step in metric.runbook.diagnose if metric.runbook else ():
                # A frozen plan may name a kind that this Perch hasn't; then its look fails, and nothing else.
                if step.part is not None and step.part.kind in self._kinds.diagnosis:
                    yield Looking(name, step.shown, self.diagnosis(step.part))

    def _events(self, plan: Plan) -> Iterator[tuple[str, Source]]:
        for name, slo in plan.slos.items():
            source = source_of(plan, slo) if slo.counts_events else None
            if source is not None:
                yield name, self._source(plan, source)

    def _source(self, plan: Plan, source: str | Part) -> Source:
        part = plan.sources[source] if isinstance(source, str) else source
        built: Source = self._build("source", self._kinds.sources, part)
        return built

    def apart(self, plan: Plan, source: str | Part) -> Source:
        """A source for a diagnosis: one of its own, that no check waits behind, unless answers rest on earlier ones."""
        part = plan.sources[source] if isinstance(source, str) else source
        kind = self._kinds.sources.get(part.kind)
        shared = kind is not None and kind.keeps
        built: Source = self._build("source", self._kinds.sources, part, whose="" if shared else "diagnosis")
        return built

    def diagnosis(self, part: Part) -> Diagnosis:
        """What a runbook looks at besides sources."""
        built: Diagnosis = self._build("diagnosis", self._kinds.diagnosis, part)
        return built

    def effect(self, part: Part) -> Effect:
        """What is changed besides traffic."""
        if part.kind not in self._kinds.effects:
            return Unbuilt(part.kind, f"this Perch knows no action of kind '{part.kind}'")
        built: Effect = self._build("effect", self._kinds.effects, part)
        return built

    def _kill(self, part: Part) -> KillMethod:
        built: KillMethod = self._build("kill", self._kinds.kill, part)
        return built

    def _build(self, role: str, kinds: Mapping[str, Kind[Any]], part: Part, whose: str = "") -> Any:
        key = (f"{role}/{part.kind}/{whose}", canonical(part.options))
        if key not in self._built:
            self._redact.learn(secrets_named(part.options, self._environment))
            self._built[key] = self._tried(role, kinds.get(part.kind), part, whose)
        return self._built[key]

    def _tried(self, role: str, kind: Kind[Any] | None, part: Part, whose: str) -> Any:
        """Whatever is wrong with one part, the others are built: a way down needs them (law 2)."""
        if kind is None:
            # A frozen plan may name a kind of a package that isn't there any more.
            why_not = self._kinds.why_not(_TABLES.get(role, role), part.kind)
            why_not = why_not or f"this Perch knows no {_CALLED.get(role, role)} of kind '{part.kind}'"
            return Unbuilt(part.kind, self._redact(why_not))
        try:
            return scrubbed(role, self._made(role, kind, part, whose), self._redact)
        except MissingEnvironment as missing:
            return Unbuilt(part.kind, f"{part.kind}: {missing}; set it where Perch runs")
        except ValidationError as wrong:
            return Unbuilt(part.kind, self._redact(f"{part.kind}: {first_mistake(wrong)}"))
        except Exception as broke:
            log.error("an adapter broke while it was built", exc_info=broke)
            return Unbuilt(part.kind, f"{part.kind}: its adapter broke ({type(broke).__name__}); see Perch's log")

    def _made(self, role: str, kind: Kind[Any], part: Part, whose: str) -> Any:
        options = kind.options.model_validate(fill_in(part.options, self._environment))
        build = kind.mirror if whose == MIRROR and kind.mirror is not None else kind.build
        if kind.flags and self._flags is None:
            return Unbuilt(part.kind, f"{part.kind}: flags stand in Perch's database, which isn't open here")
        flags = (self._flags,) if kind.flags else ()
        built = build(options, self._environment, *flags)
        if role != "source":
            return built
        shared = self._far_sides.shared(built, part.kind, options, joins=kind.keeps or kind.joins, beside=bool(whose))
        return FilledSource(shared, self._environment, self._redact.learn)

    async def aclose(self) -> None:
        """Let go of everything that was built."""
        for built in self._built.values():
            await built.aclose()
        self._built.clear()
        self._gear.clear()


def _named(kind: str, target: str) -> str:
    """Kind and target, for people; many targets begin with their kind already."""
    return target if target == kind or target.startswith(f"{kind} ") else f"{kind} {target}"
