"""docs/states.md can't rot: its drawings are those of the tables."""

from bot.domain.machine import State
from tests.bot.domain.drawings import PAGE, drawn


def test_the_drawings_are_those_of_the_code() -> None:
    """When this fails: python -m tests.bot.domain.drawings."""
    page = PAGE.read_text(encoding="utf-8")
    assert drawn(page) == page


def test_the_page_explains_every_state() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for state in State:
        assert f"- **{state.value}**" in page
