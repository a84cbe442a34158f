"""Something was taken out of the record later (E7): said where its decisions were said, without saying what."""

from __future__ import annotations

from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t, t_many
from bot.wording.sentences import plain, who
from bot.wording.telling import Telling


def redacted(telling: Telling) -> Said:
    """Who did it and why; the record's place below it is what a forger can't put into Slack (law 9)."""
    facts = {"who": who(telling.text("by")), "name": telling.name, "reason": plain(telling.text("reason"))}
    return told(
        t_many(
            int(telling.facts.get("records", 0)),
            "🖍️ {who} took something out of {count} record of {name}: {reason}",
            "🖍️ {who} took something out of {count} records of {name}: {reason}",
            **facts,
        ),
        t("What it was isn't kept. Each record keeps its hash, and the record says which were changed."),
    )
