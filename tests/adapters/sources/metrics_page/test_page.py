"""Pages as they come, and as they shouldn't."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.metrics_page.page import CutShort, Point, read
from adapters.sources.metrics_page.selector import parse
from bot.ports import Nonsense

PAGE = """\
# HELP requests_total All of them.
# TYPE requests_total counter
requests_total{path="/a b",code="200"} 1.5e3
requests_total{path="/{x}",code="500",} 2 1782907200000
# TYPE jobs counter
jobs 7

temperature{} -3
odd NaN
big +Inf
{"utf8.name",a="b"} 1
"""


def test_series_are_found_by_name_and_labels() -> None:
    page = read(PAGE)
    found = page.series(parse('requests_total{code=~"2.."}'))
    assert found == {(("code", "200"), ("path", "/a b")): Point(1500.0)}
    assert page.series(parse("temperature")) == {(): Point(-3.0)}
    assert page.series(parse("requests")) == {}


def test_a_counter_keeps_its_name_whatever_its_type_line_says() -> None:
    """prometheus-client would rename `jobs` to `jobs_total`."""
    assert read(PAGE).series(parse("jobs")) == {(): Point(7.0)}
    assert read(PAGE).series(parse("jobs_total")) == {}


def test_a_time_that_the_page_states_is_kept_in_seconds() -> None:
    (point,) = read(PAGE).series(parse('requests_total{code="500"}')).values()
    assert point == Point(2.0, 1782907200.0)


def test_what_is_not_finite_passes_for_the_domain_to_judge() -> None:
    page = read(PAGE)
    assert math.isnan(page.series(parse("odd"))[()].value)
    assert page.series(parse("big"))[()].value == math.inf


@pytest.mark.parametrize("page", ["", "\n", "# HELP up Is it up\n# TYPE up gauge\n"])
def test_an_empty_page_is_no_page(page: str) -> None:
    """Kept, it would make all that was ever counted look like the increase since then."""
    with pytest.raises(Nonsense, match="empty"):
        read(page)


@pytest.mark.parametrize(
    "text",
    [
        "<html>",
        " <!doctype html>\n",
        '{"up": 1}\n',
        "up\n",
        "up one\n",
        "up 1\n\x00\n",
        "not metrics, but prose\n",
        "� 1\n",
    ],
)
def test_what_is_no_page_of_metrics_is_nonsense(text: str) -> None:
    with pytest.raises(Nonsense):
        read(text).series(parse("up"))


def test_a_page_that_breaks_off_is_not_read_as_whole() -> None:
    """`queue 1` may be the first half of `queue 1200`."""
    with pytest.raises(CutShort):
        read("up 1\nqueue 1")


@pytest.mark.parametrize(
    "line", ["up 1 2 3 x", 'up{a="b" 1', "up{a=b} 1", 'up{a="b",a="c"} 1', "up 0x10", "up 1_0", "up{} "]
)
def test_a_line_that_cannot_be_read_is_nonsense_for_whom_it_concerns(line: str) -> None:
    page = read(f"{line}\nfine 1\n")
    assert page.series(parse("fine")) == {(): Point(1.0)}
    with pytest.raises(Nonsense):
        page.series(parse("up"))


def test_the_same_series_twice_is_nonsense() -> None:
    with pytest.raises(Nonsense, match="twice"):
        read('up{a="b",c="d"} 1\nup{c="d",a="b"} 2\n').series(parse("up"))


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.text(st.sampled_from('{}"=,\\ #up1\n'), max_size=40))
def test_no_page_raises_anything_else(anything: str, confusing: str) -> None:
    """Law 3: garbage is a reason, not a crash."""
    for text in (anything + "\n", confusing + "\n", f"up{confusing}\n", f"up{{{confusing}}} 1\n", f"up {anything}\n"):
        with suppress(Nonsense):
            read(text).series(parse("up"))
