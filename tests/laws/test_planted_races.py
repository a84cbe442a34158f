"""The races are shown to find bugs that show in some orders only (laws 1, 6, 7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.laws.gate_races import GATES
from tests.laws.interleaving import Order, every_order, play
from tests.laws.mutants.law_07 import PLANTED
from tests.laws.race_stories import RACES, Race

BY_NAME = {race.name: race for race in (*RACES, *GATES)}


@pytest.mark.parametrize(
    ("race", "plant"), [pytest.param(BY_NAME[name], plant, id=f"{plant.__name__}: {name}") for name, plant in PLANTED]
)
def test_a_planted_bug_is_found_in_some_order(
    race: Race, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match="in the order"):
        every_order(race.story, race.stops)


@pytest.mark.parametrize(
    "race", [race for race in BY_NAME.values() if race.name.startswith("rollback against a raise")]
)
def test_the_same_order_is_the_same_run(race: Race) -> None:
    """A failure's order replays it."""
    first = Order((0, 1, 1, 0))
    play(race.story, first, race.stops)
    again = Order([place for place, _ in first.taken])
    play(race.story, again, race.stops)
    assert again.story == first.story
