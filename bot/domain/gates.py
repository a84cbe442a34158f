"""What a promotion needs: an open gate, a fresh pass, approvals, a ticked checklist, a confirmed weight, a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.domain.actions import Done
from bot.domain.checklists import unticked
from bot.domain.incidents import forbidding
from bot.domain.machine import State
from bot.domain.plan import Approvals, Plan, Stage
from bot.domain.record.unfinished import end_waits
from bot.domain.rollout import Approval, Check, Gate, Line, Rollout
from bot.domain.samples import Samples, enough_by, lacking
from bot.domain.severities import Incident
from bot.domain.task_standing import waits as task_waits
from bot.domain.units import spell_duration
from bot.domain.waits import Wait, Waiting
from bot.domain.windows import fits, is_open, next_open

FRESH = 2
"""A verdict is fresh for this many check intervals (law 1)."""

REHEARSED = timedelta(hours=2)
"""Nothing rises on an older rehearsal of its kill switch; it's repeated every hour."""


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
    if not check.verdict.promotable and not _overruled(gate, check):
        return f"the check now says {check.verdict.value}"
    new = check.warnings - frozenset(gate.warnings)
    return "a warning came up that the gate didn't show: " + ", ".join(sorted(new)) if new else ""


def _overruled(gate: Gate, check: Check) -> bool:
    """Whether all that is wrong is what a person overruled for this gate, and wrong in the way that they saw."""
    wrong = {
        (line.role, line.condition, line.met is False)
        for line in check.lines
        if line.counts and line.role != "soft" and (line.met is None or line.met is (line.role == "trigger"))
    }
    allowed = {("hard", each.condition, each.measured) for each in gate.overruled}
    return bool(wrong) and wrong <= allowed


def stage_left(gate: Gate, plan: Plan) -> Stage | None:
    """The stage that a gate leads out of; None at the start's."""
    return None if gate.stage is None else plan.stages[gate.stage]


def approvals_of(gate: Gate, plan: Plan) -> Approvals:
    """Whose yes a gate needs: that of the stage that is left, or the start's."""
    stage = stage_left(gate, plan)
    return stage.approvals if stage is not None else plan.start_approvals or Approvals()


def leads_to(gate: Gate, plan: Plan) -> Stage:
    """The stage that a gate leads into; the last one has none after it."""
    return plan.stages[0 if gate.stage is None else min(gate.stage + 1, len(plan.stages) - 1)]


def next_stage(rollout: Rollout) -> int:
    """The stage that a rollout at its gate would rise to."""
    return 0 if rollout.state is State.START_GATE else rollout.stage + 1


def at_the_start(gate: Gate | None, rollout: Rollout) -> dict[str, str]:
    """What goes on record of a start's gate, else nothing: for the check there stand preflight's word and time."""
    if gate is None or gate.stage is not None or rollout.green_at is None:
        return {}
    return {"verdict": gate.verdict.value, "preflight_at": rollout.green_at.isoformat()}


def counted(gate: Gate, wanted: Approvals, involved: Sequence[str]) -> tuple[Approval, ...]:
    """The approvals that count: one per person, and with four eyes none of those who asked."""
    seen: dict[str, Approval] = {}
    for approval in gate.approvals:
        if not (wanted.not_requester and approval.person.id in involved):
            seen.setdefault(approval.person.id, approval)
    return tuple(seen.values())


def still_needed(gate: Gate, wanted: Approvals, involved: Sequence[str]) -> list[Waiting]:
    """What the approvals lack; nothing when they suffice. One person may stand for one group only."""
    given = counted(gate, wanted, involved)
    lacks = []
    if (more := wanted.need - len(given)) > 0:
        lacks.append(Waiting(Wait.APPROVALS, f"{more} of {wanted.need} approvals", number=more))
    uncovered = _uncovered(given, wanted.one_of_each)
    lacks.extend(Waiting(Wait.GROUP, f"an approval from {group}", name=group) for group in uncovered)
    return lacks


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
    gate, starts = rollout.gate, rollout.state is State.START_GATE
    if gate is None or gate.stage != (None if starts else rollout.stage):
        return [Waiting(Wait.GATE, "an open gate")]
    waiting = [*_people(rollout, plan, gate), *_still_the_one(rollout, gate, now)]
    waiting += _preflighted(rollout, plan, now) if starts else _checked(rollout, plan, gate, now)
    if not stands_confirmed(rollout):
        waiting.append(Waiting(Wait.CONFIRMATION, "the present weight to be confirmed"))
    waiting += () if starts else task_waits(rollout, plan, now)
    waiting += [*_rehearsed(rollout, now), *_thawed(rollout, now), *_acted(rollout)]
    if opens is not None:
        waiting.append(Waiting(Wait.WINDOW, "the time window", opens))
    return waiting


