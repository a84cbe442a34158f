"""YAML with places: what is read, and the one message for what can't be."""

from __future__ import annotations

import pytest

from storage.plan_text import Place, Unreadable, read_text


def test_only_what_json_knows_comes_out() -> None:
    text = "a: yes\nb: 8:00\nc: 2026-01-01\nd: 010\ne: true\nf: ~\ng: 1.5\nh: -3\ni: .inf\nj: 1_000\nk: 0x1f\n"
    assert read_text(text).tree == {
        "a": "yes",
        "b": "8:00",
        "c": "2026-01-01",
        "d": "010",
        "e": True,
        "f": None,
        "g": 1.5,
        "h": -3,
        "i": ".inf",
        "j": "1_000",
        "k": "0x1f",
    }


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("rule: latency < 5", 10, Place(1, 17)),
        ('rule: "latency < 5"', 10, Place(1, 18)),
        ("rule: 'latency < 5'", 10, Place(1, 18)),
        ('rule: "latency \\u003c 5"', 10, Place(1, 7)),
        ("rule: >-\n  latency\n  < 5", 10, Place(1, 7)),
    ],
)
def test_an_offset_is_found_inside_quotes_and_given_up_inside_escapes(text: str, offset: int, place: Place) -> None:
    assert read_text(text).place(("rule",), offset) == place


def test_a_path_that_was_not_written_is_found_at_what_is_around_it() -> None:
    found = read_text("stages:\n  - weight: 1%\n")
    assert found.place(("stages", 0, "weight")) == Place(2, 13)
    assert found.place(("stages", 0, "weight"), at_key=True) == Place(2, 5)
    assert found.place(("stages", 0, "bake")) == Place(2, 5)
    assert found.place(("nothing", "at", "all")) == Place(1, 1)


def test_keys_that_stand_twice_are_named() -> None:
    assert read_text("a: 1\nb:\n  c: 2\n  c: 3\n").repeated == ((("b", "c"), Place(4, 3)),)


def test_aliases_are_followed() -> None:
    assert read_text("a: &x [1, 2]\nb: *x\n").tree == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("", "the file is empty", Place(1, 1)),
        ("a:\n\tb: 1\n", "a tab can't be used to indent", Place(2, 1)),
        ("a: [1, 2\nb: 3\n", "this isn't YAML: expected ',' or ']', but got ':'", Place(2, 2)),
        ("unit: %\n", "this isn't YAML: a text can't begin with %", Place(1, 7)),
        ("a: *nobody\n", "this isn't YAML: found undefined alias 'nobody'", Place(1, 4)),
        ("a: !run x\n", "the tag !run can't be used in a plan", Place(1, 4)),
        ("? [a]\n: 1\n", "a key must be a word", Place(1, 3)),
        ("a: 1\n---\nb: 2\n", "this isn't YAML: a second document begins here", Place(2, 1)),
        ("a: \x07\n", "the file holds characters that YAML doesn't allow", Place(1, 1)),
        ("[" * 3000, "the file is nested too deeply", Place(1, 1)),
        ("x" * 1_000_001, "the file is too large for a plan", Place(1, 1)),
    ],
)
def test_what_cannot_be_read_gets_one_clear_message(text: str, what: str, place: Place) -> None:
    with pytest.raises(Unreadable) as caught:
        read_text(text)
    assert (caught.value.what, caught.value.place) == (what, place)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(Unreadable, match="its aliases make the file too large"):
        read_text("\n".join(lines))


def test_a_list_inside_itself_is_refused() -> None:
    with pytest.raises(Unreadable):
        read_text("a: &a [*a]\n")
