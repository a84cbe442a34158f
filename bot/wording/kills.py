"""What is told of a kill: that it has begun, what is still on, its three times, and how to come back."""

from __future__ import annotations

from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.sentences import joined, plain, span
from bot.wording.telling import Telling

SHORTEST_S = 0.1
"""No shorter time is told; the last tenth of a second is the clock's."""
SHOWN = 12


def killing(telling: Telling) -> Said:
    reason = telling.text("reason", "no reason given")
    return told(
        f"🛑 {telling.by()} killed {telling.name}: {reason}.",
        "The kill switch is being thrown, and each target is read back.",
    )


def kill_tier(telling: Telling) -> Said:
    tier = telling.text("tier", "the next")
    return told(
        f"🛑 Kill of {telling.name}: tier {tier} runs now.", f"Why: {telling.text('why', 'the one before was late')}."
    )


def killed(telling: Telling) -> Said:
    """The three times of a kill, each target's outcome, and how to come back."""
    applied, read = _time_of(telling, "applied_s"), _time_of(telling, "read_back_s")
    measured = _time_of(telling, "measured_s")
    if not telling.has("measured_s"):
        measured = f"not measured ({telling.text('not_measured', 'no measurement was asked for')})"
    return told(
        f"🛑 {telling.name} is killed.",
        f"Applied: {applied}. Read back: {read}. Measured at 0: {measured}.",
        *_outcomes(telling),
        f"Reason: {telling.text('reason') or plain(telling.rollout.reason) or 'no reason given'}.",
        f"Next: it can't start until `/canary rearm {telling.rollout.plan}` has put the former values back.",
    )


def _time_of(telling: Telling, fact: str) -> str:
    value = telling.facts.get(fact)
    if value is None:
        return "not yet"
    return telling.span(fact) if float(value) >= SHORTEST_S else f"under {SHORTEST_S} s"


def _outcomes(telling: Telling) -> list[str]:
    lines = []
    for outcome in (telling.facts.get("outcomes") or [])[:12]:
        name = plain(outcome.get("name", "?"), 120)
        off = "" if name.startswith("weight ") else "off, "
        fault = plain(outcome.get("fault", ""), 160)
        good = outcome.get("read_back_at") is not None and not fault
        lines.append(f"✅ {name}: {off}read back" if good else f"❌ {name}: {fault or 'not read back'}")
    return lines


def kill_partly(telling: Telling) -> Said:
    """After the first tries: what is off, and, louder, what isn't."""
    off = [plain(each, 120) for each in telling.texts("off")[:SHOWN]]
    return told(
        f"🛑 The kill of {telling.name} isn't through: something is STILL ON.",
        *(f"❌ still on: {plain(each, 280)}" for each in telling.texts("still_on")[:SHOWN]),
        f"Off: {joined(off, most=SHOWN)}." if off else "Nothing reads back as off yet.",
        "Perch tries it again every second; the next tier runs when this one's ten seconds are over.",
        f"Next: look (`/canary status {telling.rollout.plan}`), or switch it off by hand.",
    )


def rearmed(telling: Telling) -> Said:
    """What was put back, and what a person has to put back."""
    plan, unknown = telling.rollout.plan, [plain(each, 120) for each in telling.texts("unknown")[:SHOWN]]
    restored = [plain(each, 120) for each in telling.texts("restored")[:SHOWN]]
    lines = [f"Put back: {joined(restored, most=SHOWN)}."] if restored else []
    if unknown:
        names = joined(unknown, most=SHOWN)
        lines.append(f"⚠️ NOT put back, for nobody wrote down what was there: {names}. Do it by hand.")
    head = f"{telling.by()} rearmed {plan}: what the kill switch had changed is put back."
    return told(head, *lines, "It may start again.")


def rehearsal(telling: Telling) -> str:
    """`kill rehearsed 3 h ago`, or that it failed; "" where there was none."""
    rollout = telling.rollout
    if rollout.rehearsed_at is None or not rollout.live:
        return ""
    ago = span(telling.now - rollout.rehearsed_at)
    if rollout.rehearsal_faults:
        return f"⚠️ kill rehearsal FAILED {ago} ago: {plain(rollout.rehearsal_faults[0], 200)}"
    return f"kill rehearsed {ago} ago"


def rehearsal_failed(telling: Telling) -> Said:
    """A kill wouldn't work now: told before it is needed."""
    return told(
        f"⚠️ The kill switch of {telling.name} failed its rehearsal: a kill would not reach everything now.",
        *(f"❌ {plain(each, 280)}" for each in telling.texts("faults")[:SHOWN]),
        "Nothing was changed. Perch rehearses it again in a minute, and raises nothing until it's well.",
        f"Next: mend it, or bring the traffic down while that still works: `/canary rollback {telling.rollout.plan}`",
    )


def rehearsed(telling: Telling) -> Said:
    """Well again, after a failed rehearsal."""
    return told(f"✅ The kill switch of {telling.name} is rehearsed: everything it needs can be reached.")
