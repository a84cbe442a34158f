"""What is told of checks: a changed verdict, routine snapshots, checkpoints, data that stays away."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.rollout import Check, Verdict
from bot.ports import Said
from bot.wording.blocks import Block, said, section, told
from bot.wording.charts import native, picture
from bot.wording.conditions import line_texts, tally_text, trouble, verdict_text
from bot.wording.language import t
from bot.wording.metrics_table import metrics_table
from bot.wording.remarks import remark
from bot.wording.sentences import moment_exact, prose, verdict_words
from bot.wording.slos import slo_lines, slos_spoken
from bot.wording.telling import Telling
from bot.wording.waiting import then_words

LINES = 12
BAD_LINES = 6


def verdict_changed(telling: Telling) -> Said:
    """What changed, and only the conditions that matter; all of them are in the thread's snapshots."""
    verdict, before = (_verdict(telling, fact) for fact in ("verdict", "before"))
    headline, lines = _headline(telling, verdict, before), telling.lines()
    if verdict is Verdict.BREACH:
        fired = [line for line in lines if line.role == "trigger" and line.met]
        return told(headline, *trouble(fired, telling.now, BAD_LINES, verdict))
    return told(headline, *trouble(lines, telling.now, BAD_LINES, verdict), *filter(None, (tally_text(lines),)))


def _headline(telling: Telling, verdict: Verdict | None, before: Verdict | None) -> str:
    words = verdict_words(verdict) if verdict else t("no verdict")
    now = t("{verdict} at {weight}: {name}", verdict=words, weight=_weight(telling), name=telling.name)
    if before is None:
        return now
    if before is verdict:
        return t("{verdict} (as before, but other conditions)", verdict=now)
    return t("{verdict} (was {before})", verdict=now, before=_word(before))


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
    return verdict_words(verdict).split(" ", 1)[1]


def snapshot(telling: Telling) -> Said:
    """A routine post with measurements, in the thread; also what a person gets who asks for one."""
    check, weight = telling.check(), _weight(telling)
    verdict = verdict_text(check)
    head = (
        t("{verdict}, at {weight} at {at}.", verdict=verdict, weight=weight, at=moment_exact(check.at))
        if check
        else t("{verdict}, at {weight}.", verdict=verdict, weight=weight)
    )
    spoken = prose((head, *_numbers(telling), *slos_spoken(check.slos if check else ())))
    return said(spoken, section((f"*{head}*",)), *_table(telling), *_slos(check))


def checkpoint(telling: Telling) -> Said:
    """A named moment; goes to the channel and to the record, with a picture of how it went since the start."""
    head = t(
        "📍 Checkpoint {moment} of {name} at {weight}: {verdict}.",
        moment=telling.text("name", t("now")),
        name=telling.name,
        weight=_weight(telling),
        verdict=verdict_text(telling.check()),
    )
    bad = trouble(telling.lines(), telling.now, BAD_LINES)
    blocks = [section((f"*{head}*", *bad)), *_table(telling), *_slos(telling.check()), *native(telling)]
    return replace(said(prose((head, *_numbers(telling))), *blocks), picture=picture(telling))


def _numbers(telling: Telling) -> list[str]:
    """Every condition with its number, for the ear."""
    return line_texts(telling.lines(), telling.now, LINES, triggers=False)


def _table(telling: Telling) -> list[Block]:
    return metrics_table(telling.lines(), telling.history, telling.rollout, telling.plan)


def _slos(check: Check | None) -> list[Block]:
    lines = slo_lines(check.slos) if check is not None else []
    return [section(lines)] if lines else []


def no_data(telling: Telling) -> Said:
    """A sick source is never a sick canary: it says what's missing, and what happens if it stays so."""
    missing = [remark(each) for each in telling.texts("missing")[:LINES]] or [t("a measurement")]
    plans_then = telling.text("then", "hold")
    then = t("it goes on waiting") if plans_then == "tell" else then_words(plans_then)
    waits = (
        t("It waits and doesn't rise. If that stays so until {at}: {then}.", at=telling.moment("until"), then=then)
        if telling.has("until")
        else t("It waits and doesn't rise. If that stays so: {then}.", then=then)
    )
    return told(
        t(
            "❔ {name} has no data at {weight}; that's neither good nor bad.",
            name=telling.name,
            weight=telling.rollout.confirmed,
        ),
        *(t("Missing: {what}", what=each) for each in missing),
        waits,
    )