def _people(rollout: Rollout, plan: Plan, gate: Gate) -> Iterator[Waiting]:
    """Approvals, and what is still to be ticked by people or by the checks."""
    stage = stage_left(gate, plan)
    yield from still_needed(gate, approvals_of(gate, plan), rollout.involved)
    for item in unticked(gate, stage, rollout.check) if stage is not None else ():
        text = item.wanted.text
        if item.wanted.auto is None:
            yield Waiting(Wait.TICK, f"'{text}' to be ticked", name=text, number=item.number)
        else:
            found = item.line.detail if item.line is not None else ""
            yield Waiting(Wait.ITEM, f"{text} ({found or 'not met'})", name=text, detail=found, number=item.number)


def _still_the_one(rollout: Rollout, gate: Gate, now: datetime) -> Iterator[Waiting]:
    if now >= gate.expires_at:
        yield Waiting(Wait.NEW_GATE, "a new gate; this one has expired", detail="expired")
    if (gate.plan_digest, gate.version) != (rollout.plan_digest, rollout.version):
        yield Waiting(Wait.NEW_GATE, "a new gate; the plan or the version has changed", detail="changed")


def _checked(rollout: Rollout, plan: Plan, gate: Gate, now: datetime) -> Iterator[Waiting]:
    check = rollout.check
    if check is None or not lately(check.at, now, FRESH * plan.every.check) or not since_resume(rollout, check):
        yield Waiting(Wait.FRESH_CHECK, "a fresh check")
    elif check.settling or check.stage != rollout.stage or voids(gate, check):
        yield Waiting(Wait.PASSING_CHECK, "a passing check")


def lately(at: datetime, now: datetime, within: timedelta) -> bool:
    """What comes from the future is of before a clock was set back: nobody knows how long ago that is."""
    return abs(now - at) <= within


def _preflighted(rollout: Rollout, plan: Plan, now: datetime) -> Iterator[Waiting]:
    """Before there is traffic there is no verdict: a preflight that was green just now stands for it."""
    if rollout.green_at is None or not lately(rollout.green_at, now, FRESH * plan.every.check):
        yield Waiting(Wait.PREFLIGHT, "a fresh green preflight")


def _rehearsed(rollout: Rollout, now: datetime) -> Iterator[Waiting]:
    """What is wrong with the kill's rehearsal (X3). One of an older Perch had none; its next check makes up."""
    if rollout.rehearsal_faults:
        fault = rollout.rehearsal_faults[0]
        yield Waiting(Wait.REHEARSAL, f"the kill switch to pass its rehearsal ({fault})", detail=fault)
    elif rollout.rehearsed_at is not None and now - rollout.rehearsed_at > REHEARSED:
        yield Waiting(Wait.REHEARSAL, "the kill switch to be rehearsed again")


def _thawed(rollout: Rollout, now: datetime) -> Iterator[Waiting]:
    frozen = rollout.frozen
    if frozen is not None and frozen.stands(now):
        what = f"the freeze of {frozen.service or 'everything'} to end ({frozen.why})"
        yield Waiting(Wait.FREEZE, what, frozen.until, frozen.service, frozen.why)


def _acted(rollout: Rollout) -> Iterator[Waiting]:
    """Actions of stages that are left, and what is still to be taken back: in order, so the next stage waits (R20)."""
    for act in rollout.acts:
        if act.open:
            ends = act.how is Done.LEAVING
            what = f"'{act.what}' to be {'taken back' if ends else 'done'}{f' ({act.fault})' if act.fault else ''}"
            yield Waiting(Wait.UNDOING if ends else Wait.ACTION, what, name=act.what, detail=act.fault)


def has_expired(rollout: Rollout, plan: Plan, now: datetime) -> bool:
    """Whether the open gate's time is over; the next check will close it, and nothing uses it until then."""
    gate = rollout.gate
    return gate is not None and now >= kept_by_window(gate, rollout, plan, now).expires_at


