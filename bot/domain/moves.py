"""The moves of one rollout, each a plain function: a rollout in, a changed rollout and what happened out.

Nothing here looks at a clock, makes an id, or touches the world; what happened is told as `Happening`s, which the
engine turns into evidence and messages. Ways down are in `rollbacks` and `kills`. Who may ask for a move is decided
elsewhere (`bot.engine.rights`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.gates import approvals_of, at_the_start, counted, next_stage
from bot.domain.machine import Event, State, move
from bot.domain.overrides import used
from bot.domain.plan import Plan
from bot.domain.rollout import PERCH, Check, Hold, HoldCause, HoldThen, Intent, Person, Rollout, Way
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, Weight


def enter_first_stage(rollout: Rollout, plan: Plan, now: datetime, id: str) -> Step:
    """Preflight is green: ask for the first stage's weight. The start by an operator opens this one step (law 1).

    Not where the plan asks for approvals there: `bot.domain.start_gate.ask` opens a gate for it then.
    """
    state = move(rollout.state, Event.PREFLIGHT_GREEN)
    risen = _asking(rollout.but(state=state, due_at=now), plan, 0, now, id, "first stage")
    return Step(risen, _other_watcher(rollout, risen))


def promote(rollout: Rollout, plan: Plan, now: datetime, id: str) -> Step:
    """Use the open gate: ask for the next stage's weight. The caller has seen that nothing is waited for."""
    state = move(rollout.state, Event.PROMOTE)
    gate = rollout.gate
    given = counted(gate, approvals_of(gate, plan), rollout.involved) if gate else ()
    before = rollout.confirmed
    spent = used(rollout.overrides, gate.id if gate else "", now)
    left = rollout.but(state=state, gate=None, overrides=spent, preflight=(), green_at=None)
    risen = _asking(left, plan, next_stage(rollout), now, id, "promoted")
    facts = {
        "from": before.percent,
        "to": risen.target.percent,
        "by": [approval.person.id for approval in given],
        "gate": gate.id if gate else "",
        "approvals": [approval.model_dump(mode="json") for approval in given],
        "ticks": [tick.model_dump(mode="json") for tick in gate.ticks] if gate else [],
        "verdict": rollout.check.verdict.value if rollout.check else "",
        "check": rollout.check.model_dump(mode="json") if rollout.check else None,
        "warnings": list(gate.warnings) if gate else [],
        "early": rollout.early,
        "overruled": [each.model_dump(mode="json") for each in gate.overruled] if gate else [],
        **at_the_start(gate, rollout),
    }
    return Step(risen, (Happening("promoted", facts), *_other_watcher(rollout, risen)))


def _other_watcher(before: Rollout, after: Rollout) -> tuple[Happening, ...]:
    """The plan gives the next stage to somebody else (X12)."""
    if before.watched_by == after.watched_by:
        return ()
    return (Happening("watching", {"from": before.watched_by, "to": after.watched_by, "by": PERCH.id, "held": ""}),)


def _asking(rollout: Rollout, plan: Plan, stage: int, now: datetime, id: str, reason: str) -> Rollout:
    weight, mirror = plan.stage_weight(stage), plan.stages[stage].mirrored
    intent = Intent(
        id=id,
        way=Way.RAISE,
        weight=weight,
        before=rollout.confirmed,
        mirror=mirror,
        mirror_before=rollout.mirror,
        made_at=now,
        reason=reason,
    )
    watcher = plan.stages[stage].watcher or rollout.watcher
    return rollout.but(
        stage=stage, target=weight, approved=weight, mirror=mirror, intent=intent, watcher=watcher, due_at=now
    )


def lowering(rollout: Rollout, now: datetime, id: str, to: Weight, before: Weight, reason: str, **more: Any) -> Intent:
    """An intent downward; `mirror` is what may still be mirrored then."""
    facts = {"mirror": ZERO, "mirror_before": rollout.mirror, **more}
    return Intent(id=id, way=Way.LOWER, weight=to, before=before, made_at=now, reason=reason, **facts)


