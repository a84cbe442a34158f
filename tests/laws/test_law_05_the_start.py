"""Law 5 at the start's gate: Perch dies by SIGKILL before, between and after the two approvals that a start needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.laws.crashed import FOR_TWO, a_start_of_two, caught, nothing_is_wrong
from tests.laws.known_points import AT_THE_STARTS_GATE
from tests.laws.mutants import law_05
from tests.process.points import Fault

pytestmark = pytest.mark.anyio
RATE = 40.0


async def test_killed_anywhere_at_the_starts_gate(tmp_path: Path) -> None:
    """Laws 1 and 5: nothing moves before both have approved; each yes outlives the crash, and is given once."""
    await nothing_is_wrong(tmp_path, a_start_of_two, AT_THE_STARTS_GATE, rate=RATE, **FOR_TWO)


@pytest.mark.parametrize(
    ("bug", "fault", "found"),
    [
        (
            law_05.an_approval_is_forgotten_at_a_restart,
            Fault("after commit Rollouts.save approved at *"),
            "no gate has it|approved by",
        ),
        (
            law_05.a_start_that_waited_goes_on_after_a_restart,
            Fault("after commit Rollouts.save *gate*"),
            "before ben had said yes|no gate has it",
        ),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
async def test_a_planted_bug_is_found(bug: Callable[..., None], fault: Fault, found: str, tmp_path: Path) -> None:
    """The same story fails with each of these mistakes in the process."""
    with pytest.raises(AssertionError, match=found):
        await caught(tmp_path, f"law_05.{bug.__name__}", a_start_of_two, fault, found=found, rate=RATE, **FOR_TWO)
