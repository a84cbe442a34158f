"""What is told while a rollout goes its way up: starts, approvals, promotions, holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.rollout import BaselineValue
from bot.ports import Said
from bot.wording.baselines import baseline_text
from bot.wording.blocks import told
from bot.wording.changed_plan import changed_lines
from bot.wording.language import t, t_many
from bot.wording.numbers import percent
from bot.wording.remarks import remark, shortly
from bot.wording.sentences import code, how_words, plain, span
from bot.wording.telling import Telling
from bot.wording.waiting import start_approvals_wanted, then_words

LINES = 12


def started(telling: Telling) -> Said:
    """Short: the status message, which begins the thread, has the rest."""
    lines = []
    if telling.rollout.adopts is not None:
        adopts = telling.rollout.adopts
        lines.append(t("It takes over what is at {weight} already, without the gates before.", weight=adopts))
        if telling.plan.start_approvals is not None:
            lines.append(t("The plan's approvals for a start aren't asked for: nothing rises by taking over."))
    if wanted := start_approvals_wanted(telling):
        lines.append(t("Nothing moves before its start has {approvals}, after a green preflight.", approvals=wanted))
    if telling.rollout.mode == "observe":
        lines.append(t("Observe only: Perch judges and tells, and touches nothing."))
    overruled = telling.facts.get("override")
    if isinstance(overruled, Mapping) and overruled.get("reason"):
        reason, fix = plain(overruled["reason"]), plain(overruled.get("fix") or t("no ticket named"))
        lines.append(t("⚠️ The cooldown was overruled: {reason} (fix: {fix}).", reason=reason, fix=fix))
    if telling.has("reason"):
        lines.append(t("Reason: {reason}.", reason=telling.text("reason").rstrip(".")))
    if isinstance(changed := telling.facts.get("changed"), Mapping):
        lines.extend(changed_lines(changed))
    return told(t("🚀 {by} started {title}.", by=telling.by(), title=telling.title), *lines)


def preflight(telling: Telling) -> Said:
    """Baselines as they are frozen with the rollout, and what has no data yet."""
    taken = list((telling.facts.get("baselines") or {}).items())[:LINES]
    baselines = [baseline_text(name, BaselineValue.model_validate(base), telling.plan) for name, base in taken]
    notes = [remark(note) for note in telling.texts("notes")[:LINES]]
    quiet = [t("No data yet, as usual before the first traffic: {notes}.", notes="; ".join(notes))] if notes else []
    head = t("✅ Preflight of {name} passed: every source and target answered.", name=telling.name)
    unable = [remark(each) for each in telling.texts("runbooks")[:LINES]]
    blind = [t("⚠️ Runbooks couldn't look at: {notes}.", notes="; ".join(unable))] if unable else []
    return told(head, *baselines, *quiet, *blind)


def stage_confirmed(telling: Telling) -> Said:
    bake, settle = span(telling.stage.bake), telling.stage.settle
    return told(
        t(
            "▶ {name} is at {weight} (before: {before}), read back {took}.",
            name=telling.name,
            weight=telling.percent("weight"),
            before=telling.percent("before"),
            took=telling.took(),
        ),
        *_mirroring(telling),
        t("It bakes for {bake}; values settle for {settle} first.", bake=bake, settle=span(settle))
        if settle
        else t("It bakes for {bake}.", bake=bake),
    )


def _mirroring(telling: Telling) -> list[str]:
    """R8: nobody gets an answer of the canary's by it."""
    if not telling.facts.get("mirror"):
        return []
    return [t("🪞 {share} of requests are mirrored to it; nobody gets its answers.", share=telling.percent("mirror"))]


def approved(telling: Telling) -> Said:
    have, need = telling.text("have", "1"), telling.text("need", "1")
    by = t("{by} approved {name}", by=telling.by(), name=telling.name)
    if telling.has("how"):
        by = t("{by} approved {name} by {how}", by=telling.by(), name=telling.name, how=how_words(telling.text("how")))
    enough = have.isdigit() and need.isdigit() and int(have) >= int(need)
    then = t("That's enough; it goes up once the check is fresh.") if enough else t("More are needed.")
    if enough and telling.facts.get("starts"):
        then = t("That's enough; it starts once preflight is fresh.")
    if enough and (unticked := int(telling.facts.get("unticked") or 0)):
        then = t_many(
            unticked,
            "Enough approvals; {count} item of the checklist is still to be ticked.",
            "Enough approvals; {count} items of the checklist are still to be ticked.",
        )
    return told(t("✅ {approved}: {have} of {need}.", approved=by, have=have, need=need), then)


def withdrawn(telling: Telling) -> Said:
    return told(
        t("{by} took the approval of {name} back; it doesn't count any more.", by=telling.by(), name=telling.name)
    )


