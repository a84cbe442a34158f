"""A gate's checklist as it stands: what people have ticked at this gate, and what the newest check says (R19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.plan import ChecklistItem, Stage
from bot.domain.rollout import Check, Gate, Line, Person, Tick


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `number` is how people name it, from 1; `line` is the newest check's word on an automatic one."""

    number: int
    wanted: ChecklistItem
    tick: Tick | None = None
    line: Line | None = None

    @property
    def done(self) -> bool:
        """No data, or a condition that doesn't count yet, ticks nothing."""
        if self.wanted.auto is not None:
            return self.line is not None and self.line.counts and self.line.met is True
        return self.tick is not None


def checklist(gate: Gate, stage: Stage, check: Check | None) -> list[Item]:
    """All items of the stage that this gate leads out of, in the plan's order."""
    ticks = {tick.item: tick for tick in gate.ticks}
    seen = {line.condition: line for line in check.items} if check is not None and check.stage == gate.stage else {}
    return [
        Item(number, wanted, ticks.get(wanted.text), seen.get(wanted.auto.text) if wanted.auto else None)
        for number, wanted in enumerate(stage.checklist, start=1)
    ]


def unticked(gate: Gate, stage: Stage, check: Check | None) -> list[Item]:
    """What is still to be ticked before the stage may be left (law 1)."""
    return [item for item in checklist(gate, stage, check) if not item.done]


def ticked(gate: Gate, item: str, person: Person, at: datetime) -> Gate:
    """The gate with this item ticked; one that is ticked already keeps who was first."""
    if any(tick.item == item for tick in gate.ticks):
        return gate
    return gate.model_copy(update={"ticks": (*gate.ticks, Tick(item=item, person=person, at=at))})


def cleared(gate: Gate, item: str) -> Gate:
    """The gate with this item's tick taken back, whoever gave it."""
    return gate.model_copy(update={"ticks": tuple(tick for tick in gate.ticks if tick.item != item)})
