"""What a plan may say about whom a severity and a class of triggers concern (R22, O4)."""

from __future__ import annotations

from typing import Literal

from bot.domain.planning.parts import PlanPart
from bot.domain.urgencies import Urgency

Retry = Literal["after_cooldown", "never"]


class Routes(PlanPart):
    """Who is told of each severity, besides those whom `notify` names by kind of event."""

    page: tuple[str, ...] = ()
    ticket: tuple[str, ...] = ()
    warning: tuple[str, ...] = ()

    def of(self, urgency: Urgency) -> tuple[str, ...]:
        """The targets of one severity."""
        targets: tuple[str, ...] = getattr(self, urgency.value)
        return targets


class Danger(PlanPart):
    """A class of triggers, `security` for instance: how urgent a breach of it is, who hears of it besides, and whether
    another start may be tried when the cooldown is over (`never`: by an override only)."""

    severity: Urgency = Urgency.PAGE
    notify: tuple[str, ...] = ()
    retry: Retry = "after_cooldown"
