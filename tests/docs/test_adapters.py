"""docs/adapters.md: one table in which every kind has its row, and each row says what it must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.assembly import our_kinds
from bot.plugins import ROLES

PAGE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")
CALLED = {"sources": "source", "effects": "effect", "archives": "archive", "notifiers": "notifier", "tasks": "task"}
"""How the table calls a role, where it isn't the role's own name."""
TABLE = PAGE.partition("## The table")[2]
ROWS = {
    cells[0]: cells[1:]
    for line in TABLE.splitlines()
    if line.startswith("| [`")
    for cells in [[re.sub(r"^\[`(\w+)`\].*", r"\1", cell.strip()) for cell in line.strip("|").split(" | ")]]
}
KINDS = [(role, name) for role in ROLES for name in getattr(our_kinds(), role)]


@pytest.mark.parametrize(("role", "name"), KINDS)
def test_every_kind_has_a_row_that_names_its_role(role: str, name: str) -> None:
    assert CALLED.get(role, role) in ROWS[name][0].split(", "), (
        f"the row of {name} doesn't say {CALLED.get(role, role)}"
    )


def test_no_row_is_about_a_kind_that_is_gone() -> None:
    assert set(ROWS) == {name for _, name in KINDS}
    for name, (roles, *_) in ROWS.items():
        assert set(roles.split(", ")) == {CALLED.get(role, role) for role, kind in KINDS if kind == name}


def test_each_row_says_what_it_does_how_it_was_tested_what_it_needs_and_how_it_fails() -> None:
    assert {name: len(cells) for name, cells in ROWS.items() if len(cells) != 5 or not all(cells)} == {}


def test_what_was_not_run_on_the_real_thing_says_so() -> None:
    lines = [line for line in TABLE.splitlines() if line.startswith("| ") and "---" not in line]
    assert {line.count(" | ") for line in lines} == {5}, "one table, with the same columns throughout"
    for name, (_, _, tested, _, _) in ROWS.items():
        assert not re.search("emulator|contract server", tested) or "**not run" in tested, name
