"""Actions besides traffic (R20): what a step of the rollout asks for, and what it takes back, whoever takes the step.

Before a stage, in order, each once; after it when it was left upward; the final ones when all is completed. On the way
back everything that was begun is taken back in reverse, once the traffic is down; what lasts only as long as its stage
or the rollout is taken back then, too, where that is completed (U9).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain import moves
from bot.domain.actions import Act, Done, When
from bot.domain.machine import State
from bot.domain.plan import Plan, PlannedAction
from bot.domain.planning.actions import Lasts
from bot.domain.planning.parts import Part
from bot.domain.rollout import Person, Rollout, Way
from bot.domain.steps import Happening, Step

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
"""Between two tries of what failed; each pause is twice the one before."""

_WAYS_BACK = frozenset({State.ROLLED_BACK, State.KILLED, State.ABORTED})
_RESTS = frozenset({State.BAKING, State.GATE, State.HELD, State.COMPLETED, *_WAYS_BACK})
"""Where traffic isn't moving: `after` is done and what is to leave is taken back here, and nowhere else (law 2)."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done next, one at a time for each rollout."""

    act: Act
    way: Literal["begin", "end"]


# ---- what a step asks for -------------------------------------------------------------------------------------------


def follow(before: Rollout, step: Step, plan: Plan) -> Step:
    """The step with what it asks for and what it takes back. What is only observed asks for nothing."""
    after = step.rollout
    if after.mode == "observe" or after.state is before.state:
        return step
    acts = _asked(before.state, after, plan)
    leaving = [act for act in acts if act.how is Done.LEAVING and act not in after.acts]
    if acts == after.acts:
        return step
    told = (Happening("actions_leaving", {"acts": [_named(act) for act in leaving]}),) if leaving else ()
    return Step(after.but(acts=acts), (*step.happenings, *told), step.emergency)


def _asked(was: State, after: Rollout, plan: Plan) -> tuple[Act, ...]:
    acts, stage = after.acts, after.stage
    if was is State.SHIFTING:
        acts = tuple(act for act in acts if act.when != "before" or act.how is not Done.OWED or act.begun_at)
    match after.state:
        case State.SHIFTING:
            return _owing(acts, after.id, "before", stage, plan.stages[stage].before)
        case State.BAKING if was is State.SHIFTING and stage:
            acts = _owing(acts, after.id, "after", stage - 1, plan.stages[stage - 1].after)
            return _leaving(acts, lambda act: act.lasts is Lasts.STAGE and act.stage < stage)
        case State.COMPLETED:
            acts = _owing(acts, after.id, "after", stage, plan.stages[stage].after)
            acts = _owing(acts, after.id, "completed", stage, plan.when_completed)
            return _leaving(acts, lambda act: act.lasts is not Lasts.FOR_GOOD)
        case State.HELD if was.going_down:
            return _leaving(acts, lambda act: act.stage > stage or (act.stage == stage and act.when == "after"))
        case state if state in _WAYS_BACK:
            return _leaving(acts, lambda act: True)
        case _:
            return acts


def _owing(
    acts: tuple[Act, ...], rollout: str, when: When, stage: int, planned: Sequence[PlannedAction]
) -> tuple[Act, ...]:
    """What is done stays done; what failed, or nobody knows of, is done again under its key; what is new is added.

    What a changed plan no longer has is left as it is where it's done, and taken back where it isn't.
    """
    parts = [Part(kind=each.kind, options=each.options) for each in planned]
    wanted, kept = dict(enumerate(parts)), []
    for act in acts:
        mine = (act.when, act.stage) == (when, stage) and act.how not in (Done.LEAVING, Done.GONE)
        if mine and wanted.get(act.number) == act.part:
            del wanted[act.number]
            kept.append(act if act.how is Done.DONE else _fresh(act, Done.OWED))
        else:
            kept.extend(_left(act) if mine and act.how is not Done.DONE else [act])
    for number, part in wanted.items():
        known = sum((act.when, act.stage, act.number) == (when, stage, number) for act in kept)
        lasts = planned[number].lasts if when != "completed" else None
        kept.append(
            Act(
                key=_key(rollout, when, stage, number, known),
                stage=stage,
                when=when,
                number=number,
                what=planned[number].called,
                part=part,
                lasts=lasts or Lasts.FOR_GOOD,
            )
        )
    return tuple(kept)


