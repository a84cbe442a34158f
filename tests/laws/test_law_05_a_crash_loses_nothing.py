"""Law 5: a crash at any instant loses nothing, and nothing is done twice. Perch dies by SIGKILL, and goes on."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest

from tests.laws.crashed import a_kill, a_rollback, nothing_is_wrong
from tests.laws.known_points import AND_BACK, ON_THE_WAY_TO_A_ROLLBACK, THE_SWITCH
from tests.process.points import Fault

pytestmark = pytest.mark.anyio
LIVES = 5
"""How often Perch dies in one story; the points of a story lie as far apart as they can."""
HANDS = -(-len(ON_THE_WAY_TO_A_ROLLBACK) // LIVES)
PAIRS = [[each for each in pair if each] for pair in zip_longest(THE_SWITCH, AND_BACK)]


@pytest.mark.parametrize("hand", range(HANDS))
async def test_killed_anywhere_on_the_way_to_a_rollback(hand: int, tmp_path: Path) -> None:
    """Law 5: real, recorded and approved weight agree; the record is whole; one status message, one thread."""
    await nothing_is_wrong(tmp_path, a_rollback, ON_THE_WAY_TO_A_ROLLBACK[hand::HANDS])


@pytest.mark.parametrize("faults", PAIRS, ids=lambda faults: faults[0].point)
async def test_killed_anywhere_on_the_way_to_a_kill_and_back(faults: list[Fault], tmp_path: Path) -> None:
    """Laws 2 and 5: the switch is thrown once it was asked for, whatever dies; what was there is put back once."""
    await nothing_is_wrong(tmp_path, a_kill, faults)