def rejected(telling: Telling) -> Said:
    reason = telling.text("reason", t("no reason given"))
    if telling.facts.get("starts"):
        return told(
            t("❌ {by} rejected the start of {name}: {reason}.", by=telling.by(), name=telling.name, reason=reason),
            t("It ends here; nothing has moved, and no cooldown begins."),
        )
    return told(
        t("❌ {by} rejected the gate of {name}: {reason}.", by=telling.by(), name=telling.name, reason=reason),
        t("It goes on hold."),
    )


def promoted(telling: Telling) -> Said:
    lines = []
    if telling.has("warnings"):
        lines.append(t("⚠️ Approved with warnings: {warnings}.", warnings=", ".join(telling.words("warnings")[:6])))
    if telling.has("overruled"):
        names = ", ".join(code(each["condition"], 80) for each in telling.facts["overruled"][:6])
        lines.append(t("🔓 Its verdict was overruled: {conditions}.", conditions=names))
    if telling.has("early"):
        lines.append(t("The bake was ended early: {why}.", why=telling.text("early")))
    way = f"{telling.percent('from')} → {telling.percent('to')}"
    head = t("⬆ {name} is promoted: {way}, approved by {by}.", name=telling.name, way=way, by=telling.by())
    return told(head, *lines)


def early(telling: Telling) -> Said:
    return told(
        t(
            "⚠️ {by} ended the bake of {name} at {weight} early: {reason}.",
            by=telling.by(),
            name=telling.name,
            weight=telling.rollout.confirmed,
            reason=telling.text("reason", t("no reason given")),
        ),
        t("The verdict and the approvals are still needed. This is in the evidence."),
    )


def held(telling: Telling) -> Said:
    lines = [t("Owner: {owner}.", owner=telling.by("owner"))] if telling.has("owner") else []
    until = telling.moment("until")
    if until:
        then = telling.text("then", "hold")
        words = t("it stays on hold") if then == "hold" else then_words(then)
        lines.append(t("If nobody acts until {until}: {then}.", until=until, then=words))
    return told(_held(telling), *_held_besides(telling), *lines, _held_next(telling))


def _held_besides(telling: Telling) -> list[str]:
    """What stands where it is held, where that isn't clear from why."""
    if telling.facts.get("cause") != "action":
        return []
    return [t("No traffic was moved for this stage. What was done before it stays until the rollout goes down.")]


def _held_next(telling: Telling) -> str:
    match telling.facts.get("cause"):
        case "action":
            return t(
                "Next: mend it, then `/canary resume {plan}`; or `/canary rollback {plan}`", plan=telling.rollout.plan
            )
        case "freeze":
            return t("Resume it once the freeze is over, or roll it back. Checks go on, and rollback triggers stay on.")
        case "budget":
            return t(
                "Roll it back, or wait for the budget to recover. The override role may go on: `{command}`",
                command=f"/canary override {telling.rollout.plan} REASON",
            )
        case _:
            return t("Resume it or roll it back. Checks go on, and rollback triggers stay on.")


def _held(telling: Telling) -> str:
    name, weight, why = telling.name, telling.rollout.confirmed, telling.text("why")
    if telling.facts.get("cause") == "person" and telling.has("by"):
        return t("✋ {name} is on hold at {weight} by {by}: {why}.", name=name, weight=weight, by=telling.by(), why=why)
    return t("✋ {name} is on hold at {weight}: {why}.", name=name, weight=weight, why=why)


def hold_over(telling: Telling) -> Said:
    """A hold's deadline came and nobody had acted: said, or it's forgotten for weeks."""
    return told(
        t(
            "✋ Nobody acted on the hold of {name} in time: it stays on hold at {weight}.",
            name=telling.name,
            weight=telling.rollout.confirmed,
        ),
        t("Why it is held: {why}. Owner: {owner}.", why=telling.text("why"), owner=telling.by("owner")),
        t("Next: resume it or roll it back. Perch asks again {at}.", at=telling.moment("until")),
    )


def resumed(telling: Telling) -> Said:
    return told(
        t("▶ {by} resumed {name} at {weight}.", by=telling.by(), name=telling.name, weight=telling.rollout.confirmed),
        t("The bake goes on where it stopped; a gate needs a new check."),
    )


def started_again(telling: Telling) -> Said:
    return told(
        t("▶ {by} resumed {name}; preflight runs again before anything moves.", by=telling.by(), name=telling.name)
    )


def extended(telling: Telling) -> Said:
    head = t(
        "{name} bakes {span} longer at {weight}.",
        name=telling.name,
        span=telling.span("lasting_s"),
        weight=telling.rollout.confirmed,
    )
    return told(head, *_not_met(telling))


def retried(telling: Telling) -> Said:
    head = t("{name} bakes again from the start at {weight}.", name=telling.name, weight=telling.rollout.confirmed)
    return told(head, *_not_met(telling))


