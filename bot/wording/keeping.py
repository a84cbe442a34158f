"""Where the papers of a rollout lie, and what to do about those that don't get there (E9)."""

from __future__ import annotations

from bot.ports import Said
from bot.wording.blocks import said, section, told
from bot.wording.language import t
from bot.wording.sentences import code
from bot.wording.telling import Telling


def kept(telling: Telling) -> Said:
    """Once, when everything lies where it should."""
    places = telling.texts("places")
    first = t("🗄 The papers of {name} are kept.", name=telling.name)
    return said(first, section((f"*{first}*", *(code(place, 300) for place in places[:10]))))


def not_kept(telling: Telling) -> Said:
    """What doesn't get there, why, and what a person can do; Perch goes on trying."""
    facts = {"name": telling.name, "why": telling.text("why"), "since": telling.moment("since")}
    if telling.facts.get("notifier"):
        first = t("⚠️ {to} isn't told about {name}: {why}.", to=telling.text("to"), **facts)
    elif telling.text("kind") == "mail":
        first = t("⚠️ Mail about {name} doesn't get to {to}: {why}.", to=telling.text("to"), **facts)
    else:
        first = t("⚠️ The papers of {name} aren't kept at {kind} yet: {why}.", kind=telling.text("kind"), **facts)
    return told(
        first,
        t("Perch keeps trying, since {since}; nothing is lost: the record is in its database.", since=facts["since"]),
        t(
            "Next, on Perch's machine: `perch doctor` tries each destination; when it's mended, `{keep}`. "
            "To give it up: `{drop}`",
            keep=f"perch evidence keep {telling.rollout.id}",
            drop=f"perch evidence keep {telling.rollout.id} --give-up",
        ),
    )
