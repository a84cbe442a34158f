"""Tell: what happened becomes evidence and messages, kept in the same transaction as the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.audiences import by_a_person
from bot.domain.budget_levels import EXHAUSTED
from bot.domain.evidence import Entry
from bot.domain.gates import leads_to, stage_left
from bot.domain.plan import Plan
from bot.domain.rollout import PERCH, Gate, Rollout
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO
from bot.engine.audience import announced, directly, followed
from bot.engine.reporting import report_due, report_message
from bot.ports import Change, Lane, Outgoing


@dataclass(frozen=True, slots=True)
class Manner:
    """How a happening is told: in the thread, loudly (the channel sees it too), or only kept as evidence."""

    thread: bool = True
    loud: bool = False
    lane: Lane = Lane.URGENT
    announce: str = ""
    """The plan's `notify` key for it."""


QUIET = Manner(lane=Lane.ROUTINE)
LOUD = Manner(loud=True)
SILENT = Manner(thread=False)

MANNERS: Mapping[str, Manner] = {
    "intended": SILENT,
    "applied": SILENT,
    "lowered": SILENT,
    "kill_outcome": SILENT,
    "gate": SILENT,
    "away": SILENT,
    "false_alarm": Manner(),
    "false_alarm_undone": Manner(),
    "override_judged": Manner(),
    "gate_closed": QUIET,
    "created": SILENT,
    "preflight": QUIET,
    "started": Manner(loud=True, announce="started"),
    "observing": LOUD,
    "observed_weight": LOUD,
    "would": LOUD,
    "observed": LOUD,
    "adopted": LOUD,
    "stage_confirmed": Manner(),
    "verdict_changed": LOUD,
    "budget": LOUD,
    "overspent": LOUD,
    "incident": LOUD,
    "action_began": SILENT,
    "action_done": QUIET,
    "action_failed": LOUD,
    "actions_leaving": SILENT,
    "action_undone": QUIET,
    "action_stands": LOUD,
    "actions_given_up": Manner(),
    "diagnosing": SILENT,
    "diagnosis": QUIET,
    "task_begun": QUIET,
    "task_ended": QUIET,
    "load": SILENT,
    "snapshot": QUIET,
    "checkpoint": Manner(loud=True, lane=Lane.ROUTINE),
    "approved": Manner(),
    "withdrawn": Manner(),
    "ticked": SILENT,
    "unticked": SILENT,
    "acknowledgement_asked": SILENT,
    "acknowledged": SILENT,
    "acknowledgement_missed": LOUD,
    "rejected": Manner(),
    "promoted": Manner(loud=True, announce="promoted"),
    "held": Manner(loud=True, announce="held"),
    "hold_over": LOUD,
    "resumed": LOUD,
    "extended": LOUD,
    "retried": LOUD,
    "rolling_back": Manner(loud=True, announce="breach"),
    "rolled_back": Manner(loud=True, announce="rolled_back"),
    "killing": Manner(loud=True, announce="breach"),
    "kill_tier": LOUD,
    "kill_partly": LOUD,
    "killed": Manner(loud=True, announce="killed"),
    "stuck": Manner(loud=True, announce="stuck"),
    "drift": LOUD,
    "version_changed": LOUD,
    "mirror_drift": LOUD,
    "unseen": LOUD,
    "seen_again": QUIET,
    "late_raise": LOUD,
    "late_rearm": LOUD,
    "unconfirmed": LOUD,
    "gate_expired": LOUD,
    "gate_escalated": LOUD,
    "unfinished": LOUD,
    "overruled_artifacts": LOUD,
    "perch_changed": SILENT,
    "completed": Manner(loud=True, announce="completed"),
    "aborted": LOUD,
    "verify_missed": LOUD,
    "verified": LOUD,
    "rearmed": LOUD,
    "rehearsal": SILENT,
    "rehearsed": QUIET,
    "rehearsal_failed": LOUD,
    "early": LOUD,
    "overruled": LOUD,
    "replan_asked": SILENT,
    "replan_approved": SILENT,
    "replanned": LOUD,
    "replan_rejected": LOUD,
    "no_data": LOUD,
    "started_again": LOUD,
    "watching": Manner(),
    "frozen": SILENT,
    "unfrozen": Manner(),
}

SAY_IT_ALL = frozenset({"rolling_back", "held", "completed"})
"""Happenings whose message has the verdict in it."""


