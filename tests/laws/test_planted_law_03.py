"""Law 3's checks are shown to fail against planted bugs; without that they would prove nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from bot.domain.machine import State
from tests.laws.driven import QUICK
from tests.laws.mutants import law_03 as planted
from tests.laws.mutants.planted import FOUND
from tests.laws.sickness import ILL, ROWS, WELL
from tests.laws.test_law_03_over_time import any_mixture, breaches, checks, counts
from tests.laws.test_law_03_sick_sources import falls_sick_at_the_end, falls_sick_at_the_gate, falls_sick_while_baking

pytestmark = pytest.mark.anyio

ON_THE_WAY = [
    (planted.a_failure_reads_as_zero, "status 503"),
    (planted.a_failure_reads_as_no_series, "status 503"),
    (planted.warnings_are_dropped, "a partial answer"),
    (planted.nobody_looks_at_an_answers_date, "a cache's answer"),
    (planted.a_scalar_is_a_number_too, "a bare vector"),
    (planted.nan_is_a_number, "says NaN"),
    (planted.times_are_not_looked_at, "old numbers after a restart"),
    (planted.any_clock_will_do, "numbers of the future"),
    (planted.the_first_of_several_series_is_taken, "several series"),
    (planted.nothing_is_zero, "has no series"),
    (planted.the_last_good_value_serves_while_the_source_is_away, "status 503"),
]


@pytest.mark.parametrize(("plant", "row"), ON_THE_WAY, ids=lambda it: getattr(it, "__name__", it))
async def test_a_planted_bug_about_answers_is_found(
    plant: planted.Plant, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the rows of the list, over HTTP."""
    rows = [each for each in ROWS if each.name == row]
    plant(monkeypatch)
    assert rows
    assert await falls_sick_while_baking(tmp_path, rows) != []


@pytest.mark.parametrize("story", [falls_sick_at_the_gate, falls_sick_at_the_end])
async def test_a_cache_of_good_values_is_found_at_a_gate_and_at_the_end(
    story: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.the_last_good_value_serves_while_the_source_is_away(monkeypatch)
    rows = [each for each in ROWS if each.name == "status 503"]
    tell = falls_sick_at_the_gate if story is falls_sick_at_the_gate else falls_sick_at_the_end
    try:
        found = await tell(tmp_path, rows)
    except AssertionError as broken:
        found = [str(broken)]
    assert found != []


@pytest.mark.parametrize(
    "plant",
    [
        planted.nan_is_a_number,
        planted.times_are_not_looked_at,
        planted.the_first_of_several_series_is_taken,
        planted.nothing_is_zero,
        planted.a_count_that_never_resets,
        planted.no_data_counts_as_bad,
        planted.no_data_ends_a_streak,
    ],
    ids=lambda plant: str(plant.__name__),
)
def test_a_planted_bug_over_time_is_found(plant: planted.Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the mixtures."""
    plant(monkeypatch)
    with pytest.raises(FOUND):
        settings(QUICK, max_examples=3000, phases=[Phase.generate])(given(checks)(any_mixture))()


async def test_a_rollback_to_a_side_that_is_as_bad_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.the_stable_side_is_not_asked(monkeypatch)
    assert (await breaches(tmp_path, ILL))[0] is State.ROLLED_BACK


async def test_a_breach_that_is_excused_by_half_an_answer_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.a_stable_side_that_can_not_be_seen_counts_as_bad(monkeypatch)
    assert (await breaches(tmp_path, WELL, sick_stable=True))[0] is State.HELD


@pytest.mark.parametrize(
    ("plant", "trouble", "minutes"),
    [
        (planted.an_empty_page_is_a_page, "empty", 1),
        (planted.a_window_begins_with_whatever_its_first_page_has, "cut between lines", 1),
        (planted.half_a_number_is_a_number, "cut in a number", 2),
        (planted.a_counter_never_starts_anew, "restart", 1),
    ],
    ids=lambda it: getattr(it, "__name__", None),
)
async def test_a_planted_bug_about_counters_is_found(
    plant: planted.Plant, trouble: str, minutes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A healthy service is rolled back, or doesn't come to its gate."""
    plant(monkeypatch)
    states, _ = await counts(tmp_path, trouble, minutes)
    assert {State.ROLLING_BACK, State.ROLLED_BACK} & set(states) or states[-1] is not State.GATE
