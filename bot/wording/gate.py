"""The gate's own message: what is asked, what the approver sees, and, once it's over, what became of it (S4, X2)."""

from __future__ import annotations

from bot.domain.gates import approvals_of, leads_to, still_needed
from bot.domain.rollout import Gate
from bot.domain.units import ZERO
from bot.domain.waits import Wait
from bot.ports import Said
from bot.wording.blocks import Block, actions, button, context, header, said, section, told
from bot.wording.checklist import noted
from bot.wording.claims import compact
from bot.wording.conditions import trouble, verdict_text
from bot.wording.dashboards import dashboards
from bot.wording.kills import rehearsal
from bot.wording.language import t
from bot.wording.overrides import at_gate
from bot.wording.sentences import code, cut, joined, moment, moment_exact, prose, span
from bot.wording.slos import cost_lines
from bot.wording.status import approve_button, button_value
from bot.wording.telling import Telling
from bot.wording.ticking import checklist_blocks, checklist_count, ticked_lines
from bot.wording.waiting import (
    approvals_given,
    escalation_words,
    expired_words,
    gate_default,
    lacking,
    lacks,
    then_words,
    whose_approvals,
)
from bot.wording.waits import closest_words, waiting_words

CONDITIONS_SHOWN = 8


def gate(telling: Telling) -> Said:
    """Open with buttons, or closed without them and saying what happened."""
    gate = telling.gate()
    return _closed(telling) if gate is None else _open(telling, gate)


def _open(telling: Telling, gate: Gate) -> Said:
    rollout, plan = telling.rollout, telling.plan
    to = _to(gate, telling)
    version = f" {cut(rollout.version, 40)}" if rollout.version else ""
    seen, asks = given_to(telling, gate), _asks(telling, gate)
    blocks = [header(f"{rollout.plan}{version}: {rollout.confirmed} → {to}?"), section([*seen, *asks])]
    blocks += _bad(telling) if gate.stage is not None else []
    hint = t("Reactions here count too: ✅ approves, ✋ holds, ⏪ rolls back; taking ✅ back withdraws the approval.")
    if gate.stage is None:
        hint = t("Reactions here count too: ✅ approves, ✋ holds, ⏪ ends it; taking ✅ back withdraws the approval.")
    watch = [context(*links)] if (links := dashboards(plan)) else []
    blocks += [
        *checklist_blocks(gate, telling),
        *(_good(telling) if gate.stage is not None else ()),
        *watch,
        context(hint),
        actions(*_buttons(telling, gate)),
    ]
    may = t("{title} may go from {weight} to {to}.", title=telling.title, weight=rollout.confirmed, to=to)
    return said(prose((may, *seen, *checklist_count(gate, telling), *asks)), *blocks)


def _to(gate: Gate, telling: Telling) -> str:
    """Where it leads; a dark launch begins at 0 %, and what it changes is the mirror."""
    stage = leads_to(gate, telling.plan)
    if gate.stage is None and stage.mirrored > ZERO:
        return t("{weight}, {share} mirrored", weight=stage.weight, share=stage.mirrored)
    return str(stage.weight)


def _bad(telling: Telling) -> list[Block]:
    """What isn't good, in full."""
    check = telling.rollout.check
    bad = trouble(check.lines, telling.now, CONDITIONS_SHOWN) if check is not None else []
    return [section(bad)] if bad else []


def _good(telling: Telling) -> list[Block]:
    """What holds, with its limits, in small print: a phone has room for the buttons then."""
    lines = telling.rollout.check.lines if telling.rollout.check is not None else ()
    held = [compact(line) for line in lines if line.role != "trigger" and line.counts and line.met is True]
    more = [t("{count} more", count=len(held) - CONDITIONS_SHOWN)] if len(held) > CONDITIONS_SHOWN else []
    shown = " · ".join([*held[:CONDITIONS_SHOWN], *more])
    return [context(f"✅ {shown}")] if shown else []


def given_to(telling: Telling, gate: Gate) -> list[str]:
    """What a yes is given to (X2)."""
    if gate.stage is None:
        return _start_given_to(telling, gate)
    rollout = telling.rollout
    baked = t(
        "Baked {span} at {weight}. Verdict: *{verdict}*.",
        span=span(rollout.baked),
        weight=rollout.confirmed,
        verdict=verdict_text(rollout.check),
    )
    rehearsed = rehearsal(telling)
    return [
        baked,
        *closest_words(rollout.check),
        *_warnings(gate, telling),
        *at_gate(gate, telling),
        *cost_lines(gate, telling),
        *([t("Checked: {rehearsed}.", rehearsed=rehearsed)] if rehearsed else ()),
    ]


def _start_given_to(telling: Telling, gate: Gate) -> list[str]:
    """Before the first traffic: what preflight found, by the newest one."""
    rollout = telling.rollout
    at = moment(rollout.green_at or gate.opened_at, telling.now)
    head = t("Nothing has moved yet. Preflight was green {at}.", at=at)
    notes = noted(rollout.preflight, gate.warnings)
    rehearsed = rehearsal(telling)
    return [
        head,
        *([t("⚠️ You approve with what it noted:"), *notes] if notes else ()),
        *([t("Checked: {rehearsed}.", rehearsed=rehearsed)] if rehearsed else ()),
    ]