def change(before: Rollout, step: Step, plan: Plan, now: datetime, measured: Mapping[str, Any] | None = None) -> Change:
    """Everything that one save brings besides the state: evidence, messages, raw measurements."""
    after = step.rollout
    happenings = list(step.happenings)
    if after.intent is not None and after.intent != before.intent and after.intent.attempts == 0:
        happenings.append(Happening("intended", after.intent.model_dump(mode="json")))
    ends = {happening.kind for happening in happenings} & SAY_IT_ALL
    told = [
        _messages(happening, after, plan, place, _manner(happening, told_anyway=bool(ends)))
        for place, happening in enumerate(happenings)
    ]
    evidence = tuple(_entry(happening, after, now, said) for happening, said in zip(happenings, told, strict=True))
    messages = [message for said in told for message in said]
    messages.extend(_followed(happenings, after, plan))
    messages.extend(_gate_cards(before, step, plan))
    messages.extend(_asked(before, after))
    messages.extend(_plan_cards(before, after))
    messages.append(status(after, urgent=bool(messages)))
    messages.extend([report_message(after, after.revision + 1)] if report_due(before, after) else [])
    return Change(evidence=evidence, messages=tuple(messages), measured=measured or {})


def first_status(rollout: Rollout) -> Outgoing:
    """The one status message, the root of the rollout's thread."""
    return Outgoing("status", key=f"status:{rollout.id}", lane=Lane.URGENT)


def status(rollout: Rollout, *, urgent: bool) -> Outgoing:
    """An edit of the status message, worded from the newest state when it goes out."""
    root = f"status:{rollout.id}"
    lane = Lane.URGENT if urgent else Lane.ROUTINE
    return Outgoing("status", key=f"{root}:{rollout.revision + 1}", lane=lane, edits=root)


def _entry(happening: Happening, after: Rollout, now: datetime, said: Sequence[Outgoing]) -> Entry:
    where = {"state": after.state.value, "stage": after.stage, "weight": after.confirmed.percent}
    told = [message.to or ("channel" if message.broadcast else "thread") for message in said]
    stands = "stands" if "at" in happening.facts else "at"
    return Entry(happening.kind, now, happening.by.id, {**happening.facts, stands: where, "told": told})


def _manner(happening: Happening, *, told_anyway: bool) -> Manner:
    """A verdict is loud, unless what follows from it says it all, or it is a first look without data.

    A first pass is what everybody expects; the gate and the checkpoints tell it, too.
    A stage that is reached is told in its thread: who sent it there was told in the channel, seconds ago.
    An incident that isn't grave is told in its thread.
    Of a used-up budget the hold tells. Of an action that stops a raise as well, and all of it: two would be alike.
    A freeze has its own message in the channel; each rollout that it holds needs none there.
    A person's kill is no breach.
    """
    if happening.kind == "held" and happening.facts.get("cause") == "freeze":
        return Manner(announce="held")
    if happening.kind == "incident" and happening.facts.get("severity") not in ("sev1", "sev2"):
        return Manner()
    if happening.kind == "killing" and by_a_person(happening):
        return LOUD
    if happening.kind == "budget" and happening.facts.get("level") == EXHAUSTED and told_anyway:
        return QUIET
    if happening.kind == "action_failed" and told_anyway:
        return SILENT
    if happening.kind == "verdict_changed" and (told_anyway or _expected(happening)):
        return QUIET
    return MANNERS[happening.kind]


def _expected(happening: Happening) -> bool:
    verdict = happening.facts.get("verdict")
    return verdict == "no_data" or (verdict == "pass" and not happening.facts.get("before"))


def _messages(happening: Happening, after: Rollout, plan: Plan, place: int, manner: Manner) -> list[Outgoing]:
    key = _key(happening, after, place)
    facts = {"by": happening.by.id, **happening.facts}
    told = []
    if manner.thread:
        told.append(
            Outgoing(happening.kind, key=key, facts=facts, lane=manner.lane, thread=True, broadcast=manner.loud)
        )
    told += announced(happening, after, plan, key, facts, manner.lane, manner.announce)
    return [*told, *directly(happening, after, key, facts)]


def _followed(happenings: Sequence[Happening], after: Rollout, plan: Plan) -> list[Outgoing]:
    """For pagers and trackers: no part of the evidence, for most of them were told of nothing and will hear nothing."""
    return [
        message
        for place, happening in enumerate(happenings)
        for message in followed(
            happening,
            after,
            plan,
            _key(happening, after, place),
            {"by": happening.by.id, **happening.facts},
            _manner(happening, told_anyway=True).announce,
        )
    ]


