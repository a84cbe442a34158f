"""What one check does to a rollout: clocks and counts first, then the decision, then the move it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain import moves
from bot.domain.checks import as_bad_on_stable, fired
from bot.domain.decisions import Decision, Do, Position, decide
from bot.domain.gates import bake_left, open_gate, promotion_waits_for, rise_opens, voids
from bot.domain.machine import State
from bot.domain.measurements import Measurement
from bot.domain.moves import Happening, Step, a_hold
from bot.domain.plan import Action, Plan
from bot.domain.rollout import Check, HoldCause, HoldThen, Rollout, Streak, Tally, Verdict
from bot.domain.units import Weight, spell_duration

GAP = 2
"""More than this many check intervals between two looks is downtime: neither bake nor clean time counts."""
RETRIES = 1
"""How often EXTEND or RETRY is taken before their `then`."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that one tick has found out about one rollout. `id` is fresh, for whatever the step needs one for."""

    now: datetime
    id: str
    check: Check
    streaks: Mapping[str, Streak]
    tallies: Mapping[str, Tally]
    weight: Weight | None = None
    """What the traffic adapters read; None where they couldn't be read."""
    stable: Mapping[str, Measurement] = field(default_factory=dict)
    """The stable side, asked only after a breach."""
    complete_fails: Sequence[str] = ()
    """Conditions of `complete_when` that don't hold (or can't be seen)."""


def progress(rollout: Rollout, plan: Plan, look: Look) -> Step:
    """One check's effect. Pure: the same look at the same rollout is always the same step."""
    counted = _count(rollout, plan, look)
    drift = _drift(rollout, counted, plan, look)
    if drift is not None and look.check.verdict is not Verdict.BREACH:
        return drift.also(*_news(rollout, look.check))
    due = _overdue(counted, plan, look)
    step = due if due is not None else _act(counted, plan, look)
    return Step(step.rollout, (*_news(rollout, look.check), *step.happenings), step.emergency)


def position(rollout: Rollout, plan: Plan, check: Check) -> Position:
    """Where the rollout is, as far as this verdict matters."""
    match rollout.state:
        case State.SHIFTING:
            return Position.SHIFTING
        case State.GATE:
            return Position.GATE
        case State.HELD:
            return Position.HELD
        case State.BAKING if check.settling:
            return Position.SETTLING
        case State.BAKING if bake_left(rollout, plan):
            return Position.BAKING
        case State.BAKING:
            return Position.LAST_BAKED if rollout.stage == len(plan.stages) - 1 else Position.BAKED
        case _:
            return Position.GOING_DOWN


def _count(rollout: Rollout, plan: Plan, look: Look) -> Rollout:
    """Bake counts confirmed time outside holds and downtime; clean time restarts at each fail or breach."""
    since = rollout.counted_at or look.now
    passed = look.now - since
    if passed > GAP * plan.every.check or passed < timedelta(0):
        passed = timedelta(0)
    verdict = look.check.verdict
    clean = rollout.clean
    if verdict in (Verdict.FAIL, Verdict.BREACH):
        clean = timedelta(0)
    elif verdict.promotable and rollout.state in (State.BAKING, State.GATE, State.HELD):
        clean += passed
    blind = verdict is Verdict.NO_DATA and not look.check.settling
    without = (rollout.no_data_since or look.now) if blind else None
    return rollout.but(
        counted_at=look.now,
        baked=rollout.baked + (passed if rollout.state is State.BAKING else timedelta(0)),
        clean=clean,
        check=look.check,
        streaks=dict(look.streaks),
        tallies=dict(look.tallies),
        no_data_since=without,
        no_data_told=rollout.no_data_told and without is not None,
        seen_weight=look.weight if look.weight is not None else rollout.seen_weight,
        due_at=look.now + plan.every.check,
    )


def _news(rollout: Rollout, check: Check) -> tuple[Happening, ...]:
    """A verdict is told and recorded when it, or what fails, changes (evidence volume)."""
    before = None if rollout.check is None or rollout.check.settling else rollout.check
    if before is not None and (before.verdict, _bad(before)) == (check.verdict, _bad(check)):
        return ()
    if check.settling and check.verdict is not Verdict.BREACH:
        return ()
    facts = {
        "verdict": check.verdict.value,
        "before": before.verdict.value if before else "",
        "lines": [line.model_dump(mode="json") for line in check.lines],
    }
    return (Happening("verdict_changed", facts),)


