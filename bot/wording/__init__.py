"""Every sentence a human reads, as functions of domain values; worded at sending, so that the newest is read.

`say` words an outgoing message by the name in its `say`. The map: sentences, numbers, remarks and blocks are the
pieces; claims, conditions and waiting the lines; status and gate the two messages that are edited in place; progress,
checked, rolled_back and ending what goes into the thread; answers and refusals what one person gets; modals what is
asked back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.ports import Outgoing, Said
from bot.wording import checked, ending, freezes, kills, progress, rolled_back
from bot.wording.blocks import context, said
from bot.wording.gate import gate, gate_closed, gate_escalated, gate_expired
from bot.wording.records import stands
from bot.wording.second_way import second_way, second_way_back
from bot.wording.status import status
from bot.wording.telling import Telling

Word = Callable[[Telling], Said]

EVENTS: dict[str, Word] = {
    "started": progress.started,
    "preflight": progress.preflight,
    "stage_confirmed": progress.stage_confirmed,
    "verdict_changed": checked.verdict_changed,
    "snapshot": checked.snapshot,
    "checkpoint": checked.checkpoint,
    "approved": progress.approved,
    "withdrawn": progress.withdrawn,
    "rejected": progress.rejected,
    "promoted": progress.promoted,
    "early": progress.early,
    "held": progress.held,
    "hold_over": progress.hold_over,
    "resumed": progress.resumed,
    "started_again": progress.started_again,
    "extended": progress.extended,
    "retried": progress.retried,
    "no_data": checked.no_data,
    "unconfirmed": progress.unconfirmed,
    "drift": progress.drift,
    "unseen": progress.unseen,
    "seen_again": progress.seen_again,
    "late_raise": progress.late_raise,
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
    "completed": ending.completed,
    "aborted": ending.aborted,
    "verified": rolled_back.verified,
    "rearmed": kills.rearmed,
    "rehearsal_failed": kills.rehearsal_failed,
    "rehearsed": kills.rehearsed,
    "unfrozen": freezes.unfrozen,
    "undelivered": ending.undelivered,
}
"""What goes into a rollout's thread or to a channel, by name."""

SAY: dict[str, Word] = {
    **EVENTS,
    "status": status,
    "gate": gate,
    "announcement": lambda telling: ending.announcement(telling, EVENTS),
}


def _answer(facts: Mapping[str, Any]) -> Said:
    return said(str(facts.get("text") or "Done."), *(dict(block) for block in facts.get("blocks") or ()))


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


def say(outgoing: Outgoing, rollout: Rollout | None, plan: Plan | None, now: datetime) -> Said:
    """Word a message. What is in BY_ITSELF needs no rollout; all others do. Raises Unsayable."""
    if outgoing.say in BY_ITSELF:
        return BY_ITSELF[outgoing.say](outgoing.facts)
    if outgoing.say in WORKSPACE:
        return WORKSPACE[outgoing.say](outgoing.facts, now)
    if outgoing.say not in SAY:
        raise Unsayable(f"there are no words for '{outgoing.say}'")
    if rollout is None or plan is None:
        raise Unsayable(f"'{outgoing.say}' is about a rollout, and none was given")
    worded = SAY[outgoing.say](Telling(outgoing.facts, rollout, plan, now))
    return _with_record(worded, outgoing.facts.get("record"))


def _with_record(worded: Said, record: Mapping[str, Any] | None) -> Said:
    """Where the record stood, under a decision: a database that is rewritten later disagrees with this (law 9)."""
    if not record:
        return worded
    return Said(worded.text, (*worded.blocks, context(stands(int(record["number"]), str(record["hash"])))))
