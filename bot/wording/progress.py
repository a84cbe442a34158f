"""What is told while a rollout goes its way up: starts, approvals, promotions, holds."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.rollout import BaselineValue
from bot.ports import Said
from bot.wording.baselines import baseline_text
from bot.wording.blocks import told
from bot.wording.remarks import remark
from bot.wording.sentences import plain, span
from bot.wording.telling import Telling
from bot.wording.waiting import then_words

LINES = 12


def started(telling: Telling) -> Said:
    """Short: the status message, which begins the thread, has the rest."""
    lines = []
    if telling.rollout.mode == "observe":
        lines.append("Observe only: Perch judges and tells, and touches nothing.")
    overruled = telling.facts.get("override")
    if isinstance(overruled, Mapping) and overruled.get("reason"):
        reason, fix = plain(overruled["reason"]), plain(overruled.get("fix") or "no ticket named")
        lines.append(f"⚠️ The cooldown was overruled: {reason} (fix: {fix}).")
    return told(f"🚀 {telling.by()} started {telling.title}.", *lines)


def preflight(telling: Telling) -> Said:
    """Baselines as they are frozen with the rollout, and what has no data yet."""
    taken = list((telling.facts.get("baselines") or {}).items())[:LINES]
    baselines = [baseline_text(name, BaselineValue.model_validate(base), telling.plan) for name, base in taken]
    notes = [remark(note) for note in telling.texts("notes")[:LINES]]
    quiet = [f"No data yet, as usual before the first traffic: {'; '.join(notes)}."] if notes else []
    return told(f"✅ Preflight of {telling.name} passed: every source and target answered.", *baselines, *quiet)


def stage_confirmed(telling: Telling) -> Said:
    settle = telling.stage.settle
    settling = f"; values settle for {span(settle)} first" if settle else ""
    return told(
        f"▶ {telling.name} is at {telling.percent('weight')} (before: {telling.percent('before')}), "
        f"read back {telling.took()}.",
        f"It bakes for {span(telling.stage.bake)}{settling}.",
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
    return told(f"❌ {telling.by()} rejected the gate of {telling.name}: {reason}.", "It goes on hold.")


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
    resume = "Resume it once the freeze is over," if telling.facts.get("cause") == "freeze" else "Resume it"
    lines.append(f"{resume} or roll it back. Checks go on, and rollback triggers stay on.")
    who = f" by {telling.by()}" if telling.facts.get("cause") == "person" and telling.has("by") else ""
    return told(f"✋ {telling.name} is on hold at {telling.rollout.confirmed}{who}: {telling.text('why')}.", *lines)


def hold_over(telling: Telling) -> Said:
    """A hold's deadline came and nobody had acted: said, or it's forgotten for weeks."""
    return told(
        f"✋ Nobody acted on the hold of {telling.name} in time: it stays on hold at {telling.rollout.confirmed}.",
        f"Why it is held: {telling.text('why')}. Owner: {telling.by('owner')}.",
        f"Next: resume it or roll it back. Perch asks again {telling.moment('until')}.",
    )


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


def unseen(telling: Telling) -> Said:
    """While a target can't be read, drift can't be seen: said, for silence would read as "nothing moved"."""
    return told(
        f"⚠️ {telling.name}: the weight can't be read since {telling.moment('since')}, so drift can't be seen.",
        *(f"❔ {remark(each, 300)}" for each in telling.texts("unread")[:10]),
        "The bake stands still and nothing rises meanwhile; rollback and kill work. Mend what answers for it.",
    )


def seen_again(telling: Telling) -> Said:
    return told(f"{telling.name}: the weight can be read again, and is {telling.percent('real')}.")


def late_raise(telling: Telling) -> Said:
    return told(
        f"⚠️ A raise of {telling.name} to {telling.percent('weight')} arrived after the way down had begun.",
        f"Perch undid it; the weight is read back as {telling.percent('real')}.",
    )
