"""What a promotion needs: an open gate, a fresh pass, approvals and who may give them, a confirmed weight, a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.plan import Approvals, Plan
from bot.domain.rollout import Approval, Check, Gate, Rollout
from bot.domain.units import spell_duration
from bot.domain.windows import fits, is_open, next_open

FRESH = 2
"""A verdict is fresh for this many check intervals (law 1)."""

REHEARSED = timedelta(hours=2)
"""Nothing rises on an older rehearsal of its kill switch; it's repeated every hour."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that promotion still waits for; `until` is when it will be there, where that can be told (X1)."""

    what: str
    until: datetime | None = None


def open_gate(rollout: Rollout, plan: Plan, check: Check, id: str) -> Gate:
    """A gate for leaving the present stage, bound to what is shown now (X2)."""
    return Gate(
        id=id,
        stage=rollout.stage,
        opened_at=check.at,
        expires_at=check.at + plan.gate.expires,
        plan_digest=rollout.plan_digest,
        version=rollout.version,
        verdict=check.verdict,
        warnings=tuple(sorted(check.warnings)),
    )


def voids(gate: Gate, check: Check) -> str:
    """Why a later check closes the gate, or "": neither pass nor warn, or a warning that wasn't shown."""
    if not check.verdict.promotable:
        return f"the check now says {check.verdict.value}"
    new = check.warnings - frozenset(gate.warnings)
    return "a warning came up that the gate didn't show: " + ", ".join(sorted(new)) if new else ""


def counted(gate: Gate, wanted: Approvals, involved: Sequence[str]) -> tuple[Approval, ...]:
    """The approvals that count: one per person, and with four eyes none of those who asked."""
    seen: dict[str, Approval] = {}
    for approval in gate.approvals:
        if not (wanted.not_requester and approval.person.id in involved):
            seen.setdefault(approval.person.id, approval)
    return tuple(seen.values())


def still_needed(gate: Gate, wanted: Approvals, involved: Sequence[str]) -> list[str]:
    """What the approvals lack, in words; empty when they suffice. One person may stand for one group only."""
    given = counted(gate, wanted, involved)
    lacking = []
    if len(given) < wanted.need:
        lacking.append(f"{wanted.need - len(given)} of {wanted.need} approvals")
    uncovered = _uncovered(given, wanted.one_of_each)
    lacking.extend(f"an approval from {group}" for group in uncovered)
    return lacking


def _uncovered(given: Sequence[Approval], groups: Sequence[str]) -> list[str]:
    """Groups left without a person of their own (bipartite matching by augmenting paths)."""
    stands_for: dict[int, str] = {}

    def place(group: str, tried: set[int]) -> bool:
        for index, approval in enumerate(given):
            if group in approval.groups and index not in tried:
                tried.add(index)
                if index not in stands_for or place(stands_for[index], tried):
                    stands_for[index] = group
                    return True
        return False

    return [group for group in groups if not place(group, set())]


def promotion_waits_for(rollout: Rollout, plan: Plan, now: datetime, opens: datetime | None = None) -> list[Waiting]:
    """Everything that stands between this rollout and its next stage. Empty: it may rise now (law 1).

    `opens` is when the windows next allow a rise, None when they do now.
    """
    gate, check = rollout.gate, rollout.check
    if gate is None or gate.stage != rollout.stage:
        return [Waiting("an open gate")]
    waiting = [
        Waiting(f"{lack}") for lack in still_needed(gate, plan.stages[rollout.stage].approvals, rollout.involved)
    ]
    if now >= gate.expires_at:
        waiting.append(Waiting("a new gate; this one has expired"))
    if (gate.plan_digest, gate.version) != (rollout.plan_digest, rollout.version):
        waiting.append(Waiting("a new gate; the plan or the version has changed"))
    if check is None or now - check.at > FRESH * plan.every.check or not since_resume(rollout, check):
        waiting.append(Waiting("a fresh check"))
    elif check.settling or check.stage != rollout.stage or voids(gate, check):
        waiting.append(Waiting("a passing check"))
    if not stands_confirmed(rollout):
        waiting.append(Waiting("the present weight to be confirmed"))
    if unrehearsed := _unrehearsed(rollout, now):
        waiting.append(Waiting(unrehearsed))
    if rollout.frozen is not None and rollout.frozen.stands(now):
        frozen = rollout.frozen
        waiting.append(Waiting(f"the freeze of {frozen.service or 'everything'} to end ({frozen.why})", frozen.until))
    if opens is not None:
        waiting.append(Waiting("the time window", opens))
    return waiting