def _not_met(telling: Telling) -> list[str]:
    failing = ", ".join(telling.words("failing")[:6])
    return [t("Not met: {conditions}.", conditions=failing)] if failing else []


def unconfirmed(telling: Telling) -> Said:
    facts = {"name": telling.name, "wanted": telling.percent("wanted"), "within": telling.span("within_s")}
    targets, real = _targets(telling), telling.percent("real")
    return told(
        t("⚠️ {name}: {wanted} was set, and not every target shows it after {within}.", **facts)
        if targets
        else t("⚠️ {name}: {wanted} was set, {real} is read back after {within}.", real=real, **facts),
        *targets,
        t("Perch goes back to the weight before, and holds. Look at the traffic target, then resume or roll back."),
    )


def _targets(telling: Telling) -> list[str]:
    """Of several targets, which is at what (X10)."""
    targets = [each for each in telling.facts.get("targets") or () if isinstance(each, Mapping)]
    if len(targets) < 2:
        return []
    return [_target(each) for each in targets[:LINES]]


def _target(stand: Mapping[str, Any]) -> str:
    name, weight = shortly(stand.get("target", "")), stand.get("weight")
    if isinstance(weight, int | float):
        return t("• {target} is at {weight}", target=name, weight=percent(float(weight)))
    return t("• {target} can't be read: {fault}", target=name, fault=remark(stand.get("fault", ""), 200))


def drift(telling: Telling) -> Said:
    """Law 10: before and after, and what Perch did."""
    head = t("⚠️ {name} drifted: {recorded} was set, {real} is real.", **_set_and_real(telling))
    return _moved(telling, [head, *_targets(telling)], t("Perch holds and touches nothing."))


def mirror_drift(telling: Telling) -> Said:
    """Law 10, of a mirror (R8)."""
    head = t("⚠️ The mirror of {name} drifted: {recorded} was set, {real} is real.", **_set_and_real(telling))
    return _moved(telling, [head], t("Perch holds and doesn't turn it up again: roll back, and start anew to mirror."))


def _set_and_real(telling: Telling) -> dict[str, str]:
    return {"name": telling.name, "recorded": telling.percent("recorded"), "real": telling.percent("real")}


def _moved(telling: Telling, drifted: list[str], held: str) -> Said:
    """`held` is what is said where Perch holds and does no more."""
    did = {"lowered": t("Perch lowered it to what was approved, and holds."), "held": held}
    who = t("Somebody or something else moved it. Find out who, then resume or roll back.")
    return told(*drifted, did.get(telling.text("did"), telling.text("did")), who)


def version_changed(telling: Telling) -> Said:
    """Something else was deployed meanwhile: before and after, and that nothing rises (U1)."""
    before, after = telling.text("before"), telling.text("after")
    if telling.facts.get("after") == telling.facts.get("bound"):
        return told(
            t("{name}: {version} runs again, instead of {before}.", name=telling.name, version=after, before=before)
        )
    return told(
        t("⚠️ {name}: {after} runs now, and no longer {before}.", name=telling.name, before=before, after=after),
        t(
            "What was measured and approved was about {version}. Nothing rises meanwhile.",
            version=telling.text("bound"),
        ),
        t("Deploy {version} again and resume, or roll back and start anew.", version=telling.text("bound")),
    )


def unseen(telling: Telling) -> Said:
    """While a target can't be read, drift can't be seen: said, for silence would read as "nothing moved"."""
    return told(
        t(
            "⚠️ {name}: the weight can't be read since {since}, so drift can't be seen.",
            name=telling.name,
            since=telling.moment("since"),
        ),
        *(f"❔ {remark(each, 300)}" for each in telling.texts("unread")[:10]),
        t("The bake stands still and nothing rises meanwhile; rollback and kill work. Mend what answers for it."),
    )


def seen_again(telling: Telling) -> Said:
    return told(
        t("{name}: the weight can be read again, and is {real}.", name=telling.name, real=telling.percent("real"))
    )


def late_raise(telling: Telling) -> Said:
    return told(
        t(
            "⚠️ A raise of {name} to {weight} arrived after the way down had begun.",
            name=telling.name,
            weight=telling.percent("weight"),
        ),
        t("Perch undid it; the weight is read back as {real}.", real=telling.percent("real")),
    )


def late_rearm(telling: Telling) -> Said:
    return told(
        t("⚠️ A rearm arrived late, when {name} was killed anew.", name=telling.name),
        t(
            "Perch engaged the kill switch again: {methods}.",
            methods=", ".join(telling.texts("engaged")) or t("nothing"),
        ),
        *(t("❌ still not engaged: {what}", what=plain(each, 300)) for each in telling.texts("still_on")),
    )
