"""What is said by the second way, to people who can't be reached as usual: plain text, without Slack's markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.ports import Said
from bot.wording.language import t
from bot.wording.plain_text import plain_text


def second_way(facts: Mapping[str, Any]) -> Said:
    """What waits, gathered; why; and what people can do without Slack."""
    since = datetime.fromtimestamp(float(facts["since"]), UTC)
    at, why, more = f"{since:%H:%M}", facts.get("why"), int(facts.get("more") or 0)
    lines = [
        t("Perch can't say this in Slack since {at} UTC ({why}):", at=at, why=why)
        if why
        else t("Perch can't say this in Slack since {at} UTC:", at=at),
        *(f"- {_harmless(plain_text(str(line)))}" for line in facts.get("lines") or ()),
        *([t("- and {count} more", count=more)] if more > 0 else []),
        t(
            "Checks and ways down go on; nobody can approve. On Perch's machine: perch status NAME, "
            "perch rollback NAME, perch kill NAME. perch doctor says what to mend."
        ),
    ]
    return Said("\n".join(lines))


_CALLS = re.compile(r"<(?=[!@#])|@(?=(?:here|channel|all|everyone)\b)", re.IGNORECASE)


def _harmless(text: str) -> str:
    """One line, and no name or reason in it calls a whole channel: behind a webhook there may well be a chat."""
    return _CALLS.sub(lambda found: found[0] + " ", " ".join(text.split()))


def second_way_back(facts: Mapping[str, Any]) -> Said:
    """The end of it."""
    return Said(t("Slack takes Perch's messages again: what waited was posted there, in order."))
