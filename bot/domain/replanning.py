"""A live rollout's plan changes only by a new version that other people approve (R21, law 1).

What a rollout stands on stays as it is while it's live: whose it is, where its traffic and its kill switch are, who may
do what, and the weights and mirrors of the stages that are behind it. Such a change needs a new rollout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import moves
from bot.domain.machine import Event, State, move
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.planning.diff import Difference, differences
from bot.domain.replans import KEPT, Replan
from bot.domain.rollout import Person, Rollout
from bot.domain.steps import Happening, Step

FIXED = (
    "name",
    "service",
    "environment",
    "channel",
    "version",
    "roles",
    "traffic",
    "confirm",
    "sides",
    "kill_switch",
    "killed_when",
)
"""Keys of a plan that don't change under a live rollout."""
STANDS = frozenset({State.START_GATE, State.BAKING, State.GATE, State.HELD})


def why_not(rollout: Rollout, old: Plan, new: Plan) -> Phrase | None:
    """Why this plan can't take the place of the present one now; None where it can."""
    if rollout.state not in STANDS or rollout.intent is not None:
        return Phrase("its weight is moving, or it has ended")
    fixed = [key for key in FIXED if getattr(old, key) != getattr(new, key)]
    if fixed:
        return Phrase("{keys} can't change under a live rollout; that needs a new one", keys=", ".join(fixed))
    here = rollout.stage + 1
    passed = [stage.weight for stage in old.stages[:here]]
    if [stage.weight for stage in new.stages[:here]] != passed:
        ladder = ", ".join(str(weight) for weight in passed)
        return Phrase("the stages up to the present one must keep their weights ({ladder})", ladder=ladder)
    if [stage.mirrored for stage in new.stages[:here]] != [stage.mirrored for stage in old.stages[:here]]:
        return Phrase("the stages up to the present one must keep what they mirror")
    lacking = [
        name
        for name, metric in new.metrics.items()
        if metric.baseline is not None and metric.baseline.stage is None and name not in rollout.baselines
    ]
    if lacking:
        return Phrase("{metrics} would need a baseline from before the start", metrics=", ".join(lacking))
    return None


def propose(
    rollout: Rollout, old: Plan, new: Plan, digest: str, now: datetime, id: str, reason: str, by: Person
) -> Step:
    """Ask the approvers; nothing changes until they have approved. A former proposal is replaced."""
    found = differences(old, new)
    asked = Replan(
        id=id,
        by=by.id,
        reason=reason,
        at=now,
        before=rollout.plan_digest,
        after=digest,
        lines=_lines(found),
        more=max(len(found) - KEPT, 0),
        need=max(1, _needed(rollout, old)),
    )
    return Step(rollout.but(replan=asked, due_at=now), (Happening("replan_asked", _facts(asked), by),))


def _needed(rollout: Rollout, plan: Plan) -> int:
    """As many as the gate that comes next needs."""
    wanted = plan.start_approvals if rollout.state is State.START_GATE else None
    return (wanted or plan.stages[rollout.stage].approvals).need


def _lines(found: Sequence[Difference]) -> tuple[tuple[str, str, str], ...]:
    return tuple((each.where, each.old, each.new) for each in found[:KEPT])


def approve(rollout: Rollout, asked: Replan, now: datetime, by: Person) -> Step:
    """One yes; the last one puts the new plan in the old one's place."""
    given = asked.model_copy(update={"approvals": (*asked.approvals, by.id)})
    told = Happening("replan_approved", {"replan": asked.id, "have": len(given.approvals), "need": given.need}, by)
    if len(given.approvals) < given.need:
        return Step(rollout.but(replan=given), (told,))
    return Step(_under_the_new_plan(rollout, given, now), (told, *_gate_closed(rollout), _replanned(given)))


def _under_the_new_plan(rollout: Rollout, asked: Replan, now: datetime) -> Rollout:
    """The bake is kept; the verdict, and with it an open gate, belonged to the old plan (X2). So did a preflight."""
    state = move(rollout.state, Event.GATE_CLOSED) if rollout.state.at_gate else rollout.state
    return rollout.but(
        state=state,
        plan_digest=asked.after,
        replan=None,
        gate=None,
        early="",
        preflight=(),
        green_at=None,
        check=None,
        involved=tuple(dict.fromkeys((*rollout.involved, asked.by))),
        due_at=now,
    )


def _gate_closed(rollout: Rollout) -> tuple[Happening, ...]:
    if rollout.gate is None:
        return ()
    return (moves.gate_closed(rollout, "the plan has changed"),)


def _replanned(asked: Replan) -> Happening:
    return Happening("replanned", {**_facts(asked), "asked_by": asked.by, "by": list(asked.approvals)})


def reject(rollout: Rollout, asked: Replan, reason: str, by: Person) -> Step:
    """The plan stays as it is."""
    told = Happening("replan_rejected", {"replan": asked.id, "reason": reason, "by": by.id}, by)
    return Step(rollout.but(replan=None), (told,))


def _facts(asked: Replan) -> dict[str, object]:
    return {
        "replan": asked.id,
        "reason": asked.reason,
        "before": asked.before,
        "after": asked.after,
        "lines": [list(line) for line in asked.lines],
        "more": asked.more,
    }
