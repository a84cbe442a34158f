"""A plan that uses all that the language can say reads without a mistake."""

from pathlib import Path

from bot.assembly import all_kinds
from storage.plans import PlanFolder

HERE = Path(__file__).parent


def test_the_whole_language_validates() -> None:
    """R1."""
    found = PlanFolder(HERE, all_kinds()).look("everything")
    assert list(map(str, found.mistakes)) == []
