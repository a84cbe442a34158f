"""After a rollback or a kill: is the world as it should be again, each thing within its time (R12)?

Time counts from when the way down was read back. What nobody could measure isn't met; what was true only later isn't
either, and is told at once, for then the trouble isn't over. A restart in between goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.conditions import Condition
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.domain.truth import Known, truth
from bot.domain.verified import Verified, WayDown

PATIENCE = timedelta(minutes=5)
"""By when a condition without `within` must be true."""
LOOK = timedelta(seconds=5)
"""How often it is looked; what is seen true this much after its time was true in time, for all that anybody knows."""
WAKE = timedelta(seconds=1)
"""No sooner than this after a look comes the next."""


def conditions_after(plan: Plan, way: WayDown) -> Sequence[Condition]:
    """What the plan wants looked at after this way down."""
    return plan.verify_after.kill if way == "kill" else plan.verify_after.rollback


def outstanding(rollout: Rollout, plan: Plan) -> list[Condition]:
    """What is still looked for."""
    return [each for each in conditions_after(plan, rollout.verify_after) if each.text in rollout.verify_left]


def looked(rollout: Rollout, plan: Plan, known: Known, now: datetime) -> Step:
    """One look. Ends, and is told in full, when each condition has been met or has run out of time."""
    since = rollout.verify_since or now
    done = [_outcome(each, plan, known, now, now - since) for each in outstanding(rollout, plan)]
    ended = [each for each in done if each is not None]
    known_so_far = (*rollout.verified, *ended)
    gone = {each.condition for each in ended}
    left = tuple(text for text in rollout.verify_left if text not in gone)
    missed = [each for each in ended if not each.met]
    if not (open_ := [each for each in outstanding(rollout, plan) if each.text in left]):
        facts = _facts(rollout, known_so_far, now)
        return Step(rollout.but(verify_left=(), verified=known_so_far), (Happening("verified", facts),))
    due = min(now + min(plan.every.check, LOOK), *(max(since + _limit(each), now + WAKE) for each in open_))
    told = (Happening("verify_missed", _facts(rollout, missed, now)),) if missed else ()
    return Step(rollout.but(verify_left=left, verified=known_so_far, due_at=due), told)


def _limit(condition: Condition) -> timedelta:
    return condition.within or PATIENCE


def _outcome(condition: Condition, plan: Plan, known: Known, now: datetime, waited: timedelta) -> Verified | None:
    """What has come of a condition; None while it may still be met."""
    seen, limit = truth(condition, plan, known, now), _limit(condition)
    facts: dict[str, Any] = {
        "condition": condition.text,
        "within_s": limit.total_seconds(),
        "value": seen.value,
        "unit": seen.unit.value if seen.unit else "",
    }
    took_s = round(waited.total_seconds(), 1)
    if seen.holds is True and waited <= limit + LOOK:
        return Verified(met=True, took_s=took_s, **facts)
    if seen.holds is True:
        return Verified(met=False, took_s=took_s, detail="true, but seen only after its time", **facts)
    if waited >= limit:
        return Verified(met=False, detail=seen.detail, **facts)
    return None


def _facts(rollout: Rollout, results: Sequence[Verified], now: datetime) -> dict[str, Any]:
    since = rollout.verify_since or now
    return {
        "after": rollout.verify_after,
        "since": since.isoformat(),
        "passed": [each.condition for each in results if each.met],
        "failed": [each.condition for each in results if not each.met],
        "results": [{**each.model_dump(mode="json"), "says": "PASS" if each.met else "FAIL"} for each in results],
        "took_s": max((each.took_s for each in results if each.took_s is not None), default=0.0)
        if all(each.met for each in results)
        else round((now - since).total_seconds(), 1),
    }