def may_still_begin(rollout: Rollout, plan: Plan, now: datetime) -> bool:
    """Whether a raise on record may begin now: it was asked for a moment ago, or a check has passed since (law 1).

    After a downtime the verdict that it was approved on is no longer fresh. The first stage rests on none, for what
    gets no traffic has no numbers yet; but nobody expects the start of an hour ago. Its time begins when what is to be
    done before it is done.
    """
    fresh, check = FRESH * plan.every.check, rollout.check
    if rollout.intent is None:
        return True
    patience, since = fresh, rollout.intent.made_at
    if rollout.stage == 0:
        prepared = [act.done_at for act in rollout.acts if act.when == "before" and act.stage == 0 and act.done_at]
        patience, since = max(fresh, plan.no_data.after), max([since, *prepared])
    if lately(since, now, patience):
        return True
    return check is not None and lately(check.at, now, fresh) and check.verdict.promotable


def since_resume(rollout: Rollout, check: Check) -> bool:
    """Whether a check is newer than the last resume; an older one opens nothing."""
    return rollout.resumed_at is None or check.at > rollout.resumed_at


def stands_confirmed(rollout: Rollout) -> bool:
    """Whether the weight in force is known, was read at the last look, and is the approved one."""
    return rollout.intent is None and rollout.seen_weight == rollout.confirmed == rollout.approved


def kept_by_window(gate: Gate, rollout: Rollout, plan: Plan, now: datetime) -> Gate:
    """A gate can't run out while the window is shut and nobody could use it: its time begins again when that opens."""
    opens = opens_next(rollout, plan, now) if now >= gate.expires_at else None
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
    waiting = [*_clocks(rollout, plan, now)]
    if rollout.intent is None and rollout.seen_weight != rollout.confirmed:
        what = f"{rollout.confirmed} to be read back; the bake stands still until then"
        waiting.append(Waiting(Wait.READ_BACK, what, name=str(rollout.confirmed)))
    if rollout.check is not None and rollout.check.settling:
        waiting.append(Waiting(Wait.SETTLING, "the metrics to settle"))
    if rollout.check is not None:
        lines = rollout.check.lines
        unmet = [line for line in lines if line.role == "hard" and line.counts and line.met is not True]
        waiting.extend(_unmet(line, rollout.samples.get(line.metric)) for line in unmet)
    waiting.extend(task_waits(rollout, plan, now))
    opens = rise_opens(plan, rollout.stage, now + bake_left(rollout, plan))
    if opens is not None and rollout.stage + 1 < len(plan.stages):
        waiting.append(Waiting(Wait.WINDOW, "the time window", opens))
    if rollout.stage + 1 == len(plan.stages):
        waiting.extend(_over(each) for each in forbidding(rollout, plan))
    return [*waiting, *end_waits(rollout, plan)]


def _over(incident: Incident) -> Waiting:
    """One that is over and counts all the same can't be waited for: `detail` says so."""
    what = f"incident {incident.id} ({incident.severity}) to be over"
    return Waiting(Wait.INCIDENT, what, name=incident.id, detail="" if incident.open else "never")


def _clocks(rollout: Rollout, plan: Plan, now: datetime) -> Iterator[Waiting]:
    """The bake, and where it takes longer, the clean time."""
    stage = plan.stages[rollout.stage]
    bake = stage.bake + rollout.extended - rollout.baked
    if bake > timedelta(0):
        yield Waiting(Wait.BAKE, f"{spell_duration(bake)} more of baking", now + bake)
    clean = stage.clean_for - rollout.clean if stage.clean_for is not None else timedelta(0)
    if clean > max(bake, timedelta(0)):
        yield Waiting(Wait.CLEAN, f"{spell_duration(clean)} more without a failed check", now + clean)


def _unmet(line: Line, samples: Samples | None) -> Waiting:
    """A hard condition that doesn't hold; where samples are lacking, how many, and when they will have come."""
    if line.met is None and samples is not None:
        more = lacking(samples)
        what = f"{more:,.0f} more samples of {line.metric}"
        return Waiting(Wait.SAMPLES, what, enough_by(samples), line.metric, line.detail, more)
    found = line.detail or "not met"
    return Waiting(Wait.CONDITION, f"{line.condition} ({found})", name=line.condition, detail=line.detail)


def opens_next(rollout: Rollout, plan: Plan, now: datetime) -> datetime | None:
    """When the windows let this rollout rise from where it is; None when they do now."""
    return start_opens(plan, now) if rollout.state is State.START_GATE else rise_opens(plan, rollout.stage, now)


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
