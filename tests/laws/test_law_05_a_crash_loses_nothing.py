"""Law 5: a crash at any instant loses nothing, and nothing is done twice. Perch dies by SIGKILL, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.laws.crashed import Tale, a_hand, a_kill, a_rollback, caught, lived, nothing_is_wrong
from tests.laws.known_points import AND_BACK, ON_THE_WAY_TO_A_ROLLBACK, THE_SWITCH
from tests.laws.mutants import law_05
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


FAR_APART = [
    Fault("after commit Inbox.take start"),
    Fault("after commit Rollouts.save *stage_confirmed*at 1%"),
    Fault("before commit Rollouts.save *promoted*"),
    Fault("before traffic.apply 0%"),
]


async def test_killed_again_and_again_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    """Law 5 on the other store: what the dead one had leased is taken over, and nothing is done twice."""
    lives = [[fault] for fault in FAR_APART]
    async with lived(tmp_path, a_rollback, lives, rate=40.0, database_url=postgres_database) as (told, wrong):
        assert not wrong
        assert not told.unmet


async def test_what_was_lowered_by_hand_while_perch_was_dead_is_not_raised_again(tmp_path: Path) -> None:
    """Laws 5 and 10: recorded and real differ after a crash; it's held and told, and never repaired upward."""
    await nothing_is_wrong(tmp_path, a_hand, [])


GATE_STANDS = Fault("after slack chat.postMessage gate")
SWITCH_THROWN = (
    Fault("before commit Rollouts.save *killing*", "delay", seconds=9),
    Fault("after files.outcome", nth=2),
)
"""The database is slow, and Perch dies when the switch is thrown and the record of it isn't committed."""
BUGS: list[tuple[Callable[..., None], Tale, tuple[Fault, ...], str]] = [
    (
        law_05.a_thread_is_known_in_memory_alone,
        a_rollback,
        (GATE_STANDS,),
        "everything is said, not within|isn't in its thread",
    ),
    (law_05.a_gate_is_kept_in_memory, a_rollback, (GATE_STANDS,), "it is approved, not within"),
    (
        law_05.what_was_intended_counts_as_done_after_a_restart,
        a_rollback,
        (Fault("before traffic.apply 50%"),),
        "bakes at 50%, and really 1% is on",
    ),
    (law_05.a_restart_begins_at_what_was_approved, a_hand, (), "it is held, not within"),
    (
        law_05.an_uncertain_post_is_simply_repeated,
        a_rollback,
        (Fault("after slack chat.postMessage status"),),
        "2 status messages",
    ),
    (
        law_05.a_message_counts_as_said_before_it_is_posted,
        a_rollback,
        (Fault("before slack chat.postMessage promoted"),),
        "1 times promoted, told 0 times",
    ),
    (
        law_05.what_a_crash_left_in_the_inbox_stays_there,
        a_rollback,
        (Fault("after commit Inbox.take start"),),
        "everything is said, not within",
    ),
    (law_05.an_act_leaves_the_spool_with_its_outcome, a_kill, SWITCH_THROWN, "neither the row nor the spool"),
    (law_05.an_outcome_is_recorded_in_every_life, a_rollback, (GATE_STANDS,), "has 2 outcomes"),
]


@pytest.mark.parametrize(("bug", "tale", "faults", "found"), BUGS, ids=lambda each: getattr(each, "__name__", ""))
async def test_a_planted_bug_is_found(
    bug: Callable[..., None], tale: Tale, faults: tuple[Fault, ...], found: str, tmp_path: Path
) -> None:
    """Law 5's own comparison fails with each of these mistakes in the process."""
    with pytest.raises(AssertionError, match=found):
        await caught(tmp_path, f"law_05.{bug.__name__}", tale, *faults, found=found)
