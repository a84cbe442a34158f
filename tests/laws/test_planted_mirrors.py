"""The tests of mirrors (R8) are shown to fail against planted bugs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.bot.engine import test_mirrors as mirrors
from tests.laws.mutants import mirrors as bugs
from tests.laws.mutants.planted import FOUND

pytestmark = pytest.mark.anyio

Check = Callable[[Path], Awaitable[None]]


async def rolled_back(folder: Path) -> None:
    await mirrors.ends_by(folder, "rollback")


async def killed(folder: Path) -> None:
    await mirrors.ends_by(folder, "kill")


async def not_over_yet(folder: Path) -> None:
    await mirrors.test_a_way_down_is_not_over_while_something_is_still_mirrored(folder, "rollback")


async def turned_up(folder: Path) -> None:
    await mirrors.drifts(folder, 100, "lowered", 50)


async def turned_down(folder: Path) -> None:
    await mirrors.drifts(folder, 0, "held", 0)


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        (rolled_back, bugs.a_rollback_forgets_the_mirror),
        (not_over_yet, bugs.a_rollback_is_over_before_the_mirror_is_off),
        (killed, bugs.a_kill_lowers_the_weight_alone),
        (
            mirrors.test_a_dark_launch_serves_nobody_copies_all_and_ends_with_its_stage,
            bugs.a_stage_leaves_the_mirror_of_the_one_before,
        ),
        (turned_up, bugs.nobody_looks_at_the_mirror),
        (turned_up, bugs.a_mirror_is_lowered_without_a_word),
        (turned_down, bugs.a_mirror_that_somebody_lowered_is_turned_up_again),
    ],
)
async def test_a_planted_bug_is_found(
    check: Check, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(monkeypatch)
    with pytest.raises(FOUND):
        await check(tmp_path)
