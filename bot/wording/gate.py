"""The gate's own message: what is asked, what the approver sees, and, once it's over, what became of it (S4, X2)."""

from __future__ import annotations

from bot.domain.rollout import Gate
from bot.ports import Said
from bot.wording.blocks import Block, actions, button, context, header, said, section
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.sentences import code, joined, moment_exact
from bot.wording.status import approve_button, button_value
from bot.wording.telling import Telling
from bot.wording.waiting import approvals_given, approvals_wanted, gate_default

HINT = "Reactions here count too: ✅ approves, ✋ holds, ⏪ rolls back; taking ✅ back withdraws the approval."


def gate(telling: Telling) -> Said:
    """Open with buttons, or closed without them and saying what happened."""
    gate = telling.gate()
    return _closed(telling) if gate is None else _open(telling, gate)


def _open(telling: Telling, gate: Gate) -> Said:
    rollout, plan = telling.rollout, telling.plan
    to = plan.stage_weight(min(gate.stage + 1, len(plan.stages) - 1))
    wanted = approvals_wanted(plan.stages[gate.stage].approvals, plan.roles.approvers)
    question = f"{rollout.plan}: {rollout.confirmed} → {to}?"
    asks = [f"*{telling.name}* has baked at {rollout.confirmed}. Going to {to} needs {wanted}."]
    asks += [approvals_given(gate, telling), f"Verdict: *{verdict_text(rollout.check)}*"]
    asks += _warnings(gate)
    asks.append(gate_default(gate, telling))
    blocks = [header(question), section(asks)]
    if rollout.check is not None:
        blocks.append(section(line_texts(rollout.check.lines, telling.now, 8)))
    blocks += [context(HINT), actions(*_buttons(telling, gate))]
    text = f"{telling.name} may go from {rollout.confirmed} to {to}; it needs {wanted}. {' '.join(asks[1:])}"
    return said(text, *blocks)


def _warnings(gate: Gate) -> list[str]:
    if not gate.warnings:
        return []
    warnings = joined([code(warning) for warning in gate.warnings])
    return [f"⚠️ You approve with {'this warning' if len(gate.warnings) == 1 else 'these warnings'}: {warnings}."]


def _buttons(telling: Telling, gate: Gate) -> tuple[Block, ...]:
    value = button_value(telling.rollout, gate.id)
    return (
        approve_button(telling.rollout),
        button("reject", "Reject…", value, says=f"Reject this gate of {telling.rollout.plan}"),
        button("why", "Why", value, says=f"Why {telling.rollout.plan} stands where it does"),
    )


_ENDS = {
    "used": "approved; it went up",
    "expired": "nobody answered in time",
    "rejected": "rejected",
    "rolled_back": "the rollout was rolled back",
    "killed": "the rollout was killed",
    "held": "the rollout was put on hold",
}


def _closed(telling: Telling) -> Said:
    """No buttons any more: what became of it, and what was approved by then."""
    end = _ENDS.get(telling.text("state"), "it isn't open any more")
    why = f" ({telling.text('why')})" if telling.has("why") else ""
    way = f" {telling.percent('from')} → {telling.percent('to')}" if telling.has("from") and telling.has("to") else ""
    sentence = f"Gate of {telling.name}{way}: {end}{why}."
    lines = [approvals_given(card, telling)] if (card := telling.card()) is not None else []
    footer = f"Closed {moment_exact(telling.now)}. Buttons and reactions here do nothing any more."
    return said(f"{sentence} {' '.join(lines)}".strip(), section((f"*{sentence}*", *lines)), context(footer))


def gate_closed(telling: Telling) -> Said:
    """In the thread: the gate is void, and what comes next."""
    why = telling.text("why", "the check isn't good enough any more")
    sentence = f"The gate of {telling.name} closed: {why}."
    after = "The bake is kept; a new gate opens when a check passes." if telling.rollout.live else ""
    return said(f"{sentence} {after}".strip(), section(filter(None, (sentence, after))))


def gate_expired(telling: Telling) -> Said:
    """Nobody answered in time; the plan's default happens."""
    then = {"rollback": "it rolls back", "hold": "it goes on hold"}.get(telling.text("then"), telling.text("then"))
    sentence = f"⏰ Nobody answered the gate of {telling.name} in time, so {then or 'it goes on hold'}."
    return said(sentence, section((sentence,)))


def gate_escalated(telling: Telling) -> Said:
    """Nobody has answered so far; more people are asked."""
    to = telling.by("to") if telling.has("to") else "the approvers"
    sentence = f"⏰ {telling.name} still waits for an approval at {telling.rollout.confirmed}. Asking {to}."
    gate = telling.rollout.gate
    lines = (approvals_given(gate, telling), gate_default(gate, telling)) if gate is not None else ()
    return said(" ".join((sentence, *lines)), section((sentence, *lines)))
