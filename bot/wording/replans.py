"""A changed plan for a live rollout: what is different, who asks, who may say yes, and what became of it (R21)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.planning.diff import Difference
from bot.domain.replans import Replan
from bot.domain.rollout import Rollout
from bot.ports import Said
from bot.wording.blocks import actions, button, context, header, said, section, told
from bot.wording.changed_plan import differing
from bot.wording.language import t, t_many
from bot.wording.sentences import cut, joined, moment_exact, plain, prose, quoted, who
from bot.wording.status import button_value
from bot.wording.telling import Telling

PARTS = 3
"""Where, what it was, what it is."""


def newer(rollout: Rollout, found: Sequence[Difference], why_not: str) -> Said:
    """For whoever asks first: what is different in the file, and how to ask the approvers for it."""
    if not found:
        return told(t("{plan} goes by what its file says now; nothing is different.", plan=rollout.plan))
    text = t_many(
        len(found),
        "The file of {plan} has {count} change since this rollout started.",
        "The file of {plan} has {count} changes since this rollout started.",
        plan=rollout.plan,
    )
    lines = [*differing([(each.where, each.old, each.new) for each in found])]
    ask = t("Ask the approvers for it: `/canary replan {plan} REASON`", plan=rollout.plan)
    last = t("It can't take its place: {why}.", why=plain(why_not)) if why_not else ask
    return told(text, *lines, last)


def replan(telling: Telling) -> Said:
    """The message that asks: open with buttons, or what became of it."""
    present = telling.rollout.replan
    asked = Replan.model_validate(telling.facts["replan"]) if telling.has("replan") else present
    if asked is None:
        return told(t("No change of the plan of {name} is asked for any more.", name=telling.name))
    if telling.text("state") != "open" or present is None or present.id != asked.id or not telling.rollout.live:
        return _answered(asked, telling)
    return _open(present, telling)


def _open(asked: Replan, telling: Telling) -> Said:
    rollout = telling.rollout
    sentence = t(
        "{person} asks to change the plan of {name} while it is at {weight}: {reason}",
        person=who(asked.by),
        name=telling.title,
        weight=rollout.confirmed,
        reason=quoted(asked.reason),
    )
    approvers = joined([who(each) for each in telling.plan.roles.approvers], "or") or t("the approvers")
    needs = t_many(
        asked.need,
        "Needs {count} approval from {approvers}, not from {person}; {have} so far.",
        "Needs {count} approvals from {approvers}, not from {person}; {have} so far.",
        approvers=approvers,
        person=who(asked.by),
        have=len(asked.approvals),
    )
    then = t("Then the rollout goes by the new plan. The bake is kept, an open gate closes, and a new check judges.")
    value = button_value(rollout, asked.id)
    buttons = (
        button("approve", t("Approve the plan"), value, says=t("Approve the new plan of {plan}", plan=rollout.plan)),
        button("reject", t("Reject…"), value, says=t("Reject the new plan of {plan}", plan=rollout.plan)),
    )
    lines = [*differing(asked.lines, asked.more)]
    return said(
        prose((sentence, *lines, needs)),
        header(cut(t("{plan}: another plan?", plan=rollout.plan), 140)),
        section((sentence, *lines)),
        section((needs, then)),
        actions(*buttons),
    )


def _answered(asked: Replan, telling: Telling) -> Said:
    ends = {
        "approved": t("approved; the rollout goes by it"),
        "rejected": t("rejected; the plan stays as it was"),
        "replaced": t("another change was asked for instead"),
        "over": t("the rollout has ended"),
    }
    end = ends.get(telling.text("state")) or t("it isn't open any more")
    sentence = t(
        "The change of plan that {person} asked for {name}: {end}.", person=who(asked.by), name=telling.name, end=end
    )
    footer = t("Closed {at}. Buttons here do nothing any more.", at=moment_exact(telling.now))
    return said(sentence, section((f"*{sentence}*", *differing(asked.lines, asked.more))), context(footer))


def replanned(telling: Telling) -> Said:
    """Said in the channel: the rules have changed under way."""
    sentence = t(
        "📝 {name} goes by a new plan from now on: asked for by {asked}, approved by {approved}.",
        name=telling.name,
        asked=telling.by("asked_by"),
        approved=telling.by(),
    )
    lines = [*differing(*_changes(telling))]
    after = t("The bake is kept; the next check judges by the new plan.")
    return told(sentence, t("Why: {reason}", reason=quoted(telling.facts.get("reason", ""))), *lines, after)


def _changes(telling: Telling) -> tuple[list[Sequence[str]], int]:
    lines, more = telling.facts.get("lines") or (), telling.facts.get("more")
    kept: list[Sequence[str]] = [line for line in lines if isinstance(line, list | tuple) and len(line) == PARTS]
    return kept, more if isinstance(more, int) else 0


def replan_rejected(telling: Telling) -> Said:
    return told(
        t(
            "❌ {person} rejected the new plan of {name}: {reason}.",
            person=telling.by(),
            name=telling.name,
            reason=telling.text("reason") or t("no reason given"),
        ),
        t("The plan stays as it was."),
    )