def arrive(rollout: Rollout, now: datetime) -> Step:
    """The raised weight was read back: baking begins, with fresh clocks and counts."""
    intent = intended(rollout)
    arrived = rollout.but(
        state=move(rollout.state, Event.CONFIRMED),
        confirmed=intent.weight,
        seen_weight=intent.weight,
        intent=None,
        **anew(rollout, now),
    )
    if rollout.stage == 0:
        # Overruled before there was any traffic, it was meant for this stage.
        arrived = arrived.but(overspent=rollout.overspent)
    facts = {
        "stage": rollout.stage,
        "weight": intent.weight.percent,
        "before": intent.before.percent,
        "mirror": intent.mirror.percent,
        "took_s": round((now - intent.made_at).total_seconds(), 1),
    }
    return Step(arrived, (Happening("stage_confirmed", facts),))


def anew(rollout: Rollout, now: datetime) -> dict[str, Any]:
    """Clocks and counts of a stage whose weight has just been confirmed. The starter is always involved (four eyes)."""
    return {
        "shifted_at": now,
        "entered_at": now,
        "counted_at": now,
        "baked": timedelta(0),
        "extended": timedelta(0),
        "clean": timedelta(0),
        "retries": 0,
        "streaks": {},
        "tallies": {},
        "samples": {},
        "check": None,
        "no_data_since": None,
        "no_data_told": False,
        "early": "",
        "overspent": (),
        "unmet_ends": (),
        "unfinished_told": False,
        "involved": (rollout.requester.id,),
        "checkpoints": (),
        "tasks": tuple(run for run in rollout.tasks if run.ended_at is None),
        "due_at": now,
    }


def retreat(rollout: Rollout, now: datetime, id: str, hold: Hold, by: Person = PERCH) -> Step:
    """Give up a raise under way: back to the weight before it, held there. Lowering is on record as an intent."""
    before = rollout.intent.before if rollout.intent else rollout.confirmed
    mirror = rollout.intent.mirror_before if rollout.intent else ZERO
    lower = lowering(rollout, now, id, before, rollout.target, hold.why, mirror=mirror)
    held = rollout.but(
        state=move(rollout.state, Event.HOLD),
        stage=max(rollout.stage - 1, 0),
        target=before,
        approved=before,
        confirmed=before,
        mirror=mirror,
        intent=lower,
        gate=None,
        hold=hold,
        due_at=now,
    )
    return Step(held, (told_hold(hold, by),))


def hold(rollout: Rollout, now: datetime, hold: Hold, id: str, by: Person = PERCH) -> Step:
    """Stop progress where it stands; a raise under way is given up."""
    if rollout.state is State.SHIFTING:
        return retreat(rollout, now, id, hold, by)
    held = rollout.but(state=move(rollout.state, Event.HOLD), hold=hold, gate=None, early="", due_at=now)
    closed = (gate_closed(rollout, f"held: {hold.why}"),) if rollout.gate else ()
    return Step(held, (*closed, told_hold(hold, by)))


def a_hold(
    why: str,
    owner: str,
    now: datetime,
    cause: HoldCause,
    lasting: timedelta | None = None,
    then: HoldThen = "hold",
) -> Hold:
    """Every hold has an owner, a deadline and a default; without a time it is one day, and stays held then."""
    return Hold(why=why, owner=owner, since=now, until=now + (lasting or timedelta(days=1)), then=then, cause=cause)


def resume(rollout: Rollout, now: datetime, by: Person) -> Step:
    """Go on: the bake continues, a new gate and a check newer than this are needed.

    Where no traffic was ever confirmed, preflight starts again.
    """
    event = Event.RESUME if rollout.shifted_at else Event.PREFLIGHT_AGAIN
    involved = tuple(dict.fromkeys((*rollout.involved, by.id)))
    resumed = rollout.but(
        state=move(rollout.state, event),
        hold=None,
        gate=None,
        dangers=(),
        preflight=(),
        green_at=None,
        resumed_at=now,
        counted_at=now,
        involved=involved,
        no_data_since=None,
        no_data_told=False,
        due_at=now,
    )
    return Step(resumed, (Happening("resumed", {"by": by.id}, by),))


def close_gate(rollout: Rollout, why: str) -> Step:
    """The gate is void: back to baking, bake kept."""
    baking = rollout.but(state=move(rollout.state, Event.GATE_CLOSED), gate=None, early="")
    return Step(baking, (gate_closed(rollout, why),))


