"""What a rollout is waiting for, when that will be there, what happens by itself, and whose turn it is (X1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.domain.acting import unready
from bot.domain.budgets import held_for_it
from bot.domain.escalations import escalations
from bot.domain.gates import approvals_of, bake_waits_for, counted, opens_next, promotion_waits_for, still_needed
from bot.domain.kills import still_on
from bot.domain.machine import State
from bot.domain.plan import Approvals, Plan
from bot.domain.rollout import Gate
from bot.domain.start_gate import asks
from bot.domain.waits import Wait, Waiting
from bot.wording.acting import acting_lines
from bot.wording.freezes import frozen_line
from bot.wording.language import t, t_many
from bot.wording.remarks import shortly
from bot.wording.sentences import by_when, code, how_words, joined, moment, plain, span, who
from bot.wording.telling import Telling
from bot.wording.unfinished import your_turn
from bot.wording.waits import waiting_words

STILL_ON = 6
AT_ONCE = timedelta(seconds=3)
"""A preflight that takes longer waits for something."""


def then_words(then: str) -> str:
    """A default in words: what happens if nobody does anything."""
    known = {
        "hold": t("it goes on hold"),
        "rollback": t("it rolls back"),
        "kill": t("it is killed"),
        "abort": t("it ends, and nothing has moved"),
    }
    return known.get(then, plain(then))


def waiting_lines(telling: Telling) -> list[str]:
    """A few lines: what it waits for and until when, what happens if nobody acts, who must act, what is frozen."""
    rollout = telling.rollout
    if rollout.mode == "observe" and rollout.live:
        return _watching(telling)
    frozen = rollout.frozen if rollout.live and not rollout.state.going_down else None
    lines = [*_BY_STATE[rollout.state](telling), *acting_lines(telling)]
    return [*lines, frozen_line(frozen, telling.now)] if frozen and frozen.stands(telling.now) else lines


def _watching(telling: Telling) -> list[str]:
    """Of what others move: what Perch looks at, and what it would still wait for."""
    rollout, plan = telling.rollout, telling.plan
    if rollout.state is State.PREFLIGHT:
        lines = [t("Waits for: traffic. Somebody else gives it; Perch judges as soon as it isn't 0% any more.")]
    else:
        waits = waiting_words(bake_waits_for(rollout, plan, telling.now), telling)
        stage = telling.stage.weight
        lines = [t("Others move it; Perch judges the stage at {stage}, and touches nothing.", stage=stage)]
        lines += [t("Before more, Perch would wait for: {waits}.", waits=waits)] if waits else []
    return [*lines, t("Nobody needs to act. Stop watching: `/canary rollback {plan}`", plan=rollout.plan)]


def _preflight(telling: Telling) -> list[str]:
    """Where a baseline comes from before the start, collecting it may take as long as it is."""
    plan, started = telling.plan, telling.rollout.started_at
    lacking = {
        name: metric.baseline.before_start
        for name, metric in plan.metrics.items()
        if metric.baseline and metric.baseline.before_start and name not in telling.rollout.baselines
    }
    if not lacking or telling.now - started < AT_ONCE:
        return [t("Waits for: preflight, which asks every source and target once. No traffic has moved.")]
    longest = max(lacking.values())
    ready, facts = started + longest, {"names": joined([code(name) for name in lacking]), "length": span(longest)}
    waits = (
        t(
            "Waits for: the baseline of {names}, about {length} of measurements; ready {when}.",
            when=by_when(ready, telling.now),
            **facts,
        )
        if ready > telling.now
        else t("Waits for: the baseline of {names}, about {length} of measurements; there are too few so far.", **facts)
    )
    wanted = start_approvals_wanted(telling)
    if wanted:
        return [
            waits,
            t("Then the start's gate opens, which needs {approvals}. No traffic has moved.", approvals=wanted),
        ]
    return [waits, t("Then it goes up by itself. No traffic has moved. Nobody needs to act.")]


def start_approvals_wanted(telling: Telling) -> str:
    """Whose yes this start needs before its first stage; "" where it needs none."""
    wanted = telling.plan.start_approvals
    if wanted is None or not asks(telling.rollout, telling.plan):
        return ""
    return approvals_wanted(wanted, telling.plan.roles.approvers, telling.rollout.involved)


def _shifting(telling: Telling) -> list[str]:
    intent = telling.rollout.intent
    if intent is None:
        return [t("Waits for: the new weight to be read back.")]
    if unready(telling.rollout):
        return [t("Waits for: what the plan wants done before {weight}. No traffic moves yet.", weight=intent.weight)]
    deadline = by_when(intent.made_at + telling.plan.confirm.within, telling.now)
    return [
        t("Waits for: {weight} to be read back, until {deadline}.", weight=intent.weight, deadline=deadline),
        t("If it doesn't show: back to {before}, then on hold.", before=intent.before),
    ]


def _baking(telling: Telling) -> list[str]:
    waits = bake_waits_for(telling.rollout, telling.plan, telling.now)
    wanted = waiting_words(waits, telling) or t("a passing check; the bake is over")
    lines, after = [t("Waits for: {waits}.", waits=wanted)], after_bake(telling)
    if turn := your_turn(telling, waits):
        return [*lines, *turn]
    if ends := [wait.name for wait in waits if wait.about is Wait.INCIDENT and not wait.detail]:
        plan, id = telling.rollout.plan, plain(ends[0], 20)
        end = t("Then: {after}. To end the incident: `/canary incident {plan} end {id}`", after=after, plan=plan, id=id)
        return [*lines, end]
    return [*lines, t("Then: {after}. Nobody needs to act now.", after=after)]


def after_bake(telling: Telling) -> str:
    """What comes when this stage's bake is over."""
    rollout, plan = telling.rollout, telling.plan
    if rollout.stage >= len(plan.stages) - 1:
        if plan.artifacts:
            return t("it completes if the plan's ends are met and its artifacts are on record")
        if plan.complete_when:
            return t("it completes if the plan's ends are met")
        return t("it completes and keeps its weight")
    onward, stage = plan.stage_weight(rollout.stage + 1), telling.stage
    wanted = approvals_wanted(stage.approvals, plan.roles.approvers, rollout.involved)
    if not stage.checklist:
        return t("a gate to {weight} opens, which needs {approvals}", weight=onward, approvals=wanted)
    return t(
        "a gate to {weight} opens, which needs {approvals}, and its checklist ticked ({count})",
        weight=onward,
        approvals=wanted,
        count=t_many(len(stage.checklist), "{count} item", "{count} items"),
    )


