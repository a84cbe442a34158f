"""What is told at the end, and of a way down that is stuck: each fit to forward to somebody who wasn't there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.ports import Said
from bot.ports.notices import NOTIFIER, is_for_a_notifier
from bot.wording.blocks import said, section, told
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.language import t
from bot.wording.remarks import remark
from bot.wording.sentences import plain, who
from bot.wording.telling import Telling

LINES = 10
RED = 20


def stuck(telling: Telling) -> Said:
    """Never pretends: says what is still on."""
    return told(
        t(
            "🚨 {name} is STUCK: Perch couldn't {what}.",
            name=telling.name,
            what=telling.text("what", t("lower the weight")),
        ),
        t("Fault: {fault}.", fault=telling.text("fault", t("unknown"))),
        t(
            "Still on: {still_on}. Perch keeps trying and has paged.",
            still_on=telling.text("still_on", t("traffic")),
        ),
        t("Next: kill it (`/canary kill {plan}`), or set it by hand.", plan=telling.rollout.plan),
    )


def completed(telling: Telling) -> Said:
    """The final word, fit to forward: the way up, the last check with its values, what stays."""
    rollout, weight = telling.rollout, telling.percent("weight")
    lines = [t("Stages: {ladder}.", ladder=" → ".join(f"✓ {stage.weight}" for stage in telling.plan.stages[:12]))]
    if rollout.mode == "observe":
        lines.append(t("Observe only: Perch moved no traffic; it says what it would have done."))
    lines.append(t("Last check: {verdict}", verdict=verdict_text(rollout.check)))
    lines += line_texts(rollout.check.lines, telling.now, LINES, triggers=False) if rollout.check else []
    lines.append(t("It keeps {weight} of the traffic.", weight=weight))
    lines.append(t("Every check, decision and approval: `{command}`", command=f"/canary evidence {rollout.plan}"))
    return told(
        t(
            "🏁 {title} is complete at {weight}, {span} in all.",
            title=telling.title,
            weight=weight,
            span=telling.span("took_s"),
        ),
        *lines,
    )


def aborted(telling: Telling) -> Said:
    """What is red, each with what to do about it."""
    red = telling.texts("red")[:RED]
    again = t("There's no cooldown. Next: mend it, then `{start}`", start=telling.start)
    return told(
        _aborted(telling, telling.text("reason", t("no reason given"))),
        *(f"❌ {remark(each, 300)}" for each in red),
        *_remedies(red),
        again if red else t("There's no cooldown. Next: `{start}`", start=telling.start),
    )


def _aborted(telling: Telling, reason: str) -> str:
    if (by := telling.by()) == "Perch":
        return t("⏹ {title} ended before any traffic moved: {reason}.", title=telling.title, reason=reason)
    return t("⏹ {title} ended by {by} before any traffic moved: {reason}.", title=telling.title, by=by, reason=reason)


def _remedies(red: Sequence[str]) -> list[str]:
    """What to do about what preflight found; each once."""
    remedies = {
        r"is already at \d": t(
            "A completed rollout keeps its weight: make that version the standard, then set the target to 0% where it "
            "is kept."
        ),
        r"^metric ": t(
            "A source doesn't answer: `perch plan check --live FILE` asks each again and shows what it said."
        ),
        r"^kill switch .*: held off by ": t(
            "A kill holds off a switch that this plan has too: once what was killed may have traffic again, rearm that "
            "first."
        ),
        r"^kill switch (?!.*: held off by )": t(
            "The kill switch must be in reach before anything rises: `perch doctor` tries it."
        ),
        r"^no baseline ": t("A baseline needs measurements from before the start: start again when there are enough."),
    }
    return list(dict.fromkeys(advice for each in red for sign, advice in remedies.items() if re.search(sign, each)))


def undelivered(telling: Telling) -> Said:
    """To the requester directly, when the rollout's channel can't be reached, or mail can't be sent at all."""
    if telling.text("where").startswith("mail:"):
        unsent = t(
            "I can't send mail about {name} to {to}: {why}. Whoever runs Perch can mend it: `perch doctor`",
            name=telling.name,
            to=telling.text("where").removeprefix("mail:"),
            why=telling.text("why"),
        )
        return said(unsent, section((unsent,)))
    if is_for_a_notifier(telling.text("where")):
        untold = t(
            "I can't tell {to} about {name}: {why}. Whoever keeps the plan can mend it: `perch plan check`",
            name=telling.name,
            to=telling.text("where").removeprefix(NOTIFIER),
            why=telling.text("why"),
        )
        return said(untold, section((untold,)))
    sentence = t(
        "I can't post about {name} in {where}: {why}. "
        "Invite me there, or mend the plan's channel; `/canary status {plan}` answers meanwhile.",
        name=telling.name,
        where=telling.text("where", t("its channel")),
        why=telling.text("why"),
        plan=telling.rollout.plan,
    )
    return said(sentence, section((sentence,)))


def announcement(telling: Telling, events: dict[str, Callable[[Telling], Said]]) -> Said:
    """The same words in another channel (S8), with where the detail is."""
    event = telling.text("event")
    word = events.get(event)
    if word is None:
        return told(f"{telling.name}: {event or t('something happened')}.")
    words = word(telling)
    ladder = " → ".join(str(stage.weight) for stage in telling.plan.stages[:12])
    details = t("Details: {channel}.", channel=plain(telling.plan.channel, 80))
    whom = [t("For {group}.", group=who(telling.facts["for"]))] if telling.has("for") else []
    channel = " ".join([*whom, *([t("Stages: {ladder}.", ladder=ladder)] if event == "started" else []), details])
    return said(f"{words.text} {channel}", *words.blocks, section((channel,)))  # type: ignore[arg-type]
