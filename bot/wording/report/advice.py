"""What a sober SRE would do next: said from the facts alone, and never rosier than they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain.chronicle import Chronicle
from bot.domain.lookback import seen
from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.overruling import turned_out
from bot.domain.rollout import Line
from bot.domain.units import ZERO
from bot.wording.language import t, t_many
from bot.wording.numbers import against, number
from bot.wording.report.incidents import in_trouble
from bot.wording.report.objectives import missed
from bot.wording.report.pieces import Cell
from bot.wording.report.plainly import Times, clear, mappings
from bot.wording.sentences import joined

BLIND = 0.2
"""From this part of looks without data on, a condition was not really watched."""
FEW = 3
"""Fewer looks than this say nothing."""
SHOWN = 6


def advice(chronicle: Chronicle, times: Times) -> tuple[Cell, ...]:
    """The recommendation, the first line being what to do."""
    match chronicle.rollout.state:
        case State.COMPLETED:
            return tuple(_completed(chronicle))
        case State.ROLLED_BACK:
            return tuple(_rolled_back(chronicle, times))
        case State.KILLED:
            return tuple(_killed(chronicle, times))
        case State.ABORTED:
            return tuple(_aborted(chronicle))
        case State.OBSERVED:
            return tuple(_observed(chronicle))
        case _:
            return tuple(_under_way(chronicle))


def _completed(chronicle: Chronicle) -> Iterator[Cell]:
    rollout, doubts = chronicle.rollout, list(_doubts(chronicle))
    weight = str(rollout.confirmed)
    if blind := _barely_watched(chronicle):
        yield Cell(t("Don't call it good yet: there is not enough data."), "warn")
        yield Cell(t("Barely measured: {conditions}.", conditions=joined(blind, most=SHOWN)))
        yield Cell(t("Watch it by hand at {weight}, and mend its sources before the next rollout.", weight=weight))
        yield from doubts
        return
    if not doubts:
        yield Cell(
            t("Keep it at {weight}: every condition held, and nobody overruled anything.", weight=weight), "good"
        )
    else:
        yield Cell(t("Keep it at {weight}, but look at what follows.", weight=weight), "warn")
        yield from doubts
    yield Cell(t("Make this version the standard, so that the next rollout begins at 0%."))


def _doubts(chronicle: Chronicle) -> Iterator[Cell]:
    """What went on a completed rollout's account."""
    rollout = chronicle.rollout
    for override in rollout.overrides:
        if turned_out(override, rollout) is not Outcome.UNUSED:
            yield Cell(t("An override carried it: {reason}", reason=clear(override.reason, 160)), "warn")
    bad = [each for each in seen(chronicle.records) if each.unmet and each.role != "trigger"]
    for each in bad[:SHOWN]:
        told = number(each.worst, each.unit, each.threshold) if each.worst is not None else t("no data")
        condition = clear(each.condition, 100)
        yield Cell(
            t("{condition} didn't always hold; at worst it was {worst}.", condition=condition, worst=told), "warn"
        )
    for name in missed(chronicle):
        yield Cell(t("The objective {name} was missed while it was measured.", name=clear(name, 60)), "warn")
    troubles = [record for record in in_trouble(chronicle) if record.kind != "verdict_changed"]
    if troubles:
        text = t_many(
            len(troubles),
            "There was {count} incident on the way; it is listed below.",
            "There were {count} incidents on the way; they are listed below.",
        )
        yield Cell(text, "warn")


def _barely_watched(chronicle: Chronicle) -> list[str]:
    """Hard conditions that were judged too rarely to say anything."""
    found = [each for each in seen(chronicle.records) if each.role == "hard"]
    poor = [each for each in found if each.unmeasured > BLIND * (len(each.values) + each.unmeasured)]
    unlooked = not found or max(len(each.values) for each in found) == 0
    if unlooked:
        return [t("every condition")]
    return [clear(each.condition, 80) for each in poor if each.unmeasured >= FEW or not each.values]


def _rolled_back(chronicle: Chronicle, times: Times) -> Iterator[Cell]:
    rollout = chronicle.rollout
    begun = chronicle.of_kind("rolling_back")
    body: Mapping[str, Any] = begun[-1].body if begun else {}
    lines = [_read(line) for line in mappings(body.get("lines"))]
    told = [each for each in lines if each is not None]
    if told:
        yield Cell(t("Don't start it again before this is understood."), "bad")
        for line in told[:SHOWN]:
            yield Cell(f"{clear(line.condition, 100)}: {over(line)}", "bad")
        yield from _where_to_look(chronicle, [line.metric for line in told])
    else:
        yield Cell(
            t("Don't start it again before its reason is gone: {reason}", reason=clear(rollout.reason, 200)), "bad"
        )
    yield from _afterwards(chronicle)
    yield from _again(chronicle, times)


