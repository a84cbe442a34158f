"""What is told on the way down and at the end: each fit to forward to somebody who wasn't there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.ports import Said
from bot.wording.blocks import said, section, told
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.sentences import moment, moment_exact, plain, span
from bot.wording.telling import Telling

LINES = 8


def rolling_back(telling: Telling) -> Said:
    """Down has begun: why, by whom, from where to where."""
    by = telling.by()
    who = "Perch rolls it back by itself." if by == "Perch" else f"{by} asked for it."
    shown = line_texts(telling.lines(), telling.now, LINES) if telling.has("lines") else []
    frm = telling.percent("from") if telling.has("from") else str(telling.rollout.confirmed)
    return told(
        f"⏪ {telling.name} is rolling back, {frm} → {telling.percent('to')}: {telling.text('reason')}.", who, *shown
    )


def rolled_back(telling: Telling) -> Said:
    """What happened, why, what Perch did, what customers got, what comes next."""
    frm, to, took = telling.percent("from"), telling.percent("to"), telling.span("took_s")
    ended = telling.rollout.ended_at or telling.now
    sentence = f"⏪ {telling.name} was rolled back: {frm} → {to} in {took}."
    lines = [
        f"Why: {telling.text('reason', 'no reason given')}.",
        *_evidence(telling),
        f"What Perch did: set the traffic to {to} and read it back; done {moment_exact(ended)}.",
        _exposure(telling, ended),
        f"Next: {_next(telling)}",
    ]
    return told(sentence, *lines)


def _evidence(telling: Telling) -> list[str]:
    """What of the check was bad, as measured."""
    bad = [line for line in telling.lines() if line.met is (line.role == "trigger")]
    return line_texts(bad, telling.now, 5) if bad else []


def _exposure(telling: Telling, ended: datetime) -> str:
    rollout = telling.rollout
    if rollout.mode == "observe":
        return "Customers: not affected by Perch, which only observed."
    since, length = moment(rollout.started_at, telling.now), span(ended - rollout.started_at)
    return (
        f"Customers: at most {telling.percent('from')} of the traffic was on the new version, "
        f"in the {length} from {since}; the rest stayed on the old one."
    )


def _next(telling: Telling) -> str:
    if not telling.has("cooldown_until"):
        return "it is on hold there; find the cause, then resume or roll back to 0%."
    plan, until = telling.rollout.plan, telling.moment("cooldown_until")
    again = f'`/canary start {plan} override="what was fixed" fix=TICKET`'
    return f"find the cause and mend it. A new start is possible {until}; sooner, with a reason: {again}"


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
    return telling.span(fact) if telling.facts.get(fact) is not None else "not yet"


def _outcomes(telling: Telling) -> list[str]:
    lines = []
    for outcome in (telling.facts.get("outcomes") or [])[:12]:
        name = plain(outcome.get("name", "?"), 120)
        fault = plain(outcome.get("fault", ""), 160)
        good = outcome.get("read_back_at") is not None and not fault
        lines.append(f"✅ {name}: off, read back" if good else f"❌ {name}: {fault or 'not read back'}")
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
    rollout = telling.rollout
    lines = [f"Last check: {verdict_text(rollout.check)}."]
    if rollout.mode == "observe":
        lines.append("Observe only: Perch moved no traffic; it says what it would have done.")
    lines.append(f"It keeps {telling.percent('weight')}. Evidence: `/canary evidence {rollout.plan}`.")
    return told(
        f"🏁 {telling.name} is complete at {telling.percent('weight')}, {telling.span('took_s')} in all.", *lines
    )


def aborted(telling: Telling) -> Said:
    red = telling.words("red")[:20]
    return told(
        f"{telling.name} ended before any traffic moved: {telling.text('reason', 'no reason given')}.",
        *(f"❌ {each}" for each in red),
        f"No cooldown. Mend it, then `/canary start {telling.rollout.plan} {telling.plan.stage_weight(0)}`.",
    )


def verified(telling: Telling) -> Said:
    """After a rollback: is the world as it was?"""
    passed, failed = telling.words("passed"), telling.words("failed")
    lines = [*(f"✅ {each}" for each in passed[:12]), *(f"❌ {each}" for each in failed[:12])]
    if failed:
        return told(f"❌ After the end of {telling.name}, things are NOT back to normal.", *lines, "Look at once.")
    return told(f"✅ After the end of {telling.name}, what the plan asks for was measured and holds.", *lines)


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
    channel = f"Details: {plain(telling.plan.channel, 80)}."
    return said(f"{words.text} {channel}", *words.blocks, section((channel,)))  # type: ignore[arg-type]
