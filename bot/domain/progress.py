"""What one check does to a rollout: clocks and counts first, then the decision, then the move it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import budgets, mirroring, moves, rollbacks, versions
from bot.domain.checks import as_bad_on_stable, fired
from bot.domain.deadlines import overdue
from bot.domain.decisions import Decision, Do, Position, decide
from bot.domain.gates import (
    bake_left,
    open_gate,
    opens_next,
    promotion_waits_for,
    since_resume,
    voids,
)
from bot.domain.incidents import forbidding
from bot.domain.looks import STEADY, Look, away, take_in
from bot.domain.machine import Event, State, move
from bot.domain.moments import due_now
from bot.domain.moves import a_hold
from bot.domain.plan import Action, Plan
from bot.domain.record.wanted import lacking
from bot.domain.rollout import Check, HoldCause, HoldThen, Rollout, Verdict
from bot.domain.steps import Happening, Step
from bot.domain.task_standing import waits as task_waits
from bot.domain.tasks import after_spoiled

RETRIES = 1
"""How often a stage takes EXTEND or RETRY before their `then`."""


def progress(rollout: Rollout, plan: Plan, look: Look) -> Step:
    """One check's effect. Pure: the same look at the same rollout is always the same step."""
    step = _decided(rollout, take_in(rollout, plan, look), plan, look)
    told = (
        *absence(rollout, plan, look.now),
        *versions.changes(rollout, step.rollout),
        *news(rollout, look.check),
        *budgets.news(rollout, step.rollout),
        *sight(rollout, step.rollout, look),
    )
    return Step(step.rollout, (*told, *step.happenings), step.emergency)


def _decided(before: Rollout, rollout: Rollout, plan: Plan, look: Look) -> Step:
    """Down comes first; then drift, another version, a used-up error budget, what is overdue, and the verdict."""
    drift = _drift(before, rollout, plan, look)
    if look.check.verdict is Verdict.BREACH:
        step = _act(rollout, plan, look)
        if step.emergency or step.rollout.state.going_down:
            return _with_drift(step, rollout, look) if drift else step
    return (
        drift
        or versions.held_for_another(rollout, look)
        or budgets.pause(rollout, plan, look.now, look.id)
        or overdue(rollout, plan, look)
        or after_spoiled(rollout, plan, look.now, look.id)
        or _act(rollout, plan, look)
    )


def _with_drift(step: Step, rollout: Rollout, look: Look) -> Step:
    """Going down anyway, but the drift is told too (law 10)."""
    did = "Perch is taking it down for another reason."
    told = {"drift": (rollout.confirmed, look.weight), "mirror_drift": (rollout.mirror, look.mirror)}
    return step.also(
        *(
            Happening(kind, {"recorded": recorded.percent, "real": real.percent, "did": did})
            for kind, (recorded, real) in told.items()
            if real is not None and real != recorded
        )
    )


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


def news(rollout: Rollout, check: Check) -> tuple[Happening, ...]:
    """A verdict is told and recorded when it, or what fails, changes (evidence volume)."""
    before = rollout.check if rollout.check is not None and rollout.check.judged else None
    if before is not None and (before.verdict, _bad(before)) == (check.verdict, _bad(check)):
        return ()
    if not check.judged and check.verdict is not Verdict.BREACH:
        return ()
    facts = {
        "verdict": check.verdict.value,
        "before": before.verdict.value if before else "",
        "stage": check.stage,
        "checked_at": check.at.isoformat(),
        "lines": [line.model_dump(mode="json") for line in check.lines],
        **({"slos": [each.model_dump(mode="json") for each in check.slos]} if check.slos else {}),
    }
    return (Happening("verdict_changed", facts),)


def _bad(check: Check) -> frozenset[tuple[str, bool | None]]:
    return frozenset(
        (line.condition, line.met)
        for line in check.lines
        if line.counts and (line.met is (line.role == "trigger") or line.met is None)
    )


def sight(before: Rollout, after: Rollout, look: Look) -> tuple[Happening, ...]:
    """Targets that can't be read for a second check are told once, and when all can be read again (law 10)."""
    if after.unread_told and not before.unread_told and after.unread_since is not None:
        return (Happening("unseen", {"since": after.unread_since.timestamp(), "unread": list(look.unread)}),)
    if before.unread_told and look.weight is not None:
        return (Happening("seen_again", {"real": look.weight.percent}),)
    return ()


