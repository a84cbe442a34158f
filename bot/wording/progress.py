"""What is told while a rollout goes its way up: starts, checks, approvals, promotions, holds."""

from __future__ import annotations

from bot.domain.rollout import Verdict
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.sentences import VERDICT_WORDS, moment_exact, span
from bot.wording.telling import Telling
from bot.wording.waiting import after_bake, then_words, waiting_lines

LINES = 12


def started(telling: Telling) -> Said:
    ladder = " → ".join(str(stage.weight) for stage in telling.plan.stages[:12])
    weight = telling.percent("weight") if telling.has("weight") else str(telling.plan.stage_weight(0))
    lines = [f"Stages: {ladder}. First {weight}, after preflight; nothing has moved yet."]
    if telling.rollout.mode == "observe":
        lines.append("Observe only: Perch judges and tells, and touches nothing.")
    return told(f"🚀 {telling.by()} started {telling.name} in {telling.rollout.environment}.", *lines)


def preflight(telling: Telling) -> Said:
    """What preflight asked; its lines are sentences, not conditions."""
    found = [line if isinstance(line, str) else str(line) for line in telling.facts.get("lines") or []]
    lines = tuple(telling.words("lines")[:40]) if found else ("Every source and target answered.",)
    return told(f"Preflight of {telling.name}.", *lines)


def stage_confirmed(telling: Telling) -> Said:
    settle = telling.stage.settle
    settling = f" Values settle for {span(settle)} first." if settle else ""
    return told(
        f"▶ {telling.name} is at {telling.percent('weight')} (before: {telling.percent('before')}), "
        f"read back after {telling.span('took_s')}.",
        f"It bakes for {span(telling.stage.bake)}; then {after_bake(telling)}.{settling}",
    )


def verdict_changed(telling: Telling) -> Said:
    verdict, before = (_verdict_words(telling, fact) for fact in ("verdict", "before"))
    came = f", was {before}" if before else ""
    weight = telling.rollout.confirmed
    return told(
        f"{verdict or 'No verdict'} at {weight} for {telling.name}{came}.",
        *line_texts(telling.lines(), telling.now, LINES),
    )


def _verdict_words(telling: Telling, fact: str) -> str:
    value = telling.facts.get(fact)
    return VERDICT_WORDS[Verdict(value)] if value in set(Verdict) else telling.text(fact)


def snapshot(telling: Telling) -> Said:
    """A routine post with measurements, in the thread."""
    check = telling.check()
    when = f" at {moment_exact(check.at)}" if check else ""
    return told(
        f"{verdict_text(check)}, at {telling.rollout.confirmed}{when}.",
        *line_texts(telling.lines(), telling.now, LINES),
    )


def checkpoint(telling: Telling) -> Said:
    """A named moment; goes to the channel and to the record."""
    verdict, weight = verdict_text(telling.check()), telling.rollout.confirmed
    return told(
        f"Checkpoint {telling.text('name', 'now')} of {telling.name} at {weight}: {verdict}.",
        *line_texts(telling.lines(), telling.now, LINES),
        *waiting_lines(telling),
    )


def approved(telling: Telling) -> Said:
    have, need = telling.text("have", "1"), telling.text("need", "1")
    how = f" by {telling.text('how')}" if telling.has("how") else ""
    enough = have.isdigit() and need.isdigit() and int(have) >= int(need)
    then = "That's enough; it goes up once the check is fresh." if enough else "More are needed."
    return told(f"✅ {telling.by()} approved {telling.name}{how}: {have} of {need}.", then)


def withdrawn(telling: Telling) -> Said:
    return told(f"{telling.by()} took the approval of {telling.name} back; it doesn't count any more.")


def rejected(telling: Telling) -> Said:
    reason = telling.text("reason", "no reason given")
    return told(f"❌ {telling.by()} rejected the gate of {telling.name}: {reason}.", *waiting_lines(telling))


