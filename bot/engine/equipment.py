"""The adapters that a plan names, built once and shared: equal options are one object, so one budget per far side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.domain.evidence import canonical
from bot.domain.kinds import Environment, Kind, Kinds, MissingEnvironment, fill_in
from bot.domain.plan import Part, Plan
from bot.engine.scrubbed import scrubbed
from bot.engine.unbuilt import Unbuilt
from bot.ports import Confirmation, KillMethod, Source, Traffic
from bot.redaction import Redactor, secrets_in, secrets_named


@dataclass(frozen=True, slots=True)
class Method:
    """One kill method with a name for people, and the tier it belongs to (1 is the first)."""

    name: str
    tier: int
    act: KillMethod


@dataclass(frozen=True, slots=True)
class Gear:
    """All that one plan works with."""

    sources: Mapping[str, Source]
    """By metric name."""
    traffic: tuple[Traffic, ...]
    methods: tuple[Method, ...]
    confirmation: Confirmation | None

    @property
    def tiers(self) -> int:
        return max((method.tier for method in self.methods), default=0)


class Equipment:
    """Builds and keeps adapters. Building connects to nothing; what the environment lacks a name for is Unbuilt.

    `redact` learns the secrets that plans name, and what adapters hear passes through it.
    """

    def __init__(self, kinds: Kinds, environment: Environment, redact: Redactor | None = None) -> None:
        self._kinds = kinds
        self._environment = environment
        self._redact = redact or Redactor(secrets_in(environment))
        self._built: dict[tuple[str, str], Any] = {}
        self._gear: dict[int, tuple[Plan, Gear]] = {}

    def gear(self, plan: Plan) -> Gear:
        """Everything a plan names; the same plan object gets the same gear."""
        kept = self._gear.get(id(plan))
        if kept is None or kept[0] is not plan:
            self._redact.spare([plan.name, plan.service, plan.environment])
            kept = (plan, self._assemble(plan))
            self._gear[id(plan)] = kept
        return kept[1]

    def _assemble(self, plan: Plan) -> Gear:
        methods = [
            Method(_named(part.kind, self._kill(part).target), tier, self._kill(part))
            for tier, parts in enumerate(plan.kill_switch, start=1)
            for part in parts
        ]
        check = plan.confirm.check
        return Gear(
            sources={name: self._source(plan, metric.source) for name, metric in plan.metrics.items()},
            traffic=tuple(self._build("traffic", self._kinds.traffic, part) for part in plan.traffic),
            methods=tuple(methods),
            confirmation=self._build("confirm", self._kinds.confirm, check) if check else None,
        )

    def _source(self, plan: Plan, source: str | Part) -> Source:
        part = plan.sources[source] if isinstance(source, str) else source
        built: Source = self._build("source", self._kinds.sources, part)
        return built

    def _kill(self, part: Part) -> KillMethod:
        built: KillMethod = self._build("kill", self._kinds.kill, part)
        return built

    def _build(self, role: str, kinds: Mapping[str, Kind[Any]], part: Part) -> Any:
        key = (f"{role}/{part.kind}", canonical(part.options))
        if key not in self._built:
            self._redact.learn(secrets_named(part.options, self._environment))
            try:
                self._built[key] = scrubbed(role, self._made(kinds[part.kind], part), self._redact)
            except MissingEnvironment as missing:
                self._built[key] = Unbuilt(part.kind, f"{part.kind}: {missing}; set it where Perch runs")
            except ValidationError as wrong:
                self._built[key] = Unbuilt(part.kind, self._redact(f"{part.kind}: {_first(wrong)}"))
        return self._built[key]

    def _made(self, kind: Kind[Any], part: Part) -> Any:
        options = kind.options.model_validate(fill_in(part.options, self._environment))
        return kind.build(options, self._environment)

    async def aclose(self) -> None:
        """Let go of everything that was built."""
        for built in self._built.values():
            await built.aclose()
        self._built.clear()
        self._gear.clear()


def _first(wrong: ValidationError) -> str:
    """The first mistake that the environment's values made of options that were good in the plan."""
    first = wrong.errors(include_input=False, include_url=False)[0]
    place, what = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{place}: {what}; the plan is right, mend the environment variable that is filled in there"


def _named(kind: str, target: str) -> str:
    """Kind and target, for people; many targets begin with their kind already."""
    return target if target == kind or target.startswith(f"{kind} ") else f"{kind} {target}"
