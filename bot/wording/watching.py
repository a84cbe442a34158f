"""Who watches a rollout now: in its thread, and to the one who has it from here on (X12)."""

from __future__ import annotations

from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t
from bot.wording.sentences import who
from bot.wording.status import sentence
from bot.wording.telling import Telling


def watching(telling: Telling) -> Said:
    """Short: the thread has the rest."""
    former, to = who(telling.facts.get("from", "")), who(telling.facts.get("to", ""))
    if telling.facts.get("by") == telling.facts.get("to"):
        return told(t("👀 {to} watches {name} now, in place of {former}.", to=to, name=telling.name, former=former))
    by = telling.by()
    return told(t("👀 {by} handed {name} over from {former} to {to}.", by=by, name=telling.name, former=former, to=to))


def taken(telling: Telling) -> Said:
    """Directly, to whoever watched it until now."""
    to, plan = who(telling.facts.get("to", "")), telling.rollout.plan
    return told(
        t("👀 {to} watches {name} now; you don't have to any more.", to=to, name=telling.title),
        t("To take it back: `/canary watch {plan}`", plan=plan),
    )


def handed(telling: Telling) -> Said:
    """Directly, to somebody who didn't take it: what it is, how it stands, and how to give it back."""
    why = telling.text("held")
    return told(
        t("👀 {by} made you the watcher of {name}.", by=telling.by(), name=telling.title),
        sentence(telling),
        *([t("It is on hold, and the hold is yours now: {why}.", why=why)] if why else []),
        t("Holds and unanswered gates come to you. Next: `/canary status {plan}`", plan=telling.rollout.plan),
        t("To hand it on: `/canary watch {plan} @SOMEBODY`", plan=telling.rollout.plan),
    )