def _asks(telling: Telling, gate: Gate) -> list[str]:
    """Who may say yes and who has, what is lacking, until when, and what happens then."""
    wanted = approvals_of(gate, telling.plan)
    needs_nobody = not wanted.need and not wanted.one_of_each
    nobody = t("No approval is needed, only a passing check.")
    if gate.stage is None:
        nobody = t("No approval is needed, only a green preflight.")
    whom = whose_approvals(wanted, telling.plan.roles.approvers, telling.rollout.involved)
    given = f"*{approvals_given(gate, telling)}*" + (f", {whom}" if whom else "")
    waits = lacking(telling)
    others = waiting_words([wait for wait in waits if wait.about is not Wait.APPROVALS], telling)
    return [
        nobody if needs_nobody else f"{given}.",
        *([t("Lacks: {waits}.", waits=others)] if others else ()),
        *(() if waits else (t("Nothing is lacking; it goes up with the next check."),)),
        gate_default(gate, telling),
        *escalation_words(gate, telling),
    ]


def _warnings(gate: Gate, telling: Telling) -> list[str]:
    """What a yes includes (X2) besides the warnings that the newest check shows with their values."""
    shown = telling.rollout.check.warnings if telling.rollout.check else frozenset()
    others = [code(warning) for warning in gate.warnings if warning not in shown]
    if not others:
        return []
    if len(others) == 1:
        return [t("⚠️ You approve with this warning: {warnings}.", warnings=others[0])]
    return [t("⚠️ You approve with these warnings: {warnings}.", warnings=joined(others))]


def _buttons(telling: Telling, gate: Gate) -> tuple[Block, ...]:
    value, plan = button_value(telling.rollout, gate.id), telling.rollout.plan
    return (
        approve_button(telling.rollout),
        button("reject", t("Reject…"), value, says=t("Reject this gate of {plan}", plan=plan)),
        button("why", t("Why"), value, says=t("Why {plan} stands where it does", plan=plan)),
    )


def _end(telling: Telling) -> str:
    """What became of it, and by whom where it was a person."""
    by = telling.by("by") if telling.has("by") else ""
    match telling.text("state"), bool(by):
        case "used", _:
            return t("approved; it went up")
        case "expired", _:
            card = telling.card()
            then = expired_words(card, telling.plan) if card else then_words(telling.plan.gate.then.value)
            return t("nobody answered in time, so {then}", then=then)
        case "aborted", True:
            return t("ended by {who} before it started", who=by)
        case "aborted", False:
            return t("ended before it started")
        case "rejected", True:
            return t("rejected by {who}", who=by)
        case "rejected", False:
            return t("rejected")
        case "rolled_back", True:
            return t("the rollout was rolled back by {who}", who=by)
        case "rolled_back", False:
            return t("the rollout was rolled back")
        case "killed", True:
            return t("the rollout was killed by {who}", who=by)
        case "killed", False:
            return t("the rollout was killed")
        case "held", True:
            return t("the rollout was put on hold by {who}", who=by)
        case "held", False:
            return t("the rollout was put on hold")
        case _:
            return t("it isn't open any more")


def _closed(telling: Telling) -> Said:
    """No buttons any more: what became of it, and what was approved and ticked by then."""
    facts = {"name": telling.name, "end": _end(telling)}
    why = telling.text("why") if telling.has("why") else ""
    if telling.has("from") and telling.has("to"):
        facts["name"] += f" {telling.percent('from')} → {telling.percent('to')}"
    sentence = t("Gate of {name}: {end} ({why}).", why=why, **facts) if why else t("Gate of {name}: {end}.", **facts)
    card = telling.card()
    lines = [approvals_given(card, telling)] if card is not None and not _unsaid(card, telling) else []
    lines += ticked_lines(card, telling) if card is not None else []
    footer = t("Closed {when}. Buttons and reactions here do nothing any more.", when=moment_exact(telling.now))
    return said(prose((sentence, *lines)), section((f"*{sentence}*", *lines)), context(footer))


def _unsaid(card: Gate, telling: Telling) -> bool:
    """A card that an older Perch drew lacks the approval that used it; who gave it is in the thread."""
    wanted = approvals_of(card, telling.plan)
    return telling.text("state") == "used" and bool(still_needed(card, wanted, telling.rollout.involved))


def gate_closed(telling: Telling) -> Said:
    """In the thread: the gate is void, and what comes next."""
    why = telling.text("why", t("the check isn't good enough any more"))
    sentence = t("The gate of {name} closed: {why}.", name=telling.name, why=why)
    after = t("The bake is kept; a new gate opens when a check passes.") if telling.rollout.live else ""
    if after and telling.facts.get("starts"):
        after = t("Nothing has moved; a new gate opens when preflight is green again.")
    return told(sentence, *filter(None, (after,)))


def gate_expired(telling: Telling) -> Said:
    """Nobody answered in time; the plan's default happens."""
    then = then_words(telling.text("then", "hold"))
    return told(t("⏰ Nobody answered the gate of {name} in time, so {then}.", name=telling.name, then=then))


def gate_escalated(telling: Telling) -> Said:
    """Nobody has answered so far; more people are asked (U3)."""
    to = telling.by("to") if telling.has("to") else t("the approvers")
    gate = telling.rollout.gate
    weight = telling.rollout.confirmed
    sentence = t(
        "⏰ {name} still waits at its gate at {weight}. Asking {who}.", name=telling.name, weight=weight, who=to
    )
    if gate is None:
        return told(sentence)
    waits = t("Lacks: {waits}.", waits=lacks(telling) or t("nothing"))
    return told(sentence, waits, approvals_given(gate, telling), gate_default(gate, telling))
