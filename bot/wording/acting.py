"""What is told of a plan's actions besides traffic (R20): done, failed, taken back, still standing."""

from __future__ import annotations

from bot.domain import acting
from bot.domain.actions import Act, Done
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t
from bot.wording.remarks import remark
from bot.wording.sentences import by_when, joined, plain, quoted
from bot.wording.telling import Telling

SHOWN = 4
WIDTH = 80


def action_done(telling: Telling) -> Said:
    head = t("🔧 {name}: {what} is done ({when}), {took}.", took=telling.took(), **_facts(telling))
    return told(head, *([plain(telling.facts["said"], 200)] if telling.has("said") else []))


def action_failed(telling: Telling) -> Said:
    """Before a stage only where somebody else stopped the raise meanwhile: else the hold says it all. After it it is
    tried again, and the next raise waits for it."""
    plan, fault = telling.rollout.plan, _fault(telling)
    head = t("❌ {name}: {what} failed ({when}): {fault}.", fault=fault, **_facts(telling))
    if telling.facts.get("when") == "before":
        return told(
            head,
            t("No traffic was moved for this stage. What was done before it stays until the rollout goes down."),
            t("Next: mend it, then `/canary resume {plan}`; or `/canary rollback {plan}`", plan=plan),
        )
    if telling.facts.get("when") == "after":
        return told(
            head, t("Perch tries it again by itself, and nothing rises until it is done. Mend what refuses it.")
        )
    return told(head, t("The traffic stays as it is. Perch tries it again by itself until it is done."))


def action_undone(telling: Telling) -> Said:
    if not telling.has("said"):
        return told(t("🔧 {name}: {what} can't be taken back, and stays as it is ({when}).", **_facts(telling)))
    head = t("🔧 {name}: {what} is taken back ({when}).", **_facts(telling))
    return told(head, plain(telling.facts["said"], 200))


def action_stands(telling: Telling) -> Said:
    """Never pretends: the way down is over, and something still stands."""
    fault = _fault(telling)
    return told(
        t("⚠️ {name}: {what} STILL STANDS, it can't be taken back ({when}): {fault}.", fault=fault, **_facts(telling)),
        t("The traffic didn't wait for it. Perch tries until it is gone. Mend what refuses it, or undo it by hand."),
    )


def actions_given_up(telling: Telling) -> Said:
    names = joined([quoted(each.get("what", ""), WIDTH) for each in telling.facts.get("acts") or ()])
    return told(
        t(
            "🔧 {by} sees to what {name} left: {actions}. Perch tries it no longer: {reason} (fix: {fix}).",
            by=telling.by(),
            name=telling.name,
            actions=names or t("nothing"),
            reason=telling.text("reason", t("no reason given")),
            fix=telling.text("fix", t("no ticket named")),
        )
    )


def _facts(telling: Telling) -> dict[str, object]:
    return {"name": telling.name, "what": quoted(telling.facts.get("what", ""), WIDTH), "when": _when(telling)}


def _fault(telling: Telling) -> str:
    return remark(telling.facts.get("fault", ""), 300).rstrip(".")


def _when(telling: Telling) -> str:
    when, stage = str(telling.facts.get("when")), telling.facts.get("stage")
    known = isinstance(stage, int) and stage < len(telling.plan.stages)
    weight = telling.plan.stages[stage].weight if known and isinstance(stage, int) else "?%"
    if when == "completed":
        return t("when completed")
    return t("before {weight}", weight=weight) if when == "before" else t("after {weight}", weight=weight)


def acting_lines(telling: Telling) -> list[str]:
    """What is under way, failed, or still stands; nothing where all is as it should be."""
    rollout = telling.rollout
    under_way = [act for act in rollout.acts if act.open or (act.how is Done.OWED and acting.raising(rollout))]
    lines = [_line(act, telling) for act in under_way[:SHOWN]]
    if len(under_way) > SHOWN:
        lines.append(t("… and {count} more", count=len(under_way) - SHOWN))
    return lines


def _line(act: Act, telling: Telling) -> str:
    facts = {"what": quoted(act.what, WIDTH), "fault": remark(act.fault, 200).rstrip(".")}
    again = by_when(act.next_at, telling.now) if act.next_at else ""
    if act.how is Done.LEAVING:
        if act.fault:
            return t("⚠️ STILL STANDS: {what}: {fault}. Tried again {again}.", again=again, **facts)
        return t("🔧 To be taken back: {what}", **facts)
    if act.fault:
        return t("❌ Action failed: {what}: {fault}. Tried again {again}.", again=again, **facts)
    return t("🔧 To be done: {what}", **facts)
