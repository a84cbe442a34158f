"""What would change the present verdict: how far each bad condition is off, since when, and what comes if it stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.decisions import Do, Position, decide
from bot.domain.looks import STEADY
from bot.domain.machine import State
from bot.domain.plan import Action
from bot.domain.progress import RETRIES
from bot.domain.rollout import Check, Line, Verdict
from bot.wording.claims import WORTH_SAYING, measured, read
from bot.wording.conditions import counting
from bot.wording.language import t
from bot.wording.remarks import remark
from bot.wording.sentences import by_when, code, joined, span
from bot.wording.telling import Telling
from bot.wording.waiting import then_words

SHOWN = 8
WAYS_DOWN = 3


def blocking(telling: Telling) -> list[Line]:
    """The conditions that make the verdict what it is, worst first; none once it goes down or is over."""
    rollout = telling.rollout
    if rollout.check is None or rollout.state not in STEADY:
        return []
    lines = [line for line in rollout.check.lines if line.counts]
    unmet = [line for line in lines if line.role == "hard" and line.met is False]
    blind = [line for line in lines if line.role != "soft" and line.met is None]
    warns = [line for line in lines if line.role == "soft" and line.met is not True]
    return [*filter(counting, lines), *unmet, *blind, *warns][:SHOWN]


def what_would_change(telling: Telling) -> list[str]:
    """For each of `blocking` what would turn it, then what comes by itself, where it goes down, and the next look."""
    check, bad = telling.rollout.check, blocking(telling)
    if check is None or not bad:
        return []
    acts = telling.rollout.mode == "live"
    comes = [*_when_it_stays(check, telling), *_ways_down(bad, check, telling)] if acts else []
    due = telling.rollout.due_at
    look = [t("Next check: {when}.", when=by_when(due, telling.now))] if due > telling.now else []
    turns = dict.fromkeys(_unseen(line, bad, telling.now) or _turns(line, telling) for line in bad)
    return [*turns, *comes, *look]


def _turns(line: Line, telling: Telling) -> str:
    condition = code(line.condition)
    if counting(line):
        return _counts_up(line, telling)
    seen = measured(line, telling.now)
    if line.role == "soft":
        return t("{seen}. The warning goes at the first check with {condition}.", seen=seen, condition=condition)
    return t("{seen}. Passes at the first check with {condition}.", seen=seen, condition=condition)


def _unseen(line: Line, bad: Sequence[Line], now: datetime) -> str:
    """What couldn't be measured, and all that couldn't for the same reason; "" for what was."""
    if line.met is not None:
        return ""
    alike = [code(each.condition) for each in bad if each.met is None and each.detail == line.detail]
    why = remark(line.detail) or t("nothing came")
    if line.since and now - line.since >= WORTH_SAYING:
        why = f"{why}, {t('for {span}', span=span(now - line.since))}"
    return t(
        "{conditions}: no data ({why}). Judged again at the first check that sees it.",
        conditions=joined(alike),
        why=why,
    )


def _counts_up(line: Line, telling: Telling) -> str:
    """A trigger that is true: when that will have been long enough."""
    seen, then = measured(line, telling.now), _breach(line.condition, telling)
    at = _full(line, telling)
    if at is None:
        return t("{seen}. If it stays so: {then}.", seen=seen, then=then)
    return t("{seen}. If it stays so until {when}: {then}.", seen=seen, when=by_when(at, telling.now), then=then)


def _full(line: Line, telling: Telling) -> datetime | None:
    condition, streak = read(line.condition), telling.rollout.streaks.get(line.condition)
    if condition is None or streak is None or streak.since is None or streak.last is None:
        return None
    if condition.lasting is not None:
        return streak.since + condition.lasting
    return streak.last + telling.plan.every.check * max((condition.times or 1) - streak.times, 0)


def _ways_down(bad: Sequence[Line], check: Check, telling: Telling) -> list[str]:
    """Triggers on the same metrics that are quiet: how bad it may get."""
    metrics = {line.metric for line in bad if line.met is False and line.metric}
    near = [line for line in check.lines if line.role == "trigger" and line.met is False and not counting(line)]
    return [
        t("If {condition}: {then}.", condition=code(line.condition), then=_breach(line.condition, telling))
        for line in near
        if line.metric in metrics
    ][:WAYS_DOWN]


def _breach(condition: str, telling: Telling) -> str:
    """What the plan does about that trigger."""
    stage = telling.stage
    own = (rule.on_breach for rule in stage.rollback_when if rule.condition.text == condition)
    return then_words((next(own, None) or stage.on_breach).value)


def _when_it_stays(check: Check, telling: Telling) -> list[str]:
    """What the plan does about the verdict by itself; on hold and at a gate a person's turn is told already."""
    rollout, policy = telling.rollout, telling.plan.no_data
    if rollout.state is not State.BAKING:
        return []
    if check.verdict is Verdict.FAIL:
        return [t("If it still fails when the bake is over: {then}.", then=_after_bake(check, telling))]
    if check.verdict is Verdict.NO_DATA and rollout.no_data_since is not None and policy.then is not Action.TELL:
        when = by_when(rollout.no_data_since + policy.after, telling.now)
        return [t("Without data until {when}: {then}.", when=when, then=then_words(policy.then.value))]
    return []


def _after_bake(check: Check, telling: Telling) -> str:
    decision = decide(Position.BAKED, check, telling.plan)
    again = telling.rollout.retries < RETRIES
    match decision.do:
        case Do.EXTEND if again:
            return t("it bakes {span} longer", span=span(decision.lasting or telling.stage.bake))
        case Do.RETRY if again:
            return t("it bakes once more from the start")
        case Do.EXTEND | Do.RETRY:
            return then_words((decision.then or Action.HOLD).value)
        case Do.ROLL_BACK:
            return then_words(Action.ROLLBACK.value)
        case do:
            return then_words(do.value)