def _key(happening: Happening, after: Rollout, place: int) -> str:
    return f"{after.id}:{after.revision + 1}:{place}:{happening.kind}"


def _asked(before: Rollout, after: Rollout) -> list[Outgoing]:
    """The message that asks for an acknowledgement: posted below its checkpoint, redrawn when it's given or missed."""
    known = {each.id: each for each in before.asked}
    said = []
    for each in after.asked:
        root, facts = f"asked:{after.id}:{each.id}", {"asked": each.model_dump(mode="json")}
        if each.id not in known:
            said.append(Outgoing("asked", key=root, facts=facts, lane=Lane.ROUTINE, thread=True, broadcast=True))
        elif each != known[each.id]:
            edit = f"{root}:{after.revision + 1}"
            said.append(Outgoing("asked", key=edit, facts=facts, lane=Lane.URGENT, edits=root))
    return said


def _gate_cards(before: Rollout, step: Step, plan: Plan) -> list[Outgoing]:
    """The gate's own message: posted when it opens, redrawn when it changes, without buttons when it's over."""
    after = step.rollout
    cards = []
    if before.gate is not None and before.gate != after.gate:
        gone = after.gate is None or after.gate.id != before.gate.id
        gate = before.gate if gone or after.gate is None else after.gate
        end = _end_of_gate(step) if gone else {"state": "open", "why": ""}
        root = f"gate:{gate.id}"
        facts = {**_card(_as_used(gate, step), plan), **end}
        cards.append(Outgoing("gate", key=f"{root}:{after.revision + 1}", facts=facts, lane=Lane.URGENT, edits=root))
    if after.gate is not None and (before.gate is None or before.gate.id != after.gate.id):
        facts = {**_card(after.gate, plan), "state": "open", "why": ""}
        cards.append(Outgoing("gate", key=f"gate:{after.gate.id}", facts=facts, lane=Lane.URGENT))
    return cards


def _plan_cards(before: Rollout, after: Rollout) -> list[Outgoing]:
    """The message that asks for a changed plan: redrawn when it's answered, without buttons when nothing waits."""
    was, wanted, cards = before.replan, after.replan, []
    over = was is not None and (wanted is None or wanted.id != was.id or not after.live)
    if was is not None and (over or wanted != was):
        root, facts = f"replan:{was.id}", {"replan": was.model_dump(mode="json"), "state": _end_of_plan(before, after)}
        if not over and wanted is not None:
            facts = {"replan": wanted.model_dump(mode="json"), "state": "open"}
        cards.append(Outgoing("replan", key=f"{root}:{after.revision + 1}", facts=facts, lane=Lane.URGENT, edits=root))
    if wanted is not None and (was is None or was.id != wanted.id):
        facts = {"replan": wanted.model_dump(mode="json"), "state": "open"}
        cards.append(Outgoing("replan", key=f"replan:{wanted.id}", facts=facts, lane=Lane.URGENT))
    return cards


def _end_of_plan(before: Rollout, after: Rollout) -> str:
    if after.plan_digest != before.plan_digest:
        return "approved"
    if after.replan is not None:
        return "replaced" if after.live else "over"
    return "rejected"


def _as_used(gate: Gate, step: Step) -> Gate:
    """The gate with the approvals that it was used with: the last one came in the very step that used it."""
    for happening in step.happenings:
        if happening.kind == "promoted":
            used = {key: happening.facts[key] for key in ("approvals", "ticks")}
            return Gate.model_validate({**gate.model_dump(), **used})
    return gate


def _card(gate: Gate, plan: Plan) -> dict[str, Any]:
    left = stage_left(gate, plan)
    return {
        "gate": gate.id,
        "from": left.weight.percent if left is not None else ZERO.percent,
        "to": leads_to(gate, plan).weight.percent,
        "card": gate.model_dump(mode="json"),
    }


_GATE_ENDS = {
    "promoted": "used",
    "gate_expired": "expired",
    "rejected": "rejected",
    "rolling_back": "rolled_back",
    "killing": "killed",
    "aborted": "aborted",
    "held": "held",
    "gate_closed": "closed",
}


def _end_of_gate(step: Step) -> dict[str, str]:
    """What became of it, why, and by whom where it was a person."""
    for kind, state in _GATE_ENDS.items():
        for happening in step.happenings:
            if happening.kind == kind:
                why = str(happening.facts.get("reason") or happening.facts.get("why") or "")
                by = happening.by.id if happening.by != PERCH else ""
                return {"state": state, "why": why, "by": by}
    return {"state": "closed", "why": ""}
