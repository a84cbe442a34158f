"""What a record says about numbers: the worst is on the bad side, and what wasn't measured is counted apart."""

from __future__ import annotations

from bot.domain.evidence import Entry, Head, extend
from bot.domain.lookback import Seen, seen
from bot.domain.rollout import Line
from tests.builders import START, a_check


def recorded(*lines: Line) -> list[Seen]:
    entries = [
        Entry("snapshot", START, "perch", {"check": a_check(lines=(line,)).model_dump(mode="json")}) for line in lines
    ]
    records, _ = extend("r", Head(), entries)
    return seen(records)


def a_line(value: float | None, condition: str = "success > 98%", **more: object) -> Line:
    met = None if value is None else value > 98
    return Line(**{"role": "hard", "condition": condition, "met": met, "value": value, "threshold": 98, **more})


def test_the_worst_value_is_the_one_furthest_on_the_bad_side() -> None:
    [success] = recorded(a_line(99.0), a_line(97.0), a_line(99.5))
    assert (success.worst, success.middle, success.unmet) == (97.0, 99.0, 1)
    [errors] = recorded(*(a_line(value, "errors > 5%", role="trigger", met=False) for value in (0.1, 3.0)))
    assert errors.worst == 3.0
    [late] = recorded(*(a_line(value, "latency < 10s", met=True) for value in (2.0, 4.0)))
    assert late.worst == 4.0


def test_what_was_not_measured_is_no_number() -> None:
    """Law 3."""
    [success] = recorded(a_line(None), a_line(99.0), a_line(50.0, counts=False))
    assert (success.values, success.unmeasured, success.unmet) == ([99.0], 1, 0)


def test_a_condition_without_a_number_counts_as_judged() -> None:
    """`no slo fails` compares nothing by itself, and holds or doesn't."""
    [slos] = recorded(*(a_line(None, "no slo fails", threshold=None, met=met) for met in (True, True, False)))
    assert (slos.met, slos.unmet, slos.unmeasured) == (2, 1, 0)