def approvals_wanted(wanted: Approvals, approvers: Sequence[str], involved: Sequence[str] = ()) -> str:
    """`2 approvals from @sre-leads, not from @ana`; `involved` is who started or resumed it, where that is known."""
    if not wanted.need and not wanted.one_of_each:
        return t("no approval, only a passing check")
    count = t_many(wanted.need, "{count} approval", "{count} approvals")
    whom = whose_approvals(wanted, approvers, involved)
    return f"{count} {whom}" if approvers else ", ".join(filter(None, (count, whom)))


def whose_approvals(wanted: Approvals, approvers: Sequence[str], involved: Sequence[str] = ()) -> str:
    """`from @sre-leads, one each from @devops and @engineering, not from @ana`."""
    parts = []
    if approvers:
        parts.append(t("from {groups}", groups=joined([group_name(group) for group in approvers], "or")))
    if wanted.one_of_each:
        each = joined([group_name(group) for group in wanted.one_of_each])
        parts.append(t("one each from {groups}", groups=each))
    if wanted.not_requester:
        others = joined([who(person) for person in involved], "or") or t("whoever started or resumed it")
        parts.append(t("not from {people}", people=others))
    return ", ".join(parts)


def group_name(group: str) -> str:
    """A role's entry: an id as a mention, a handle as the plan spells it."""
    return who(group)


def lacking(telling: Telling) -> list[Waiting]:
    """What the open gate still waits for, the window included; nothing when it may go up now."""
    opens = opens_next(telling.rollout, telling.plan, telling.now)
    return promotion_waits_for(telling.rollout, telling.plan, telling.now, opens)


def lacks(telling: Telling) -> str:
    """The same in words."""
    return waiting_words(lacking(telling), telling)


def _gate(telling: Telling) -> list[str]:
    gate = telling.rollout.gate
    if gate is None:
        return [t("Waits for: its gate.")]
    waits = lacks(telling) or t("nothing more; it goes up with the next check")
    lines = [t("Waits for: {waits}.", waits=waits), gate_default(gate, telling)]
    if still_needed(gate, approvals_of(gate, telling.plan), telling.rollout.involved):
        approvers = joined([group_name(each) for each in telling.plan.roles.approvers], "or") or t("approvers")
        lines.append(t("Your turn: {who}.", who=approvers))
    return lines


def gate_default(gate: Gate, telling: Telling) -> str:
    """Until when it waits, and what happens then by itself."""
    return t(
        "If nobody answers until {when}: {then}.",
        when=by_when(gate.expires_at, telling.now),
        then=expired_words(gate, telling.plan),
    )


def expired_words(gate: Gate, plan: Plan) -> str:
    """What happens by itself where nobody answers: before anything moved there is nothing to hold."""
    return then_words("abort" if gate.stage is None else plan.gate.then.value)