def absence(before: Rollout, plan: Plan, now: datetime) -> tuple[Happening, ...]:
    """That nobody looked for a while is on record, so that nobody takes that time for bake or for people's."""
    gone = away(before, plan, now)
    return (Happening("away", {"since": gone[0].timestamp(), "until": gone[1].timestamp()}),) if gone else ()


def _drift(before: Rollout, rollout: Rollout, plan: Plan, look: Look) -> Step | None:
    if rollout.state not in STEADY or rollout.intent is not None:
        return None
    weight, mirror = _weight_drift(before, rollout, plan, look), _mirror_drift(rollout, look)
    # What brings the weight down brings the mirror down with it.
    return weight.also(*mirror.happenings[-1:]) if weight and mirror else weight or mirror


def _mirror_drift(rollout: Rollout, look: Look) -> Step | None:
    if look.mirror is None or look.mirror == rollout.mirror:
        return None
    return mirroring.drifted(rollout, look.now, look.id, look.mirror)


def _weight_drift(before: Rollout, rollout: Rollout, plan: Plan, look: Look) -> Step | None:
    real = look.weight
    if real is None or real == rollout.confirmed:
        return None
    known = rollout.state is State.HELD and before.seen_weight == real
    lower = real > rollout.confirmed and plan.drift == "lower"
    if known and not lower:
        return None
    return _by_target(moves.drifted(rollout, look.now, look.id, real, lower), look)


def _by_target(step: Step, look: Look) -> Step:
    """Of several targets, what each shows (X10)."""
    if not look.targets:
        return step
    targets = [{"target": target, "weight": percent} for target, percent in look.targets]
    told = [
        replace(each, facts={**each.facts, "targets": targets}) if each.kind == "drift" else each
        for each in step.happenings
    ]
    return replace(step, happenings=tuple(told))


def _act(rollout: Rollout, plan: Plan, look: Look) -> Step:
    waited = look.now - rollout.no_data_since if rollout.no_data_since else None
    decision = decide(position(rollout, plan, look.check), look.check, plan, waited_for_data=waited)
    match decision.do:
        case Do.OPEN_GATE | Do.COMPLETE if not since_resume(rollout, look.check) or _validates(rollout, plan, look):
            return Step(rollout)
        case Do.OPEN_GATE:
            return _open_gate(rollout, plan, look)
        case Do.PROMOTE | Do.CLOSE_GATE:
            return promote_when_ready(rollout, plan, look.now, look.id)
        case Do.COMPLETE:
            return _complete(rollout, plan, look)
        case Do.ROLL_BACK | Do.KILL:
            return _down(rollout, plan, look, decision)
        case Do.HOLD:
            return _hold(rollout, plan, look, decision)
        case Do.EXTEND | Do.RETRY:
            return _again(rollout, plan, look, decision)
        case _:
            return _wait(rollout, plan, look, waited)


def _validates(rollout: Rollout, plan: Plan, look: Look) -> bool:
    """Whether needed tasks of the stage are still to pass: nobody approves what hasn't been tried yet (R24)."""
    return any(True for _ in task_waits(rollout, plan, look.now))


def _wait(rollout: Rollout, plan: Plan, look: Look, waited: timedelta | None) -> Step:
    """Nothing to do; but data that stays away for a second check is told once, with what happens then."""
    early = waited is None or waited < plan.every.check
    if early or rollout.no_data_told or not rollout.state.live or rollout.state.going_down:
        return Step(rollout)
    missing = [
        f"{line.condition} ({line.detail or 'no data'})"
        for line in look.check.lines
        if line.met is None and line.role != "soft" and line.counts
    ]
    at = (rollout.no_data_since or look.now) + plan.no_data.after
    facts = {"missing": missing, "then": plan.no_data.then.value, "until": at.timestamp()}
    return Step(rollout.but(no_data_told=True), (Happening("no_data", facts),))


def _open_gate(rollout: Rollout, plan: Plan, look: Look) -> Step:
    gate = open_gate(rollout, plan, look.check, look.id)
    opened = rollout.but(state=move(rollout.state, Event.BAKED), gate=gate)
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
    """Rise when nothing is waited for any more (law 1); otherwise stay, or close a gate that the newest check voids."""
    if rollout.state is State.GATE and rollout.gate is not None and rollout.check is not None:
        void = voids(rollout.gate, rollout.check)
        if void:
            return moves.close_gate(rollout, void)
    opens = opens_next(rollout, plan, now)
    if promotion_waits_for(rollout, plan, now, opens):
        return Step(rollout)
    return moves.promote(rollout, plan, now, id)


