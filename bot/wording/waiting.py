"""What a rollout is waiting for, when that will be there, what happens by itself, and whose turn it is (X1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.domain.gates import Waiting, bake_waits_for, counted, promotion_waits_for, still_needed
from bot.domain.kills import still_on
from bot.domain.machine import State
from bot.domain.plan import Approvals
from bot.domain.rollout import Gate
from bot.wording.freezes import frozen_line
from bot.wording.remarks import remark
from bot.wording.sentences import by_when, code, joined, many, moment, plain, span, who
from bot.wording.telling import Telling

_LACKING = re.compile(r"(\d+) of \d+ approvals")
STILL_ON = 6
AT_ONCE = timedelta(seconds=3)
"""A preflight that takes longer waits for something."""

_THEN = {"hold": "it goes on hold", "rollback": "it rolls back", "kill": "it is killed"}


def then_words(then: str) -> str:
    """A default in words: what happens if nobody does anything."""
    return _THEN.get(then, plain(then))


def waiting_lines(telling: Telling) -> list[str]:
    """A few lines: what it waits for and until when, what happens if nobody acts, who must act, what is frozen."""
    rollout = telling.rollout
    frozen = rollout.frozen if rollout.live and not rollout.state.going_down else None
    lines = _BY_STATE[rollout.state](telling)
    return [*lines, frozen_line(frozen, telling.now)] if frozen and frozen.stands(telling.now) else lines


def _preflight(telling: Telling) -> list[str]:
    """Where a baseline comes from before the start, collecting it may take as long as it is."""
    plan, started = telling.plan, telling.rollout.started_at
    lacking = {
        name: metric.baseline.before_start
        for name, metric in plan.metrics.items()
        if metric.baseline and metric.baseline.before_start and name not in telling.rollout.baselines
    }
    if not lacking or telling.now - started < AT_ONCE:
        return ["Waits for: preflight, which asks every source and target once. No traffic has moved."]
    ready, names = started + max(lacking.values()), joined([code(name) for name in lacking])
    left = f"ready {by_when(ready, telling.now)}" if ready > telling.now else "there are too few measurements so far"
    return [
        f"Waits for: the baseline of {names}, about {span(max(lacking.values()))} of measurements; {left}.",
        "Then it goes up by itself. No traffic has moved. Nobody needs to act.",
    ]


def _shifting(telling: Telling) -> list[str]:
    intent = telling.rollout.intent
    if intent is None:
        return ["Waits for: the new weight to be read back."]
    deadline = by_when(intent.made_at + telling.plan.confirm.within, telling.now)
    return [
        f"Waits for: {intent.weight} to be read back, until {deadline}.",
        f"If it doesn't show: back to {intent.before}, then on hold.",
    ]


def _baking(telling: Telling) -> list[str]:
    waits = bake_waits_for(telling.rollout, telling.plan, telling.now)
    wanted = waiting_words(waits, telling) or "a passing check; the bake is over"
    return [f"Waits for: {wanted}.", f"Then: {after_bake(telling)}. Nobody needs to act now."]


def waiting_words(waits: Sequence[Waiting], telling: Telling) -> str:
    """`the bake, until 14:32 (in 30 min); a fresh check`."""
    return "; ".join(_awaited(wait, telling) for wait in waits)


def _awaited(wait: Waiting, telling: Telling) -> str:
    if lacking := _LACKING.fullmatch(wait.what):
        return many(int(lacking[1]), "more approval")
    if wait.until is None:
        return remark(wait.what)
    what = "the bake" if wait.what.endswith("more of baking") else remark(wait.what)
    return f"{what}, until {by_when(wait.until, telling.now)}"


def after_bake(telling: Telling) -> str:
    """What comes when this stage's bake is over."""
    rollout, plan = telling.rollout, telling.plan
    if rollout.stage >= len(plan.stages) - 1:
        return (
            "it completes and keeps its weight" if not plan.complete_when else "it completes if the plan's ends are met"
        )
    onward = plan.stage_weight(rollout.stage + 1)
    need = telling.stage.approvals
    return f"a gate to {onward} opens, which needs {approvals_wanted(need, plan.roles.approvers, rollout.involved)}"


