"""Conditions and measurements → verdict. One check looks at all conditions of one stage at one moment.

Worst first: breach (a trigger fired) > no_data (a hard condition, or a trigger, can't see) > fail (a measured hard
condition isn't met) > warn (a soft one isn't met or can't see) > pass. What doesn't count yet is shown, not judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.conditions import About, Condition
from bot.domain.measurements import Measured, Measurement
from bot.domain.plan import Plan, Rule, Stage
from bot.domain.rollout import BaselineValue, Check, Line, Role, Streak, Tally, Verdict
from bot.domain.slos import SloSeen
from bot.domain.truth import Truth, truth

GAP = 2
"""A time that nobody looked at for more than this many check intervals isn't part of a streak."""


EARLY = "doesn't count yet"
_OF_SLOS = (About.BUDGET, About.BURN)
"""An SLO may be called as a metric is; its budget isn't that metric's value."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that conditions may look at, measured for one check. Values are in each metric's own unit."""

    canary: Mapping[str, Measurement]
    stable: Mapping[str, Measurement] = field(default_factory=dict)
    ago: Mapping[tuple[str, timedelta], Measurement] = field(default_factory=dict)
    baselines: Mapping[str, BaselineValue] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    slos: Mapping[str, SloSeen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a check is made, and since when its stage has its traffic."""

    now: datetime
    shifted_at: datetime
    settle: timedelta
    interval: timedelta

    @property
    def settling(self) -> bool:
        return self.now - self.shifted_at < self.settle

    def before(self, after: timedelta | None) -> bool:
        """Whether a condition's `after` hasn't come yet (R17)."""
        return after is not None and self.now - self.shifted_at < after


def judge(
    plan: Plan, index: int, facts: Facts, streaks: Mapping[str, Streak], moment: Moment
) -> tuple[Check, dict[str, Streak]]:
    """Evaluate a stage. Returns the check, and the streaks to remember until the next one."""
    stage = plan.stages[index]
    hard = [_plain("hard", rule.condition, plan, facts, moment) for rule in stage.promote_when]
    soft = [_plain("soft", rule.condition, plan, facts, moment) for rule in stage.warn_unless]
    items = tuple(_plain("item", item.auto, plan, facts, moment) for item in stage.checklist if item.auto is not None)
    failing = _any_unmet(hard)
    remembered: dict[str, Streak] = {}
    triggers = []
    for rule in stage.rollback_when:
        seen = (
            failing
            if rule.condition.subject.about is About.CHECK_FAILS
            else truth(rule.condition, plan, facts, moment.now, any_series=True)
        )
        line, streak = _trigger(rule.condition, seen, streaks.get(rule.condition.text, Streak()), moment)
        triggers.append(line)
        remembered[rule.condition.text] = streak
    lines = (*triggers, *hard, *soft)
    waiting = any(not line.counts for line in hard)
    verdict = _verdict(lines)
    check = Check(
        at=moment.now,
        stage=index,
        verdict=verdict,
        settling=waiting,
        lines=lines,
        items=items,
        slos=tuple(facts.slos.values()),
    )
    return check, remembered


def fired(check: Check, stage: Stage) -> list[Rule]:
    """The triggers that fired in a check."""
    texts = {line.condition for line in check.lines if line.role == "trigger" and line.met}
    return [rule for rule in stage.rollback_when if rule.condition.text in texts]


def unmet(check: Check, stage: Stage) -> list[Rule]:
    """The hard conditions that count, were measured, and aren't met."""
    texts = {line.condition for line in check.lines if line.role == "hard" and line.counts and line.met is False}
    return [rule for rule in stage.promote_when if rule.condition.text in texts]


def unheld(rules: Sequence[Rule], plan: Plan, facts: Facts, now: datetime) -> list[str]:
    """Those of some rules that don't hold now, or can't be seen, with why."""
    told = [(rule.condition, truth(rule.condition, plan, facts, now)) for rule in rules]
    return [f"{condition} ({seen.detail or seen.value})" for condition, seen in told if seen.holds is not True]


def as_bad_on_stable(
    rules: Sequence[Rule],
    plan: Plan,
    stable: Mapping[str, Measurement],
    baselines: Mapping[str, BaselineValue],
    now: datetime,
) -> bool:
    """Whether every one of these triggers is true of the stable side as well: then rolling back to it helps nobody."""
    sides = Facts(canary=stable, stable=stable, baselines=baselines)
    return bool(rules) and all(
        rule.condition.subject.name in stable and truth(rule.condition, plan, sides, now, any_series=True).holds is True
        for rule in rules
    )


def tally(tallies: Mapping[str, Tally], plan: Plan, canary: Mapping[str, Measurement]) -> dict[str, Tally]:
    """Count good answers for each probe that `availability()` asks about, and remember what fell that never may; no
    data counts neither way."""
    counted = dict(tallies)
    for about, name in _counted(plan):
        measurement = canary.get(name)
        if isinstance(measurement, Measured):
            before = counted.get(name, Tally())
            counted[name] = before.model_copy(update=_COUNTS[about](before, measurement))
    return counted


def _good(before: Tally, measured: Measured) -> dict[str, object]:
    return {"good": before.good + (measured.value >= 1), "total": before.total + 1}


def _falls(before: Tally, measured: Measured) -> dict[str, object]:
    """After a fall the first one stays on record, and the stage has had it."""
    if before.fell or (before.last is not None and measured.value < before.last):
        return {"fell": before.fell or f"{before.last:g} → {measured.value:g} at {measured.at:%H:%M:%S} UTC"}
    return {"last": measured.value}


_COUNTS = {About.AVAILABILITY: _good, About.NEVER_DECREASES: _falls}


def _counted(plan: Plan) -> list[tuple[About, str]]:
    conditions = [condition for stage in plan.stages for condition in stage.conditions]
    conditions += [rule.condition for rule in plan.complete_when]
    found = {(each.subject.about, each.subject.name) for each in conditions if each.subject.about in _COUNTS}
    return sorted(found)


def _plain(role: Role, condition: Condition, plan: Plan, facts: Facts, moment: Moment) -> Line:
    seen = truth(condition, plan, facts, moment.now)
    early = moment.before(condition.after) or (role == "hard" and moment.settling)
    return _line(role, condition, seen, seen.holds, EARLY if early else "", counts=not early)


def _trigger(condition: Condition, seen: Truth, before: Streak, moment: Moment) -> tuple[Line, Streak]:
    if moment.before(condition.after):
        return _line("trigger", condition, seen, False, EARLY, counts=False), Streak()
    streak = _streak(before, seen.holds, moment)
    if seen.holds is not True:
        return _line("trigger", condition, seen, seen.holds, ""), streak
    return _line("trigger", condition, seen, _long_enough(condition, streak), _progress(condition, streak)), streak


def _streak(before: Streak, holds: bool | None, moment: Moment) -> Streak:
    """Count on. Without data the streak stands still; a time when nobody looked begins `for` anew, never `in a row`."""
    if holds is False:
        return Streak()
    unseen = before.looked is None or moment.now - before.looked > GAP * moment.interval
    if holds is None:
        return before if unseen else before.model_copy(update={"looked": moment.now})
    since = before.since
    if unseen or since is None or before.last is None:
        since = moment.now
    elif moment.now - before.last > GAP * moment.interval:
        since += moment.now - before.last
    return Streak(since=since, last=moment.now, looked=moment.now, times=before.times + 1)


def _long_enough(condition: Condition, streak: Streak) -> bool:
    if condition.lasting is not None:
        return streak.since is not None and streak.last is not None and streak.last - streak.since >= condition.lasting
    return streak.times >= (condition.times or 1)


def _progress(condition: Condition, streak: Streak) -> str:
    if condition.times:
        return f"{min(streak.times, condition.times)} of {condition.times} in a row"
    if condition.lasting and streak.since and streak.last:
        return f"true for {round((streak.last - streak.since).total_seconds())} s"
    return ""


def _line(role: Role, condition: Condition, seen: Truth, met: bool | None, note: str, *, counts: bool = True) -> Line:
    return Line(
        role=role,
        condition=condition.text,
        metric="" if condition.subject.about in _OF_SLOS else condition.subject.name,
        met=met,
        value=seen.value,
        unit=seen.unit.value if seen.unit else "",
        threshold=seen.threshold,
        reference=seen.reference,
        deviation=_deviation(seen),
        detail="; ".join(part for part in (seen.detail, note) if part),
        counts=counts,
    )


def _deviation(seen: Truth) -> float | None:
    if seen.value is None or not seen.reference:
        return None
    return round(100 * (seen.value / seen.reference - 1), 2)


def _any_unmet(hard: list[Line]) -> Truth:
    judged = [line for line in hard if line.counts]
    if any(line.met is False for line in judged):
        return Truth(True, detail="not met: " + ", ".join(line.condition for line in judged if line.met is False))
    if any(line.met is None for line in judged):
        return Truth(None, detail="a hard condition has no data")
    return Truth(False)


def _verdict(lines: Sequence[Line]) -> Verdict:
    judged = [line for line in lines if line.counts]
    hard = [line for line in judged if line.role == "hard"]
    triggers = [line for line in judged if line.role == "trigger"]
    if any(line.met for line in triggers):
        return Verdict.BREACH
    if any(line.met is None for line in (*triggers, *hard)):
        return Verdict.NO_DATA
    if any(line.met is False for line in hard):
        return Verdict.FAIL
    if any(line.met is not True for line in judged if line.role == "soft"):
        return Verdict.WARN
    return Verdict.PASS
