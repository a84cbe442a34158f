"""A plan that uses all that the language can say: it reads without a mistake, and what has no effect yet is named."""

from pathlib import Path

from bot.assembly import all_kinds
from storage.plans import PlanFolder

HERE = Path(__file__).parent


def test_the_whole_language_validates_and_says_not_yet_where_a_part_has_no_effect() -> None:
    """R1: parts that would judge or act refuse a start; the others are comfort."""
    found = PlanFolder(HERE, all_kinds()).look("everything")
    assert list(map(str, found.mistakes)) == []
    blocking = [part.what for part in found.report.not_yet if part.blocks_start]
    comfort = [part.what for part in found.report.not_yet if not part.blocks_start]
    assert blocking == []
    assert comfort == []