def _bad(check: Check) -> frozenset[tuple[str, bool | None]]:
    return frozenset(
        (line.condition, line.met) for line in check.lines if line.met is (line.role == "trigger") or line.met is None
    )


def _drift(before: Rollout, rollout: Rollout, plan: Plan, look: Look) -> Step | None:
    real = look.weight
    settled = rollout.state in (State.BAKING, State.GATE, State.HELD) and rollout.intent is None
    if real is None or not settled or real == rollout.confirmed:
        return None
    known = rollout.state is State.HELD and before.seen_weight == real
    lower = real > rollout.confirmed and plan.drift == "lower"
    if known and not lower:
        return None
    return moves.drifted(rollout, look.now, look.id, real, lower)


def _overdue(rollout: Rollout, plan: Plan, look: Look) -> Step | None:
    """Deadlines of holds, gates and stages, each with its default. A breach comes first."""
    if look.check.verdict is Verdict.BREACH:
        return None
    hold, gate, now = rollout.hold, rollout.gate, look.now
    if rollout.state is State.HELD and hold and hold.until and now >= hold.until and hold.then != "hold":
        why = f"nobody acted on the hold ({hold.why}) by its deadline"
        return moves.roll_back(rollout, plan, now, look.id, why)
    if rollout.state is State.GATE and gate and now >= gate.expires_at:
        return _expired(rollout, plan, look)
    limit = plan.stages[rollout.stage].bake_limit
    stayed = now - (rollout.entered_at or now)
    if rollout.state is State.BAKING and limit and stayed >= limit.at_most:
        return _default(rollout, plan, look, f"the stage took {spell_duration(stayed)}", limit.then, "limit")
    return None


def _expired(rollout: Rollout, plan: Plan, look: Look) -> Step:
    gate_id = rollout.gate.id if rollout.gate else ""
    told = Happening("gate_expired", {"gate": gate_id, "then": plan.gate.then.value})
    step = _default(rollout, plan, look, "nobody answered the gate in time", plan.gate.then, "gate")
    return Step(step.rollout, (told, *step.happenings))


def _default(rollout: Rollout, plan: Plan, look: Look, why: str, then: Action, cause: HoldCause) -> Step:
    if then is Action.ROLLBACK:
        return moves.roll_back(rollout, plan, look.now, look.id, why)
    return moves.hold(rollout, look.now, a_hold(why, rollout.requester.id, look.now, cause), look.id)


def _act(rollout: Rollout, plan: Plan, look: Look) -> Step:
    waited = look.now - rollout.no_data_since if rollout.no_data_since else None
    decision = decide(position(rollout, plan, look.check), look.check, plan, waited_for_data=waited)
    match decision.do:
        case Do.OPEN_GATE:
            return _open_gate(rollout, plan, look)
        case Do.PROMOTE:
            return promote_when_ready(rollout, plan, look.now, look.id)
        case Do.CLOSE_GATE:
            return moves.close_gate(rollout, voids(rollout.gate, look.check) if rollout.gate else "")
        case Do.COMPLETE:
            return _complete(rollout, look)
        case Do.ROLL_BACK | Do.KILL:
            return _down(rollout, plan, look, decision)
        case Do.HOLD:
            return _hold(rollout, plan, look, decision)
        case Do.EXTEND | Do.RETRY:
            return _again(rollout, plan, look, decision)
        case _:
            return _wait(rollout, plan, look, waited)


def _wait(rollout: Rollout, plan: Plan, look: Look, waited: timedelta | None) -> Step:
    """Nothing to do; but data that stays away is told once, with what happens then."""
    if waited is None or rollout.no_data_told or not rollout.state.live or rollout.state.going_down:
        return Step(rollout)
    missing = [
        f"{line.condition} ({line.detail or 'no data'})"
        for line in look.check.lines
        if line.met is None and line.role != "soft"
    ]
    at = (rollout.no_data_since or look.now) + plan.no_data.after
    facts = {"missing": missing, "then": plan.no_data.then.value, "at": at.timestamp()}
    return Step(rollout.but(no_data_told=True), (Happening("no_data", facts),))


