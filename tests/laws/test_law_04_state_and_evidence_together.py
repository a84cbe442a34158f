"""Law 4: state and its evidence commit together; an outside act has its intent on record first, its outcome after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.laws.crashed import Tale, a_kill, a_rollback, caught, lived, nothing_is_wrong
from tests.laws.known_points import SAVES_TO_A_KILL, SAVES_TO_A_ROLLBACK
from tests.laws.mutants import law_04
from tests.process.points import Fault

pytestmark = pytest.mark.anyio
LIVES = 4
HANDS = -(-len(SAVES_TO_A_ROLLBACK) // LIVES)
HANDS_OF_A_KILL = -(-len(SAVES_TO_A_KILL) // LIVES)


@pytest.mark.parametrize("tale", [a_rollback, a_kill])
async def test_what_is_done_outside_is_on_record_when_it_arrives_there(tale: Tale, tmp_path: Path) -> None:
    """Law 4: the far side itself looks into the store before it obeys; each set has one intent and one outcome."""
    async with lived(tmp_path, tale) as (_, wrong):
        assert not wrong


@pytest.mark.parametrize("hand", range(HANDS))
async def test_killed_at_a_commit_on_the_way_to_a_rollback(hand: int, tmp_path: Path) -> None:
    """Law 4: right before and right after; row and evidence agree in what is left, and in the end."""
    await nothing_is_wrong(tmp_path, a_rollback, SAVES_TO_A_ROLLBACK[hand::HANDS])


@pytest.mark.parametrize("hand", range(HANDS_OF_A_KILL))
async def test_killed_at_a_commit_of_a_kill(hand: int, tmp_path: Path) -> None:
    """Law 4: the spool holds the intent until the evidence does."""
    await nothing_is_wrong(tmp_path, a_kill, SAVES_TO_A_KILL[hand::HANDS_OF_A_KILL])


@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_store_that_fails_at_its_commits_keeps_all_or_nothing(side: str, tmp_path: Path) -> None:
    """Law 4: each save fails once, not kept or (worse) kept and not acknowledged; it is repeated, and done once."""
    faults = [Fault(fault.point, "raise", fault.nth) for fault in SAVES_TO_A_ROLLBACK if fault.point.startswith(side)]
    async with lived(tmp_path, a_rollback, [faults], rate=30.0) as (lives, wrong):
        assert not wrong
        assert not lives.unmet


BUGS: list[tuple[Callable[..., None], Tale, tuple[Fault, ...], str]] = [
    (
        law_04.the_record_is_written_after_the_state,
        a_rollback,
        (Fault("after commit Rollouts.save nothing new"),),
        "the row says",
    ),
    (
        law_04.the_record_is_written_before_the_state,
        a_rollback,
        (Fault("after commit Rollouts.note"),),
        "the row says|has 2 outcomes",
    ),
    (law_04.an_intent_is_not_worth_a_record, a_rollback, (), "no intent is on record"),
    (law_04.the_act_begins_before_the_commit, a_rollback, (), "no intent is on record"),
    (
        law_04.the_outcome_is_recorded_before_the_act,
        a_rollback,
        (Fault("before traffic.apply 1%"),),
        "bakes at 1%, and really 0% is on",
    ),
    (law_04.an_outcome_is_not_worth_a_record, a_rollback, (), "no outcome for 2"),
    (law_04.an_end_decides_itself, a_rollback, (), "it is rolled_back, and no decision is on record"),
    (law_04.what_is_put_back_is_not_told_before, a_kill, (), "nobody's wish to put it back"),
]


@pytest.mark.parametrize(("bug", "tale", "faults", "found"), BUGS, ids=lambda each: getattr(each, "__name__", ""))
async def test_a_planted_bug_is_found(
    bug: Callable[..., None], tale: Tale, faults: tuple[Fault, ...], found: str, tmp_path: Path
) -> None:
    """Law 4's own comparison fails with each of these mistakes in the process."""
    with pytest.raises(AssertionError, match=found):
        await caught(tmp_path, f"law_04.{bug.__name__}", tale, *faults, found=found)