def _complete(rollout: Rollout, plan: Plan, look: Look) -> Step:
    """The end, unless an incident, an unmet end or a missing artifact forbids it (E5, E10)."""
    if forbidding(rollout, plan):
        return Step(rollout)
    lacks = lacking(rollout, plan, due_now(rollout, plan, look.now))
    if not look.complete_fails and not lacks:
        return moves.complete(rollout, look.now)
    by_itself = not look.complete_fails and all(lack.until is not None for lack in lacks)
    if rollout.unfinished_told or by_itself:
        return Step(rollout)
    facts = {
        "complete_when": list(look.complete_fails),
        "artifacts": [lack.name for lack in lacks],
        "gone": [lack.name for lack in lacks if lack.gone],
    }
    return Step(rollout.but(unfinished_told=True), (Happening("unfinished", facts),))


def _down(rollout: Rollout, plan: Plan, look: Look, decision: Decision) -> Step:
    check, reason = look.check, why_of(rollout, plan, look.check)
    if decision.do is Do.KILL:
        return Step(rollout, (), emergency=reason)
    rules = fired(check, plan.stages[rollout.stage])
    if rules and look.stable and as_bad_on_stable(rules, plan, look.stable, rollout.baselines, look.now):
        return _both_sides_bad(rollout, look, reason)
    wanted = "trigger" if rules else "hard"
    lines = [line for line in check.lines if line.role == wanted and line.counts and line.met is bool(rules)]
    rule = {Verdict.BREACH: "on_breach", Verdict.NO_DATA: "no_data"}.get(check.verdict, "on_fail")
    return rollbacks.roll_back(rollout, plan, look.now, look.id, reason, lines=lines, rule=rule)


def _both_sides_bad(rollout: Rollout, look: Look, reason: str) -> Step:
    if rollout.state is State.HELD:
        return Step(rollout)
    why = f"{reason}, but the stable side is as bad: rolling back would not help"
    kept = a_hold(why, rollout.watched_by, look.now, "both_sides")
    return moves.hold(rollout, look.now, kept, look.id)


def why_of(rollout: Rollout, plan: Plan, check: Check) -> str:
    """Why a verdict has consequences, fit to forward."""
    match check.verdict:
        case Verdict.BREACH:
            return "; ".join(rule.condition.text for rule in fired(check, plan.stages[rollout.stage]))
        case Verdict.NO_DATA:
            missing = [
                line.condition for line in check.lines if line.role != "soft" and line.counts and line.met is None
            ]
            return "no data for longer than the plan allows: " + ", ".join(missing)
        case _:
            return "the bake is over and these don't hold: " + ", ".join(moves.failing(check))


def _hold(rollout: Rollout, plan: Plan, look: Look, decision: Decision) -> Step:
    cause = _CAUSES.get(look.check.verdict, "on_fail")
    then = _THEN.get(decision.then, "hold")
    why = why_of(rollout, plan, look.check)
    kept = a_hold(why, rollout.watched_by, look.now, cause, decision.lasting, then)
    return moves.hold(rollout, look.now, kept, look.id)


_CAUSES: Mapping[Verdict, HoldCause] = {Verdict.BREACH: "breach", Verdict.NO_DATA: "no_data"}
_THEN: Mapping[Action | None, HoldThen] = {Action.ROLLBACK: "rollback", Action.KILL: "kill"}


def _again(rollout: Rollout, plan: Plan, look: Look, decision: Decision) -> Step:
    """EXTEND or RETRY, a stated number of times; then what the plan says comes then, a hold by default."""
    bad = moves.failing(look.check)
    if rollout.retries < RETRIES:
        if decision.do is Do.EXTEND:
            return moves.extend_bake(rollout, decision.lasting or plan.stages[rollout.stage].bake, bad)
        return moves.retry_bake(rollout, look.now, bad)
    if decision.then in (Action.ROLLBACK, Action.KILL):
        return _down(rollout, plan, look, Decision(Do.KILL if decision.then is Action.KILL else Do.ROLL_BACK))
    return _hold(rollout, plan, look, Decision(Do.HOLD))