def escalation_words(gate: Gate, telling: Telling) -> list[str]:
    """Who was asked again already, and who will be, and when (U3)."""
    steps = escalations(gate, telling.plan, telling.rollout.watcher)
    done, coming = steps[: gate.escalated], steps[gate.escalated :]
    lines = []
    if done:
        asked = joined([group_name(each) for each in done[-1].to])
        lines.append(t("Asked again: {who}.", who=asked))
    if coming:
        whom = joined([group_name(each) for each in coming[0].to])
        lines.append(t("Unanswered, {who} will be asked {when}.", who=whom, when=by_when(coming[0].at, telling.now)))
    return lines


def approvals_given(gate: Gate, telling: Telling) -> str:
    """`Approvals: 1 of 2 (@ana by button)`."""
    wanted = approvals_of(gate, telling.plan)
    given = counted(gate, wanted, telling.rollout.involved)
    have, need = len(given), max(wanted.need, len(wanted.one_of_each))
    if not given:
        return t("Approvals: {have} of {need}", have=have, need=need)
    names = [t("{who} by {how}", who=who(each.person), how=how_words(each.how)) for each in given]
    return t("Approvals: {have} of {need} ({names})", have=have, need=need, names=joined(names))


def _held(telling: Telling) -> list[str]:
    hold = telling.rollout.hold
    if hold is None:
        return [t("Waits for: a person to resume or roll back.")]
    lines = [t("On hold since {since}: {why}.", since=moment(hold.since, telling.now), why=plain(hold.why))]
    if hold.until is not None:
        default = t("it stays on hold") if hold.then == "hold" else then_words(hold.then)
        when = by_when(hold.until, telling.now)
        lines.append(t("If nobody acts until {when}: {then}.", when=when, then=default))
    frozen = telling.rollout.frozen
    owner = who(hold.owner)
    if frozen is not None and frozen.stands(telling.now):
        turn = t(
            "Your turn: {who}. Resume it once the freeze is over, or roll it back. Rollback triggers stay on.",
            who=owner,
        )
    elif held_for_it(telling.rollout):
        turn = t(
            "Your turn: {who}. Roll it back, or wait for the budget to recover; with the override role: `{command}`",
            who=owner,
            command=f"/canary override {telling.rollout.plan} REASON",
        )
    else:
        turn = t("Your turn: {who}. Resume it or roll it back. Rollback triggers stay on.", who=owner)
    return [*lines, turn]


def _going_down(telling: Telling) -> list[str]:
    rollout = telling.rollout
    return [
        t(
            "Going from {weight} to {target}; waits for that to be read back. Nobody needs to act.",
            weight=rollout.confirmed,
            target=rollout.target,
        )
    ]


def _killing(telling: Telling) -> list[str]:
    kill = telling.rollout.kill
    lines = [t("The kill switch is being thrown and each target read back. Wider tiers follow by themselves.")]
    if kill is not None and (on := still_on(kill)):
        lines.append(t("🛑 STILL ON: {targets}.", targets="; ".join(shortly(each, 200) for each in on[:STILL_ON])))
    return lines


def _stuck(telling: Telling) -> list[str]:
    target = telling.rollout.target
    if telling.rollout.kill is not None:
        return [
            *_killing(telling)[1:],
            t("🛑 The kill switch is NOT through. Perch keeps trying."),
            t("Your turn: whoever is on call. Switch off by hand what is still on."),
        ]
    return [
        t(
            "🛑 Traffic did NOT come down: {target} was asked for and isn't read back. Perch keeps trying.",
            target=target,
        ),
        t("Your turn: whoever is on call. Kill it here, or set {target} by hand.", target=target),
    ]


def _over(telling: Telling) -> list[str]:
    rollout = telling.rollout
    lines = []
    if rollout.cooldown_until is not None and rollout.cooldown_until > telling.now:
        lines.append(t("A new start is possible {when}.", when=by_when(rollout.cooldown_until, telling.now)))
    if rollout.kill is not None and rollout.rearmed_at is None:
        lines.append(
            t(
                "The kill switch is still engaged: `/canary rearm {plan}` puts the former values back.",
                plan=rollout.plan,
            )
        )
    return lines


_BY_STATE: dict[State, Callable[[Telling], list[str]]] = {
    State.PREFLIGHT: _preflight,
    State.START_GATE: _gate,
    State.SHIFTING: _shifting,
    State.BAKING: _baking,
    State.GATE: _gate,
    State.HELD: _held,
    State.ROLLING_BACK: _going_down,
    State.KILLING: _killing,
    State.STUCK: _stuck,
    State.COMPLETED: _over,
    State.ROLLED_BACK: _over,
    State.KILLED: _over,
    State.ABORTED: _over,
    State.OBSERVED: _over,
}
