"""What is told of checks: a changed verdict, routine snapshots, checkpoints, data that stays away."""

from __future__ import annotations

from bot.domain.rollout import Verdict
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.conditions import line_texts, tally_text, trouble, values_text, verdict_text
from bot.wording.remarks import remark
from bot.wording.sentences import VERDICT_WORDS, moment_exact
from bot.wording.telling import Telling
from bot.wording.waiting import then_words

LINES = 12
BAD_LINES = 6


def verdict_changed(telling: Telling) -> Said:
    """What changed, and only the conditions that matter; all of them are in the thread's snapshots."""
    verdict, before = (_verdict(telling, fact) for fact in ("verdict", "before"))
    words = VERDICT_WORDS[verdict] if verdict else "no verdict"
    came = f" (was {_word(before)})" if before else ""
    if before and before is verdict:
        came = " (as before, but other conditions)"
    headline, lines = f"{words} at {_weight(telling)}: {telling.name}{came}", telling.lines()
    if verdict is Verdict.BREACH:
        fired = [line for line in lines if line.role == "trigger" and line.met]
        return told(headline, *trouble(fired, telling.now, BAD_LINES, verdict))
    return told(headline, *trouble(lines, telling.now, BAD_LINES, verdict), *filter(None, (tally_text(lines),)))


def _weight(telling: Telling) -> str:
    """Where it was checked; by the time that this is said, it may be at 0."""
    check = telling.check()
    index = check.stage if check is not None else telling.rollout.stage
    return str(telling.plan.stage_weight(min(index, len(telling.plan.stages) - 1)))


def _verdict(telling: Telling, fact: str) -> Verdict | None:
    value = telling.facts.get(fact)
    return Verdict(value) if value in set(Verdict) else None


def _word(verdict: Verdict) -> str:
    """The verdict without its mark, which means the present one."""
    return VERDICT_WORDS[verdict].split(" ", 1)[1]


def snapshot(telling: Telling) -> Said:
    """A routine post with measurements, in the thread."""
    check = telling.check()
    when = f" at {moment_exact(check.at)}" if check else ""
    return told(
        f"{verdict_text(check)}, at {_weight(telling)}{when}.",
        *line_texts(telling.lines(), telling.now, LINES, triggers=False),
    )


def checkpoint(telling: Telling) -> Said:
    """A named moment; goes to the channel and to the record."""
    lines, verdict, weight = telling.lines(), verdict_text(telling.check()), _weight(telling)
    values = values_text(lines)
    return told(
        f"📍 Checkpoint {telling.text('name', 'now')} of {telling.name} at {weight}: {verdict}.",
        *trouble(lines, telling.now, BAD_LINES),
        *filter(None, (values,)),
    )


def no_data(telling: Telling) -> Said:
    """A sick source is never a sick canary: it says what's missing, and what happens if it stays so."""
    missing = [remark(each) for each in telling.texts("missing")[:LINES]] or ["a measurement"]
    then = {"tell": "it goes on waiting"}.get(telling.text("then"), then_words(telling.text("then", "hold")))
    at = telling.moment("at")
    default = f"If that stays so until {at}: {then}." if at else f"If that stays so: {then}."
    return told(
        f"❔ {telling.name} has no data at {telling.rollout.confirmed}; that's neither good nor bad.",
        *(f"Missing: {each}" for each in missing),
        f"It waits and doesn't rise. {default}",
    )
