"""What is told of a kill: that it has begun, what is still on, its three times, and how to come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t
from bot.wording.remarks import shortly
from bot.wording.sentences import code, joined, plain, roughly, span
from bot.wording.telling import Telling

SHORTEST_S = 0.1
"""No shorter time is told; the last tenth of a second is the clock's."""
SHOWN = 12


def killing(telling: Telling) -> Said:
    reason = telling.text("reason", t("no reason given"))
    return told(
        t("🛑 {by} killed {name}: {reason}.", by=telling.by(), name=telling.name, reason=reason),
        t("The kill switch is being thrown, and each target is read back."),
    )


def kill_tier(telling: Telling) -> Said:
    tier = telling.text("tier")
    head = (
        t("🛑 Kill of {name}: tier {tier} runs now.", name=telling.name, tier=tier)
        if tier
        else t("🛑 Kill of {name}: the next tier runs now.", name=telling.name)
    )
    return told(head, t("Why: {why}.", why=telling.text("why", t("the one before was late"))))


def killed(telling: Telling) -> Said:
    """The three times of a kill, each target's outcome, and how to come back."""
    reason = telling.text("reason") or plain(telling.rollout.reason) or t("no reason given")
    return told(
        t("🛑 {name} is killed.", name=telling.name),
        t(
            "Applied: {applied}. Read back: {read}. Measured at 0: {measured}.",
            applied=_time_of(telling, "applied_s"),
            read=_time_of(telling, "read_back_s"),
            measured=_measured(telling),
        ),
        *_outcomes(telling),
        *_conditions(telling),
        t("Reason: {reason}.", reason=reason),
        t(
            "Next: it can't start until `/canary rearm {plan}` has put the former values back.",
            plan=telling.rollout.plan,
        ),
    )


def _conditions(telling: Telling) -> list[str]:
    """What the plan takes for killed, with when it was first seen (R12)."""
    lines = []
    for each in (telling.facts.get("conditions") or [])[:SHOWN]:
        facts = {"condition": code(each.get("condition", "?"))}
        if each.get("took_s") is None:
            lines.append(t("❔ {condition}: not measured", **facts))
            continue
        facts["span"] = span(timedelta(seconds=float(each["took_s"])))
        in_time = each.get("says") == "PASS"
        if in_time:
            lines.append(t("✅ {condition}: true after {span}", **facts))
        else:
            lines.append(t("❌ {condition}: true after {span}, which was too late", **facts))
    return lines


def _measured(telling: Telling) -> str:
    if telling.has("measured_s"):
        return _time_of(telling, "measured_s")
    return t("not measured ({why})", why=telling.text("not_measured", t("no measurement was asked for")))


def _time_of(telling: Telling, fact: str) -> str:
    value = telling.facts.get(fact)
    if value is None:
        return t("not yet")
    return telling.span(fact) if float(value) >= SHORTEST_S else t("under {seconds} s", seconds=SHORTEST_S)


def _outcomes(telling: Telling) -> list[str]:
    return [_outcome(outcome) for outcome in (telling.facts.get("outcomes") or [])[:12]]


def _outcome(outcome: Mapping[str, Any]) -> str:
    name, fault = shortly(outcome.get("name", "?")), plain(outcome.get("fault", ""), 160)
    if fault:
        return f"❌ {name}: {fault}"
    if outcome.get("read_back_at") is None:
        return t("❌ {name}: not read back", name=name)
    if name.startswith("weight "):
        return t("✅ {name}: read back", name=name)
    return t("✅ {name}: off, read back", name=name)


def kill_partly(telling: Telling) -> Said:
    """After the first tries: what is off, and, louder, what isn't."""
    off = [shortly(each) for each in telling.texts("off")[:SHOWN]]
    return told(
        t("🛑 The kill of {name} isn't through: something is STILL ON.", name=telling.name),
        *(t("❌ still on: {what}", what=shortly(each, 280)) for each in telling.texts("still_on")[:SHOWN]),
        t("Off: {names}.", names=joined(off, most=SHOWN)) if off else t("Nothing reads back as off yet."),
        t("Perch tries it again every second; the next tier runs when this one's ten seconds are over."),
        t("Next: look (`/canary status {plan}`), or switch it off by hand.", plan=telling.rollout.plan),
    )


def rearmed(telling: Telling) -> Said:
    """What was put back, and what a person has to put back."""
    unknown = [shortly(each) for each in telling.texts("unknown")[:SHOWN]]
    restored = [shortly(each) for each in telling.texts("restored")[:SHOWN]]
    lines = [t("Put back: {names}.", names=joined(restored, most=SHOWN))] if restored else []
    if unknown:
        left = t(
            "⚠️ NOT put back, for nobody wrote down what was there: {names}. Do it by hand.",
            names=joined(unknown, most=SHOWN),
        )
        lines.append(left)
    head = t(
        "{by} rearmed {plan}: what the kill switch had changed is put back.",
        by=telling.by(),
        plan=telling.rollout.plan,
    )
    return told(head, *lines, t("It may start again."))


def rehearsal(telling: Telling) -> str:
    """`kill rehearsed 3 h ago`, or that it failed; "" where there was none."""
    rollout = telling.rollout
    if rollout.rehearsed_at is None or not rollout.live:
        return ""
    ago = roughly(telling.now - rollout.rehearsed_at)
    if rollout.rehearsal_faults:
        return t("⚠️ kill rehearsal FAILED {ago} ago: {fault}", ago=ago, fault=plain(rollout.rehearsal_faults[0], 200))
    return t("kill rehearsed {ago} ago", ago=ago)


def rehearsal_failed(telling: Telling) -> Said:
    """A kill wouldn't work now: told before it is needed."""
    return told(
        t(
            "⚠️ The kill switch of {name} failed its rehearsal: a kill would not reach everything now.",
            name=telling.name,
        ),
        *(f"❌ {shortly(each, 280)}" for each in telling.texts("faults")[:SHOWN]),
        t("Nothing was changed. Perch rehearses it again in a minute, and raises nothing until it's well."),
        t(
            "Next: mend it, or bring the traffic down while that still works: `/canary rollback {plan}`",
            plan=telling.rollout.plan,
        ),
    )


def rehearsed(telling: Telling) -> Said:
    """Well again, after a failed rehearsal."""
    return told(t("✅ The kill switch of {name} is rehearsed: everything it needs can be reached.", name=telling.name))
