"""How far a PromQL query looks back: the default settle time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.prometheus.ranges import looks_back
from adapters.sources.prometheus.source import KIND, Ask

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("query", "minutes"),
    [
        ("up", 0),
        ("rate(x[5m])", 5),
        ("rate(x[ 1h30m ])", 90),
        ("rate(x[300])", 5),
        ("rate(x[5m]) / rate(y[10m])", 10),
        ("rate(x[5m] offset 1m)", 6),
        ("x offset 2m", 2),
        ("rate(x[5m] offset -1m)", 5),
        ("max_over_time(rate(x[5m])[1h:30s])", 65),
        ("max_over_time(rate(x[5m])[1h:])", 65),
        ("rate(x[5m]) / rate(x[5m] offset 7d)", 5),
        ('x{path="[9h] offset 1h"}', 0),
        ("x{path='[9h]'} # [8h]", 0),
        (r'x{path="a\"[9h]"}', 0),
        ("x{path=`[9h]`}", 0),
    ],
)
def test_a_query_looks_back_as_far_as_its_longest_window(query: str, minutes: float) -> None:
    """An offset of hours compares with the past, and nobody waits for that to pass."""
    assert looks_back(query) == minutes * MINUTE


def test_the_lag_of_a_question_is_added() -> None:
    assert KIND.longest_range is not None
    assert KIND.longest_range(Ask.model_validate({"query": "rate(x[5m])", "lag": "1m"})) == 6 * MINUTE


@given(st.text(st.sampled_from("[]:0123456789smhdy offset\"'`#\\{}()x"), max_size=60))
def test_no_text_is_too_odd_to_look_at(query: str) -> None:
    assert looks_back(query) >= timedelta(0)
