"""How overrides turned out, and why one may say so (X9): of conditions and plans, never a list of who was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.domain.overrides import Outcome
from bot.domain.record.outcomes import Judged
from bot.domain.record.summary import Summary
from bot.ports import Said
from bot.wording.blocks import context, said, section, told
from bot.wording.language import t, t_many
from bot.wording.numbers import percent
from bot.wording.sentences import code, joined, moment, plain, quoted, who
from bot.wording.telling import Telling

ROWS = 20


def outcome_words(outcome: Outcome) -> str:
    """How an override turned out, with its mark: never the mark alone."""
    return {
        Outcome.RIGHT: t("✅ right"),
        Outcome.WRONG: t("❌ wrong"),
        Outcome.OPEN: t("⏳ open"),
        Outcome.UNUSED: t("➖ not used"),
        Outcome.CANT_SAY: t("❔ can't say"),
    }[outcome]


def ledger(summaries: Iterable[Summary], now: datetime) -> Said:
    """Every use of the override role, newest first, and how each turned out."""
    uses = sorted(
        ((word, each) for each in summaries for word in each.overrides), key=lambda use: use[0].at, reverse=True
    )
    if not uses:
        return told(t("Nobody has overruled anything yet."), t("`/canary help override` tells how, and who may."))
    text = t_many(len(uses), "{count} override: {outcomes}.", "{count} overrides: {outcomes}.", outcomes=counted(uses))
    rows = [outcome_text(word, each.plan, now, each.rollout) for word, each in uses[:ROWS]]
    hints = [
        t("Right: it ended well without what was overruled. Wrong: that took it down again."),
        t("Who knows better, with the override role: `/canary override right ROLLOUT #1 REASON` (or wrong, unclear)."),
    ]
    sections = [section(rows[first : first + 5]) for first in range(0, len(rows), 5)]
    more = [context(t("… and {count} more", count=len(uses) - ROWS))] if len(uses) > ROWS else []
    return said(" ".join((text, *rows)), section((f"*{text}*",)), *sections, *more, context(*hints))


def counted(uses: Sequence[tuple[Judged, Summary]]) -> str:
    """`3 right, 1 wrong, 1 can't say`."""
    count: Mapping[Outcome, int] = {outcome: sum(word.outcome is outcome for word, _ in uses) for outcome in Outcome}
    return outcomes_text(count)


def outcomes_text(count: Mapping[Outcome, int]) -> str:
    words = {
        Outcome.RIGHT: t("{count} right", count=count.get(Outcome.RIGHT, 0)),
        Outcome.WRONG: t("{count} wrong", count=count.get(Outcome.WRONG, 0)),
        Outcome.CANT_SAY: t("{count} can't be told", count=count.get(Outcome.CANT_SAY, 0)),
        Outcome.OPEN: t("{count} still open", count=count.get(Outcome.OPEN, 0)),
        Outcome.UNUSED: t("{count} not used", count=count.get(Outcome.UNUSED, 0)),
    }
    return ", ".join(text for outcome, text in words.items() if count.get(outcome))


def outcome_text(word: Judged, plan: str, now: datetime, rollout: str = "") -> str:
    """One override in a line or two."""
    return t(
        "• {at} {name}: {person} {did}: {reason}. {outcome}: {why}",
        at=moment(word.at, now),
        name=code(f"{rollout or plan} #{word.place}"),
        person=who(word.by),
        did=_did(word),
        reason=quoted(word.reason, 160),
        outcome=outcome_words(word.outcome),
        why=_because(word),
    )


def _did(word: Judged) -> str:
    weight = percent(word.weight)
    match word.kind:
        case "bake":
            return t("ended the bake at {weight} early", weight=weight)
        case "cooldown":
            return t("started it within its cooldown (fix: {fix})", fix=plain(word.fix, 60) or t("none named"))
        case "artifacts":
            names = ", ".join(code(each, 80) for each in word.conditions[:4])
            return t("let it end at {weight} without {what}", what=names, weight=weight)
        case "budget":
            names = ", ".join(code(each, 80) for each in word.conditions[:4])
            return t("went on at {weight} against {what}", what=names, weight=weight)
        case _:
            what = ", ".join(_named(condition, word) for condition in word.conditions[:4])
            return t("overruled {what} at {weight}", what=what, weight=weight)


def _named(condition: str, word: Judged) -> str:
    name = code(condition, 80)
    return t("{condition} (not measured)", condition=name) if condition in word.unmeasured else name


def _because(word: Judged) -> str:
    """Why, as a whole clause."""
    what = code(word.what, 80) if word.what else ""
    match word.because:
        case "ended_well":
            return t("it ended well, and that never took it down.")
        case "came_down":
            return t("{condition} took it down afterwards.", condition=what)
        case "came_down_by_hand":
            return t("a person took it down while {condition} was bad.", condition=what)
        case "another_cause":
            return t("something else took it down: {what}.", what=plain(word.what, 120))
        case "by_hand":
            return t("a person took it down: {what}.", what=plain(word.what, 120))
        case "never_measured":
            return t("{condition} was never measured afterwards.", condition=what)
        case "still_unmet":
            return t("it completed, and {condition} still didn't hold.", condition=what)
        case "stopped":
            return t("it ended without an answer: {what}.", what=plain(word.what, 120))
        case "unused":
            return t("nothing rose on it.")
        case "said":
            person, reason = who(word.said_by), quoted(word.said_reason, 120)
            computed = outcome_words(word.computed)
            return t("says {person}: {reason} (computed: {computed}).", person=person, reason=reason, computed=computed)
        case "no_record":
            return t("by how it ended alone; its record can't be read here.")
        case "artifact":
            return t("it ended without, and nobody can know what it would have shown.")
        case _:
            return t("it isn't over.")


def override_judged(telling: Telling) -> Said:
    """In the thread: somebody says how an override turned out."""
    by, reason = telling.by(), telling.text("reason")
    number = int(telling.facts.get("of") or 1)
    if telling.facts.get("word") == "computed":
        return told(t("⚖️ {person} leaves it to the record how override {number} turned out.", person=by, number=number))
    outcome = outcome_words(_SAID.get(str(telling.facts.get("word")), Outcome.CANT_SAY))
    computed = outcome_words(Outcome(str(telling.facts.get("computed") or "open")))
    return told(
        t("⚖️ {person} says of override {number}: {outcome}.", person=by, number=number, outcome=outcome),
        t("Reason: {reason}", reason=reason or t("no reason given")),
        t("By the record alone it would be: {computed}.", computed=computed),
    )


_SAID = {"right": Outcome.RIGHT, "wrong": Outcome.WRONG, "unclear": Outcome.CANT_SAY}


def false_alarm(telling: Telling) -> Said:
    """In the thread: somebody calls what fired a false alarm."""
    of = telling.facts.get("of")
    conditions = of.get("conditions") if isinstance(of, Mapping) else ()
    fired = joined([code(condition, 80) for condition in conditions or ()])
    lines = [t("Reason: {reason}", reason=telling.text("reason"))]
    lines += [t("What fired: {conditions}.", conditions=fired)] if fired else []
    undo = f"/canary falsealarm {plain(telling.rollout.id, 60)} undo"
    lines.append(t("It counts in the trends of the plan. To take it back: `{command}`", command=undo))
    return told(t("🔕 {person} calls this a false alarm.", person=telling.by()), *lines)


def false_alarm_undone(telling: Telling) -> Said:
    return told(t("🔔 {person} takes back that it was a false alarm.", person=telling.by()))
