"""What is told at the end, and of a way down that is stuck: each fit to forward to somebody who wasn't there."""

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