def _read(line: Mapping[str, Any]) -> Line | None:
    try:
        return Line.model_validate(line)
    except ValueError:
        return None


def over(line: Line) -> str:
    """What was measured and how far that is from its limit."""
    if line.value is None:
        return t("no data")
    value = number(line.value, line.unit, line.threshold)
    return value if line.threshold is None else f"{value}, {against(line.value, line.threshold, line.unit)}"


def _where_to_look(chronicle: Chronicle, metrics: Sequence[str]) -> Iterator[Cell]:
    """The runbook of each metric that went bad."""
    for name in dict.fromkeys(metrics):
        metric = chronicle.plan.metrics.get(name)
        book = metric.runbook if metric is not None else None
        if book is None:
            continue
        for what in book.look_at[:SHOWN]:
            yield Cell(t("Look at: {what}", what=clear(what, 160)))
        for what in book.remedies[:SHOWN]:
            yield Cell(t("Try: {what}", what=clear(what, 160)))
        if book.link:
            yield Cell(t("Runbook: {link}", link=clear(book.link, 200)))


def _afterwards(chronicle: Chronicle) -> Iterator[Cell]:
    """Whether the world is well again (R12)."""
    verified = chronicle.of_kind("verified")
    failed = [clear(each, 80) for each in verified[-1].body.get("failed") or ()] if verified else []
    if failed:
        yield Cell(
            t("It isn't well since: {conditions}. Something else is wrong.", conditions=", ".join(failed)), "bad"
        )
    elif verified:
        yield Cell(t("Since then all is well again: what the plan wants verified holds."), "good")
    elif chronicle.rollout.verify_left:
        left = ", ".join(clear(each, 80) for each in chronicle.rollout.verify_left[:SHOWN])
        yield Cell(t("Whether it is well again isn't known yet: {conditions}.", conditions=left), "warn")


def _again(chronicle: Chronicle, times: Times) -> Iterator[Cell]:
    until = chronicle.rollout.cooldown_until
    if until is not None and until > chronicle.now:
        yield Cell(t("Cooldown until {at}. Then: {command}", at=times.full(until), command=start(chronicle)))
    else:
        yield Cell(t("Then: {command}", command=start(chronicle)))


def start(chronicle: Chronicle) -> str:
    """What to type for a new start."""
    weights = [stage.weight for stage in chronicle.plan.stages]
    first = next((weight for weight in weights if weight > ZERO), weights[0])
    return f"/canary start {chronicle.rollout.plan} {first}"


def _killed(chronicle: Chronicle, times: Times) -> Iterator[Cell]:
    rollout = chronicle.rollout
    command = f"/canary rearm {rollout.plan}"
    if rollout.rearmed_at is None:
        yield Cell(t("Rearm it first, or nothing can start: {command}", command=command), "bad")
    else:
        yield Cell(t("It is rearmed. Find the cause before it starts again."), "warn")
    if rollout.kill is not None:
        yield Cell(t("Why it was killed: {reason}", reason=clear(rollout.kill.reason or t("no reason given"), 200)))
        if rollout.kill.not_measured:
            why = clear(rollout.kill.not_measured, 160)
            yield Cell(t("Nobody measured that it is off ({why}): look yourself.", why=why), "warn")
    yield from _again(chronicle, times)


def _aborted(chronicle: Chronicle) -> Iterator[Cell]:
    ended = chronicle.of_kind("aborted")
    red = [clear(each, 200) for each in (ended[-1].body.get("red") or ())] if ended else []
    if red:
        yield Cell(t("Mend what preflight found, then start again; there is no cooldown."), "warn")
        for each in red[:SHOWN]:
            yield Cell(each, "bad")
    else:
        yield Cell(t("No traffic moved, so there is nothing to undo and no cooldown."))
    yield Cell(t("Then: {command}", command=start(chronicle)))


def _observed(chronicle: Chronicle) -> Iterator[Cell]:
    would = [str(record.body.get("do")) for record in chronicle.of_kind("would")]
    if "rollback" in would or "kill" in would:
        yield Cell(
            t("Perch would have taken it back; find out whether Perch or those who moved it were right."), "warn"
        )
    elif "complete" in would:
        yield Cell(t("Perch would have let it through: next time, let Perch move it."), "good")
    else:
        yield Cell(t("Too little was seen to tell what Perch would have done."), "warn")


def _under_way(chronicle: Chronicle) -> Iterator[Cell]:
    command = f"/canary status {chronicle.rollout.plan}"
    if chronicle.rollout.state is State.STUCK:
        yield Cell(t("It is STUCK on its way down: traffic may still be on. Set it by hand."), "bad")
    yield Cell(t("It isn't over: this report is as of its writing. Now: {command}", command=command))
