"""Every sentence a human reads, as functions of domain values; worded at sending, so that the newest is read.

`say` words an outgoing message by the name in its `say`. The map: sentences, numbers, remarks and blocks are the
pieces; claims, conditions and waiting the lines; status and gate the two messages that are edited in place; progress,
checked, rolled_back and ending what goes into the thread; answers and refusals what one person gets; modals what is
asked back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.trends import NO_HISTORY, History
from bot.ports import Outgoing, Said
from bot.wording import (
    acknowledging,
    acting,
    checked,
    diagnosis,
    ending,
    freezes,
    incidents,
    judging,
    keeping,
    kills,
    observing,
    overrides,
    progress,
    redacting,
    replans,
    rolled_back,
    slos,
    tasks,
    unfinished,
    verification,
    watching,
)
from bot.wording.blocks import context, said
from bot.wording.gate import gate, gate_closed, gate_escalated, gate_expired
from bot.wording.language import speaking, t
from bot.wording.languages import language_of
from bot.wording.records import stands
from bot.wording.report.posting import report_posted
from bot.wording.second_way import second_way, second_way_back
from bot.wording.status import status
from bot.wording.telling import Telling

Word = Callable[[Telling], Said]

EVENTS: dict[str, Word] = {
    "started": progress.started,
    "observing": observing.observing,
    "observed_weight": observing.observed_weight,
    "would": observing.would,
    "observed": observing.observed,
    "adopted": observing.adopted,
    "preflight": progress.preflight,
    "stage_confirmed": progress.stage_confirmed,
    "verdict_changed": checked.verdict_changed,
    "budget": slos.budget,
    "overspent": slos.overspent,
    "task_begun": tasks.task_begun,
    "task_ended": tasks.task_ended,
    "snapshot": checked.snapshot,
    "checkpoint": checked.checkpoint,
    "action_done": acting.action_done,
    "action_failed": acting.action_failed,
    "action_undone": acting.action_undone,
    "action_stands": acting.action_stands,
    "actions_given_up": acting.actions_given_up,
    "incident": incidents.incident,
    "diagnosis": diagnosis.diagnosis,
    "approved": progress.approved,
    "withdrawn": progress.withdrawn,
    "rejected": progress.rejected,
    "promoted": progress.promoted,
    "early": progress.early,
    "overruled": overrides.overruled,
    "override_judged": judging.override_judged,
    "false_alarm": judging.false_alarm,
    "false_alarm_undone": judging.false_alarm_undone,
    "replanned": replans.replanned,
    "replan_rejected": replans.replan_rejected,
    "held": progress.held,
    "hold_over": progress.hold_over,
    "resumed": progress.resumed,
    "started_again": progress.started_again,
    "extended": progress.extended,
    "retried": progress.retried,
    "no_data": checked.no_data,
    "unconfirmed": progress.unconfirmed,
    "drift": progress.drift,
    "version_changed": progress.version_changed,
    "mirror_drift": progress.mirror_drift,
    "unseen": progress.unseen,
    "seen_again": progress.seen_again,
    "late_raise": progress.late_raise,
    "late_rearm": progress.late_rearm,
    "acknowledgement_missed": acknowledging.acknowledgement_missed,
    "gate_expired": gate_expired,
    "gate_escalated": gate_escalated,
    "gate_closed": gate_closed,
    "rolling_back": rolled_back.rolling_back,
    "rolled_back": rolled_back.rolled_back,
    "killing": kills.killing,
    "kill_tier": kills.kill_tier,
    "kill_partly": kills.kill_partly,
    "killed": kills.killed,
    "stuck": ending.stuck,
    "unfinished": unfinished.unfinished,
    "overruled_artifacts": unfinished.overruled_artifacts,
    "completed": ending.completed,
    "aborted": ending.aborted,
    "verify_missed": verification.verify_missed,
    "verified": verification.verified,
    "rearmed": kills.rearmed,
    "rehearsal_failed": kills.rehearsal_failed,
    "rehearsed": kills.rehearsed,
    "unfrozen": freezes.unfrozen,
    "watching": watching.watching,
    "handed": watching.handed,
    "taken": watching.taken,
    "undelivered": ending.undelivered,
    "kept": keeping.kept,
    "not_kept": keeping.not_kept,
    "redacted": redacting.redacted,
}
"""What goes into a rollout's thread or to a channel, by name."""

SAY: dict[str, Word] = {
    **EVENTS,
    "status": status,
    "gate": gate,
    "asked": acknowledging.asked,
    "replan": replans.replan,
    "report": report_posted,
    "announcement": lambda telling: ending.announcement(telling, EVENTS),
}


def _answer(facts: Mapping[str, Any]) -> Said:
    return said(str(facts.get("text") or t("Done.")), *(dict(block) for block in facts.get("blocks") or ()))


BY_ITSELF: dict[str, Callable[[Mapping[str, Any]], Said]] = {
    "answer": _answer,
    "second_way": second_way,
    "second_way_back": second_way_back,
}
"""What is about no rollout in particular: its facts are all it needs."""


WORKSPACE: dict[str, Callable[[Mapping[str, Any], datetime], Said]] = {
    "freeze": freezes.freeze,
    "unfreeze": freezes.unfreeze,
    "exempt": freezes.exempt,
}
"""What belongs to no rollout, from its facts alone."""


class Unsayable(LookupError):
    """There are no words for this, or what they need is missing: a mistake in Perch, not in the world."""


def say(
    outgoing: Outgoing, rollout: Rollout | None, plan: Plan | None, now: datetime, history: History | None = None
) -> Said:
    """Word a message in the language of its plan. What is in BY_ITSELF needs no rollout; all others do.

    Raises Unsayable.
    """
    with speaking(language_of(plan)):
        return _say(outgoing, rollout, plan, now, history or NO_HISTORY)


def _say(outgoing: Outgoing, rollout: Rollout | None, plan: Plan | None, now: datetime, history: History) -> Said:
    if outgoing.say in BY_ITSELF:
        return BY_ITSELF[outgoing.say](outgoing.facts)
    if outgoing.say in WORKSPACE:
        return WORKSPACE[outgoing.say](outgoing.facts, now)
    if outgoing.say not in SAY:
        raise Unsayable(f"there are no words for '{outgoing.say}'")
    if rollout is None or plan is None:
        raise Unsayable(f"'{outgoing.say}' is about a rollout, and none was given")
    worded = SAY[outgoing.say](Telling(outgoing.facts, rollout, plan, now, history))
    return _with_record(worded, outgoing.facts.get("record"))


def _with_record(worded: Said, record: Mapping[str, Any] | None) -> Said:
    """Where the record stood, under a decision: a database that is rewritten later disagrees with this (law 9)."""
    if not record:
        return worded
    where = context(stands(int(record["number"]), str(record["hash"])))
    return replace(worded, blocks=(*worded.blocks, where))
