"""A plan under examination: as it was read, beside the tree as it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.conditions import Condition
from bot.domain.kinds import Kind, Kinds
from bot.domain.language.grammar import Places, places
from bot.domain.language.misread import Misread
from bot.domain.plan import Metric, Part, Plan, Rule, Stage
from bot.domain.planning.environments import only_for
from bot.domain.planning.report import Mistake, Note, Path
from bot.domain.planning.salvage import Salvaged
from bot.domain.planning.shape import at


class Where(StrEnum):
    """The lists that hold conditions."""

    HARD = "promote_when"
    SOFT = "warn_unless"
    TRIGGER = "rollback_when"
    ITEM = "checklist"
    COMPLETE = "complete_when"
    KILLED = "killed_when"
    VERIFY = "verify_after"


@dataclass(frozen=True, slots=True)
class Use:
    """One condition in its place. `path` is where its author wrote it; `rule` is None where no rule is possible."""

    where: Where
    path: Path
    condition: Condition
    places: Places
    rule: Rule | None = None
    stage: int | None = None

    def mistake(self, what: str, hint: str = "", offset: int | None = None) -> Mistake:
        return Mistake(self.path, what, hint, self.places.name if offset is None else offset)

    def note(self, what: str, hint: str = "", offset: int | None = None) -> Note:
        return Note(self.path, what, hint, self.places.name if offset is None else offset)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the checks look at. Names come from the tree, so that a misshapen metric isn't also an unknown one."""

    salvaged: Salvaged
    tree: Mapping[str, Any]
    environment: str
    kinds: Kinds

    @property
    def plan(self) -> Plan:
        return self.salvaged.plan

    def place(self, *path: str | int) -> Path:
        """Where a part of the plan was written."""
        return self.salvaged.place(path)

    def real(self, *path: str | int) -> bool:
        """Whether a required part was written and could be read."""
        return self.place(*path) not in self.salvaged.stand_ins

    def names(self, section: str) -> set[str]:
        """The names under `metrics`, `sources` or `slos`, misshapen ones included."""
        found = self.tree.get(section)
        return {str(name) for name in found} if isinstance(found, Mapping) else set()

    def wrote(self, *path: str | int) -> Any:
        """The tree's value where a part of the plan was written; None where nothing was."""
        return at(self.tree, self.place(*path))

    def stages(self) -> Iterator[tuple[int, Stage]]:
        yield from enumerate(self.plan.stages)

    def source_of(self, metric: Metric) -> Part | None:
        """The part that answers for a metric; None where its name is unknown."""
        return self.plan.sources.get(metric.source) if isinstance(metric.source, str) else metric.source

    def kind_of(self, metric: Metric) -> Kind[Any] | None:
        """The kind of a metric's source, where both are known."""
        part = self.source_of(metric)
        return self.kinds.sources.get(part.kind) if part else None

    def uses(self) -> Iterator[Use]:
        """Every condition of the plan, in its order."""
        for index, stage in self.stages():
            for where in (Where.HARD, Where.SOFT, Where.TRIGGER):
                for number, rule in enumerate(getattr(stage, where)):
                    yield from self._use(where, ("stages", index, where.value, number), rule, index)
            for number, item in enumerate(stage.checklist):
                if item.auto is not None:
                    yield from self._use(Where.ITEM, ("stages", index, "checklist", number), item.auto, index)
        for number, rule in enumerate(self.plan.complete_when):
            yield from self._use(Where.COMPLETE, ("complete_when", number), rule, None)
        for number, condition in enumerate(self.plan.killed_when):
            yield from self._use(Where.KILLED, ("killed_when", number), condition, None)
        for way in ("rollback", "kill"):
            for number, condition in enumerate(getattr(self.plan.verify_after, way)):
                yield from self._use(Where.VERIFY, ("verify_after", way, number), condition, None)

    def _use(self, where: Where, path: Path, said: Rule | Condition, stage: int | None) -> Iterator[Use]:
        condition = said.condition if isinstance(said, Rule) else said
        found = self.place(*path)
        text = at(self.tree, found)
        if isinstance(text, Mapping):
            key = "auto" if where is Where.ITEM else "condition"
            found, text = (*found, key), text.get(key)
        yield Use(where, found, condition, self._places(text), said if isinstance(said, Rule) else None, stage)

    def _places(self, text: Any) -> Places:
        try:
            return places(only_for(str(text), self.environment))
        except Misread:
            return Places(0)
