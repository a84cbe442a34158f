"""Break-glass: a person with the override role overrules a verdict, for one gate and what was shown (law 1, X9).

Overruled is what was seen to fail, or seen to be unmeasured, and nothing else: never a breach, never a trigger that
can't see, and nothing that fails later. What was unmeasured stays unmeasured; it never reads as a pass (law 3).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.domain.gates import FRESH, lately, open_gate, since_resume
from bot.domain.machine import ENDS, Event, State, move
from bot.domain.overrides import Outcome, Override, Overruled, What
from bot.domain.phrases import Phrase, Words
from bot.domain.plan import Plan
from bot.domain.record.unfinished import to_overrule
from bot.domain.rollout import Check, HoldCause, Person, Rollout, Verdict
from bot.domain.steps import Happening, Step
from bot.domain.units import spell_duration

JUDGED: frozenset[HoldCause] = frozenset({"on_fail", "no_data"})
"""Holds that come from a verdict, and so go with it. Each other hold has an owner who resumes it."""


def an_override(rollout: Rollout, what: What, now: datetime, reason: str, by: Person, **more: Any) -> Override:
    """One use of the override role on a rollout as it stands; `more` are further fields of it."""
    return Override(
        what=what,
        by=by.id,
        at=now,
        stage=rollout.stage,
        weight=rollout.confirmed.percent,
        reason=reason,
        verdict=rollout.check.verdict.value if rollout.check else "",
        **more,
    )


def why_not(rollout: Rollout, plan: Plan, now: datetime) -> Words:
    """Why nothing can be overruled now, in words; "" where it can."""
    return _not_here(rollout, plan) or _not_this(rollout.check, rollout, plan, now)


def _not_here(rollout: Rollout, plan: Plan) -> Words:
    if rollout.state is State.HELD and rollout.hold is not None and rollout.hold.cause not in JUDGED:
        return Phrase("it is on hold for another reason ({why}), which an override doesn't lift", why=rollout.hold.why)
    if rollout.state not in (State.BAKING, State.HELD):
        state = rollout.state.value.replace("_", " ")
        return Phrase("it is {state}; a verdict is overruled once its bake is over", state=state)
    if rollout.intent is not None:
        return Phrase("its weight is moving")
    if rollout.stage == len(plan.stages) - 1 and not to_overrule(rollout, plan):
        return Phrase("this is the last stage; nothing rises after it")
    left = plan.stages[rollout.stage].bake + rollout.extended - rollout.baked
    return Phrase("its bake takes {span} more", span=spell_duration(left)) if left > timedelta(0) else ""


def _not_this(check: Check | None, rollout: Rollout, plan: Plan, now: datetime) -> Words:
    if check is None or check.stage != rollout.stage or not lately(check.at, now, FRESH * plan.every.check):
        return Phrase("there is no fresh check to overrule")
    if not since_resume(rollout, check):
        return Phrase("there is no check since the resume")
    if check.settling:
        return Phrase("the metrics are still settling")
    if to_overrule(rollout, plan):
        return _not_yet_done(check, rollout)
    if check.verdict.promotable:
        return Phrase("the last check says {verdict}: there is nothing to overrule", verdict=check.verdict.value)
    if check.verdict is Verdict.BREACH:
        return Phrase("the last check says breach, and a breach is never overruled")
    blind = [line.condition for line in check.lines if line.role == "trigger" and line.counts and line.met is None]
    if blind:
        return Phrase(
            "a rollback trigger can't see ({conditions}): nothing would take the traffic down again",
            conditions=", ".join(blind),
        )
    return ""


def _not_yet_done(check: Check, rollout: Rollout) -> Words:
    """At the last stage only missing artifacts can be overruled, and only where all else would let it end."""
    if not check.verdict.promotable:
        return Phrase("the last check says {verdict}, and this is the last stage", verdict=check.verdict.value)
    return Phrase("it is on hold; resume it first") if rollout.state is State.HELD else ""


def end_without(rollout: Rollout, plan: Plan, now: datetime, reason: str, by: Person) -> Step:
    """It may end without the artifacts that are missing now. The caller has asked `why_not`."""
    lacks = to_overrule(rollout, plan)
    detail = {lack.name: "it can't come any more" if lack.gone else "it isn't on record" for lack in lacks}
    overruled = tuple(Overruled(condition=name, measured=False, detail=told) for name, told in detail.items())
    given = an_override(rollout, "artifacts", now, reason, by, overruled=overruled)
    involved = tuple(dict.fromkeys((*rollout.involved, by.id)))
    facts = {"by": by.id, "reason": reason, "artifacts": list(detail), "unmet": list(rollout.unmet_ends)}
    changed = rollout.but(overrides=(*rollout.overrides, given), involved=involved, due_at=now)
    return Step(changed, (Happening("overruled_artifacts", facts, by),))


def _wrong(check: Check) -> tuple[Overruled, ...]:
    """The hard conditions that aren't met, or aren't measured, as they stand."""
    return tuple(
        Overruled(
            condition=line.condition,
            measured=line.met is False,
            value=line.value,
            unit=line.unit,
            threshold=line.threshold,
            detail=line.detail,
        )
        for line in check.lines
        if line.role == "hard" and line.counts and line.met is not True
    )


def overrule(rollout: Rollout, plan: Plan, now: datetime, id: str, reason: str, by: Person) -> Step:
    """Open a gate on a verdict that isn't promotable. The caller has asked `why_not`.

    Approvals, the confirmed weight, the rehearsal and the window are needed as ever; who overruled may not approve.
    """
    check = rollout.check
    if check is None:
        raise ValueError(f"rollout {rollout.id} has no check to overrule")
    overruled = _wrong(check)
    gate = open_gate(rollout, plan, check.model_copy(update={"at": now}), id)
    given = an_override(rollout, "verdict", now, reason, by, gate=gate.id, overruled=overruled)
    opened = rollout.but(
        state=move(rollout.state, Event.OVERRULE),
        gate=gate.model_copy(update={"overruled": overruled}),
        hold=None,
        involved=tuple(dict.fromkeys((*rollout.involved, by.id))),
        overrides=(*rollout.overrides, given),
        due_at=now,
    )
    facts = {
        "by": by.id,
        "reason": reason,
        "gate": id,
        "verdict": check.verdict.value,
        "from": rollout.confirmed.percent,
        "to": plan.stage_weight(rollout.stage + 1).percent,
        "overruled": [each.model_dump(mode="json") for each in overruled],
        "hold": rollout.hold.why if rollout.hold else "",
    }
    return Step(opened, (Happening("overruled", facts, by),))


def turned_out(override: Override, rollout: Rollout) -> Outcome:
    """Whether who overruled was right: the rollout completed, or its traffic had to be taken back later."""
    if override.used_at is None:
        waits = rollout.live and rollout.gate is not None and rollout.gate.id == override.gate
        return Outcome.OPEN if waits else Outcome.UNUSED
    if override.undone_at is not None or rollout.state in (State.ROLLED_BACK, State.KILLED) or rollout.kill is not None:
        return Outcome.WRONG
    if rollout.state is State.COMPLETED:
        return Outcome.RIGHT
    return Outcome.UNUSED if rollout.state in ENDS else Outcome.OPEN
