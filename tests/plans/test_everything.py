"""A plan that uses all that the language can say: it reads without a mistake, and what has no effect yet is named."""

from pathlib import Path

from bot.assembly import all_kinds
from bot.domain.planning.coming import COMING
from storage.plans import PlanFolder

HERE = Path(__file__).parent


def test_the_whole_language_validates_and_says_not_yet_where_a_part_has_no_effect() -> None:
    """R1: parts that would judge or act refuse a start; the others are comfort."""
    found = PlanFolder(HERE, all_kinds()).look("everything")
    assert list(map(str, found.mistakes)) == []
    blocking = [part.what for part in found.report.not_yet if part.blocks_start]
    comfort = [part.what for part in found.report.not_yet if not part.blocks_start]
    assert blocking == [
        "the traffic kind 'kubernetes_env'",
        "the kill method kind 'kubernetes_env'",
        "the kill method kind 'kubernetes_scale'",
        "tasks that run during a stage",
        "checklists at a gate",
        "judging 'slos violated 3 times in a row'",
        "judging 'budget(toggle_success) > 25%'",
    ]
    assert comfort == ["telling 'mail:deployment-lead@x.org'", "telling 'pagerduty'"]


def test_no_kind_is_both_there_and_still_to_come() -> None:
    """An adapter that lands takes its name out of the table of what is to come."""
    kinds = all_kinds()
    for role, coming in COMING.items():
        assert not coming & set(getattr(kinds, role)), role