def _key(rollout: str, when: When, stage: int, number: int, known: int) -> str:
    """Letters, digits and dashes, so that it can name things outside; what was taken back has another the next time."""
    again = f"-{known + 1}" if known else ""
    return f"{rollout}-{stage + 1}-{when}-{number + 1}{again}"


def _leaving(acts: Sequence[Act], which: Callable[[Act], bool]) -> tuple[Act, ...]:
    return tuple(kept for act in acts for kept in (_left(act) if which(act) else [act]))


def _left(act: Act) -> list[Act]:
    """To be taken back; nothing is left of what was never begun."""
    if act.how in (Done.LEAVING, Done.GONE):
        return [act]
    return [_fresh(act, Done.LEAVING)] if act.begun_at else []


def _fresh(act: Act, how: Done) -> Act:
    return act.model_copy(update={"how": how, "tries": 0, "next_at": None, "fault": ""})


# ---- what is to be done ---------------------------------------------------------------------------------------------


def job(rollout: Rollout, now: datetime) -> Job | None:
    """What is to be done now; None where nothing is, or what failed waits for its next try."""
    if raising(rollout):
        owed = [act for act in _before(rollout) if act.how is Done.OWED]
        return Job(min(owed, key=lambda act: act.number), "begin") if owed else None
    if rollout.state not in _RESTS or rollout.intent is not None:
        return None
    begins = [Job(act, "begin") for act in rollout.acts if act.when != "before" and act.open and not _leaves(act)][:1]
    ends = [Job(act, "end") for act in reversed(rollout.acts) if _leaves(act)]
    untried = [each for each in begins if not each.act.tries]
    return next((each for each in (*untried, *ends, *begins) if _due(each.act, now)), None)


def wanted(rollout: Rollout, wants: Job) -> bool:
    """Whether a call under way may go on: what somebody goes down from is no longer waited for."""
    act = next((act for act in rollout.acts if act.key == wants.act.key), None)
    if act is None or rollout.state.going_down:
        return False
    return (act.how in (Done.LEAVING, Done.GONE)) == (wants.way == "end")


def raising(rollout: Rollout) -> bool:
    """Whether the next stage is being entered just now."""
    return rollout.state is State.SHIFTING and rollout.intent is not None and rollout.intent.way is Way.RAISE


def unready(rollout: Rollout) -> bool:
    """Whether a raise must wait: what the plan wants before its stage isn't all done."""
    return any(act.how in (Done.OWED, Done.FAILED) for act in _before(rollout))


def _before(rollout: Rollout) -> list[Act]:
    return [act for act in rollout.acts if act.when == "before" and act.stage == rollout.stage]


def _leaves(act: Act) -> bool:
    return act.how is Done.LEAVING


def _due(act: Act, now: datetime) -> bool:
    return act.next_at is None or act.next_at <= now


def next_try(rollout: Rollout, now: datetime) -> datetime:
    """When a rollout that has ended is looked at again for what is still to be done."""
    tries = [act.next_at for act in rollout.acts if act.open and act.next_at is not None and act.next_at > now]
    return min(tries, default=now + FIRST_PAUSE)


# ---- what came of it ------------------------------------------------------------------------------------------------


def began(rollout: Rollout, key: str, now: datetime) -> Step | None:
    """About to be done: on record before it is. None where it is already, or nobody wants it any more."""
    act = _the(rollout, key)
    if act is None or act.begun_at is not None or act.how is not Done.OWED or rollout.state.going_down:
        return None
    return _with(rollout, act.model_copy(update={"begun_at": now}), Happening("action_began", _told(act)))


