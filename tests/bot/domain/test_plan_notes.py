"""What a usable plan's author should know: overlaps, gaps, unit traps (R18)."""

# ruff: noqa: E501 (one case is one line)

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.domain.plan_trees import report, spoiled, told

HARD = "stages.0.promote_when"
SOFT = "stages.0.warn_unless"
TRIGGER = "stages.1.rollback_when"


@pytest.mark.parametrize(
    ("path", "value", "note"),
    [
        (
            TRIGGER,
            ["success_rate < 99%"],
            "stages[1].rollback_when[0]:0: gap: success_rate at exactly 99 neither meets the hard condition nor fires "
            "this trigger — it counts as not met, so the stage's on_fail answers",
        ),
        (
            TRIGGER,
            ["latency > 2s"],
            "stages[1].rollback_when[0]:0: overlap: latency at 2.5 meets 'latency < 3s' and fires this trigger — "
            "the trigger wins; move one threshold beyond the other",
        ),
        (
            HARD,
            ["success_rate > 95% after 5h"],
            "stages[0].promote_when[0]: this counts only from 5h on, and the stage bakes 4h — the gate waits for it",
        ),
        (
            SOFT,
            ["success_rate > 90%"],
            "stages[0].warn_unless[0]:0: 'success_rate > 95%' fails before this can warn — "
            "a warning is stricter than its hard condition",
        ),
        (
            "stages.0.rollback_when",
            ["queue > 500"],
            "stages[1]: no trigger watches queue any more — carry the earlier stage's triggers on",
        ),
        (
            HARD,
            ["success_rate > 0.95%"],
            "stages[0].promote_when[0]:15: 0.95% is less than one in a hundred — did you mean 95%?",
        ),
        (
            SOFT,
            ["drops < 10/min"],
            "stages[0].warn_unless[0]:8: drops is read as per second, so 10/min means 0.1667 there — "
            "its query must really give that",
        ),
        (
            "metrics.queue",
            {"source": "page", "unit": "percent", "query": "bad / all"},
            "metrics.queue.unit: percent means 0 to 100, and this query looks like a share from 0 to 1 — "
            "write unit: ratio, or multiply by 100 in the query",
        ),
        (
            "metrics.queue",
            {"source": "page", "unit": "ratio", "query": "100 * bad / all"},
            "metrics.queue.unit: ratio means 0 to 1, and this query multiplies by 100 — write unit: percent",
        ),
        (
            "metrics.queue",
            {"source": "page", "unit": "per_hour", "query": "rate(x[5m])"},
            "metrics.queue.unit: rate() counts per second, and queue is per hour — "
            "write unit: per_second, or multiply by 3600 in the query",
        ),
        (
            "metrics.success_rate.baseline",
            {"before_start": "30m"},
            "",
        ),
        (
            HARD,
            ["latency < 5s", "chat down"],
            "stages[0].promote_when[1]:0: this must hold to go on, so 'chat down' asks for trouble — "
            "did you mean 'chat up'?",
        ),
        ("kill_switch", [], "plan: there is no kill switch: a kill can only set the weight to 0% — add kill_switch:"),
        ("killed_when", ["queue == 0"], "killed_when[0]:0: a killed_when without a time is waited for without end — add: within 30s"),
        (
            "stages.0.approvals",
            {"need": 0},
            "stages[0].approvals: nobody has to approve leaving this stage — approvals: {need: 1}",
        ),
        ("start_approvals", {"need": 0}, "start_approvals: nobody has to approve the start — start_approvals: {need: 1}"),
        (
            "stages.0.rollback_to",
            "previous",
            "stages[0].rollback_to: the first stage has none before it: a rollback goes to 0% — write 0%",
        ),
        (
            "stages.0.checkpoints",
            ["5h"],
            "stages[0].checkpoints[0]: this checkpoint comes after the stage's bake — "
            "it is posted only if the stage lasts",
        ),
        (
            "stages.0.window",
            {"enter": "Mon 08:00-08:15", "leave": "Mon 20:00-21:00"},
            "stages[0].window: no time to enter leads to a bake that ends while the stage may be left — "
            "the gate then waits for the window",
        ),
        ("stages.0.weight", "0%", "stages[0].weight: a stage at 0% serves nobody and mirrors nothing — a dark launch has mirror: 100%"),
    ],
)  # fmt: skip
def test_each_note_is_told_in_full_and_the_plan_stays_usable(path: str, value: Any, note: str) -> None:
    found = report(spoiled(path, value))
    assert found.plan is not None
    assert [told(each) for each in found.notes] == ([note] if note else [])


def test_a_relative_change_of_a_share_is_not_points() -> None:
    tree = spoiled("metrics.success_rate.baseline", {"before_start": "30m"})
    tree["stages"][0]["warn_unless"] = ["success_rate > baseline - 5%"]
    assert [told(note) for note in report(tree).notes] == [
        "stages[0].warn_unless[0]:26: 5% of the baseline is relative, not 5 points — write 5pp if points are meant"
    ]
