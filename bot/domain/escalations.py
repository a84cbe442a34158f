"""To whom a gate goes that nobody answers, one after the other, before its own default ends it (U3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.plan import Plan
from bot.domain.rollout import Gate


@dataclass(frozen=True, slots=True)
class Escalation:
    """One step: who is asked, and when."""

    at: datetime
    to: tuple[str, ...]


def escalations(gate: Gate, plan: Plan, watcher: str) -> list[Escalation]:
    """All steps of a gate, the ones that were taken included; what would come after its end is none.

    Whoever watches the rollout, where that is somebody ("" is nobody in particular), is asked first.
    """
    after = plan.gate.escalate_after
    if after is None:
        return []
    watchers = (watcher,) if watcher else ()
    people = [each for each in dict.fromkeys((watchers, plan.roles.approvers, plan.gate.escalate_to)) if each]
    steps = [Escalation(gate.opened_at + after * number, to) for number, to in enumerate(people, start=1)]
    return [step for step in steps if step.at < gate.expires_at]
