"""Law 7: down beats up, in every order in which two of them can come.

Each race is walked in every order of its stops (`tests.laws.interleaving`), or, where it has too many, in a sample from
a seed. A call outside lands when its turn comes, before or after whatever else was asked meanwhile.
"""

from __future__ import annotations

import pytest

from tests.laws.interleaving import every_order, sampled_orders
from tests.laws.race_stories import EVERYWHERE, RACES, Race

SEED = 7
SAMPLES = 25


@pytest.mark.parametrize("race", [each for each in RACES if each.stops], ids=lambda race: race.name)
def test_down_wins_in_every_order(race: Race) -> None:
    """Laws 1, 6, 7: what went down stays down, each thing is done once, and everybody is answered."""
    assert every_order(race.story, race.stops) >= race.least


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_down_wins_wherever_they_stop(race: Race) -> None:
    """The same with a stop at every port: too many orders to walk, so some of them, the same ones each time."""
    sampled_orders(race.story, EVERYWHERE, SEED, SAMPLES)