def promoted(telling: Telling) -> Said:
    lines = []
    if telling.has("warnings"):
        lines.append(f"⚠️ Approved with warnings: {', '.join(telling.words('warnings')[:6])}.")
    if telling.has("early"):
        lines.append(f"The bake was ended early: {telling.text('early')}.")
    way = f"{telling.percent('from')} → {telling.percent('to')}"
    return told(f"⬆ {telling.name} is promoted: {way}, approved by {telling.by()}.", *lines)


def early(telling: Telling) -> Said:
    reason = telling.text("reason", "no reason given")
    return told(
        f"⚠️ {telling.by()} ended the bake of {telling.name} at {telling.rollout.confirmed} early: {reason}.",
        "The verdict and the approvals are still needed. This is in the evidence.",
    )


def held(telling: Telling) -> Said:
    lines = [f"Owner: {telling.by('owner')}."] if telling.has("owner") else []
    until = telling.moment("until")
    if until:
        then = telling.text("then", "hold")
        lines.append(f"If nobody acts until {until}: {'it stays on hold' if then == 'hold' else then_words(then)}.")
    lines.append("Resume it or roll it back. Checks go on, and rollback triggers stay on.")
    who = f" by {telling.by()}" if telling.facts.get("cause") == "person" and telling.has("by") else ""
    return told(f"✋ {telling.name} is on hold at {telling.rollout.confirmed}{who}: {telling.text('why')}.", *lines)


def resumed(telling: Telling) -> Said:
    return told(
        f"▶ {telling.by()} resumed {telling.name} at {telling.rollout.confirmed}.",
        "The bake goes on where it stopped; a gate needs a new check.",
    )


def started_again(telling: Telling) -> Said:
    return told(f"▶ {telling.by()} resumed {telling.name}; preflight runs again before anything moves.")


def extended(telling: Telling) -> Said:
    failing = ", ".join(telling.words("failing")[:6])
    return told(
        f"{telling.name} bakes {telling.span('lasting_s')} longer at {telling.rollout.confirmed}.", *_not(failing)
    )


def retried(telling: Telling) -> Said:
    failing = ", ".join(telling.words("failing")[:6])
    return told(f"{telling.name} bakes again from the start at {telling.rollout.confirmed}.", *_not(failing))


def _not(failing: str) -> list[str]:
    return [f"Not met: {failing}."] if failing else []


def no_data(telling: Telling) -> Said:
    """A sick source is never a sick canary: it says what's missing, and what happens if it stays so."""
    missing = telling.words("missing")[:LINES] or ["a measurement"]
    then = {"tell": "it goes on waiting"}.get(telling.text("then"), then_words(telling.text("then", "hold")))
    at = telling.moment("at")
    default = f"If that stays so until {at}: {then}." if at else f"If that stays so: {then}."
    return told(
        f"❔ {telling.name} has no data at {telling.rollout.confirmed}; that's neither good nor bad.",
        *(f"Missing: {each}" for each in missing),
        f"It waits and doesn't rise. {default}",
    )


def unconfirmed(telling: Telling) -> Said:
    return told(
        f"⚠️ {telling.name}: {telling.percent('wanted')} was set, {telling.percent('real')} is read back "
        f"after {telling.span('within_s')}.",
        "Perch goes back to the weight before, and holds. Look at the traffic target, then resume or roll back.",
    )


def drift(telling: Telling) -> Said:
    """Law 10: before and after, and what Perch did."""
    did = {"lowered": "Perch lowered it to what was approved, and holds.", "held": "Perch holds and touches nothing."}
    return told(
        f"⚠️ {telling.name} drifted: {telling.percent('recorded')} was set, {telling.percent('real')} is real.",
        did.get(telling.text("did"), telling.text("did")),
        "Somebody or something else moved it. Find out who, then resume or roll back.",
    )


def late_raise(telling: Telling) -> Said:
    return told(
        f"⚠️ A raise of {telling.name} to {telling.percent('weight')} arrived after the way down had begun.",
        f"Perch undid it; the weight is read back as {telling.percent('real')}.",
    )