def done(rollout: Rollout, key: str, said: str, now: datetime) -> Step | None:
    """It stands. Where it was taken back meanwhile, it landed late: it's taken back once more (law 7)."""
    act = _the(rollout, key)
    if act is None or act.how in (Done.DONE, Done.LEAVING):
        return None
    if act.how is Done.GONE:
        late = Happening("actions_leaving", {"acts": [_named(act)], "late": True})
        return _with(rollout, _fresh(act, Done.LEAVING), late)
    stands = _fresh(act, Done.DONE).model_copy(update={"done_at": now})
    took = (now - act.begun_at).total_seconds() if act.begun_at else 0.0
    return _with(rollout, stands, Happening("action_done", {**_told(act), "said": said, "took_s": round(took, 1)}))


def failed(rollout: Rollout, key: str, fault: str, intent: str, now: datetime, id: str) -> Step | None:
    """Before a stage: nothing rises, it goes back and is held. Else it is tried again; both are told once.

    `intent` is the raise that it was done for.
    """
    act = _the(rollout, key)
    if act is None or act.how not in (Done.OWED, Done.FAILED):
        return None
    step = _with(rollout, _again(act, Done.FAILED, fault, now))
    told = Happening("action_failed", {**_told(act), "fault": fault})
    if act.when != "before":
        return step if act.tries else step.also(told)
    if not raising(rollout) or rollout.intent is None:
        return step.also(told)
    if rollout.intent.id != intent:
        # It was begun for a raise that somebody held; the present one has its own try, and comes to an end by that.
        return Step(rollout, (told,))
    why = f"'{act.what}' is to be done before {rollout.target}, and failed: {fault.rstrip('.')}"
    back = moves.retreat(step.rollout, now, id, moves.a_hold(why, rollout.watched_by, now, "action"))
    return Step(back.rollout, (told, *back.happenings))


def gone(rollout: Rollout, key: str, said: str) -> Step | None:
    """It is taken back; `said` is "" where there was nothing to take back."""
    act = _the(rollout, key)
    if act is None or act.how is not Done.LEAVING:
        return None
    return _with(rollout, _fresh(act, Done.GONE), Happening("action_undone", {**_told(act), "said": said}))


def stands(rollout: Rollout, key: str, fault: str, now: datetime) -> Step | None:
    """It couldn't be taken back: told once, and tried until it is."""
    act = _the(rollout, key)
    if act is None or act.how is not Done.LEAVING:
        return None
    told = () if act.tries else (Happening("action_stands", {**_told(act), "fault": fault}),)
    return _with(rollout, _again(act, Done.LEAVING, fault, now), *told)


def give_up(rollout: Rollout, reason: str, fix: str, by: Person) -> Step | None:
    """A person sees to what is left: nothing more is tried of it."""
    left = [act for act in rollout.acts if act.open]
    if rollout.live or not left:
        return None
    acts = tuple(_fresh(act, Done.GONE) if act.open else act for act in rollout.acts)
    facts = {"acts": [_named(act) for act in left], "reason": reason, "fix": fix, "by": by.id}
    return Step(rollout.but(acts=acts), (Happening("actions_given_up", facts, by),))


def _again(act: Act, how: Done, fault: str, now: datetime) -> Act:
    pause = min(FIRST_PAUSE * 2.0 ** min(act.tries, 16), LONGEST_PAUSE)
    return act.model_copy(update={"how": how, "tries": act.tries + 1, "next_at": now + pause, "fault": fault})


def _the(rollout: Rollout, key: str) -> Act | None:
    return next((act for act in rollout.acts if act.key == key), None)


def _with(rollout: Rollout, act: Act, *told: Happening) -> Step:
    acts = tuple(act if each.key == act.key else each for each in rollout.acts)
    changed = rollout.but(acts=acts)
    return Step(changed, told)


def _named(act: Act) -> dict[str, str]:
    return {"key": act.key, "what": act.what}


def _told(act: Act) -> dict[str, object]:
    return {**_named(act), "kind": act.part.kind, "when": act.when, "stage": act.stage}
