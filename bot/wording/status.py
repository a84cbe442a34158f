"""The status message: one per rollout, edited in place, everything that matters in one glance (S2)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout, Verdict
from bot.ports import Said
from bot.wording.blocks import Block, actions, button, confirmation, context, header, overflow, said, section
from bot.wording.conditions import trouble, values_text, verdict_text
from bot.wording.kills import rehearsal
from bot.wording.sentences import STATE_WORDS, cut, moment, moment_exact, plain, prose, who
from bot.wording.telling import Telling
from bot.wording.waiting import waiting_lines

TROUBLE_SHOWN = 5
LADDER_SHOWN = 8


def status(telling: Telling) -> Said:
    """The rollout as it stands now, with the buttons that work now."""
    rollout = telling.rollout
    waits = waiting_lines(telling)
    blocks = [header(_headline(telling)), section((_ladder(telling), _verdict(telling), *_ending(telling), *waits))]
    blocks += _conditions(telling)
    blocks.append(context(_footer(telling)))
    blocks.append(actions(*controls(rollout)))
    return said(prose((sentence(telling), *waits)), *blocks)


def _conditions(telling: Telling) -> list[Block]:
    """What is bad, in full; what holds, small."""
    check = telling.rollout.check
    if check is None or not (check.judged or check.verdict is Verdict.BREACH):
        return []
    bad = trouble(check.lines, telling.now, TROUBLE_SHOWN)
    values = values_text(check.lines) if telling.rollout.live or telling.rollout.state is State.COMPLETED else ""
    return [*([section(bad)] if bad else []), *([context(values)] if values else [])]


def sentence(telling: Telling) -> str:
    """The whole thing as one sentence, for notifications and screen readers."""
    rollout = telling.rollout
    checked = f"the last check says {verdict_text(rollout.check)}" if rollout.check else "there was no check yet"
    return f"{telling.title} is at {rollout.confirmed}, {STATE_WORDS[rollout.state]}{_observing(rollout)}; {checked}."


def _headline(telling: Telling) -> str:
    rollout = telling.rollout
    weight = f"{rollout.confirmed} → {rollout.target}" if _moving(rollout) else str(rollout.confirmed)
    version = f" {cut(rollout.version, 40)}" if rollout.version else ""
    return f"{rollout.plan}{version} · {weight} · {STATE_WORDS[rollout.state]}{_observing(rollout)}"


def _observing(rollout: Rollout) -> str:
    return " (observe only: Perch touches nothing)" if rollout.mode == "observe" else ""


def _moving(rollout: Rollout) -> bool:
    going = rollout.state in (State.SHIFTING, State.ROLLING_BACK, State.KILLING, State.STUCK)
    return going and rollout.target != rollout.confirmed


def _ladder(telling: Telling) -> str:
    """`Stages: ✓ 1% → *▶ 10%* → 50% → 100%`; of a long ladder, what is near."""
    rollout, plan = telling.rollout, telling.plan
    steps = [_step(rollout, plan, index) for index in range(len(plan.stages))]
    return "Stages: " + " → ".join(_near(steps, rollout.stage))


def _step(rollout: Rollout, plan: Plan, index: int) -> str:
    weight = str(plan.stage_weight(index))
    if index < rollout.stage or (rollout.state is State.COMPLETED and index <= rollout.stage):
        return f"✓ {weight}"
    if index != rollout.stage or rollout.state in (State.PREFLIGHT, State.ABORTED):
        return weight
    return f"*▶ {weight}*" if rollout.live else f"■ {weight} (ended here)"


def _near(steps: Sequence[str], at: int) -> list[str]:
    if len(steps) <= LADDER_SHOWN:
        return list(steps)
    start = max(0, min(at - 2, len(steps) - LADDER_SHOWN))
    shown = list(steps[start : start + LADDER_SHOWN])
    if start:
        shown.insert(0, f"({start} before)")
    if left := len(steps) - start - LADDER_SHOWN:
        shown.append(f"({left} more)")
    return shown


def _verdict(telling: Telling) -> str:
    check = telling.rollout.check
    if check is None:
        return "Verdict: no check yet"
    return f"Verdict: *{verdict_text(check)}*, checked {moment_exact(check.at)}"


def _ending(telling: Telling) -> list[str]:
    rollout = telling.rollout
    lines = [f"Why: {plain(rollout.reason)}"] if rollout.reason and rollout.state is not State.COMPLETED else []
    if rollout.early:
        lines.append(f"This stage's bake was ended early: {plain(rollout.early)}")
    return lines


def _footer(telling: Telling) -> str:
    rollout = telling.rollout
    parts = [
        *(() if rollout.version else ("no version named",)),
        plain(rollout.environment, 60),
        f"started by {who(rollout.requester)} {moment(rollout.started_at, telling.now)}",
        f"rollout {plain(rollout.id, 60)}",
        *([rehearsed] if (rehearsed := rehearsal(telling)) else ()),
        *(f"<{_address(address)}|{plain(name, 30)}>" for name, address in list(telling.plan.links.items())[:4]),
    ]
    return " · ".join(parts)


def _address(address: str) -> str:
    return "".join("%20" if each.isspace() else each for each in address if each not in "<>|")[:500]


def controls(rollout: Rollout) -> list[Block]:
    """The buttons that work in this state: at most three, and the menu."""
    value = button_value(rollout)
    elements: list[Block] = []
    if rollout.state is State.GATE and rollout.gate is not None:
        elements.append(approve_button(rollout))
    if rollout.state is State.HELD and rollout.frozen is None:
        elements.append(button("resume", "Resume", value, says=f"Resume {rollout.plan}"))
    if rollout.state in (State.SHIFTING, State.BAKING, State.GATE):
        elements.append(button("hold", "Hold", value, says=f"Hold {rollout.plan} where it is"))
    if rollout.state in (State.SHIFTING, State.BAKING, State.GATE, State.HELD):
        elements.append(_rollback_button(rollout, value))
    elements.append(_menu(rollout, value))
    return elements


def button_value(rollout: Rollout, gate: str = "") -> str:
    """`rollout:stage:revision`, and the gate: what the clicker saw."""
    parts = [rollout.id, str(rollout.stage), str(rollout.revision)]
    return ":".join([*parts, gate] if gate else parts)


def approve_button(rollout: Rollout) -> Block:
    gate = rollout.gate.id if rollout.gate else ""
    return button(
        "approve",
        "Approve",
        button_value(rollout, gate),
        says=f"Approve leaving {rollout.confirmed} of {rollout.plan}",
        style="primary",
    )


def _rollback_button(rollout: Rollout, value: str) -> Block:
    sure = confirmation(
        f"Roll back {rollout.plan}?",
        f"Traffic goes down from {rollout.confirmed} at once. Nobody else has to agree.",
        yes="Roll back",
        no="Keep going",
    )
    return button("rollback", "Rollback", value, says=f"Roll back {rollout.plan}", style="danger", confirm=sure)


def _menu(rollout: Rollout, value: str) -> Block:
    options = {f"why|{value}": "Why", f"details|{value}": "Details", f"evidence|{value}": "Evidence"}
    if rollout.live or rollout.state is State.COMPLETED:
        options = {f"kill|{value}": "Kill…", **options}
    return overflow(options)