def approvals_wanted(wanted: Approvals, approvers: Sequence[str], involved: Sequence[str] = ()) -> str:
    """`2 approvals from @sre-leads, not from @ana`; `involved` is who started or resumed it, where that is known."""
    if not wanted.need and not wanted.one_of_each:
        return "no approval, only a passing check"
    parts = [many(wanted.need, "approval")]
    if approvers:
        parts[0] += f" from {joined([group_name(group) for group in approvers], 'or')}"
    if wanted.one_of_each:
        parts.append(f"one each from {joined([group_name(group) for group in wanted.one_of_each])}")
    if wanted.not_requester:
        others = joined([who(person) for person in involved], "or") or "whoever started or resumed it"
        parts.append(f"not from {others}")
    return ", ".join(parts)


def group_name(group: str) -> str:
    """A role's entry: an id as a mention, a handle as the plan spells it."""
    return who(group)


def _gate(telling: Telling) -> list[str]:
    gate = telling.rollout.gate
    if gate is None:
        return ["Waits for: its gate."]
    waits = promotion_waits_for(telling.rollout, telling.plan, telling.now)
    lines = [f"Waits for: {waiting_words(waits, telling) or 'nothing more; it goes up with the next check'}."]
    lines.append(gate_default(gate, telling))
    wanted = telling.stage.approvals
    if still_needed(gate, wanted, telling.rollout.involved):
        lines.append(
            f"Your turn: {joined([group_name(each) for each in telling.plan.roles.approvers], 'or') or 'approvers'}."
        )
    return lines


def gate_default(gate: Gate, telling: Telling) -> str:
    then = telling.plan.gate.then.value
    return f"If nobody answers until {by_when(gate.expires_at, telling.now)}: {then_words(then)}."


def approvals_given(gate: Gate, telling: Telling) -> str:
    """`Approvals: 1 of 2 (@ana by button)`."""
    wanted = telling.plan.stages[gate.stage].approvals
    given = counted(gate, wanted, telling.rollout.involved)
    names = joined([f"{who(approval.person)} by {approval.how}" for approval in given])
    return f"Approvals: {len(given)} of {max(wanted.need, len(wanted.one_of_each))}" + (f" ({names})" if names else "")


def _held(telling: Telling) -> list[str]:
    hold = telling.rollout.hold
    if hold is None:
        return ["Waits for: a person to resume or roll back."]
    lines = [f"On hold since {moment(hold.since, telling.now)}: {plain(hold.why)}."]
    if hold.until is not None:
        default = "it stays on hold" if hold.then == "hold" else then_words(hold.then)
        lines.append(f"If nobody acts until {by_when(hold.until, telling.now)}: {default}.")
    frozen = telling.rollout.frozen
    resume = "Resume it once the freeze is over," if frozen and frozen.stands(telling.now) else "Resume it"
    lines.append(f"Your turn: {who(hold.owner)}. {resume} or roll it back. Rollback triggers stay on.")
    return lines


def _going_down(telling: Telling) -> list[str]:
    rollout = telling.rollout
    return [f"Going from {rollout.confirmed} to {rollout.target}; waits for that to be read back. Nobody needs to act."]


def _killing(telling: Telling) -> list[str]:
    kill = telling.rollout.kill
    lines = ["The kill switch is being thrown and each target read back. Wider tiers follow by themselves."]
    if kill is not None and (on := still_on(kill)):
        lines.append(f"🛑 STILL ON: {'; '.join(plain(each, 200) for each in on[:STILL_ON])}.")
    return lines


def _stuck(telling: Telling) -> list[str]:
    target = telling.rollout.target
    if telling.rollout.kill is not None:
        return [
            *_killing(telling)[1:],
            "🛑 The kill switch is NOT through. Perch keeps trying.",
            "Your turn: whoever is on call. Switch off by hand what is still on.",
        ]
    return [
        f"🛑 Traffic did NOT come down: {target} was asked for and isn't read back. Perch keeps trying.",
        f"Your turn: whoever is on call. Kill it here, or set {target} by hand.",
    ]


def _over(telling: Telling) -> list[str]:
    rollout = telling.rollout
    lines = []
    if rollout.cooldown_until is not None and rollout.cooldown_until > telling.now:
        lines.append(f"A new start is possible {by_when(rollout.cooldown_until, telling.now)}.")
    if rollout.kill is not None and rollout.rearmed_at is None:
        lines.append(f"The kill switch is still engaged: `/canary rearm {rollout.plan}` puts the former values back.")
    return lines


_BY_STATE: dict[State, Callable[[Telling], list[str]]] = {
    State.PREFLIGHT: _preflight,
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
}