def _unrehearsed(rollout: Rollout, now: datetime) -> str:
    """What is wrong with the kill's rehearsal (X3), or "". One of an older Perch had none; its next check makes up."""
    if rollout.rehearsal_faults:
        return f"the kill switch to pass its rehearsal ({rollout.rehearsal_faults[0]})"
    if rollout.rehearsed_at is not None and now - rollout.rehearsed_at > REHEARSED:
        return "the kill switch to be rehearsed again"
    return ""


def has_expired(rollout: Rollout, plan: Plan, now: datetime) -> bool:
    """Whether the open gate's time is over; the next check will close it, and nothing uses it until then."""
    gate = rollout.gate
    return gate is not None and now >= kept_by_window(gate, rollout, plan, now).expires_at


def may_still_begin(rollout: Rollout, plan: Plan, now: datetime) -> bool:
    """Whether a raise on record may begin now: it was asked for a moment ago, or a check has passed since (law 1).

    After a downtime the verdict that it was approved on is no longer fresh. The first stage rests on none, for what
    gets no traffic has no numbers yet; but nobody expects the start of an hour ago.
    """
    fresh, check = FRESH * plan.every.check, rollout.check
    patience = max(fresh, plan.no_data.after) if rollout.stage == 0 else fresh
    if rollout.intent is None or now - rollout.intent.made_at <= patience:
        return True
    return check is not None and now - check.at <= fresh and check.verdict.promotable


def since_resume(rollout: Rollout, check: Check) -> bool:
    """Whether a check is newer than the last resume; an older one opens nothing."""
    return rollout.resumed_at is None or check.at > rollout.resumed_at


def stands_confirmed(rollout: Rollout) -> bool:
    """Whether the weight in force is known, was read at the last look, and is the approved one."""
    return rollout.intent is None and rollout.seen_weight == rollout.confirmed == rollout.approved


def kept_by_window(gate: Gate, rollout: Rollout, plan: Plan, now: datetime) -> Gate:
    """A gate can't run out while the window is shut and nobody could use it: its time begins again when that opens."""
    opens = rise_opens(plan, rollout.stage, now) if now >= gate.expires_at else None
    return gate if opens is None else gate.model_copy(update={"expires_at": opens + plan.gate.expires})


def bake_left(rollout: Rollout, plan: Plan) -> timedelta:
    """How much confirmed time the stage still needs; zero when it's over."""
    stage = plan.stages[rollout.stage]
    left = stage.bake + rollout.extended - rollout.baked
    if stage.clean_for is not None:
        left = max(left, stage.clean_for - rollout.clean)
    return max(left, timedelta(0))


def bake_waits_for(rollout: Rollout, plan: Plan, now: datetime) -> list[Waiting]:
    """What a baking stage still waits for, with a time where it can be told (X1)."""
    left = bake_left(rollout, plan)
    waiting = [Waiting(f"{spell_duration(left)} more of baking", now + left)] if left else []
    if rollout.intent is None and rollout.seen_weight != rollout.confirmed:
        waiting.append(Waiting(f"{rollout.confirmed} to be read back; the bake stands still until then"))
    if rollout.check is not None and rollout.check.settling:
        waiting.append(Waiting("the metrics to settle"))
    if rollout.check is not None:
        waiting.extend(
            Waiting(f"{line.condition} ({line.detail or 'not met'})")
            for line in rollout.check.lines
            if line.role == "hard" and line.counts and line.met is not True
        )
    return waiting


def rise_opens(plan: Plan, stage: int, now: datetime) -> datetime | None:
    """When this stage may next be left for the one after it; None when it may be now. Windows limit rises only."""
    following = plan.stages[stage + 1] if stage + 1 < len(plan.stages) else None
    here = plan.stages[stage].window
    windows = [here.leave if here else None, following.window.enter if following and following.window else None]
    opens = _all_open([window for window in windows if window], now, plan.timezone)
    return None if opens <= now else opens


def _all_open(windows: Sequence[str], now: datetime, zone: str) -> datetime:
    """The first time that all windows are open; the last one tried where they don't meet within nine openings."""
    opens = now
    for _ in range(9):
        for window in windows:
            opens = next_open(window, opens, zone)
        if all(is_open(window, opens, zone) for window in windows):
            break
    return opens


def start_opens(plan: Plan, now: datetime) -> datetime | None:
    """When the first stage may next be entered so that its bake fits (R3); None when it may be entered now."""
    stage = plan.stages[0]
    if stage.window is None or stage.window.enter is None:
        return None
    fitting = fits(stage.window.enter, stage.window.leave, stage.bake, now, plan.timezone)
    opens = fitting or next_open(stage.window.enter, now, plan.timezone)
    return None if opens <= now else opens
