"""Lines of `NAME=value` keep everything but the value (T8)."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.traffic.env_lines import value_of, with_value
from adapters.traffic.values import Standing
from bot.ports import Nonsense

TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029"), max_size=20)


@pytest.mark.parametrize(
    ("line", "value", "changed"),
    [
        ("PCT=1", "1", "PCT=50"),
        ("export PCT=1", "1", "export PCT=50"),
        ("  PCT = 1  ", "1", "  PCT = 50  "),
        ('PCT="1"', "1", 'PCT="50"'),
        ("PCT='1'", "1", "PCT='50'"),
        ("PCT=1 # one percent", "1", "PCT=50 # one percent"),
        ('PCT="1" # one "percent"', "1", 'PCT="50" # one "percent"'),
        ("PCT=1\r", "1", "PCT=50\r"),
        ("PCT=", "", "PCT=50"),
        ('PCT=""', "", 'PCT="50"'),
        ("PCT= # to be set", "", "PCT= 50 # to be set"),
        ("PCT=a#b", "a#b", "PCT=50"),
        ("PCT=a b", "a b", "PCT=50"),
        (r'PCT="a \"b\" \\ \$c"', r'a "b" \ $c', 'PCT="50"'),
    ],
)
def test_a_line_is_read_and_changed_in_its_own_manner(line: str, value: str, changed: str) -> None:
    text = f"# PCT=7\nNOT_PCT=3\n\nPCTX=4\n{line}\nLAST=x"
    assert value_of(text, "PCT") == Standing(value)
    assert with_value(text, "PCT", Standing(50)) == text.replace(f"\n{line}\n", f"\n{changed}\n")
    assert value_of(with_value(text, "PCT", Standing(50)), "PCT") == Standing("50")


def test_of_several_lines_the_last_counts_and_is_changed() -> None:
    text = "PCT=1\nPCT=2\n"
    assert value_of(text, "PCT") == Standing("2")
    assert with_value(text, "PCT", Standing(3)) == "PCT=1\nPCT=3\n"


def test_a_missing_variable_is_appended_and_taken_out_again() -> None:
    for text in ("A=1\n", "", "A=1\r\nB=2\r\n"):
        appended = with_value(text, "PCT", Standing("0"))
        assert value_of(appended, "PCT") == Standing("0")
        assert with_value(appended, "PCT", Standing(absent=True)) == text


def test_taking_out_takes_out_every_line_for_the_name() -> None:
    assert with_value("PCT=1\nA=2\nexport PCT=3\n", "PCT", Standing(absent=True)) == "A=2\n"


@pytest.mark.parametrize("line", ['PCT="1', "PCT='1", 'PCT="1" 2', "PCT=#c", 'PCT=a"b'])
def test_a_line_that_cannot_be_understood_is_nonsense(line: str) -> None:
    if line == 'PCT=a"b':
        assert value_of(line, "PCT") == Standing('a"b')
        return
    with pytest.raises(Nonsense, match="line 2"):
        value_of(f"A=1\n{line}\n", "PCT")


def test_a_value_over_several_lines_is_not_written() -> None:
    with pytest.raises(Nonsense, match="several lines"):
        with_value("PCT=1\n", "PCT", Standing("a\nLD_PRELOAD=/tmp/x"))


@given(value=TEXTS, line=st.sampled_from(["", "PCT=1", "PCT='1'", 'PCT="1" # c', "export PCT=x"]))
def test_any_one_line_value_survives(value: str, line: str) -> None:
    text = f"A=1\n{line}\nB=2\n"
    changed = with_value(text, "PCT", Standing(value))
    assert value_of(changed, "PCT") == Standing(value)
    assert changed.startswith("A=1\n")
    assert "\nB=2\n" in changed


@pytest.mark.parametrize("value", ["0", "a b", "it's", '"', "$HOME `id` \\", "a'b\"c", "#x", "*"])
@pytest.mark.parametrize("line", ["PCT=1", "PCT='1'", 'export PCT="1"'])
def test_a_shell_reads_what_was_written(value: str, line: str) -> None:
    text = with_value(f"{line}\n", "PCT", Standing(value))
    ran = subprocess.run(["/bin/sh", "-c", f'{text}\nprintf %s "$PCT"'], capture_output=True, check=True, timeout=10)
    assert ran.stdout.decode() == value