def _open_gate(rollout: Rollout, plan: Plan, look: Look) -> Step:
    gate = open_gate(rollout, plan, look.check, look.id)
    opened = rollout.but(state=State.GATE, gate=gate)
    following = plan.stage_weight(rollout.stage + 1)
    facts = {
        "gate": gate.id,
        "from": rollout.confirmed.percent,
        "to": following.percent,
        "verdict": gate.verdict.value,
        "warnings": list(gate.warnings),
        "expires_at": gate.expires_at.timestamp(),
    }
    return Step(opened, (Happening("gate", facts),))


def promote_when_ready(rollout: Rollout, plan: Plan, now: datetime, id: str) -> Step:
    """Rise when nothing is waited for any more (law 1); otherwise stay, or close a gate that a new warning voids."""
    if rollout.gate is not None and rollout.check is not None:
        void = voids(rollout.gate, rollout.check)
        if void:
            return moves.close_gate(rollout, void)
    opens = rise_opens(plan, rollout.stage, now)
    if promotion_waits_for(rollout, plan, now, opens):
        return Step(rollout)
    return moves.promote(rollout, plan, now, id)


def _complete(rollout: Rollout, look: Look) -> Step:
    if look.complete_fails:
        return Step(rollout)
    return moves.complete(rollout, look.now)


def _down(rollout: Rollout, plan: Plan, look: Look, decision: Decision) -> Step:
    check, stage = look.check, plan.stages[rollout.stage]
    rules = fired(check, stage)
    lines = [line for line in check.lines if line.role == "trigger" and line.met]
    if not rules:
        reason = _why_failed(check)
        return moves.roll_back(
            rollout, plan, look.now, look.id, reason, lines=[x for x in check.lines if x.met is False]
        )
    reason = "; ".join(rule.condition.text for rule in rules)
    if look.stable and as_bad_on_stable(rules, plan, look.stable, look.now):
        if rollout.state is State.HELD:
            return Step(rollout)
        why = f"{reason}, but the stable side is as bad: rolling back would not help"
        kept = a_hold(why, rollout.requester.id, look.now, "both_sides")
        return moves.hold(rollout, look.now, kept, look.id)
    if decision.do is Do.KILL:
        return Step(rollout, (), emergency=reason)
    return moves.roll_back(rollout, plan, look.now, look.id, reason, lines=lines)


def _why_failed(check: Check) -> str:
    failing = moves.failing(check)
    if failing:
        return "the bake is over and these don't hold: " + ", ".join(failing)
    return "metrics stayed away longer than the plan allows"


def _hold(rollout: Rollout, plan: Plan, look: Look, decision: Decision) -> Step:
    check = look.check
    cause: HoldCause = "breach" if check.verdict is Verdict.BREACH else "on_fail"
    why = _why_failed(check)
    if check.verdict is Verdict.NO_DATA:
        cause = "no_data"
    elif check.verdict is Verdict.BREACH:
        why = "; ".join(rule.condition.text for rule in fired(check, plan.stages[rollout.stage]))
    then: HoldThen = "rollback" if decision.then is Action.ROLLBACK else "hold"
    kept = a_hold(why, rollout.requester.id, look.now, cause, decision.lasting, then)
    return moves.hold(rollout, look.now, kept, look.id)


def _again(rollout: Rollout, plan: Plan, look: Look, decision: Decision) -> Step:
    """EXTEND or RETRY, a stated number of times; then what the plan says comes then, a hold by default."""
    bad = moves.failing(look.check)
    if rollout.retries < RETRIES:
        if decision.do is Do.EXTEND:
            return moves.extend_bake(rollout, decision.lasting or plan.stages[rollout.stage].bake, bad)
        return moves.retry_bake(rollout, look.now, bad)
    then = decision.then or Action.HOLD
    if then is Action.ROLLBACK:
        return moves.roll_back(rollout, plan, look.now, look.id, _why_failed(look.check))
    return _hold(rollout, plan, look, Decision(Do.HOLD))
