"""What is told of kills and at the end: each fit to forward to somebody who wasn't there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.ports import Said
from bot.wording.blocks import said, section, told
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.remarks import remark
from bot.wording.sentences import plain
from bot.wording.telling import Telling

LINES = 10
RED = 20
SHORTEST_S = 0.1
"""No shorter time is told; the last tenth of a second is the clock's."""


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


_TWICE = re.compile(r"^(\w+ )\1")
"""A method's kind, and its target's name that begins with the kind."""


def _outcomes(telling: Telling) -> list[str]:
    lines = []
    for outcome in (telling.facts.get("outcomes") or [])[:12]:
        name = plain(_TWICE.sub(r"\1", str(outcome.get("name", "?"))), 120)
        off = "" if name.startswith("weight ") else "off, "
        fault = plain(outcome.get("fault", ""), 160)
        good = outcome.get("read_back_at") is not None and not fault
        lines.append(f"✅ {name}: {off}read back" if good else f"❌ {name}: {fault or 'not read back'}")
    return lines


def stuck(telling: Telling) -> Said:
    """Never pretends: says what is still on."""
    still_on = telling.text("still_on", "traffic")
    return told(
        f"🚨 {telling.name} is STUCK: Perch couldn't {telling.text('what', 'lower the weight')}.",
        f"Fault: {telling.text('fault', 'unknown')}.",
        f"Still on: {still_on}. Perch keeps trying and has paged.",
        f"Next: kill it (`/canary kill {telling.rollout.plan}`), or set it by hand.",
    )


def completed(telling: Telling) -> Said:
    """The final word, fit to forward: the way up, the last check with its values, what stays."""
    rollout, weight = telling.rollout, telling.percent("weight")
    lines = [f"Stages: {' → '.join(f'✓ {stage.weight}' for stage in telling.plan.stages[:12])}."]
    if rollout.mode == "observe":
        lines.append("Observe only: Perch moved no traffic; it says what it would have done.")
    lines.append(f"Last check: {verdict_text(rollout.check)}")
    lines += line_texts(rollout.check.lines, telling.now, LINES, triggers=False) if rollout.check else []
    lines += [f"It keeps {weight} of the traffic.", f"Every check, decision and approval: `{_record(telling)}`"]
    return told(f"🏁 {telling.title} is complete at {weight}, {telling.span('took_s')} in all.", *lines)


def _record(telling: Telling) -> str:
    return f"/canary evidence {telling.rollout.plan}"


def aborted(telling: Telling) -> Said:
    """What is red, each with what to do about it."""
    red = telling.texts("red")[:RED]
    asked = f" by {telling.by()}" if telling.by() != "Perch" else ""
    return told(
        f"⏹ {telling.title} ended{asked} before any traffic moved: {telling.text('reason', 'no reason given')}.",
        *(f"❌ {remark(each, 300)}" for each in red),
        *_remedies(red),
        f"There's no cooldown. Next: {'mend it, then ' if red else ''}`{telling.start}`",
    )


def _remedies(red: Sequence[str]) -> list[str]:
    """What to do about what preflight found; each once."""
    return list(dict.fromkeys(advice for each in red for sign, advice in REMEDIES if re.search(sign, each)))


REMEDIES = (
    (
        r"is already at \d",
        "A completed rollout keeps its weight: make that version the standard, then set the target to 0% where it is "
        "kept.",
    ),
    (r"^metric ", "A source doesn't answer: `perch plan check --live FILE` asks each again and shows what it said."),
    (r"^kill switch ", "The kill switch must be in reach before anything rises: `perch doctor` tries it."),
    (r"^no baseline ", "A baseline needs measurements from before the start: start again when there are enough."),
)


def rearmed(telling: Telling) -> Said:
    plan = telling.rollout.plan
    return told(f"{telling.by()} rearmed {plan}: what the kill switch had changed is put back.", "It may start again.")


def undelivered(telling: Telling) -> Said:
    """To the requester directly, when the rollout's channel can't be reached."""
    sentence = (
        f"I can't post about {telling.name} in {telling.text('where', 'its channel')}: {telling.text('why')}. "
        f"Invite me there, or mend the plan's channel; `/canary status {telling.rollout.plan}` answers meanwhile."
    )
    return said(sentence, section((sentence,)))


def announcement(telling: Telling, events: dict[str, Callable[[Telling], Said]]) -> Said:
    """The same words in another channel (S8), with where the detail is."""
    word = events.get(telling.text("event"))
    if word is None:
        return told(f"{telling.name}: {telling.text('event', 'something happened')}.")
    words = word(telling)
    ladder = " → ".join(str(stage.weight) for stage in telling.plan.stages[:12])
    stages = f"Stages: {ladder}. " if telling.text("event") == "started" else ""
    channel = f"{stages}Details: {plain(telling.plan.channel, 80)}."
    return said(f"{words.text} {channel}", *words.blocks, section((channel,)))  # type: ignore[arg-type]
