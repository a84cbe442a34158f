"""What keeps a baked rollout from being complete, and a person's word that it may end without (E5, X1)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.record.unfinished import to_overrule
from bot.domain.waits import Wait, Waiting
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t
from bot.wording.sentences import by_when, code, joined, plain
from bot.wording.telling import Telling

NAMED = 8


def unfinished(telling: Telling) -> Said:
    """Once, when the last bake is over: what is missing, each with what to do about it."""
    gone, lacks = set(telling.texts("gone")), telling.texts("artifacts")
    lines = [
        t("❌ Not met: {condition}", condition=plain(each, 300)) for each in telling.texts("complete_when")[:NAMED]
    ]
    lines += [_missing(name, gone) for name in lacks[:NAMED]]
    if lines and not lacks:
        lines.append(t("It completes by itself with the first check that finds them met."))
    return told(
        t("🧾 The last bake of {name} is over, and it isn't complete yet.", name=telling.name),
        *lines,
        *ways_out(telling, overruling=bool(lacks)),
    )


def _missing(name: str, gone: set[str]) -> str:
    if name in gone:
        return t("❌ Not on record: {artifact}. It can't come any more.", artifact=code(name, 80))
    return t("❌ Not on record: {artifact}. {remedy}", artifact=code(name, 80), remedy=_remedy(name))


def _remedy(name: str) -> str:
    """What would bring it."""
    remedies = {
        "dashboards": t("Name them in the plan (`dashboards:`) and `/canary replan` it."),
        "alerts": t("Name them in the plan (`alerts:`) and `/canary replan` it."),
        "load_burst": t("It comes with the record of a load burst."),
    }
    return remedies.get(name, t("It comes by itself, with its checkpoint."))


def ways_out(telling: Telling, *, overruling: bool) -> list[str]:
    """The two ways that a person has: to answer for what is missing, or back."""
    facts = {"plan": telling.rollout.plan}
    if overruling:
        return [
            t("End it without: `/canary override {plan} REASON` (override role; the decision names it).", **facts),
            t("Take it back: `/canary rollback {plan}`.", **facts),
        ]
    return [t("Take it back: `/canary rollback {plan}`.", **facts)]


def overruled_artifacts(telling: Telling) -> Said:
    """Break-glass, said in the channel: what it ends without, and why."""
    names = joined([code(name, 80) for name in telling.texts("artifacts")], most=NAMED)
    sentence = t(
        "🔓 {person} lets {name} end without {artifacts}: {reason}.",
        person=telling.by(),
        name=telling.name,
        artifacts=names,
        reason=telling.text("reason"),
    )
    unmet = [t("❌ Not met: {condition}", condition=plain(each, 300)) for each in telling.texts("unmet")[:NAMED]]
    return told(sentence, *unmet, t("The decision names what is missing, and who answers for that."))


def end_words(wait: Waiting, telling: Telling) -> str:
    """One thing that the end still lacks, among what is waited for."""
    if wait.about is Wait.END:
        return t("the plan's end {condition}", condition=plain(wait.name, 200))
    if wait.until is not None:
        return t("the artifact {name}, {when}", name=code(wait.name, 80), when=by_when(wait.until, telling.now))
    if wait.detail == "gone":
        return t("the artifact {name}, which can't come any more", name=code(wait.name, 80))
    return t("the artifact {name}, which isn't on record", name=code(wait.name, 80))


def your_turn(telling: Telling, waits: Sequence[Waiting]) -> list[str]:
    """Who has to act, where the bake is over and what is missing won't come by itself."""
    if not telling.rollout.unfinished_told or any(wait.about is Wait.BAKE for wait in waits):
        return []
    return ways_out(telling, overruling=bool(to_overrule(telling.rollout, telling.plan)))
