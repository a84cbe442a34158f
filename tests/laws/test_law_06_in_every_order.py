"""Laws 1 and 6: a gate is used once, in its time, and by what was given to it, in every order of those who meet."""

from __future__ import annotations

import pytest

from tests.laws.gate_races import GATES
from tests.laws.interleaving import every_order, sampled_orders
from tests.laws.race_stories import EVERYWHERE, Race

SEED, SAMPLES = 6, 20


@pytest.mark.parametrize("race", GATES, ids=lambda race: race.name)
def test_a_gate_is_used_once_in_every_order(race: Race) -> None:
    """Laws 1, 6; S4: one transition, one record, and everybody is told what came of it."""
    assert every_order(race.story, race.stops) >= race.least


@pytest.mark.parametrize("race", GATES, ids=lambda race: race.name)
def test_a_gate_is_used_once_wherever_they_stop(race: Race) -> None:
    """The same with a stop at every port, in a sample of orders."""
    sampled_orders(race.story, EVERYWHERE, SEED, SAMPLES)
