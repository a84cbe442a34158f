"""The gate's own message: what is asked, what the approver sees, and, once it's over, what became of it (S4, X2)."""

from __future__ import annotations

from bot.domain.gates import still_needed
from bot.domain.rollout import Gate
from bot.ports import Said
from bot.wording.blocks import Block, actions, button, context, header, said, section, told
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.kills import rehearsal
from bot.wording.sentences import code, cut, joined, moment_exact, prose, span
from bot.wording.status import approve_button, button_value
from bot.wording.telling import Telling
from bot.wording.waiting import approvals_given, approvals_wanted, gate_default

CONDITIONS_SHOWN = 8
HINT = "Reactions here count too: ✅ approves, ✋ holds, ⏪ rolls back; taking ✅ back withdraws the approval."


def gate(telling: Telling) -> Said:
    """Open with buttons, or closed without them and saying what happened."""
    gate = telling.gate()
    return _closed(telling) if gate is None else _open(telling, gate)


def _open(telling: Telling, gate: Gate) -> Said:
    rollout, plan = telling.rollout, telling.plan
    to = plan.stage_weight(min(gate.stage + 1, len(plan.stages) - 1))
    wanted = approvals_wanted(plan.stages[gate.stage].approvals, plan.roles.approvers, rollout.involved)
    version = f" {cut(rollout.version, 40)}" if rollout.version else ""
    asks = [
        f"Baked {span(rollout.baked)} at {rollout.confirmed}. Verdict: *{verdict_text(rollout.check)}*.",
        f"Needs {wanted}.",
        f"*{approvals_given(gate, telling)}*",
        gate_default(gate, telling),
        *([f"The {rehearsed}."] if (rehearsed := rehearsal(telling)) else ()),
        *_warnings(gate, telling),
    ]
    blocks = [header(f"{rollout.plan}{version}: {rollout.confirmed} → {to}?"), section(asks)]
    if rollout.check is not None:
        blocks.append(section(line_texts(rollout.check.lines, telling.now, CONDITIONS_SHOWN, triggers=False)))
    blocks += [context(HINT), actions(*_buttons(telling, gate))]
    return said(prose((f"{telling.title} may go from {rollout.confirmed} to {to}.", *asks)), *blocks)


def _warnings(gate: Gate, telling: Telling) -> list[str]:
    """What a yes includes (X2) besides the warnings that the newest check shows with their values."""
    shown = telling.rollout.check.warnings if telling.rollout.check else frozenset()
    others = [code(warning) for warning in gate.warnings if warning not in shown]
    if not others:
        return []
    return [f"⚠️ You approve with {'this warning' if len(others) == 1 else 'these warnings'}: {joined(others)}."]


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
    card = telling.card()
    lines = [approvals_given(card, telling)] if card is not None and not _unsaid(card, telling) else []
    footer = f"Closed {moment_exact(telling.now)}. Buttons and reactions here do nothing any more."
    return said(prose((sentence, *lines)), section((f"*{sentence}*", *lines)), context(footer))


def _unsaid(card: Gate, telling: Telling) -> bool:
    """The last approval uses the gate at once, so the card as it was before lacks it; who gave it is in the thread."""
    wanted = telling.plan.stages[card.stage].approvals
    return telling.text("state") == "used" and bool(still_needed(card, wanted, telling.rollout.involved))


def gate_closed(telling: Telling) -> Said:
    """In the thread: the gate is void, and what comes next."""
    why = telling.text("why", "the check isn't good enough any more")
    sentence = f"The gate of {telling.name} closed: {why}."
    after = "The bake is kept; a new gate opens when a check passes." if telling.rollout.live else ""
    return told(sentence, *filter(None, (after,)))


def gate_expired(telling: Telling) -> Said:
    """Nobody answered in time; the plan's default happens."""
    then = {"rollback": "it rolls back", "hold": "it goes on hold"}.get(telling.text("then"), telling.text("then"))
    sentence = f"⏰ Nobody answered the gate of {telling.name} in time, so {then or 'it goes on hold'}."
    return told(sentence)


def gate_escalated(telling: Telling) -> Said:
    """Nobody has answered so far; more people are asked."""
    to = telling.by("to") if telling.has("to") else "the approvers"
    sentence = f"⏰ {telling.name} still waits for an approval at {telling.rollout.confirmed}. Asking {to}."
    gate = telling.rollout.gate
    return told(sentence, *((approvals_given(gate, telling), gate_default(gate, telling)) if gate is not None else ()))
