"""What is said by the second way: plain text that reads without Slack, and calls nobody by accident."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.ports import Outgoing
from bot.wording import say

NOW = datetime(2026, 3, 2, 10, 7, tzinfo=UTC)


def told(*lines: str, why: str = "", more: int = 0) -> list[str]:
    facts = {
        "lines": list(lines),
        "since": datetime(2026, 3, 2, 10, 2, tzinfo=UTC).timestamp(),
        "why": why,
        "more": more,
    }
    said = say(Outgoing("second_way", key="told:1", facts=facts), None, None, NOW)
    assert said.blocks == ()
    return said.text.split("\n")


def test_it_says_since_when_why_what_and_what_to_do() -> None:
    lines = told("materializers is rolling back, 10% → 0%: errors &gt; 5%.", why="Slack can't be reached", more=3)
    assert lines == [
        "Perch can't say this in Slack since 10:02 UTC (Slack can't be reached):",
        "- materializers is rolling back, 10% → 0%: errors > 5%.",
        "- and 3 more",
        "Checks and ways down go on; nobody can approve. On Perch's machine: perch status NAME, perch rollback NAME, "
        "perch kill NAME. perch doctor says what to mend.",
    ]


def test_slacks_markup_is_gone() -> None:
    line = told("<@U0ANA|ana> held it until <!date^1772445600^{time}|11:00 UTC>; see <https://x.org|the runbook>.")[1]
    assert line == "- ana held it until 11:00 UTC; see the runbook (https://x.org)."


@pytest.mark.parametrize(
    "call", ["&lt;!channel&gt;", "&lt;!here&gt;", "&lt;@U0ANA&gt;", "@everyone", "@here", "@Channel"]
)
def test_a_reason_calls_no_channel_behind_the_webhook(call: str) -> None:
    """Law 8: names and reasons come from people, and may stand in another chat here."""
    line = told(f"materializers is on hold: {call} look\nat this.")[1]
    assert not any(each in line.lower() for each in ("<!", "<@", "@everyone", "@here", "@channel"))
    assert line.endswith("look at this.")


def test_the_end_is_told_too() -> None:
    assert say(Outgoing("second_way_back", key="back:1"), None, None, NOW).text.startswith(
        "Slack takes Perch's messages"
    )