def gate_closed(rollout: Rollout, why: str) -> Happening:
    """What is on record of a gate that is void."""
    gate = rollout.gate
    starts = {"starts": True} if gate is not None and gate.stage is None else {}
    return Happening("gate_closed", {"gate": gate.id if gate else "", "why": why, **starts})


def complete(rollout: Rollout, now: datetime) -> Step:
    """The last bake is over with a promotable verdict: the end, keeping the weight (R16)."""
    took = (now - rollout.started_at).total_seconds()
    taken = tuple(
        each.model_copy(update={"used_at": now}) if each.what == "artifacts" else each for each in rollout.overrides
    )
    state = move(rollout.state, Event.COMPLETE)
    done = rollout.but(state=state, ended_at=now, gate=None, mirror=ZERO, reason="all stages held", overrides=taken)
    return Step(done, (Happening("completed", {"weight": rollout.confirmed.percent, "took_s": round(took)}),))


def abort(rollout: Rollout, now: datetime, reason: str, by: Person = PERCH, red: Sequence[str] = ()) -> Step:
    """End before any traffic moved: no cooldown."""
    state = move(rollout.state, Event.ABORT)
    found = rollout.preflight if rollout.state is State.PREFLIGHT else ()
    ended = rollout.but(
        state=state, ended_at=now, reason=reason, intent=None, gate=None, hold=None, mirror=ZERO, preflight=found
    )
    return Step(ended, (Happening("aborted", {"reason": reason, "red": list(red)}, by),))


def extend_bake(rollout: Rollout, lasting: timedelta, failing: Sequence[str]) -> Step:
    """EXTEND: the stage bakes longer."""
    longer = rollout.but(extended=rollout.extended + lasting, retries=rollout.retries + 1)
    return Step(longer, (Happening("extended", {"lasting_s": lasting.total_seconds(), "failing": list(failing)}),))


def retry_bake(rollout: Rollout, now: datetime, failing: Sequence[str]) -> Step:
    """RETRY: the stage bakes again from the start. The count is the stage's and starts anew with each stage."""
    again = rollout.but(
        baked=timedelta(0),
        extended=timedelta(0),
        clean=timedelta(0),
        streaks={},
        counted_at=now,
        retries=rollout.retries + 1,
    )
    return Step(again, (Happening("retried", {"failing": list(failing)}),))


def drifted(rollout: Rollout, now: datetime, id: str, real: Weight, lower: bool) -> Step:
    """The outside world isn't as recorded (law 10): held and told; above what was approved, lowered where asked."""
    did = "lowered" if lower else "held"
    facts = {"recorded": rollout.confirmed.percent, "real": real.percent, "did": did}
    why = f"the weight is {real} where {rollout.confirmed} was set; somebody else moved it"
    held = held_where_it_stands(rollout, now, why)
    closed = (gate_closed(rollout, why),) if rollout.gate else ()
    if lower:
        intent = lowering(rollout, now, id, rollout.confirmed, real, why, mirror=rollout.mirror)
        held = held.but(intent=intent, target=rollout.confirmed)
    return Step(held.but(seen_weight=real, due_at=now), (*closed, Happening("drift", facts)))


def held_where_it_stands(rollout: Rollout, now: datetime, why: str) -> Rollout:
    """Held for drift, unless it is held already."""
    if rollout.state is State.HELD:
        return rollout
    kept = a_hold(why, rollout.watched_by, now, "drift")
    return rollout.but(state=move(rollout.state, Event.HOLD), hold=kept, gate=None, early="")


def told_hold(hold: Hold, by: Person) -> Happening:
    """What is on record of a hold."""
    facts = {
        "why": hold.why,
        "owner": hold.owner,
        "until": hold.until.timestamp() if hold.until else None,
        "then": hold.then,
        "cause": hold.cause,
    }
    return Happening("held", facts, by)


def intended(rollout: Rollout) -> Intent:
    """What is under way. Raises ValueError where nothing is."""
    if rollout.intent is None:
        raise ValueError(f"rollout {rollout.id} has no intent under way")
    return rollout.intent


def failing(check: Check) -> list[str]:
    """Hard conditions that count and aren't met, in words."""
    return [line.condition for line in check.lines if line.role == "hard" and line.counts and line.met is False]
