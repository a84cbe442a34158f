"""What a metric's runbook may say, and each mistake in it (R14, R1)."""

# ruff: noqa: E501 (one case is one line)

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.planning.reading import thaw_plan
from bot.domain.planning.report import PlanMistakes
from tests.bot.domain.plan_trees import KINDS, a_tree, report, spoiled, told

BOOK, AT = "metrics.latency.runbook", "metrics.latency.runbook.diagnose[0]"
MISTAKES: list[tuple[Any, str]] = [
    ("latensy", f"{AT}: there is no metric 'latensy' — did you mean latency?"),
    ({"metric": "latensy"}, f"{AT}.metric: there is no metric 'latensy' — did you mean latency?"),
    ({"source": "pag", "query": "q"}, f"{AT}.source: there is no source 'pag' — did you mean page?"),
    ({"source": "page", "qery": "q"}, f"{AT}.qery: unknown key 'qery' — did you mean query?"),
    (
        {"source": {"kind": "pgae", "url": "http://x"}},
        f"{AT}.source.kind: there is no source kind 'pgae' — did you mean page?",
    ),
    ({"kind": "comand", "command": ["x"]}, f"{AT}.kind: there is no diagnosis kind 'comand' — did you mean command?"),
    ({"command": ["x"], "wat": 1}, f"{AT}.wat: unknown key 'wat' — known: command"),
    (
        {"what": "x"},
        f"{AT}: the diagnosis doesn't say what to look at — one of metric: NAME, source: NAME with its query, or command: [program, argument, …]",
    ),
    (
        {"metric": "latency", "command": ["x"]},
        f"{AT}: the diagnosis says both metric and command — one of metric: NAME, source: NAME with its query, or command: [program, argument, …]",
    ),
    (
        {"metric": None},
        f"{AT}: the diagnosis doesn't say what to look at — one of metric: NAME, source: NAME with its query, or command: [program, argument, …]",
    ),
    (7, f"{AT}: a mapping is expected, not the number 7"),
]


@pytest.mark.parametrize(("step", "mistake"), MISTAKES)
def test_a_mistake_in_a_step_is_told_where_it_stands(step: Any, mistake: str) -> None:
    assert mistake in [told(each) for each in report(spoiled(BOOK, {"diagnose": [step]})).mistakes]


def test_each_way_to_look_is_read_and_needs_nothing_else() -> None:
    steps = ["latency", {"source": "page", "query": "sum(locks)", "what": "locks"}, {"command": ["redis-cli", "info"]}]
    found = report(spoiled(BOOK, {"diagnose": steps, "remedies": ["tell @oncall about it"]}))
    assert found.mistakes == ()
    assert found.plan is not None
    book = found.plan.metrics["latency"].runbook
    assert book is not None
    assert [step.shown for step in book.diagnose] == ["latency", "locks", "redis-cli info"]


def test_a_plan_that_an_older_perch_froze_with_anything_there_can_still_be_read() -> None:
    """U8: 0.1.0 kept them unread."""
    old = spoiled(BOOK, {"diagnose": [{"sql": "select 1"}, 7], "link": "https://wiki"})
    book = thaw_plan(old, "production", KINDS).metrics["latency"].runbook
    assert book is not None
    assert (book.diagnose, book.link) == ((), "https://wiki")
    with pytest.raises(PlanMistakes):
        thaw_plan({**a_tree(), "stages": []}, "production", KINDS)
