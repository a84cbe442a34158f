"""What reading a plan comes to: the plan, its mistakes, and notes for its author."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.plan import Plan

Path = tuple[str | int, ...]
"""Where in the plan's tree: keys and list places, as the author wrote them."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something at a place of the plan. `offset` is a character of the value at `path`, from 0.

    `at_key` says that it is about the key itself, not its value.
    """

    path: Path
    what: str
    hint: str = ""
    offset: int | None = None
    at_key: bool = False


@dataclass(frozen=True, slots=True)
class Mistake(Noticed):
    """It makes the plan unusable."""


@dataclass(frozen=True, slots=True)
class Note(Noticed):
    """Its author should know; the plan is usable."""


Finding = Mistake | Note


@dataclass(frozen=True, slots=True)
class PlanReport:
    """All that there is to say about one plan, read for one environment. `plan` is None when there are mistakes."""

    plan: Plan | None
    mistakes: tuple[Mistake, ...] = ()
    notes: tuple[Note, ...] = ()


class PlanMistakes(ValueError):
    """A plan can't be used; `mistakes` has each of its mistakes."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(f"{dotted(each.path)}: {each.what}" for each in mistakes))
        self.mistakes = mistakes


def dotted(path: Path) -> str:
    """A path for people: "stages[0].promote_when[1]"; the whole plan is "plan"."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "plan"
