"""After a rollback: are the metrics back where they should be, each within its time (R12)?"""

from __future__ import annotations

from datetime import timedelta

from bot.domain.checks import Facts
from bot.domain.moves import Happening, Step
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.truth import truth
from bot.engine.equipment import Gear
from bot.engine.gather import Round

PATIENCE = timedelta(minutes=5)
"""How long a condition without `within` is looked for."""


async def verification(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Step:
    """One look. Ends, and is told, when each condition has become true or has run out of time."""
    conditions = [each for each in plan.verify_after.rollback if each.text in rollout.verify_left]
    names = {each.subject.name for each in conditions if each.subject.name in plan.metrics}
    facts = Facts(canary=await round.metrics(plan, gear.sources, names), baselines=rollout.baselines)
    since = rollout.verify_since or round.now
    open_: list[str] = []
    failed: list[str] = []
    for condition in conditions:
        if truth(condition, plan, facts, round.now).holds is True:
            continue
        late = round.now - since > (condition.within or PATIENCE)
        (failed if late else open_).append(condition.text)
    if open_:
        wait = min(plan.every.check, timedelta(seconds=5))
        return Step(rollout.but(verify_left=tuple(open_ + failed), due_at=round.now + wait))
    passed = [each.text for each in plan.verify_after.rollback if each.text not in failed]
    facts_told = {"passed": passed, "failed": failed, "took_s": (round.now - since).total_seconds()}
    return Step(rollout.but(verify_left=()), (Happening("verified", facts_told),))
