"""Selectors of a page's series, as in PromQL."""

from __future__ import annotations

import pytest

from adapters.sources.metrics_page.selector import parse


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("up", {}, True),
        ("up", {"job": "a"}, True),
        ('up{job="a"}', {"job": "a"}, True),
        ('up{job="a"}', {"job": "b"}, False),
        ('up{job="a"}', {}, False),
        ('up{job=""}', {}, True),
        ('up{job!="a"}', {}, True),
        ('up{job!="a"}', {"job": "a"}, False),
        ('up{job=~"a|b.*"}', {"job": "bcd"}, True),
        ('up{job=~"b"}', {"job": "bcd"}, False),
        ('up{job!~"b.*"}', {"job": "bcd"}, False),
        ('up{job!~"b.*"}', {}, True),
        ('up{job=~".+"}', {}, False),
        (' up { job = "a" , x!="1", } ', {"job": "a"}, True),
        ('up{job="a",,}', {"job": "a"}, True),
        (r'up{path="a\"b\\c\n"}', {"path": 'a"b\\c\n'}, True),
        ('up{path="a,b}=c"}', {"path": "a,b}=c"}, True),
    ],
)
def test_a_selector_accepts_what_promql_would(text: str, labels: dict[str, str], matches: bool) -> None:
    selector = parse(text)
    assert selector.name == "up"
    assert selector.matches(labels) is matches


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1up",
        "up job",
        "up{job}",
        "up{job=a}",
        'up{job="a"',
        'up{job="a" x="b"}',
        'up{job=="a"}',
        "rate(up[5m])",
        'up{job=~"("}',
        'up{job=~"(a+)+"}',
        r'up{job=~"(a)\1"}',
        'up{job=~"(?=a)"}',
        'up{job=~"' + "a" * 201 + '"}',
    ],
)
def test_what_is_no_selector_is_refused_with_a_sentence(text: str) -> None:
    """Patterns that could think for ever are refused too."""
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse(text)
