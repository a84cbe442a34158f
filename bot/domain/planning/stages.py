"""What a plan may say about one stage, and about leaving it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, WithJsonSchema, model_validator

from bot.domain.conditions import Condition
from bot.domain.planning.actions import PlannedAction
from bot.domain.planning.checklists import ChecklistItem, People
from bot.domain.planning.fields import Duration, WeightField, WindowText, misread
from bot.domain.planning.parts import Action, PlanPart, Response, RuleField, reads_as
from bot.domain.planning.tasks import TasksField
from bot.domain.units import ZERO, Weight


class Approvals(PlanPart):
    """Who must say yes before the stage is left, or for a start before its first one is entered.

    `need` people; one of each named group; four eyes by default.
    """

    need: int = Field(default=1, ge=0)
    one_of_each: tuple[str, ...] = ()
    not_requester: bool = True


class Window(PlanPart):
    """R3: when the stage may be entered and left, in the plan's zone; as `Mon-Fri 08:00-18:00`."""

    enter: WindowText | None = None
    leave: WindowText | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return {"enter": value, "leave": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return reads_as(
            "for entering and leaving: Mon-Fri 08:00-18:00", handler.resolve_ref_schema(handler(core_schema))
        )


class BakeLimit(PlanPart):
    """The most a stage may take, and what happens then."""

    at_most: Duration
    then: Literal[Action.HOLD, Action.ROLLBACK] = Action.HOLD


class Checkpoint(PlanPart):
    """A named moment: `at` since the stage's traffic was confirmed, or `every` so long.

    S9: somebody of `acknowledge` is asked to say that they have seen it, `within` a time.
    """

    at: Duration | None = None
    every: Duration | None = None
    acknowledge: People = ()
    within: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Checkpoint) else {"at": value}

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.at is None) == (self.every is None):
            raise misread("a checkpoint is at a time or every so long: one of the two", "15m, or {every: 8h}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return reads_as("since the stage began: 15m", handler.resolve_ref_schema(handler(core_schema)))


def _back_form(value: Any) -> str:
    return "stage" if value == "previous" else "weight"


BackTo = Annotated[
    Annotated[WeightField, Tag("weight")] | Annotated[Literal["previous"], Tag("stage")],
    Discriminator(_back_form),
    WithJsonSchema({"type": "string", "description": "0%, previous, or a weight"}),
]


class Stage(PlanPart):
    """One step with a weight. Rollback goes to `rollback_to`: a weight, or `previous` (R15).

    `watcher` is the person, by id or handle, whose it is while it is at this stage (X12).
    """

    weight: WeightField
    name: str | None = None
    mirror: WeightField | None = None
    settle: Duration | None = None
    bake: Duration
    bake_limit: BakeLimit | None = None
    clean_for: Duration | None = None
    window: Window | None = None
    promote_when: tuple[RuleField, ...]
    warn_unless: tuple[RuleField, ...] = ()
    rollback_when: tuple[RuleField, ...] = ()
    on_fail: Response = Response(action=Action.HOLD)
    on_breach: Literal[Action.ROLLBACK, Action.KILL, Action.HOLD] = Action.ROLLBACK
    rollback_to: BackTo = ZERO
    watcher: str | None = None
    approvals: Approvals = Approvals()
    checklist: tuple[ChecklistItem, ...] = ()
    tasks: TasksField = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    before: tuple[PlannedAction, ...] = ()
    """R20: done in order before its traffic moves; `after` once it was left upward. On the way back all of it goes."""
    after: tuple[PlannedAction, ...] = ()

    @property
    def mirrored(self) -> Weight:
        """The share of requests that is copied to the canary, whose answers nobody gets (R8)."""
        return self.mirror or ZERO

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All that a check of this stage looks at."""
        rules = (*self.promote_when, *self.warn_unless, *self.rollback_when)
        return (*(rule.condition for rule in rules), *(item.auto for item in self.checklist if item.auto is not None))


class GatePolicy(PlanPart):
    """How long a gate waits for people, and what then.

    U3: unanswered, it is told to the watcher after `escalate_after`, and after as long again to `escalate_to`.
    """

    expires: Duration = timedelta(hours=4)
    then: Literal[Action.HOLD, Action.ROLLBACK] = Action.HOLD
    escalate_after: Duration | None = None
    escalate_to: People = ()
